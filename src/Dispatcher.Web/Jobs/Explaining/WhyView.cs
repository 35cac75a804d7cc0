using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs.Explaining;

/// <summary>Why a job is not running now, or what of it runs.</summary>
/// <param name="Reason">One word: ended, approval, time, dependencies, pause, admission, retry, running, ready, worker, child, handler, lost.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Since">Since when that is so, as far as that is known.</param>
/// <param name="Until">When it ends by itself, if time alone ends it.</param>
/// <param name="GoesOnWhen">What would make the job go on.</param>
/// <param name="Position">The best place in line that one of its steps has, from 1.</param>
/// <param name="EstimatedStart">When the first of those steps may start, if that can be told.</param>
/// <param name="Steps">All open steps, in the order of the workflow.</param>
internal sealed record WhyView(
    JobStatus Status, string Reason, string Sentence, DateTimeOffset? Since, DateTimeOffset? Until, string GoesOnWhen, int? Position, DateTimeOffset? EstimatedStart,
    IReadOnlyList<StepWhyView> Steps)
{
    public static WhyView Of(JobStatus status, JobExplanation why) => new(
        status, why.Reason, why.Sentence, why.Since, why.Until, why.GoesOnWhen, why.Position, why.EstimatedStart, [.. why.Steps.Select(StepWhyView.Of)]);
}

/// <summary>What an open step does or waits for; items that share a reason are one.</summary>
/// <param name="Step">Its id; of items, of the one that has waited longest: <c>render[3]</c>.</param>
/// <param name="Reason">One word, as of the job.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Items">How many items share the reason; 1 for a single step.</param>
/// <param name="Stage">The stage that admits it.</param>
/// <param name="Position">Its place in the stage's line, from 1.</param>
/// <param name="Worker">The worker outside that has it.</param>
/// <param name="Child">The job that it waits for.</param>
internal sealed record StepWhyView(
    string Step, string Reason, string Sentence, DateTimeOffset Since, DateTimeOffset? Until, int Items, string? Stage, int? Position, DateTimeOffset? EstimatedStart,
    string? Worker, JobId? Child)
{
    public static StepWhyView Of(StepExplanation step) => new(
        step.Step.ToString(), step.Reason, step.Sentence, step.Since, step.Until, step.Items, step.Stage, step.Position, step.EstimatedStart, step.Worker, step.Child);
}
