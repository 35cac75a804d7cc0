using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>Whether the runs of a schedule are what docs/schedules.md promises: one for each due time, but for what its policies leave out.</summary>
internal static class ScheduleChecker
{
    /// <summary>A firing that is later than this was missed.</summary>
    private static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <param name="last">What the schedule said in the end.</param>
    public static IEnumerable<string> Faults(ScheduleKind kind, ScheduleReading last, IReadOnlyList<JobRecord> jobs)
    {
        var runs = jobs.Where(job => job.Spec.Labels?.GetValueOrDefault("schedule") == kind.Id).Select(Run.Of).OrderBy(run => run.Due).ThenBy(run => run.Began).ToList();
        return RunFaults(kind, last, runs)
            .Concat(kind.Overlap == "allow" ? Gaps(kind, last, runs) : Overlaps(kind, runs))
            .Select(fault => $"Schedule {kind.Id}: {fault}.");
    }

    private static IEnumerable<string> RunFaults(ScheduleKind kind, ScheduleReading last, IReadOnlyList<Run> runs)
    {
        foreach (var twice in runs.GroupBy(run => run.Due).Where(group => group.Count() > 1)) yield return $"{Text(twice.Key)} has the runs {string.Join(", ", twice.Select(run => run.Id))}";
        foreach (var run in runs)
        {
            if (run.Key != string.Create(CultureInfo.InvariantCulture, $"schedule:{kind.Id}@{run.Due:yyyy-MM-dd'T'HH:mm:ss'Z'}")) yield return $"run {run.Id} of {Text(run.Due)} has the key {run.Key}";
            if (kind.DueAfter(run.Due.AddTicks(-1)) != run.Due || run.Due <= last.CreatedAt) yield return $"run {run.Id} was made for {Text(run.Due)}, when nothing was due";
            if (run.Cause != "time" && (run.Cause != "catch-up" || kind.CatchUp == "skip" || run.CreatedAt - run.Due <= LateAfter))
                yield return $"run {run.Id} of {Text(run.Due)}, made at {Text(run.CreatedAt)}, has the cause {run.Cause}";
        }

        var told = runs.Count(run => run.Due < last.NextDue);
        if (told != last.Fired) yield return $"{told} runs were due before {Text(last.NextDue)}, and it says that it has fired {last.Fired} times";
    }

    /// <summary>What lies between two runs has to be missed, and by the policy to be left out.</summary>
    private static IEnumerable<string> Gaps(ScheduleKind kind, ScheduleReading last, IReadOnlyList<Run> runs)
    {
        Run? before = null;
        foreach (var run in runs)
        {
            var from = kind.DueAfter(before?.Due ?? last.CreatedAt);
            if (kind.DuesIn(from, run.Due) is > 0 and var missing && GapFault(kind, before, run) is { } fault)
                yield return $"{missing} times from {Text(from)} on, before the run of {Text(run.Due)}, have no run: {fault}";
            before = run;
        }
    }

    private static string? GapFault(ScheduleKind kind, Run? before, Run next) => kind.CatchUp switch
    {
        "all" => "all are to be made up for",
        "skip" => next.CreatedAt - LastBefore(kind, next) > LateAfter ? null : "the last was not late",
        _ when before is null => "the first was to be made up for",
        _ when before.Cause != "catch-up" => $"the run before them, {before.Id} of {Text(before.Due)}, makes up for none",
        _ => before.CreatedAt - LastBefore(kind, next) > LateAfter ? null : $"the last was not late when the run that makes up for them was made, at {Text(before.CreatedAt)}",
    };

    private static DateTimeOffset LastBefore(ScheduleKind kind, Run run) => run.Due.AddSeconds(-kind.EverySeconds);

    /// <summary>The place in the journal tells exactly what came first.</summary>
    private static IEnumerable<string> Overlaps(ScheduleKind kind, IReadOnlyList<Run> runs)
    {
        for (var i = 1; i < runs.Count; i++)
        {
            var began = kind.Overlap == "skip" ? runs[i].Made : runs[i].Began;
            if (began < runs[i - 1].Ended) yield return $"run {runs[i].Id} of {Text(runs[i].Due)} began before run {runs[i - 1].Id} of {Text(runs[i - 1].Due)} had ended";
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <param name="Made">Where in the journal it was made.</param>
    /// <param name="Began">Where its first step started.</param>
    /// <param name="Ended">Where it ended.</param>
    private sealed record Run(JobId Id, string? Key, DateTimeOffset Due, string Cause, DateTimeOffset CreatedAt, long Made, long Began, long Ended)
    {
        public static Run Of(JobRecord job)
        {
            var spec = job.Spec;
            var began = job.Events.Zip(job.Decoded).FirstOrDefault(pair => pair.Second is JobEvent.StepStarted).First;
            return new Run(
                job.Id,
                spec.IdempotencyKey,
                DateTimeOffset.Parse(spec.Labels!["schedule_due"], CultureInfo.InvariantCulture),
                spec.Labels["schedule_cause"],
                job.Events[0].At,
                job.Events[0].Ordering,
                began?.Ordering ?? long.MaxValue,
                job.Events[^1].Ordering);
        }
    }
}
