using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary>Why a job in a data directory is not running now: the engine's answer, and that nothing goes on without a process.</summary>
internal static class LocalWhy
{
    private const string NoProcess = "no-process";

    public static JobExplanation Explain(JobFacts facts, string dataDirectory)
    {
        var why = JobWhy.Explain(facts);
        if (facts.IsHeld) return why;
        if (facts.State.Status == JobStatus.Scheduled) return why with { GoesOnWhen = $"{why.GoesOnWhen} and a process has the data directory open; none has now" };
        if (!facts.State.Status.MayStartSteps()) return why;
        return why with
        {
            Reason = NoProcess,
            Sentence = $"No process has the data directory {dataDirectory} open.",
            Since = facts.State.UpdatedAt,
            Until = null,
            GoesOnWhen = $"a process opens the data directory: dispatcher resume {facts.State.Id} --data {dataDirectory}",
        };
    }
}
