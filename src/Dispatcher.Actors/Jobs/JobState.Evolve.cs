using System.Collections.Immutable;
using System.Diagnostics;

namespace Dispatcher.Jobs;

/// <summary>The fold. Every time in a state comes from an event, never from a clock.</summary>
public sealed partial record JobState
{
    /// <summary>The state after an event. Total: an event that was accepted once is never refused.</summary>
    public JobState Evolve(JobEvent @event)
    {
        // Each rule makes a new state, so these two may be set on it without another copy.
        var next = Apply(@event);
        Debug.Assert(!ReferenceEquals(next, this));
        next._sequenceNr = SequenceNr + 1;
        next._updatedAt = @event.At;
        return next;
    }

    private JobState Apply(JobEvent @event) => @event switch
    {
        JobEvent.Submitted e => Begin(e),
        JobEvent.Approved e => this with { Status = JobStatus.Approved, Reason = e.Reason },
        JobEvent.Rejected e => End(JobStatus.Cancelled, e.At, StepStatus.Cancelled) with { Reason = e.Reason },
        JobEvent.Scheduled => InStatus(JobStatus.Scheduled),
        JobEvent.Waiting => InStatus(JobStatus.Waiting),
        JobEvent.DependencyResolved e => this with { OpenDependencies = OpenDependencies.Remove(e.Dependency) },
        JobEvent.Queued => InStatus(JobStatus.Queued),
        JobEvent.Started e => InStatus(JobStatus.Running) with { StartedAt = e.At, DeadlineAt = Plan.Timeout is { } timeout ? e.At + timeout : null },
        JobEvent.Paused e => this with { Status = JobStatus.Paused, PausedFrom = Status, PausedBy = e.By, Reason = e.Reason },
        JobEvent.Resumed => this with { Status = PausedFrom, PausedFrom = JobStatus.None, PausedBy = null, Reason = null },
        JobEvent.Recovering e => Reset(e),
        JobEvent.PriorityChanged e => this with { Priority = e.Priority },
        JobEvent.Amended e => this with { Spec = Spec with { Input = e.Input } },
        JobEvent.Completed e => End(JobStatus.Completed, e.At, StepStatus.Skipped) with { Output = e.Output, Charge = e.Charge },
        JobEvent.Failed e => End(JobStatus.Failed, e.At, StepStatus.Skipped) with { Failure = e.Failure },
        JobEvent.Cancelled e => End(JobStatus.Cancelled, e.At, StepStatus.Cancelled) with { Reason = e.Reason },
        _ => ApplyToStep(@event),
    };

    private JobState ApplyToStep(JobEvent @event) => @event switch
    {
        JobEvent.StepQueued e => With(e.Step, e.Item, step => step with { Status = StepStatus.Queued, DueAt = null }),
        JobEvent.StepStarted e => With(e.Step, e.Item, step => step with
        {
            Status = StepStatus.Running,
            Attempt = e.Attempt,
            StartedAt = e.At,
            DueAt = null,
            IsSleeping = false,
            Lease = null,
        }),
        JobEvent.StepExpanded e => With(e.Step, null, step => step with
        {
            Status = StepStatus.Running,
            StartedAt = e.At,
            FanOut = new FanOut { Total = e.Items },
        }),
        JobEvent.StepCheckpointed e => With(e.Step, e.Item, step => step with { Checkpoint = JsonSize.NullAsAbsent(e.Checkpoint) }),
        JobEvent.StepSleeping e => With(e.Step, e.Item, step => step with { IsSleeping = true, DueAt = e.Until, Output = e.Output, Lease = null }),
        JobEvent.StepAwaiting e => With(e.Step, e.Item, step => step with { DueAt = e.Until, Waiting = WaitingOf(e), Lease = null }),
        JobEvent.StepChildCreated e => With(e.Step, e.Item, step => step with { Waiting = step.Waiting! with { Uncreated = null } }),
        JobEvent.StepApproved or JobEvent.StepRejected => this with { },
        JobEvent.StepLeased e => With(e.Step, e.Item, step => step with { Lease = new StepLease(e.Worker, e.Token) }),
        JobEvent.StepRetryRequested e => With(e.Step, e.Item, step => step with { DueAt = e.At }),
        JobEvent.StepReleased e => With(e.Step, e.Item, step => step with { Status = StepStatus.Queued, Attempt = e.Attempt - 1, Lease = null }),
        JobEvent.StepRetrying e => With(e.Step, e.Item, step => step with
        {
            Status = StepStatus.Retrying,
            Attempt = e.Attempt,
            FirstStartedAt = IsBoundInTime(e.Step) ? step.FirstStartedAt ?? step.StartedAt : null,
            Failure = e.Failure,
            DueAt = e.RetryAt,
            Waiting = null,
            Lease = null,
        }),
        JobEvent.StepCompleted e => With(e.Step, e.Item, step => step with
        {
            Status = StepStatus.Completed,
            EndedAt = e.At,
            DueAt = null,
            IsSleeping = false,
            Waiting = null,
            Lease = null,
            Output = e.Output,
            Artifacts = e.Artifacts,
            Checkpoint = null,
        }),
        JobEvent.StepFailed e => With(e.Step, e.Item, step => step with
        {
            Status = StepStatus.Failed,
            Attempt = e.Attempt,
            EndedAt = e.At,
            DueAt = null,
            IsSleeping = false,
            Waiting = null,
            Lease = null,
            Failure = e.Failure,
            Output = null,
        }),
        JobEvent.StepSkipped e => With(e.Step, null, step => step with { Status = StepStatus.Skipped, EndedAt = e.At, SkipReason = e.Reason }),
        _ => throw new UnknownEventException(@event.GetType().Name),
    };

