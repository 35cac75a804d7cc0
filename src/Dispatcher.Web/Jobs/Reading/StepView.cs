using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>A step of a job.</summary>
internal sealed record StepView
{
    public required string Id { get; init; }

    public required StepStatus Status { get; init; }

    /// <summary>The name of its handler.</summary>
    public required string Uses { get; init; }

    /// <summary>The admission stage whose limits it shares with all jobs.</summary>
    public required string Stage { get; init; }

    /// <summary>Ids of the steps that must end before it.</summary>
    public IReadOnlyList<string>? Needs { get; init; }

    /// <summary>The attempt that runs or ran last, from 1; 0 before the first.</summary>
    public required int Attempt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it is tried again, or when a step that only waits completes.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>0..100 as its handler last reported, while it runs.</summary>
    public double? Progress { get; init; }

    public JsonElement? Output { get; init; }

    /// <summary>The last failure, also of an attempt that was tried again.</summary>
    public FailureView? Failure { get; init; }

    public string? SkipReason { get; init; }

    /// <summary>The items of a step that runs once for each of a list.</summary>
    public ItemsView? Items { get; init; }

    /// <summary>Why it is not admitted yet.</summary>
    public AdmissionView? Waiting { get; init; }

    /// <summary>For whom it waits instead of running.</summary>
    public AwaitView? Awaits { get; init; }

    /// <summary>The worker outside that has its running attempt.</summary>
    public LeaseView? Lease { get; init; }

    public IReadOnlyList<ArtifactView>? Artifacts { get; init; }
}

/// <summary>For whom a step waits; until its <c>due_at</c>, if that is bounded.</summary>
/// <param name="What"><c>approval</c>, or <c>child</c>: a job that it has made.</param>
/// <param name="Prompt">What the approver is asked.</param>
/// <param name="Child">The job that it has made.</param>
internal sealed record AwaitView(AwaitKind What, string? Prompt, JobId? Child)
{
    public static AwaitView? Of(StepWaiting? waiting) => waiting is null ? null : new AwaitView(waiting.What, waiting.Prompt, waiting.Child);
}

/// <summary>A worker outside has the attempt.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Token">Larger for each later lease.</param>
internal sealed record LeaseView(string Worker, long Token)
{
    public static LeaseView? Of(StepLease? lease) => lease is null ? null : new LeaseView(lease.Worker, lease.Token);
}

/// <summary>How many items there are, and where they are.</summary>
/// <param name="Open">Queued, running, or to be tried again.</param>
/// <param name="Notable">The first items that failed, will be tried again, or wait for somebody; at most 20.</param>
internal sealed record ItemsView(int Total, int Completed, int Failed, int Open, IReadOnlyList<ItemView>? Notable);

/// <summary>An item that failed, perhaps not for good, or that waits for somebody.</summary>
/// <param name="Item">Its index from 0.</param>
internal sealed record ItemView(int Item, StepStatus Status, int Attempt, FailureView? Failure, AwaitView? Awaits, DateTimeOffset? DueAt);

/// <summary>What keeps a step from starting.</summary>
/// <param name="Item">The item of the step that is meant, if it has items.</param>
/// <param name="Position">Its place in line, from 1.</param>
/// <param name="EstimatedStart">Exact if only time is waited for, else estimated; absent while nothing is known.</param>
internal sealed record AdmissionView(AdmissionReason Reason, string Sentence, int? Item, int Position, int Running, int Cap, DateTimeOffset? EstimatedStart);

/// <summary>A file that a step left.</summary>
/// <param name="Name">What the workflow calls it.</param>
/// <param name="Step">The step that left it; with its item as <c>render[3]</c>.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Href">Where to download it.</param>
internal sealed record ArtifactView(string Name, string Path, string Step, long Bytes, string Sha256, string Href);
