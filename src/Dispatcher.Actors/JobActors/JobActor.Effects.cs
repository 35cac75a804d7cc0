using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;

namespace Dispatcher.JobActors;

/// <summary>What follows from committed events: children, tickets, timers, observers, and leaving memory.</summary>
internal sealed partial class JobActor
{
    private TimerQueue.Entry? _timer;
    private DateTimeOffset? _timerAt;
    private Dictionary<StepKey, double>? _progress;
    private DateTimeOffset _lastProgress;
    private bool _isStuck;

    private void RunEffects(JobTurn turn)
    {
        foreach (var @event in turn.Events)
        {
            switch (@event)
            {
                case JobEvent.StepStarted started:
                    StartChild(turn, new StepKey(started.Step, started.Item), started.Attempt);
                    break;
                case JobEvent.StepCompleted { Attempt: > 0 } e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.StepFailed e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.StepRetrying e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.StepReleased e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.StepSleeping e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.StepAwaiting e:
                    Forget(turn, new StepKey(e.Step, e.Item));
                    break;
                case JobEvent.PriorityChanged e:
                    foreach (var (_, held) in _tickets) services.Admission.Reprioritise(held.Ticket, e.Priority);
                    break;
                case JobEvent.Cancelled or JobEvent.Rejected or JobEvent.Failed or JobEvent.Completed:
                    StopChildren();
                    break;
            }
        }

        // By the state after the turn, not by its events: a pause that was resumed in the same turn leaves everybody in line.
        if (!turn.State.Status.MayStartSteps()) WithdrawTickets();

        LogCommitted(turn);
        services.Observer.Committed(turn.State, turn.Events);
    }

    private void StartChild(JobTurn turn, StepKey key, int attempt)
    {
        Check.That(_tickets.Remove(key, out var held));
        var ticket = held.Ticket;
        services.Steps.Metrics?.Admitted(ticket.Stage, held.WaitsSince);
        // A job that ended in the same write (one item failed while another started) starts nothing any more.
        if (turn.State.Find(key) is not { IsExecuting: true } step || step.Attempt != attempt)
        {
            services.Admission.Release(ticket);
            return;
        }

        Spawn(turn, key, step, ticket, startedBefore: null);
    }

    private void Spawn(JobTurn turn, StepKey key, StepState step, AdmissionTicket ticket, DateTimeOffset? startedBefore)
    {
        var epoch = services.Shards.EpochOf(id);
        if (epoch == 0 || services.Trust is { Holds: false })
        {
            // Another node may have the job by now. This one stands down, if it has not done so while the start was written; the attempt is found lost.
            services.Admission.Release(ticket);
            services.Fenced?.Invoke();
            return;
        }

        var plan = turn.State.Plan.Steps[turn.State.Plan.IndexOf(key.Id)];
        var assignment = new StepAssignment
        {
            JobId = id,
            Tenant = turn.State.Spec.Tenant,
            WorkflowName = turn.State.Spec.Workflow.Name,
            Step = key,
            Attempt = step.Attempt,
            Recovery = turn.State.RecoveryAttempts,
            Handler = services.Handlers.Find(plan.Handler)!,
            With = turn.Inputs[key].With,
            Declared = turn.Inputs[key].Artifacts,
            Checkpoint = step.Checkpoint,
            CorrelationId = turn.State.Spec.CorrelationId,
            Priority = turn.State.Priority,
            JobDeadline = turn.State.DeadlineAt,
            Timeout = plan.Timeout,
            HeartbeatTimeout = plan.HeartbeatTimeout,
            TraceParent = turn.State.Spec.TraceParent,
            StartedAt = startedBefore,
            Lease = step.Lease,
            Epoch = epoch,
            Release = () => services.Admission.Release(ticket),
        };
        if (assignment.IsExternal) (_external ??= []).Add(key);
        _children[key] = StepActor.Spawn(services.System, assignment, Self, services.Steps);
    }

