using System.CommandLine;
using System.Globalization;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher stats | queue | webhook</c>: what a server counts, its workers' queues, and its callbacks.</summary>
internal static class ServiceCommands
{
    public static Command Stats(HostEdges edges)
    {
        var output = SharedOptions.Output("json");
        var command = new Command("stats", "Show how many jobs a server has in each status, and what waits") { output };
        var remote = RemoteOptions.AddTo(command, edges);
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(JsonText.Of(await api.Get("stats")));
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command Queues(HostEdges edges)
    {
        var group = new Command("queue", "The queues of a server's external workers");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(List(edges, remote, "List the queues", "workers/queues", "queues", ["queue", "waiting", "leased", "polling"]));
        return group;
    }

    public static Command Webhooks(HostEdges edges)
    {
        var group = new Command("webhook", "The callbacks of a server");
        var remote = RemoteOptions.AddTo(group, edges);
        group.Add(List(edges, remote, "List deliveries, newest first", "webhooks/deliveries", "deliveries", ["id", "job_id", "seq", "type", "status", "attempts", "last_error"]));
        group.Add(Replay(edges, remote));
        group.Add(Secret(edges, remote));
        return group;
    }

    private static Command List(HostEdges edges, RemoteOptions remote, string description, string path, string array, string[] columns)
    {
        var output = SharedOptions.Output("table", "json", "jsonl");
        var command = new Command("list", description) { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var rows = (await api.Get(path)).GetProperty(array);
            RowOutput.Write(edges.Out, parsed.GetRequiredValue(output), [.. rows.EnumerateArray()], columns, row => [.. columns.Select(column => row.Cell(column))]);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Replay(HostEdges edges, RemoteOptions remote)
    {
        var id = new Argument<long>("ID") { Description = "The delivery's number" };
        var command = new Command("replay", "Send a delivery once more") { id };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            await api.Post(string.Create(CultureInfo.InvariantCulture, $"webhooks/deliveries/{parsed.GetRequiredValue(id)}/replay"), null);
            edges.Out.WriteLine($"Delivery {parsed.GetRequiredValue(id)} is sent again.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Secret(HostEdges edges, RemoteOptions remote)
    {
        var rotate = new Option<bool>("--rotate") { Description = "Make a new one; the old one signs too for a day" };
        var command = new Command("secret", "Show the secret with which callbacks are signed") { rotate };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var answer = parsed.GetValue(rotate) ? await api.Post("webhooks/secret/rotate", null) : await api.Get("webhooks/secret");
            edges.Out.WriteLine(answer.Text("secret") ?? JsonText.Of(answer));
            return ExitCode.Ok;
        });
        return command;
    }
}
