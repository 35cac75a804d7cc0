using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.JobActors.Remote;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>
/// One turn of a job actor: what the messages and the plan make of a state, before it is durable. Thrown away, and done again from the stored state, when
/// its append is not known to have landed.
/// </summary>
/// <param name="at">The node's clock.</param>
/// <param name="ahead">How far that is ahead of the wall clock.</param>
internal sealed class JobTurn(JobState before, DateTimeOffset at, TimeSpan ahead = default)
{
    private readonly List<JobEvent> _events = [];
    private Dictionary<StepKey, StepInputs>? _inputs;
    private List<(CommandMessage Message, Decision Decision)>? _commands;
    private List<(TaskCompletionSource<long> Leased, Decision Decision)>? _leases;
    private HashSet<StepKey>? _endedOutside;
    private List<long>? _consumed;
    private List<SettleMessage>? _settled;
    private List<(TaskCompletionSource Saved, Decision Decision)>? _checkpoints;

    public JobState Before { get; } = before;

    /// <summary>The state as it will be.</summary>
    public JobState State { get; private set; } = before;

    public DateTimeOffset At { get; } = at;

    public TimeSpan Ahead { get; } = ahead;

    /// <summary>When time alone changes the job next, by the node's clock.</summary>
    public DateTimeOffset? NextWakeUp => State.NextWakeUpWhen(Ahead);

    public IReadOnlyList<JobEvent> Events => _events;

    /// <summary>Mail that took effect in this turn.</summary>
    public IReadOnlyList<long> Consumed => _consumed ?? (IReadOnlyList<long>)[];

    /// <summary>True when there is nothing to write.</summary>
    public bool IsEmpty => _events.Count == 0 && _consumed is null;

    /// <summary>Steps to ask admission for, beside those that the plan finds: admitted ones, and queued ones after a load or a resume.</summary>
    public List<StepKey>? Wanted { get; private set; }

    /// <summary>External attempts that are given to their handlers again.</summary>
    public List<StepKey>? TakenUp { get; private set; }

    /// <summary>The job whose step made this one, in the turn that makes it.</summary>
    public JobId? ChildOf { get; private set; }

    /// <summary>What the steps that start in this turn receive.</summary>
    public Dictionary<StepKey, StepInputs> Inputs => _inputs ??= [];

    /// <summary>True when the plan stopped at its bound and has more to do.</summary>
    public bool HasMore { get; set; }

    public Decision Decide(JobCommand command)
    {
        var decision = JobDecider.Decide(State, InTime(command));
        if (decision is not Decision.Accepted accepted) return decision;
        foreach (var @event in accepted.Events)
        {
            State = State.Evolve(@event);
            _events.Add(@event);
            if (@event is JobEvent.Resumed) WantQueued();
        }

        return decision;
    }

    public void Decide(CommandMessage message)
    {
        var decision = message.Guard?.Check(State) is { } rejection ? new Decision.Rejected(rejection) : Decide(message.Command);
        if (message.ChildOf is not null && decision is Decision.Accepted) ChildOf = message.ChildOf;
        (_commands ??= []).Add((message, decision));
    }

    public void Decide(JobCommand command, TaskCompletionSource saved) => (_checkpoints ??= []).Add((saved, Decide(command)));

    public void Decide(JobCommand command, TaskCompletionSource<long> leased) => (_leases ??= []).Add((leased, Decide(command)));

    public void TakeUp(StepKey key) => (TakenUp ??= []).Add(key);

    /// <summary>The handler of an external attempt has ended by itself.</summary>
    public void EndedOutside(StepKey key) => (_endedOutside ??= []).Add(key);

    public bool HasEndedOutside(StepKey key) => _endedOutside?.Contains(key) == true;

    public void Consume(InboxMessage mail) => (_consumed ??= []).Add(mail.Id);

    public void Want(StepKey key) => (Wanted ??= []).Add(key);

