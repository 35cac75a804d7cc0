using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher quota list | show | set | ledger</c>: what a server's tenant may use of meters, and what it uses.</summary>
internal static class QuotaCommands
{
    private static readonly string[] AccountColumns = ["meter", "plan", "limit", "used", "reserved", "remaining", "overage"];
    private static readonly string[] EntryColumns = ["at", "kind", "reservation_id", "amount", "charged", "overage", "used", "reserved", "limit"];

    public static Command Create(HostEdges edges)
    {
        var group = new Command("quota", "What the tenant may use of meters, and what it uses");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(List(edges, remote));
        group.Add(Show(edges, remote));
        group.Add(Set(edges, remote));
        group.Add(Ledger(edges, remote));
        return group;
    }

    private static Command List(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl");
        var command = new Command("list", "List the accounts") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            Write(edges, parsed.GetRequiredValue(output), await RemotePages.Read(api, "quota", "items"), AccountColumns);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(HostEdges edges, RemoteOptions remote)
    {
        var meter = Meter();
        var command = new Command("show", "Show an account") { meter };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(JsonText.Of(await api.Get($"quota/{Escaped(parsed, meter)}")));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Set(HostEdges edges, RemoteOptions remote)
    {
        var meter = Meter();
        var plan = new Option<string>("--plan") { Description = "The plan's name", Required = true };
        var limit = new Option<long>("--limit") { Description = "Units", Required = true };
        var upgrade = new Option<string?>("--upgrade") { Description = "How to get more, for people: an address or a sentence" };
        var period = new Option<string?>("--period") { Description = "The period's name, such as 2026-12; a new name begins a new period, in which nothing is used yet" };
        var tenant = new Option<string?>("--tenant") { Description = "Whose account; another's only for the operator of the machine" };
        var command = new Command("set", "Set an account's plan") { meter, plan, limit, upgrade, period, tenant };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var body = new JsonObject { ["plan"] = parsed.GetRequiredValue(plan), ["limit"] = parsed.GetRequiredValue(limit) };
            if (parsed.GetValue(upgrade) is { } text) body["upgrade"] = text;
            if (parsed.GetValue(period) is { } name) body["period"] = name;
            if (parsed.GetValue(tenant) is { } owner) body["tenant"] = owner;
            edges.Out.WriteLine(JsonText.Of(await api.Put($"quota/{Escaped(parsed, meter)}", body.ToJsonString(), "application/json")));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Ledger(HostEdges edges, RemoteOptions remote)
    {
        var meter = Meter();
        var output = SharedOptions.Output("table", "json", "jsonl");
        var limit = SharedOptions.Limit("Entries to show", 200);
        var command = new Command("ledger", "Show the last things that happened to an account, newest first") { meter, limit, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            Write(edges, parsed.GetRequiredValue(output), await RemotePages.Read(api, $"quota/{Escaped(parsed, meter)}/ledger", "entries", parsed.GetValue(limit)), EntryColumns);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Meter() => new("METER") { Description = "The meter's name" };

    private static string Escaped(ParseResult parsed, Argument<string> meter) => Uri.EscapeDataString(parsed.GetRequiredValue(meter));

    private static void Write(HostEdges edges, string output, List<JsonElement> rows, string[] columns) =>
        RowOutput.Write(edges.Out, output, rows, columns, row => [.. columns.Select(column => row.Cell(column))]);
}
