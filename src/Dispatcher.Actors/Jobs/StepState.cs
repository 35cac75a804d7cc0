using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>Where a step, or one item of a fan-out, is.</summary>
public record StepState
{
    public StepStatus Status { get; init; }

    /// <summary>The attempt that runs or ran last, counted from 1; 0 before the first.</summary>
    public int Attempt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the first attempt started, once another follows it; kept only where the retry policy has a <see cref="RetryPolicy.MaxElapsed"/>.</summary>
    public DateTimeOffset? FirstStartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When a retry is due, when a sleeping step completes, or until when a step waits for somebody.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>True while nothing of a running step is left but to wait for <see cref="DueAt"/>.</summary>
    public bool IsSleeping { get; init; }

    public JsonElement? Output { get; init; }

    /// <summary>What the handler saved last.</summary>
    public JsonElement? Checkpoint { get; init; }

    /// <summary>The last failure, also of an attempt that was tried again.</summary>
    public Failure? Failure { get; init; }

    public string? SkipReason { get; init; }

    public ImmutableArray<ArtifactReference>? Artifacts { get; init; }

    /// <summary>The items, once a fan-out was expanded.</summary>
    public FanOut? FanOut { get; init; }

    /// <summary>For whom a running step waits, if it waits for somebody.</summary>
    public StepWaiting? Waiting { get; init; }

    /// <summary>The worker outside that has the running attempt, if one has.</summary>
    public StepLease? Lease { get; init; }

    /// <summary>True while the step occupies a handler.</summary>
    [JsonIgnore]
    public bool IsExecuting => Status == StepStatus.Running && !IsSleeping && Waiting is null && FanOut is null;

    public static StepState Initial { get; } = new();
}

/// <summary>The items of a fan-out. Items start in order; only those that were touched have a state, so an item costs nothing before its turn.</summary>
public sealed record FanOut
{
    public required int Total { get; init; }

    /// <summary>States of the items that were queued or started so far, from index 0 on.</summary>
    public ImmutableList<StepState> Items { get; init; } = ImmutableList<StepState>.Empty;

    public int Completed { get; init; }

    public int Failed { get; init; }

    /// <summary>Items queued, running or retrying.</summary>
    [JsonIgnore]
    public int Open => Items.Count - Completed - Failed;

    /// <summary>Index of the first item that was not touched yet; <see cref="Total"/> if there is none.</summary>
    [JsonIgnore]
    public int Next => Items.Count;

    [JsonIgnore]
    public bool IsDone => Completed + Failed == Total;

    /// <summary>Replaces or appends the state of an item, keeping the counts right.</summary>
    public FanOut With(int index, StepState item)
    {
        var before = index < Items.Count ? Items[index].Status : StepStatus.Pending;
        return this with
        {
            Items = index == Items.Count ? Items.Add(item) : Items.SetItem(index, item),
            Completed = Completed + Count(item.Status, StepStatus.Completed) - Count(before, StepStatus.Completed),
            Failed = Failed + Count(item.Status, StepStatus.Failed) - Count(before, StepStatus.Failed),
        };
    }

    private static int Count(StepStatus status, StepStatus counted) => status == counted ? 1 : 0;
}

/// <summary>An instant at which a step wants to go on by itself.</summary>
/// <param name="Step">The step's index in the plan.</param>
/// <param name="Item">The item's index, or -1 for the step itself.</param>
public readonly record struct JobTimer(DateTimeOffset At, int Step, int Item) : IComparable<JobTimer>
{
    public int CompareTo(JobTimer other)
    {
        var byTime = At.CompareTo(other.At);
        if (byTime != 0) return byTime;
        var byStep = Step.CompareTo(other.Step);
        return byStep != 0 ? byStep : Item.CompareTo(other.Item);
    }
}