    private void Forget(JobTurn turn, StepKey key)
    {
        _progress?.Remove(key);
        // An external attempt may have been ended by a command, while its handler still waits for its worker.
        if (_children.Remove(key, out var child) && _external?.Remove(key) == true && !turn.HasEndedOutside(key)) child.Tell(StopReason.JobEnded);
    }

    private void StopChildren()
    {
        foreach (var (_, child) in _children) child.Tell(StopReason.JobEnded);
        _children.Clear();
        _external = null;
        _progress = null;
    }

    private void TakeProgress(StepProgressed progressed)
    {
        if (_state?.Find(progressed.Step) is not { IsExecuting: true } step || step.Attempt != progressed.Attempt) return;
        (_progress ??= [])[progressed.Step] = progressed.Percent;
        var now = services.System.Time.GetUtcNow();
        if (now - _lastProgress < services.Steps.ProgressInterval) return;
        _lastProgress = now;
        services.Observer.Progressed(_state, progressed.Step, progressed.Percent, progressed.Message);
    }

    private JobInspection Inspect() => new(
        _state,
        [.. _tickets.Values.Select(held => (ticket: held.Ticket, services.Admission.Explain(held.Ticket))).Where(pair => pair.Item2 is not null).Select(pair => new StepWait(pair.ticket.Step, pair.ticket.Stage, pair.Item2!))],
        _progress?.ToImmutableDictionary() ?? ImmutableDictionary<StepKey, double>.Empty,
        _parked);

    /// <summary>Sets the timer, goes on with a plan that was cut, or leaves memory when there is nothing to do for long.</summary>
    private void AfterTurn(JobTurn turn)
    {
        _state = turn.State;
        Attach(turn);
        if (_isLoadingAgain) return;
        if (_leaving is not null && _children.Count == 0)
        {
            Self.Stop();
            return;
        }

        if (turn.HasMore && _leaving is null)
        {
            Self.Tell(ContinueMessage.Instance);
            return;
        }

        var wait = _state.Wait;
        NoteStuck(wait.Kind == JobWaitKind.Active && IsAtRest);
        if (MayLeave(wait, _state.NextWakeUp, turn.At) && Self.TryPassivate())
        {
            if (wait.Until is { } until) services.Observer.SleepsUntil(id, until);
            return;
        }

        var wakeAt = NextLook(turn);
        if (wakeAt == _timerAt) return;
        _timer?.Dispose();
        _timerAt = wakeAt;
        _timer = wakeAt is { } at ? services.System.Timers.Schedule(at, Self, TimerMessage.Instance) : null;
    }

    /// <summary>Nothing runs, stands in line, or is being made for the job, though the node goes on.</summary>
    private bool IsAtRest => _children.Count == 0 && _tickets.Count == 0 && _parked is null && _state!.Waits.Uncreated == 0 && !services.IsDraining;

    private void NoteStuck(bool isStuck)
    {
        if (isStuck == _isStuck) return;
        _isStuck = isStuck;
        services.CountStuck(isStuck ? 1 : -1);
        if (isStuck) LogStuck(Logger, id, _state!.SequenceNr);
    }

    /// <summary>
    /// When the job is to be looked at again. One that waits for a date, while the node's clock is ahead of the wall clock, looks often: somebody may set that one forward again.
    /// </summary>
    private static DateTimeOffset? NextLook(JobTurn turn)
    {
        var (wakeAt, soon) = (turn.NextWakeUp, turn.At + TimerQueue.LookEvery);
        return wakeAt > soon && wakeAt != turn.State.NextWakeUp ? soon : wakeAt;
    }

    /// <summary>An ended job leaves at once; a waiting one if nothing is near. A comparison with an absent time is false.</summary>
    private bool MayLeave(JobWait wait, DateTimeOffset? wakeAt, DateTimeOffset now)
    {
        if (_children.Count > 0 || _tickets.Count > 0 || wait.Kind == JobWaitKind.Active) return false;
        return wait.Kind == JobWaitKind.Ended || (services.PassivateIfIdleFor is { } near && !(wakeAt <= now + near));
    }
}
