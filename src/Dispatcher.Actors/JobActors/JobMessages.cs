using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Admission;

namespace Dispatcher.JobActors;

/// <summary>A command from outside, with a place for its reply.</summary>
internal sealed class CommandMessage(JobCommand command, CommandGuard? guard = null) : IDeadLetter
{
    private readonly TaskCompletionSource<CommandReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobCommand Command { get; } = command;

    public CommandGuard? Guard { get; } = guard;

    /// <summary>The job whose step wants to make this one and to hear of its end.</summary>
    public JobId? ChildOf { get; init; }

    /// <summary>The number of a command that another node gave: its answer is written with its effect.</summary>
    public long? Remote { get; init; }

    /// <summary>True once the answer is in the store.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>The job that it was given to, while it is on its way to another node.</summary>
    public JobId For { get; set; }

    /// <summary>True when the giver may know of a tenant's job.</summary>
    public bool MaySee(string tenant) => Command is JobCommand.Submit submit ? submit.Spec.Tenant == tenant : Guard?.MaySee(tenant) != false;

    public Task<CommandReply> Reply => _reply.Task;

    public bool IsAnswered => _reply.Task.IsCompleted;

    public void Answer(CommandReply reply) => _reply.TrySetResult(reply);

    public void Undelivered() => Answer(new CommandReply.Unavailable("The node is shutting down or the job's actor has failed; ask again."));
}

/// <summary>Asks a job what it is doing.</summary>
/// <param name="tenant">Whose job it must be; null asks for no tenant.</param>
internal sealed class InspectMessage(string? tenant) : IDeadLetter
{
    private readonly TaskCompletionSource<JobInspection?> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<JobInspection?> Reply => _reply.Task;

    public bool MaySee(string owner) => tenant is null || tenant == owner;

    public void Answer(JobInspection? inspection) => _reply.TrySetResult(inspection);

    public void Undelivered() => Answer(null);
}

/// <summary>A job as its actor sees it: the state, and what waits at the admission point and why.</summary>
/// <param name="State">Null when the job is parked before its state could be folded.</param>
/// <param name="Waits">The steps that wait for admission.</param>
/// <param name="Progress">0..100 of running steps, as last reported.</param>
/// <param name="Parked">Why the job cannot go on here, if so.</param>
public sealed record JobInspection(
    JobState? State, ImmutableArray<StepWait> Waits, ImmutableDictionary<StepKey, double> Progress, string? Parked);

/// <summary>A step that waits for admission.</summary>
public sealed record StepWait(StepKey Step, string Stage, AdmissionWait Wait);

/// <summary>Answered when everything that the job had in hand before it is done.</summary>
internal abstract class SettleMessage : IDeadLetter
{
    public abstract void Answer();

    public void Undelivered() => Answer();
}

/// <summary>Answers by completing a task.</summary>
internal sealed class SettleTask : SettleMessage
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Settled => _settled.Task;

    public override void Answer() => _settled.TrySetResult();
}

/// <summary>Answers once by telling an actor.</summary>
internal sealed class SettleNotice(ActorCell to, object notice) : SettleMessage
{
    private int _answered;

    public override void Answer()
    {
        if (Interlocked.Exchange(ref _answered, 1) == 0) to.Tell(notice);
    }
}

/// <summary>To a job whose shard moves to another node: let go of everything and leave memory.</summary>
internal sealed class LeaveMessage : IDeadLetter
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the actor has ended, or was restarted and must be asked again.</summary>
    public Task Gone => _gone.Task;

    public void Answer() => _gone.TrySetResult();

    public void Undelivered() => Answer();
}

/// <summary>To every job of a node that may not write any more: end at once.</summary>
internal sealed class StandDownMessage
{
    public static StandDownMessage Instance { get; } = new();
}

/// <summary>To every job of a node that shuts down: start nothing more.</summary>
internal sealed class DrainMessage
{
    public static DrainMessage Instance { get; } = new();
}

/// <summary>To every job of a node that shuts down: ask what still runs to stop.</summary>
internal sealed class StopStepsMessage
{
    public static StopStepsMessage Instance { get; } = new();
}

/// <summary>The job has more to plan than fits into one write.</summary>
internal sealed class ContinueMessage
{
    public static ContinueMessage Instance { get; } = new();
}

/// <summary>The children that steps asked for are stored, or refused.</summary>
internal sealed record ChildJobsAnswered(IReadOnlyList<ChildJobAnswer> Answers);

/// <param name="Refusal">Null if the child is stored.</param>
internal sealed record ChildJobAnswer(StepKey Step, JobId Child, Rejection? Refusal);

/// <summary>The job has mail from other jobs in the store.</summary>
internal sealed class MailMessage
{
    public static MailMessage Instance { get; } = new();
}

/// <summary>The job's own timer has fired.</summary>
internal sealed class TimerMessage
{
    public static TimerMessage Instance { get; } = new();
}
