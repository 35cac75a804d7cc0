using System.CommandLine;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;
using Dispatcher.Store;

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

            await using var jobs = await reading.Open(parsed);
            var row = await jobs.Find(parsed.GetRequiredValue(job));
            var holder = await jobs.Place.FindHolder(jobs.Store);
            var why = await Ask(edges, jobs, row, holder);
            if (parsed.GetRequiredValue(output) == "json") edges.Out.WriteLine(Json(row, holder?.ProcessId, why));
            else Write(edges, row, Process(jobs.Place, holder), why);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<JobExplanation> Ask(HostEdges edges, JobReading jobs, JobRow row, StoreHolder? holder)
    {
        if (row.WaitsFor == JobRow.ParkedForHandler)
            return new JobExplanation(WhyReason.Handler, "It is parked: the process that had it has no handler for one of its steps.", row.UpdatedAt, null, $"a process that has the handler opens the {jobs.Place.Noun}");

        var events = await jobs.Events(row.Id);
        var state = await jobs.Fold(row.Id, events);
        return LocalWhy.Explain(new JobFacts(state)
        {
            Times = JobTimes.Of(events.Select(JobReading.Decode)),
            Related = await RelatedTo(jobs.Store, state),
            IsHeld = holder is not null,
            Write = at => TimeText.DateAndClock(at, edges.Time),
        }, jobs.Place);
    }

    private static async Task<IReadOnlyDictionary<JobId, JobStatus>> RelatedTo(IJobStore store, JobState state)
    {
        var related = new Dictionary<JobId, JobStatus>();
        foreach (var id in state.OpenDependencies.Concat(state.StepsAwaiting(AwaitKind.Child).Select(step => state.Find(step)!.Waiting!.Child!.Value)))
        {
            if (await store.FindJob(id) is { } row) related.TryAdd(id, row.Status);
        }

        return related;
    }

    private static void Write(HostEdges edges, JobRow row, string process, JobExplanation why)
    {
        edges.Out.WriteLine($"Job {row.Id} ({row.WorkflowName} v{row.WorkflowVersion}) is {row.Status.ToText()}.");
        edges.Out.WriteLine(EventText.OneLine(why.Sentence));
        if (why.Since is { } since) edges.Out.WriteLine($"  since         {TimeText.DateAndClock(since, edges.Time)} ({TimeText.Of(edges.Time.GetUtcNow() - since)} ago)");
        if (why.Until is { } until) edges.Out.WriteLine($"  until         {TimeText.DateAndClock(until, edges.Time)} ({In(until - edges.Time.GetUtcNow())})");
        edges.Out.WriteLine($"  goes on when  {why.GoesOnWhen}");
        edges.Out.WriteLine($"  process       {process}");
        if (why.Steps.IsEmpty) return;
        edges.Out.WriteLine();
        PlainTable.Write(edges.Out, ["step", "reason", "since", "what"],
            why.Steps.Select(step => new[] { step.Step.ToString(), step.Reason, TimeText.Clock(step.Since, edges.Time), EventText.OneLine(step.Sentence) }));
    }

    private static string Process(StorePlace place, StoreHolder? holder) => $"{holder?.Name ?? "none"} has the {place.Noun} open";

    private static string In(TimeSpan wait) => wait > TimeSpan.Zero ? $"in {TimeText.Of(wait)}" : "due now";

    private static string Json(JobRow row, int? holder, JobExplanation why) => JsonText.Of(new
    {
        JobId = row.Id.ToString(),
        row.Status,
        why.Reason,
        why.Sentence,
        Since = why.Since is { } since ? TimeText.Machine(since) : null,
        Until = why.Until is { } until ? TimeText.Machine(until) : null,
        why.GoesOnWhen,
        ProcessId = holder,
        Steps = why.Steps.Select(step => new
        {
            Step = step.Step.ToString(),
            step.Reason,
            step.Sentence,
            Since = TimeText.Machine(step.Since),
            Until = step.Until is { } due ? TimeText.Machine(due) : null,
            step.Worker,
            Child = step.Child?.ToString(),
        }),
    });
}
