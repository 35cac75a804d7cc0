using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher schedule list | show | create | delete | pause | resume | run | runs | backfill | next</c>: the schedules of a server.</summary>
internal static class ScheduleCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("schedule", "Make jobs at times: the schedules of a server");
        var remote = RemoteOptions.AddTo(command, edges);
        command.Add(List(edges, remote));
        command.Add(Show(edges, remote));
        command.Add(ScheduleCreateCommand.Create(edges, remote));
        command.Add(OfOne("delete", "Delete a schedule; its runs stay", edges, remote, async (api, id) =>
        {
            await api.Delete($"schedules/{id}");
            return "It is deleted.";
        }));
        command.Add(Pause(edges, remote));
        command.Add(OfOne("resume", "Let a paused schedule fire again", edges, remote, async (api, id) => Sentence(await api.Post($"schedules/{id}/resume", null), edges.Time)));
        command.Add(OfOne("run", "Make a run now, whatever the schedule's times", edges, remote, async (api, id) => (await api.Post($"schedules/{id}/run", null)).Cell("id")));
        command.Add(Runs(edges, remote));
        command.Add(Backfill(edges, remote));
        command.Add(Next(edges, remote));
        return command;
    }

    private static Command List(HostEdges edges, RemoteOptions remote)
    {
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list", "List the schedules of a server") { output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            RowOutput.Write(
                edges.Out, parsed.GetRequiredValue(output), await RemotePages.Read(api, "schedules", "schedules"), ["id", "status", "when", "zone", "next", "fired"], schedule => Cells(schedule, edges.Time), schedule => schedule.Cell("id"));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var command = new Command("show", "Show a schedule as JSON") { id };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(JsonText.Of(await api.Get(Path(parsed, id))));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Runs(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var limit = SharedOptions.Limit("Runs to show", 50);
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("runs", "List a schedule's runs, newest first") { id, limit, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            RowOutput.Write(
                edges.Out, parsed.GetRequiredValue(output), await RemotePages.Read(api, $"{Path(parsed, id)}/runs", "runs", parsed.GetValue(limit)), ["id", "status", "due", "cause"], Run, run => run.Cell("id"));
            return ExitCode.Ok;

            string[] Run(JsonElement run) => [run.Cell("id"), run.Cell("status"), run.Time("due") is { } due ? TimeText.DateAndClock(due, edges.Time) : "-", run.Text("cause") ?? "-"];
        });
        return command;
    }

    private static Command Pause(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var until = new Option<string?>("--until") { Description = "When it goes on by itself (RFC 3339)", HelpName = "TIME" };
        var reason = new Option<string?>("--reason") { Description = "Why; it is shown with the schedule", HelpName = "TEXT" };
        var command = new Command("pause", "Keep a schedule from firing, until a time or until it is resumed") { id, until, reason };
        command.SetAction(async (parsed, _) =>
        {
            var body = new JsonObject();
            if (parsed.GetValue(until) is { } time) body["until"] = time;
            if (parsed.GetValue(reason) is { } why) body["reason"] = why;
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(Sentence(await api.Post($"{Path(parsed, id)}/pause", body.ToJsonString()), edges.Time));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Backfill(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var from = new Option<string>("--from") { Description = "The first time (RFC 3339)", HelpName = "TIME", Required = true };
        var to = new Option<string>("--to") { Description = "The last time; not in the future", HelpName = "TIME", Required = true };
        var command = new Command("backfill", "Make the runs of a range of times; those that were fired are found again") { id, from, to };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var answer = await api.Post($"{Path(parsed, id)}/backfill", new JsonObject { ["from"] = parsed.GetRequiredValue(from), ["to"] = parsed.GetRequiredValue(to) }.ToJsonString());
            var runs = answer.GetProperty("runs").EnumerateArray().ToList();
            foreach (var run in runs) edges.Out.WriteLine($"{run.Cell("due")} {run.Text("job") ?? run.Cell("fault")}");
            var (made, faults) = (answer.GetProperty("made").GetInt32(), runs.Count(run => run.Text("job") is null));
            edges.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs.Count} times: {made} runs made, {runs.Count - faults - made} found again, {faults} that could not be made."));
            return faults == 0 ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static Command Next(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var count = new Option<int>("--count", "-n") { Description = "How many times", DefaultValueFactory = _ => 10 };
        var command = new Command("next", "Show when a schedule is due") { id, count };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            var path = string.Create(CultureInfo.InvariantCulture, $"{Path(parsed, id)}/next?count={parsed.GetValue(count)}");
            foreach (var time in (await api.Get(path)).GetProperty("times").EnumerateArray()) edges.Out.WriteLine(time.Cell("due"));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command OfOne(string name, string description, HostEdges edges, RemoteOptions remote, Func<ApiClient, string, Task<string>> act)
    {
        var id = IdArgument();
        var command = new Command(name, description) { id };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            edges.Out.WriteLine(await act(api, Uri.EscapeDataString(parsed.GetRequiredValue(id))));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(JsonElement schedule, TimeProvider time) =>
    [
        schedule.Cell("id"), schedule.Cell("status"), schedule.Text("cron") ?? schedule.Text("at") ?? "-", schedule.Cell("timezone"),
        schedule.Time("next_due") is { } next ? TimeText.DateAndClock(next, time) : "-", schedule.GetProperty("firings").Cell("fired"),
    ];

    /// <summary>What becomes of a schedule that somebody has changed.</summary>
    internal static string Sentence(JsonElement schedule, TimeProvider time)
    {
        var paused = schedule.TryGetProperty("pause", out var pause) ? pause.Time("until") is { } until ? $"paused until {TimeText.DateAndClock(until, time)}" : "paused" : null;
        var what = (schedule.Cell("status"), paused) switch
        {
            ("disabled", null) => "is disabled: it does not fire by itself",
            ("disabled", _) => $"is disabled, and {paused}",
            ("over", _) => "is over: all its times are past",
            ("archived", _) => "is over, and was put away",
            ("paused", _) => $"is {paused}",
            _ when schedule.Time("held_due") is not null => "waits for the schedules that it depends on",
            _ => schedule.Time("next_due") is { } next ? $"is due next at {TimeText.DateAndClock(next, time)}" : "fires when somebody says so",
        };
        return $"The schedule {schedule.Cell("id")} {what}.";
    }

    private static string Path(ParseResult parsed, Argument<string> id) => $"schedules/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}";

    internal static Argument<string> IdArgument() => new("SCHEDULE") { Description = "The schedule's id" };
}
