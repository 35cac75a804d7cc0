using System.CommandLine;
using System.Text.Json.Nodes;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job state</c>: a job as it was after any of its events.</summary>
internal static class JobStateCommand
{
    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var at = new Option<long?>("--at") { Description = "As of this event, counted from 1; as of the last one if absent", HelpName = "N" };
        var command = new Command("state", "Show a job's state as JSON, folded from its journal") { job, at };
        var reading = new ReadingOptions(edges, command);
        command.SetAction(async (parsed, _) =>
        {
            if (remote.Find(parsed) is { } api)
            {
                using (api) return await RemoteReads.State(edges, api, parsed.GetRequiredValue(job), parsed.GetValue(at));
            }

            await using var jobs = await reading.Open(parsed);
            var row = await jobs.Find(parsed.GetRequiredValue(job));
            var events = await jobs.Events(row.Id);
            var count = parsed.GetValue(at) ?? events.Count;
            if (count < 1 || count > events.Count) throw new CommandException(ExitCode.Usage, $"--at {count}: the job {row.Id} has the events 1 to {events.Count}.");
            var state = await jobs.Fold(row.Id, [.. events.Take((int)count)]);
            edges.Out.WriteLine(JsonText.Of(Json(state)));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The state as snapshots store it, with the steps' ids, which the workflow holds.</summary>
    private static JsonNode Json(JobState state)
    {
        var json = JsonNode.Parse(SnapshotCodec.Encode(state))!;
        var steps = json["steps"]!.AsArray();
        ShownCallback.HideIn(json["spec"]!.AsObject());
        for (var i = 0; i < steps.Count; i++) steps[i]!.AsObject().Insert(0, "id", state.Plan.Steps[i].Id);
        return json;
    }
}
