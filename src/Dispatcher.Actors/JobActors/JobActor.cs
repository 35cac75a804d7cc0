using System.Collections.Immutable;
using System.Diagnostics;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>
/// The shell around the law of one job: its only writer. Everything that reaches the job is a message here; everything that happens to it passes
/// through <see cref="Commit"/>.
/// </summary>
/// <remarks>
/// Invariants: nothing outside is told anything before the append has returned; a started step has exactly one step actor; a ticket of the admission point
/// is held by this actor or by the step actor that it let start, and given back once.
/// </remarks>
internal sealed partial class JobActor(JobServices services, JobId id, JobHistory? preloaded, bool isNew) : Actor, IAdmissionListener
{
    /// <summary>Messages and events that one write takes at most, so that one busy job leaves room for the others in a batch.</summary>
    private const int TurnLimit = 256;

    private static readonly TimeSpan FirstStoreDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Nor does a command that comes meanwhile wait much longer for its refusal.</summary>
    private static readonly TimeSpan MaxStoreDelay = TimeSpan.FromSeconds(5);

    private readonly Dictionary<StepKey, HeldTicket> _tickets = [];
    private readonly Dictionary<StepKey, ActorCell> _children = [];
    private JobHistory? _preloaded = preloaded;
    private bool _isNew = isNew;
    private bool _mayBeStale;
    private JobState? _state;
    private WorkflowDefinition? _workflow;
    private long _lastSnapshot;
    private bool _fenced;
    private bool _isLoadingAgain;
    private List<LeaveMessage>? _leaving;

    /// <summary>A job that is being submitted is taken for a new one: its first append tells if it is not.</summary>
    protected internal override ValueTask Started() => _isNew ? ValueTask.CompletedTask : Load();

    /// <summary>Loads the job while a turn is under way, which still needs the actor.</summary>
    private async ValueTask LoadWithinTurn()
    {
        _isLoadingAgain = true;
        await Load();
        _isLoadingAgain = false;
    }

    private async ValueTask Load()
    {
        // What was read in bulk may be old by now: somebody else may have loaded the job and gone on with it meanwhile.
        _mayBeStale = _preloaded is not null;
        var history = _preloaded ?? await services.Store.ReadHistory(id);
        (_preloaded, _isNew, _input, _items, _isRowCurrent) = (null, false, null, null, false);
        if (history is null) return;
        try
        {
            if (history.Snapshot is { } snapshot && snapshot.Version != SnapshotCodec.Version) history = await WithoutSnapshot(history);
            (_state, _workflow) = await JobLoader.Load(history, services.Workflows);
        }
        catch (JobParkedException exception)
        {
            _parked = exception.Message;
            await ParkUnread(history);
            return;
        }

        _lastSnapshot = history.SnapshotSequenceNr;
        foreach (var broken in JobInvariants.Broken(_state)) throw new InvariantBrokenException($"Job {id}: {broken}");
        await Commit([new LoadedMessage(history.Inbox)]);
    }

    protected internal override ValueTask Receive(object message)
    {
        if (message is StandDownMessage)
        {
            StandDown();
            return ValueTask.CompletedTask;
        }

        if (!Self.TryReceiveMore(out var second)) return Commit([message]);
        List<object> messages = [message, second];
        while (messages.Count < TurnLimit && Self.TryReceiveMore(out var more)) messages.Add(more);
        return Commit(messages);
    }

    protected internal override void Stopped()
    {
        if (Self.HasStopped) services.Registry.Remove(id, Self);
        NoteStuck(false);
        _timer?.Dispose();
        WithdrawTickets();
        foreach (var (_, child) in _children) child.Tell(StopReason.JobEnded);
        foreach (var leave in _leaving ?? []) leave.Answer();
    }

    /// <summary>From the admission point, on any thread. A job that has left memory gives the place back.</summary>
    void IAdmissionListener.Admitted(AdmissionTicket ticket)
    {
        if (!Self.Tell(ticket)) services.Admission.Release(ticket);
    }

    /// <summary>
    /// The life of every change, in this order: decide, append, evolve, effects, reply. A turn that turns out not to have landed is decided again.
    /// </summary>
    private async ValueTask Commit(IReadOnlyList<object> messages)
    {
        var delay = FirstStoreDelay;
        try
        {
            while (!_fenced)
            {
                if (await TryCommit(messages, delay) is { } left) (messages, delay) = (left, Longer(delay));
                else if (_state is { Waits.Uncreated: > 0 } && await CreateChildJobs() is { } answered) (messages, delay) = ([answered], FirstStoreDelay);
                else return;
            }
        }
        catch
        {
            // The supervisor restarts the actor; whoever waits for one of these messages must hear that it was lost.
            foreach (var message in messages) (message as IDeadLetter)?.Undelivered();
            throw;
        }

        foreach (var message in messages) (message as IDeadLetter)?.Undelivered();
    }

