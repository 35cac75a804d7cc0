using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher schedule list | show | create | delete | run | next</c>: the schedules of a server.</summary>
internal static class ScheduleCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("schedule", "Make jobs at times: the schedules of a server");
        var remote = RemoteOptions.AddTo(command, edges);
        command.Add(List(edges, remote));
        command.Add(Show(edges, remote));
        command.Add(Make(edges, remote));
        command.Add(OfOne("delete", "Delete a schedule; its runs stay", edges, remote, async (api, id) =>
        {
            await api.Delete($"schedules/{id}");
            return "It is deleted.";
        }));
        command.Add(OfOne("run", "Make a run now, whatever the schedule's times", edges, remote, async (api, id) => (await api.Post($"schedules/{id}/run", null)).Cell("id")));
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
            edges.Out.WriteLine(JsonText.Of(await api.Get($"schedules/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}")));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Make(HostEdges edges, RemoteOptions remote)
    {
        var id = IdArgument();
        var workflow = new Option<string?>("--workflow") { Description = "The workflow of its jobs: NAME or NAME@VERSION", HelpName = "WORKFLOW" };
        var pattern = new Option<string?>("--pattern") { Description = "A pattern in its place", HelpName = "PATTERN" };
        var cron = new Option<string?>("--cron") { Description = "When: five fields, six with the second first, a macro, or @every DURATION", HelpName = "CRON" };
        var at = new Option<string?>("--at") { Description = "Once, at this time (RFC 3339)", HelpName = "TIME" };
        var zone = new Option<string?>("--timezone") { Description = "The IANA zone of --cron; UTC unless given", HelpName = "ZONE" };
        var input = new Option<string?>("--input-json") { Description = "The jobs' input, or the pattern's parameters: a JSON object", HelpName = "JSON" };
        var overlap = new Option<string?>("--overlap") { Description = "allow | skip | buffer-one", HelpName = "POLICY" };
        var after = new Option<string[]>("--depends-on") { Description = "A schedule that must have run since; several if given several times", HelpName = "ID" };
        var command = new Command("create", "Make a schedule") { id, workflow, pattern, cron, at, zone, input, overlap, after };
        command.SetAction(async (parsed, _) =>
        {
            var body = new JsonObject { ["id"] = parsed.GetRequiredValue(id) };
            if (parsed.GetValue(workflow) is { } name)
            {
                var (bare, version) = JobCreateCommand.Reference(name);
                body["workflow"] = bare;
                if (version is { } number) body["version"] = number;
            }

            foreach (var (key, option) in new[] { ("pattern", pattern), ("cron", cron), ("at", at), ("timezone", zone), ("overlap", overlap) })
            {
                if (parsed.GetValue(option) is { } value) body[key] = value;
            }

            if (parsed.GetValue(input) is { } json) body[parsed.GetValue(pattern) is null ? "input" : "params"] = Parse(json);
            if (parsed.GetValue(after) is { Length: > 0 } others) body["depends_on"] = new JsonArray([.. others.Select(other => (JsonNode)other)]);
            using var api = remote.Require(parsed);
            var made = await api.Post("schedules", body.ToJsonString());
            edges.Out.WriteLine(made.Time("next_due") is { } next ? $"The schedule {made.Cell("id")} is due next at {TimeText.DateAndClock(next, edges.Time)}." : $"The schedule {made.Cell("id")} fires when somebody says so.");
            return ExitCode.Ok;
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
            var path = string.Create(CultureInfo.InvariantCulture, $"schedules/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/next?count={parsed.GetValue(count)}");
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

    private static JsonNode? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException fault)
        {
            throw new CommandException(ExitCode.Usage, $"--input-json is not JSON: {fault.Message}");
        }
    }

    private static Argument<string> IdArgument() => new("SCHEDULE") { Description = "The schedule's id" };
}
