using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>What a job waits for.</summary>
public sealed partial record JobState
{
    /// <summary>
    /// What the job waits for when nothing of it runs, queues or can start: the answer for lists, for the wake-up index, and for the
    /// promise that no job waits for nothing.
    /// </summary>
    [JsonIgnore]
    public JobWait Wait => Status switch
    {
        JobStatus.None or JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled => JobWait.Ended,
        JobStatus.Pending => new JobWait(JobWaitKind.Approval, ApprovalDeadlineAt),
        JobStatus.Scheduled => new JobWait(JobWaitKind.Time, Spec.StartAt),
        JobStatus.Waiting => new JobWait(JobWaitKind.Dependencies, null),
        JobStatus.Paused when Waits.Uncreated == 0 && !HasExecutingSteps => new JobWait(JobWaitKind.Pause, Earliest(DeadlineAt, EndsByTimeAt)),
        JobStatus.Running when OnlyWaitsOpen => new JobWait(KindOfWaits, Earliest(DeadlineAt, Timers.IsEmpty ? null : Timers.Min.At)),
        _ => JobWait.Active,
    };

    /// <summary>When a job that nobody has approved yet is decided about by time.</summary>
    [JsonIgnore]
    public DateTimeOffset? ApprovalDeadlineAt => Status == JobStatus.Pending ? CreatedAt + Plan.ApprovalDeadline : null;

    /// <summary>The next instant at which time alone changes something; null if it never does.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextWakeUp => NextWakeUpWhen(TimeSpan.Zero);

    /// <summary>The same by a clock that is ahead of the wall clock, which says when a date has come.</summary>
    public DateTimeOffset? NextWakeUpWhen(TimeSpan ahead)
    {
        if (Status.IsTerminal()) return null;
        var next = Status == JobStatus.Scheduled ? Spec.StartAt + ahead : ApprovalDeadlineAt;
        var timer = Status == JobStatus.Paused ? EndsByTimeAt : Timers.IsEmpty ? null : Timers.Min.At;
        return Earliest(Earliest(next, DeadlineAt), timer);
    }

    /// <summary>True while a handler works for this job.</summary>
    [JsonIgnore]
    public bool HasExecutingSteps
    {
        get
        {
            foreach (var step in Steps)
            {
                if (step.IsExecuting) return true;
                if (step.Status == StepStatus.Running && step.FanOut is { } fanOut && fanOut.Items.Exists(item => item.IsExecuting)) return true;
            }

            return false;
        }
    }

    /// <summary>The steps and items that wait for somebody of this kind, in the order of the workflow.</summary>
    public IEnumerable<StepKey> StepsAwaiting(AwaitKind kind) =>
        Awaited.Where(place => ItemOrStep(place.Step, place.Item).Waiting!.What == kind).Select(KeyOf);

    internal StepKey KeyOf(StepPlace place) => new(Plan.Steps[place.Step].Id, place.Item < 0 ? null : place.Item);

    /// <summary>Attempts that wait for a time or for somebody are all that is open, and there is at least one.</summary>
    private bool OnlyWaitsOpen
    {
        get
        {
            var waiting = Timers.Count + Waits.Untimed;
            if (waiting == 0 || Waits.Uncreated > 0) return false;
            var open = 0;
            for (var i = 0; i < Steps.Length; i++)
            {
                var step = Steps[i];
                if (step.FanOut is { IsDone: false } fanOut && step.Status == StepStatus.Running)
                {
                    if (fanOut.Next < fanOut.Total && !IsAtItemLimit(i, fanOut)) return false;
                    open += fanOut.Open;
                }
                else if (step.Status is StepStatus.Running or StepStatus.Retrying or StepStatus.Queued)
                {
                    open++;
                }
                else if (step.Status == StepStatus.Pending && NeedsMet(i))
                {
                    return false;
                }
            }

            return open == waiting;
        }
    }

    private JobWaitKind KindOfWaits => Waits.Approvals > 0 ? JobWaitKind.Approval : Awaited.IsEmpty ? JobWaitKind.Time : JobWaitKind.Child;

    /// <summary>When time first ends a step that sleeps or waits for somebody; retries do not count, since a paused job tries nothing.</summary>
    private DateTimeOffset? EndsByTimeAt
    {
        get
        {
            foreach (var timer in Timers)
            {
                if (ItemOrStep(timer.Step, timer.Item).Status == StepStatus.Running) return timer.At;
            }

            return null;
        }
    }

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a <= b ? a : b;
}

public enum JobWaitKind
{
    /// <summary>Something runs or can run now.</summary>
    Active,
    Time,

    /// <summary>Of the job itself, or of at least one of its steps.</summary>
    Approval,
    Dependencies,
    Pause,

    /// <summary>Jobs that steps have made.</summary>
    Child,
    Ended,
}

/// <summary>What a job waits for.</summary>
/// <param name="Until">When it wants to be woken at the latest, if at all.</param>
public readonly record struct JobWait(JobWaitKind Kind, DateTimeOffset? Until)
{
    public static JobWait Active => new(JobWaitKind.Active, null);

    public static JobWait Ended => new(JobWaitKind.Ended, null);
}
