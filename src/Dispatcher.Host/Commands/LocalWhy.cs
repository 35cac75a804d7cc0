using Dispatcher.Host.Composition;
using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary>Why a job in a store is not running now: the engine's answer, and that nothing goes on without a process.</summary>
internal static class LocalWhy
{
    private const string NoProcess = "no-process";

    public static JobExplanation Explain(JobFacts facts, StorePlace place)
    {
        var why = JobWhy.Explain(facts);
        if (facts.IsHeld) return why;
        if (facts.State.Status == JobStatus.Scheduled) return why with { GoesOnWhen = $"{why.GoesOnWhen} and a process has the {place.Noun} open; none has now" };
        if (!facts.State.Status.MayStartSteps()) return why;
        return why with
        {
            Reason = NoProcess,
            Sentence = $"No process has {(place.Postgres is null ? "the data directory " : "")}{place.Name} open.",
            Since = facts.State.UpdatedAt,
            Until = null,
            GoesOnWhen = $"a process opens the {place.Noun}: dispatcher resume {facts.State.Id} {place.Option}",
        };
    }
}