    /// <summary>Steps and items that are queued have lost their place at the admission point: they want a new one.</summary>
    public void WantQueued()
    {
        for (var i = 0; i < State.Steps.Length; i++)
        {
            var (step, id) = (State.Steps[i], State.Plan.Steps[i].Id);
            if (step.Status == StepStatus.Queued) Want(new StepKey(id));
            if (step.FanOut is not { } fanOut || step.Status != StepStatus.Running) continue;
            var item = 0;
            foreach (var itemState in fanOut.Items)
            {
                if (itemState.Status == StepStatus.Queued) Want(new StepKey(id, item));
                item++;
            }
        }
    }

    public void Settle(SettleMessage message) => (_settled ??= []).Add(message);

    /// <summary>The answers to commands of other nodes, to be written with what they caused.</summary>
    public IReadOnlyList<CommandAnswer> Answers()
    {
        List<CommandAnswer>? answers = null;
        foreach (var (message, decision) in _commands ?? [])
        {
            if (message.Remote is { } number && RemoteCodec.Encode(ReplyTo(message, decision)) is { } answer) (answers ??= []).Add(new CommandAnswer(number, answer));
        }

        return answers ?? (IReadOnlyList<CommandAnswer>)[];
    }

    /// <summary>The turn is durable, and with it its answers.</summary>
    public void NoteRecorded()
    {
        foreach (var (message, _) in _commands ?? []) message.IsRecorded = message.Remote is not null;
    }

    /// <summary>Tells everybody who asked; only after the events are durable.</summary>
    public void Reply()
    {
        foreach (var (message, decision) in _commands ?? []) message.Answer(ReplyTo(message, decision));
        foreach (var message in _settled ?? []) message.Answer();
        foreach (var (saved, decision) in _checkpoints ?? [])
        {
            if (decision is Decision.Rejected rejected) saved.TrySetException(new OperationCanceledException(rejected.Rejection.Message));
            else saved.TrySetResult();
        }

        foreach (var (leased, decision) in _leases ?? [])
        {
            if (decision is Decision.Accepted { Events: [JobEvent.StepLeased lease] }) leased.TrySetResult(lease.Token);
            else leased.TrySetException(new OperationCanceledException(((Decision.Rejected)decision).Rejection.Message));
        }
    }

    public void RefuseCommands(CommandReply reply)
    {
        foreach (var (message, _) in _commands ?? []) message.Answer(reply);
    }

    /// <summary>Refuses the commands that need what there is not enough of: those that make the job or let it begin anew.</summary>
    public void RefuseReservations(Rejection rejection)
    {
        foreach (var (message, decision) in _commands ?? [])
        {
            if (message.Command is JobCommand.Submit || (decision is Decision.Accepted accepted && accepted.Events.Any(JobQuotas.Reserves)))
                message.Answer(new CommandReply.Refused(rejection, Before.Status != JobStatus.None && message.MaySee(Before.Spec.Tenant) ? Before : null));
        }
    }

    public void ReplyToAll(CommandReply reply)
    {
        RefuseCommands(reply);
        foreach (var message in _settled ?? []) message.Answer();
        foreach (var (saved, _) in _checkpoints ?? []) saved.TrySetException(new OperationCanceledException("The node cannot save the checkpoint now."));
        foreach (var (leased, _) in _leases ?? []) leased.TrySetException(new OperationCanceledException("The node cannot save the lease now."));
    }

    /// <summary>A command that waited in the mailbox while others took effect is timed by the turn, so that a job's events are in the order of their times.</summary>
    private JobCommand InTime(JobCommand command)
    {
        var isLate = command.At < State.UpdatedAt && command.At < At;
        return isLate || Ahead > TimeSpan.Zero ? command with { At = isLate ? At : command.At, Ahead = Ahead } : command;
    }

    private CommandReply ReplyTo(CommandMessage message, Decision decision) => decision is Decision.Rejected rejected
        ? new CommandReply.Refused(rejected.Rejection, State.Status != JobStatus.None && message.MaySee(State.Spec.Tenant) ? State : null)
        : new CommandReply.Done(State, Changed: decision is Decision.Accepted);
}

/// <summary>What a step receives, evaluated when it starts.</summary>
internal readonly record struct StepInputs(JsonElement? With, ImmutableArray<DeclaredArtifact> Artifacts);
