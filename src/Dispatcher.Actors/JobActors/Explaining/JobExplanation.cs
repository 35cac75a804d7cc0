using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.JobActors.Explaining;

/// <summary>Why a job is not running now, or what of it runs.</summary>
/// <param name="Reason">One word for machines: <see cref="WhyReason"/>.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Since">Since when that is so, as far as that is known.</param>
/// <param name="Until">When it ends by itself, if time alone ends it.</param>
/// <param name="GoesOnWhen">What would make the job go on.</param>
public sealed record JobExplanation(string Reason, string Sentence, DateTimeOffset? Since, DateTimeOffset? Until, string GoesOnWhen)
{
    /// <summary>The best place in an admission line that one of its steps has, from 1.</summary>
    public int? Position { get; init; }

    /// <summary>When the first of those steps may start, if that can be told.</summary>
    public DateTimeOffset? EstimatedStart { get; init; }

    /// <summary>All open steps, in the order of the workflow.</summary>
    public ImmutableArray<StepExplanation> Steps { get; init; } = [];
}

/// <summary>One open step, or the items of a fan-out that share a reason.</summary>
/// <param name="Step">The step; of items, the one that has waited longest.</param>
/// <param name="Reason">One word for machines: <see cref="WhyReason"/>.</param>
/// <param name="Since">Since when.</param>
/// <param name="Until">When it ends by itself, if time alone ends it.</param>
public sealed record StepExplanation(StepKey Step, string Reason, string Sentence, DateTimeOffset Since, DateTimeOffset? Until)
{
    /// <summary>Items that share the reason; 1 for a single step.</summary>
    public int Items { get; init; } = 1;

    /// <summary>The stage that admits it.</summary>
    public string? Stage { get; init; }

    /// <summary>Its place in the stage's line, or in the line of the workers' queue, from 1.</summary>
    public int? Position { get; init; }

    public DateTimeOffset? EstimatedStart { get; init; }

    /// <summary>The worker outside that has it.</summary>
    public string? Worker { get; init; }

    /// <summary>The job that it waits for.</summary>
    public JobId? Child { get; init; }
}

/// <summary>The stable words of explanations.</summary>
public static class WhyReason
{
    /// <summary>The job has ended.</summary>
    public const string Ended = "ended";

    /// <summary>Somebody has to approve the job, or a step.</summary>
    public const string Approval = "approval";

    /// <summary>A start time is ahead, or a step sleeps.</summary>
    public const string Time = "time";

    /// <summary>Other jobs have to end first.</summary>
    public const string Dependencies = "dependencies";

    /// <summary>Somebody has paused it.</summary>
    public const string Pause = "pause";

    /// <summary>A step stands in line at its stage.</summary>
    public const string Admission = "admission";

    /// <summary>A failed attempt is tried again later.</summary>
    public const string Retry = "retry";

    public const string Running = "running";

    /// <summary>Nothing is missing.</summary>
    public const string Ready = "ready";

    /// <summary>A step is offered to workers outside, and none has taken it.</summary>
    public const string Worker = "worker";

    /// <summary>A step waits for a job that it has made.</summary>
    public const string Child = "child";

    /// <summary>The job is parked: this node does not have what it needs.</summary>
    public const string Handler = "handler";

    /// <summary>An attempt whose process is gone.</summary>
    public const string Lost = "lost";
}
