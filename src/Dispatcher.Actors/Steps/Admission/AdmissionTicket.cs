using Dispatcher.Jobs;

namespace Dispatcher.Steps.Admission;

/// <summary>Where a ticket is in its life; it only ever goes forward.</summary>
public enum AdmissionState : byte
{
    Idle,
    Waiting,

    /// <summary>Holds one place of its stage until it is released.</summary>
    Admitted,
    Done,
}

/// <summary>Is told when a ticket that had to wait is admitted.</summary>
public interface IAdmissionListener
{
    /// <summary>
    /// The ticket now holds a place and must be released. Called outside every lock, possibly from a timer or from another job's
    /// release, so it must be quick: post to a mailbox and return. A withdrawal that came too late may cross this call: a listener
    /// ignores a ticket that it has released meanwhile.
    /// </summary>
    void Admitted(AdmissionTicket ticket);
}

/// <summary>
/// One attempt of a step that wants to start. A ticket is used once: a step that is paused and resumed, or tried again, takes a new one.
/// All but its names belongs to its stage and is guarded by the stage's lock.
/// </summary>
public sealed class AdmissionTicket
{
    public AdmissionTicket(string stage, string tenant, JobId job, StepKey step, int priority, IAdmissionListener listener)
    {
        CheckPriority(priority);
        (Stage, Tenant, Job, Step, Priority, Listener) = (stage, tenant, job, step, priority, listener);
    }

    public string Stage { get; }

    public string Tenant { get; }

    public JobId Job { get; }

    public StepKey Step { get; }

    public IAdmissionListener Listener { get; }

    /// <summary>-100..100, higher first; changed by <see cref="RenderStage.Reprioritise"/>.</summary>
    public int Priority { get; internal set; }

    public AdmissionState State { get; internal set; }

    /// <summary>The tenant's standing in the stage; set when the ticket is first seen by it.</summary>
    internal TenantAccount? Account { get; set; }

    /// <summary>The ticket's place in its job's line while it waits.</summary>
    internal LinkedListNode<AdmissionTicket>? Place { get; set; }

    internal JobLine? Line { get; set; }

    /// <summary>When it was admitted, by the stage's clock, if its hold time is measured; otherwise <see cref="NotMeasured"/>.</summary>
    internal long AdmittedAt { get; set; } = NotMeasured;

    internal const long NotMeasured = long.MinValue;

    internal static void CheckPriority(int priority)
    {
        if (priority is < -JobLimits.PriorityMagnitude or > JobLimits.PriorityMagnitude)
            throw new ArgumentOutOfRangeException(nameof(priority), priority, "A priority is -100 to 100.");
    }
}
