using System.CommandLine;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job why</c></summary>
internal static class JobWhyCommand
{
    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "json");
        var command = new Command("why", "Say why a job is not running now, since when, and what would make it go on") { job, output };
        var reading = new ReadingOptions(edges, command);
        command.SetAction(async (parsed, _) =>
        {
            if (remote.Find(parsed) is { } api)
            {
                using (api) return await RemoteReads.Why(edges, api, parsed.GetRequiredValue(job), parsed.GetRequiredValue(output));
            }

            await using var jobs = reading.Open(parsed);
            var row = await jobs.Find(parsed.GetRequiredValue(job));
            var holder = SqliteJobStore.FindWriter(jobs.DataDirectory);
            var (answer, steps) = await Ask(edges, jobs, row, holder);
            if (parsed.GetRequiredValue(output) == "json") edges.Out.WriteLine(Json(row, holder, answer, steps));
            else Write(edges, row, holder, answer, steps);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<(WhyAnswer Answer, IReadOnlyList<StepReason> Steps)> Ask(HostEdges edges, JobReading jobs, JobRow row, int? holder)
    {
        if (row.WaitsFor == "handler")
        {
            return (new WhyAnswer("handler", "It is parked: the process that had it has no handler for one of its steps.", row.UpdatedAt, null, "a process that has the handler opens the data directory"), []);
        }

        var events = await jobs.Events(row.Id);
        var state = await jobs.Fold(row.Id, events);
        var why = new JobWhy(state, [.. events.Select(JobReading.Decode)], holder, edges.Time);
        var dependencies = new Dictionary<JobId, JobStatus>();
        foreach (var id in state.OpenDependencies)
        {
            if (await jobs.Store.FindJob(id) is { } dependency) dependencies.Add(id, dependency.Status);
        }

        return (why.Answer(jobs.DataDirectory, dependencies), why.Steps());
    }

    private static void Write(HostEdges edges, JobRow row, int? holder, WhyAnswer answer, IReadOnlyList<StepReason> steps)
    {
        edges.Out.WriteLine($"Job {row.Id} ({row.WorkflowName} v{row.WorkflowVersion}) is {row.Status.ToText()}.");
        edges.Out.WriteLine(answer.Sentence);
        if (answer.Since != default) edges.Out.WriteLine($"  since         {TimeText.DateAndClock(answer.Since, edges.Time)} ({TimeText.Of(edges.Time.GetUtcNow() - answer.Since)} ago)");
        if (answer.Until is { } until) edges.Out.WriteLine($"  until         {TimeText.DateAndClock(until, edges.Time)} ({In(until - edges.Time.GetUtcNow())})");
        edges.Out.WriteLine($"  goes on when  {answer.GoesOnWhen}");
        edges.Out.WriteLine($"  process       {(holder is { } id ? $"{id} has the data directory open" : "none has the data directory open")}");
        if (steps.Count == 0) return;
        edges.Out.WriteLine();
        PlainTable.Write(edges.Out, ["step", "reason", "since", "what"], steps.Select(step => new[] { step.Step, step.Reason, TimeText.Clock(step.Since, edges.Time), step.Sentence }));
    }

    private static string In(TimeSpan wait) => wait > TimeSpan.Zero ? $"in {TimeText.Of(wait)}" : "due now";

    private static string Json(JobRow row, int? holder, WhyAnswer answer, IReadOnlyList<StepReason> steps) => JsonText.Of(new
    {
        JobId = row.Id.ToString(),
        row.Status,
        answer.Reason,
        answer.Sentence,
        Since = answer.Since == default ? null : TimeText.Machine(answer.Since),
        Until = answer.Until is { } until ? TimeText.Machine(until) : null,
        answer.GoesOnWhen,
        ProcessId = holder,
        Steps = steps.Select(step => new
        {
            step.Step,
            step.Reason,
            step.Sentence,
            Since = TimeText.Machine(step.Since),
            Until = step.Until is { } due ? TimeText.Machine(due) : null,
        }),
    });
}