    /// <summary>One turn.</summary>
    /// <param name="delay">How long to wait, if the store does not say what became of the write, before it is asked.</param>
    /// <returns>What is to be decided again; null if all is done.</returns>
    private async ValueTask<IReadOnlyList<object>?> TryCommit(IReadOnlyList<object> messages, TimeSpan delay)
    {
        if (await Decide(messages) is not { } turn) return null;
        if (turn.IsEmpty && !HasToSayThatItIsParked(turn))
        {
            turn.Reply();
            AfterTurn(turn);
            return null;
        }

        switch (await Append(turn))
        {
            case AppendResult.Appended appended:
                _mayBeStale = false;
                _rowSaysParked = _parked is not null;
                _isRowCurrent = true;
                Finish(turn, appended.Woken);
                return null;
            case AppendResult.Conflict { ClaimedBy: { } existing } conflict when existing != id:
                turn.ReplyToAll(new CommandReply.Duplicate(existing, conflict.ClaimedAs is not { } asked || asked == turn.State.Spec.Fingerprint()));
                Self.Stop();
                return null;
            case AppendResult.QuotaRefused refused:
                return await AfterQuotaRefusal(turn, refused.Shortage, messages);
            case AppendResult.Conflict:
                return await LoadInsteadOf(turn, messages);
            case AppendResult.Fenced:
                StandDown(turn);
                return null;
            case AppendResult.Unknown unknown:
                return await AfterUnknown(turn, unknown, messages, delay);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>The turn is durable: now its state is the job's, and the world may hear of it.</summary>
    /// <param name="woken">Jobs that have mail because of it.</param>
    private void Finish(JobTurn turn, IReadOnlyList<JobId> woken)
    {
        _state = turn.State;
        turn.NoteRecorded();
        if (woken.Count > 0) services.Delivery.Wake(woken);
        if (turn.Events.Count > 0) RunEffects(turn);
        turn.Reply();
        AfterTurn(turn);
    }

    /// <summary>What the messages and the plan make of the state; null when there is no job to decide about.</summary>
    private async ValueTask<JobTurn?> Decide(IReadOnlyList<object> messages)
    {
        if (_state is null)
        {
            if (_parked is not null || !await Begin(messages))
            {
                foreach (var message in messages) Refuse(message);
                Self.Stop();
                return null;
            }
        }

        var mail = await MailFor(messages);
        _childRequests = await ResolveChildJobs(messages);
        var turn = new JobTurn(_state!, services.Now(out var ahead), ahead);
        foreach (var message in messages) Take(turn, message);
        foreach (var letter in mail) TakeMail(turn, letter);
        if (turn.NextWakeUp <= turn.At || turn.State.Status == JobStatus.Approved) turn.Decide(new JobCommand.WakeUp(turn.At));
        if (!services.IsDraining && _leaving is null) Plan(turn);
        return turn;
    }

    /// <summary>A job begins with its submission; its workflow must be known.</summary>
    private async ValueTask<bool> Begin(IReadOnlyList<object> messages)
    {
        var submission = messages.OfType<CommandMessage>().FirstOrDefault(message => message.Command is JobCommand.Submit);
        if (submission is null && _isNew) await LoadWithinTurn();
        if (submission?.Command is not JobCommand.Submit submit) return _state is not null;
        _workflow = await services.Workflows.Find(submit.Spec.Workflow.Hash);
        if (_workflow is null) return false;
        _state = JobState.Initial(_workflow.Plan);
        return true;
    }

    private void Refuse(object message)
    {
        switch (message)
        {
            case CommandMessage { Command: JobCommand.Submit submit } command:
                var reference = submit.Spec.Workflow;
                command.Answer(new CommandReply.Refused(new Rejection("unknown-workflow", $"There is no workflow {reference.Name} version {reference.Version}; register it first.")));
                break;
            case CommandMessage command when _parked is not null && command.MaySee(_parkedTenant):
                command.Answer(new CommandReply.Refused(new Rejection("parked", $"The job is parked: {_parked}")));
                break;
            case CommandMessage command:
                command.Answer(new CommandReply.Refused(CommandGuard.NotFound(id)));
                break;
            case InspectMessage inspect when _parked is not null && inspect.MaySee(_parkedTenant):
                inspect.Answer(new JobInspection(null, [], ImmutableDictionary<StepKey, double>.Empty, _parked));
                break;
            case InspectMessage inspect:
                inspect.Answer(null);
                break;
            case IDeadLetter letter:
                letter.Undelivered();
                break;
        }
    }

    /// <summary>The first turn after a load.</summary>
    private sealed record LoadedMessage(IReadOnlyList<InboxMessage> Inbox);

    /// <summary>
    /// A ticket of this actor's. Granted at once, or when the message of its admission has come: never by looking at the ticket itself, whose state changes on
    /// other threads, or that message would be taken for a second grant.
    /// </summary>
    private sealed class HeldTicket(AdmissionTicket ticket)
    {
        public AdmissionTicket Ticket { get; } = ticket;

        public bool IsGranted { get; set; }

        /// <summary>When it had to stand in line, for measuring; 0 if it had not.</summary>
        public long WaitsSince { get; set; }
    }
}
