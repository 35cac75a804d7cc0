using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>
/// A job: the fold of its events, immutable. The plan comes from the workflow that the job pins; everything else from the events alone, so
/// folding a stream twice gives equal states.
/// </summary>
/// <remarks>
/// Invariants, checked by <see cref="JobInvariants"/>: sequence numbers grow by one; a completed step stays as it is unless the job is
/// recovered; a terminal job has no open step and no timer; a non-terminal one names its next wake-up or what it waits for.
/// </remarks>
public sealed partial record JobState
{
    // Fields, so that the fold can set them on the copy that a rule has just made.
    private long _sequenceNr;
    private DateTimeOffset _updatedAt;

    [JsonIgnore]
    public JobPlan Plan { get; init; } = null!;

    public JobId Id { get; init; }

    public JobSpec Spec { get; init; } = null!;

    public JobStatus Status { get; init; }

    /// <summary>The number of events folded so far.</summary>
    public long SequenceNr
    {
        get => _sequenceNr;
        init => _sequenceNr = value;
    }

    public int Priority { get; init; }

    public ImmutableArray<StepState> Steps { get; init; } = [];

    /// <summary>Retries, sleeping steps, and the ends of waiting for somebody; earliest first.</summary>
    public ImmutableSortedSet<JobTimer> Timers { get; init; } = [];

    /// <summary>Steps and items that wait for somebody.</summary>
    public ImmutableSortedSet<StepPlace> Awaited { get; init; } = [];

    /// <summary>What those wait for, counted.</summary>
    public WaitCounts Waits { get; init; }

    /// <summary>Jobs that this one still waits for.</summary>
    public ImmutableArray<JobId> OpenDependencies { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt
    {
        get => _updatedAt;
        init => _updatedAt = value;
    }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the job's own timeout ends it.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }

    /// <summary>The status to which a paused job returns.</summary>
    public JobStatus PausedFrom { get; init; }

    public Principal? PausedBy { get; init; }

    /// <summary>The reason given with the last pause, approval, rejection or cancellation.</summary>
    public string? Reason { get; init; }

    public int RecoveryAttempts { get; init; }

    public Failure? Failure { get; init; }

    public JsonElement? Output { get; init; }

    /// <summary>What a completed job was charged, if it held something of a meter.</summary>
    public QuotaCharge? Charge { get; init; }

    /// <summary>A job of which nothing has happened yet.</summary>
    public static JobState Initial(JobPlan plan) => new() { Plan = plan };

    public StepState Step(string id) => Steps[Plan.IndexOf(id)];

    /// <summary>The state of a step or an item; null when there is no such step or item.</summary>
    public StepState? Find(StepKey key)
    {
        if (!Plan.TryIndexOf(key.Id, out var index) || index >= Steps.Length) return null;
        var step = Steps[index];
        if (key.Item is not { } item) return step;
        if (step.FanOut is not { } fanOut || item < 0 || item >= fanOut.Total) return null;
        return item < fanOut.Items.Count ? fanOut.Items[item] : StepState.Initial;
    }

    /// <summary>True when all that the step needs has ended well enough for it to start.</summary>
    public bool NeedsMet(int stepIndex)
    {
        foreach (var need in Plan.Steps[stepIndex].Needs)
        {
            var met = Steps[need].Status switch
            {
                StepStatus.Completed or StepStatus.Skipped => true,
                StepStatus.Failed => Plan.Steps[need].OnError == OnError.Continue,
                _ => false,
            };
            if (!met) return false;
        }

        return true;
    }

    /// <summary>True when no step is left that could still run.</summary>
    [JsonIgnore]
    public bool AllStepsEnded
    {
        get
        {
            foreach (var step in Steps)
            {
                if (!step.Status.IsTerminal()) return false;
            }

            return true;
        }
    }

    /// <summary>True when as many items of a fan-out are open as may be at once.</summary>
    public bool IsAtItemLimit(int stepIndex, FanOut fanOut) => fanOut.Open >= ItemLimit(stepIndex);

    /// <summary>Items of a fan-out that are open at once, at the most.</summary>
    public int ItemLimit(int stepIndex) => Plan.Steps[stepIndex].MaxConcurrency is > 0 and var limit ? limit : JobLimits.FanOutWindow;

    internal StepState ItemOrStep(int step, int item) => item < 0 ? Steps[step] : Steps[step].FanOut!.Items[item];
}