    private bool IsBoundInTime(string stepId) => Plan.Steps[Plan.IndexOf(stepId)].Retry.MaxElapsed is not null;

    private JobState Begin(JobEvent.Submitted e)
    {
        ImmutableArray<JobId> dependencies = [.. (e.Spec.DependsOn ?? []).Distinct()];
        var status = Plan.ApprovalRequired ? JobStatus.Pending
            : e.Spec.StartAt > e.At ? JobStatus.Scheduled
            : !dependencies.IsEmpty ? JobStatus.Waiting
            : JobStatus.Queued;
        return this with
        {
            Id = e.Id,
            Spec = e.Spec,
            Priority = e.Spec.Priority,
            Status = status,
            CreatedAt = e.At,
            OpenDependencies = dependencies,
            Steps = Plan.FreshSteps,
        };
    }

    private JobState InStatus(JobStatus status) =>
        Status == JobStatus.Paused ? this with { PausedFrom = status } : this with { Status = status };

    /// <summary>Ends the job; steps that did not end are closed, those that ran as cancelled and the others as given.</summary>
    private JobState End(JobStatus status, DateTimeOffset at, StepStatus notReached)
    {
        var steps = Steps;
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            if (!step.Status.IsTerminal()) step = Close(step, step.Status == StepStatus.Pending ? notReached : StepStatus.Cancelled, at);
            else if (step.FanOut is null or { Open: 0 }) continue;
            steps = steps.SetItem(i, step.FanOut is { } fanOut ? step with { FanOut = Close(fanOut, at) } : step);
        }

        return this with
        {
            Status = status,
            EndedAt = at,
            Steps = steps,
            Timers = [],
            Awaited = [],
            Waits = default,
            DeadlineAt = null,
            OpenDependencies = [],
            PausedFrom = JobStatus.None,
            PausedBy = null,
        };
    }

    private static StepState Close(StepState step, StepStatus status, DateTimeOffset at) =>
        step with { Status = status, EndedAt = at, DueAt = null, IsSleeping = false, Waiting = null, Lease = null };

    private static FanOut Close(FanOut fanOut, DateTimeOffset at) => fanOut with
    {
        Items = [.. fanOut.Items.Select(item => item.Status.IsTerminal() ? item : Close(item, StepStatus.Cancelled, at))],
    };

    /// <summary>Recovery: the named step and all that need it start anew; so does whatever did not complete, or it is passed over.</summary>
    private JobState Reset(JobEvent.Recovering e)
    {
        var root = Plan.IndexOf(e.FromStep);
        var steps = Steps.ToBuilder();
        for (var i = 0; i < steps.Count; i++)
        {
            var kept = steps[i].Status switch
            {
                StepStatus.Completed => true,
                StepStatus.Skipped => steps[i].SkipReason is not null,
                StepStatus.Failed => Plan.Steps[i] is { OnError: OnError.Continue, IsFanOut: false },
                _ => false,
            };
            if (i == root || Plan.Dependents[root].Contains(i)) steps[i] = StepState.Initial;
            else if (!kept) steps[i] = e.PassOver == true ? StepState.Initial with { Status = StepStatus.Skipped, EndedAt = e.At, SkipReason = $"Passed over by a recovery from {e.FromStep}." } : StepState.Initial;
        }

        return this with
        {
            Status = JobStatus.Recovering,
            RecoveryAttempts = e.Attempt,
            Steps = steps.ToImmutable(),
            EndedAt = null,
            Failure = null,
            Reason = e.Reason,
        };
    }

    private JobState With(string stepId, int? item, Func<StepState, StepState> change)
    {
        var index = Plan.IndexOf(stepId);
        var step = Steps[index];
        StepState before, after;
        if (item is { } itemIndex)
        {
            var fanOut = step.FanOut!;
            before = itemIndex < fanOut.Items.Count ? fanOut.Items[itemIndex] : StepState.Initial;
            after = change(before);
            step = step with { FanOut = fanOut.With(itemIndex, after) };
        }
        else
        {
            before = step;
            step = after = change(step);
        }

        var timers = Timers;
        if (before.DueAt is { } due) timers = timers.Remove(new JobTimer(due, index, item ?? -1));
        if (after.DueAt is { } newlyDue) timers = timers.Add(new JobTimer(newlyDue, index, item ?? -1));
        var next = this with { Steps = Steps.SetItem(index, step), Timers = timers };
        return before.Waiting is null && after.Waiting is null ? next : next.WithWaits(new StepPlace(index, item ?? -1), before, after);
    }

    private JobState WithWaits(StepPlace place, StepState before, StepState after) => this with
    {
        Awaited = after.Waiting is null ? Awaited.Remove(place) : Awaited.Add(place),
        Waits = Waits.Plus(before, -1).Plus(after, 1),
    };

    private static StepWaiting WaitingOf(JobEvent.StepAwaiting e) => new()
    {
        What = e.What,
        OnTimeout = e.OnTimeout ?? default,
        Prompt = e.Prompt,
        Child = e.Child,
        Uncreated = e.Request,
        FailsAs = e.Request?.FailsAs ?? ErrorClass.Permanent,
    };
}
