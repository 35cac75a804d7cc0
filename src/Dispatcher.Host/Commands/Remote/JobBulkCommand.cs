using System.CommandLine;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher job bulk</c>: one order to all jobs that a filter finds, carried out as a job of its own.</summary>
internal static class JobBulkCommand
{
    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var order = new Argument<string>("ORDER") { Description = "approve | reject | pause | resume | cancel | recover | retry | priority" };
        order.AcceptOnlyFromAmong("approve", "reject", "pause", "resume", "cancel", "recover", "retry", "priority");
        var status = Text("--status", "STATUS", "Only jobs in this status");
        var workflow = Text("--workflow", "NAME", "Only jobs of this workflow");
        var label = Text("--label", "KEY=VALUE", "Only jobs with this label");
        var text = Text("--text", "WORDS", "Only jobs with these words");
        var reason = Text("--reason", "TEXT", "Why; it is recorded with each order");
        var arguments = new Option<string[]>("--arg") { Description = "An argument of the order: from_step=render, priority=10", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say how many and which jobs it would be" };
        var output = SharedOptions.Output("table", "json", "ids");
        var command = new Command("bulk", "Give all jobs that a filter finds one order") { order, status, workflow, label, text, arguments, reason, dryRun, output };
        command.SetAction(async (parsed, _) =>
        {
            var filter = new JsonObject();
            foreach (var (name, option) in (ReadOnlySpan<(string, Option<string?>)>)[("status", status), ("workflow", workflow), ("label", label), ("text", text)])
            {
                if (parsed.GetValue(option) is { } value) filter[name] = value;
            }

            var body = new JsonObject { ["filter"] = filter, ["command"] = parsed.GetRequiredValue(order), ["dry_run"] = parsed.GetValue(dryRun) };
            if (parsed.GetValue(reason) is { } why) body["reason"] = why;
            if (InputReader.ReadUnchecked(null, parsed.GetRequiredValue(arguments), edges.CurrentDirectory) is { } args) body["args"] = args;
            using var api = remote.Require(parsed);
            Write(edges, await api.Post("jobs:bulk", body.ToJsonString()), parsed.GetRequiredValue(output));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string?> Text(string name, string help, string description) => new(name) { Description = description, HelpName = help };

    private static void Write(HostEdges edges, System.Text.Json.JsonElement answer, string format)
    {
        if (format == "json") edges.Out.WriteLine(JsonText.Of(answer));
        else if (answer.Text("id") is { } id) edges.Out.WriteLine(format == "ids" ? id : $"The job {id} gives the order to each; `dispatcher job watch {id}` shows how far it is.");
        else if (format == "ids") WriteTargets(edges, answer);
        else edges.Out.WriteLine($"{answer.Cell("matched")}{(answer.TryGetProperty("more", out var more) && more.GetBoolean() ? " or more" : "")} jobs would get the order.");
    }

    private static void WriteTargets(HostEdges edges, System.Text.Json.JsonElement answer)
    {
        if (!answer.TryGetProperty("targets", out var targets)) return;
        foreach (var target in targets.EnumerateArray()) edges.Out.WriteLine(target.ValueKind == System.Text.Json.JsonValueKind.String ? target.GetString() : target.Text("id"));
    }
}
