using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

[JsonConverter(typeof(KebabCaseEnumConverter<OnError>))]
public enum OnError
{
    /// <summary>A step that failed for good fails its job.</summary>
    Fail,

    /// <summary>
    /// A fan-out completes with the items that worked, if at least one did; a single step stays failed with no output and the
    /// steps that need it run all the same.
    /// </summary>
    Continue,
}

/// <summary>
/// The part of a workflow that the law of a job needs: the graph, the retries and the limits, but no expressions. Made from a
/// workflow definition; all jobs of one definition share one plan.
/// </summary>
public sealed class JobPlan
{
    private readonly FrozenDictionary<string, int> _indexById;

    public JobPlan(string name, int version, string hash, ImmutableArray<StepPlan> steps)
    {
        (Name, Version, Hash, Steps) = (name, version, hash, steps);
        _indexById = steps.Select((step, index) => (step.Id, index)).ToFrozenDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        NameTerms = [name];
        FreshSteps = [.. Enumerable.Repeat(StepState.Initial, steps.Length)];
        Dependents = [.. steps.Select((_, index) => TransitiveDependents(steps, index))];
    }

    public string Name { get; }

    public int Version { get; }

    /// <summary>SHA-256 of the definition's canonical JSON, lower-case hex: what a job pins.</summary>
    public string Hash { get; }

    public ImmutableArray<StepPlan> Steps { get; }

    public bool ApprovalRequired { get; init; }

    /// <summary>How long a job waits for its approval; without an end if absent.</summary>
    public TimeSpan? ApprovalDeadline { get; init; }

    /// <summary>What becomes of a job that nobody approves in that time.</summary>
    public OnTimeout ApprovalOnTimeout { get; init; }

    public int MaxRecoveryAttempts { get; init; } = 3;

    /// <summary>The longest time from the first step's start to the job's end; none if absent.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>For each step, the steps that need it, directly or not.</summary>
    public ImmutableArray<ImmutableArray<int>> Dependents { get; }

    /// <summary>The search terms of a job that has no labels and keys.</summary>
    internal IReadOnlyList<string> NameTerms { get; }

    /// <summary>The steps of a job that has not started, shared by all jobs of the plan.</summary>
    internal ImmutableArray<StepState> FreshSteps { get; }

    public bool TryIndexOf(string stepId, out int index) => _indexById.TryGetValue(stepId, out index);

    public int IndexOf(string stepId) => _indexById[stepId];

    private static ImmutableArray<int> TransitiveDependents(ImmutableArray<StepPlan> steps, int root)
    {
        var found = new SortedSet<int>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var current))
        {
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].Needs.Contains(current) && found.Add(i)) open.Push(i);
            }
        }

        return [.. found];
    }
}

/// <summary>One step of a plan.</summary>
public sealed record StepPlan
{
    public required string Id { get; init; }

    /// <summary>The handler's stable name; resolved when the step runs.</summary>
    public required string Handler { get; init; }

    /// <summary>The admission stage whose limits the step shares with all jobs.</summary>
    public required string Stage { get; init; }

    /// <summary>Indices of the steps that must have ended well before this one starts.</summary>
    public ImmutableArray<int> Needs { get; init; } = [];

    /// <summary>True: one sub-step for each item.</summary>
    public bool IsFanOut { get; init; }

    /// <summary>Items of this step that may run at once within one job; 0 is no limit beside the stage's.</summary>
    public int MaxConcurrency { get; init; }

    public OnError OnError { get; init; }

    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>The longest time of one attempt; none if absent.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The longest silence of a handler that has sent a first heartbeat; none if absent.</summary>
    public TimeSpan? HeartbeatTimeout { get; init; }

    /// <summary>The step's weight in the job's progress, in seconds.</summary>
    public double Weight { get; init; } = 1;
}
