using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>What happens to a lease: heartbeats, its end without them, and the worker's answer.</summary>
public sealed partial class WorkerQueues
{
    /// <summary>An answer that is not in the journal by then is given again; a healthy store takes milliseconds.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <summary>The worker lives: the lease lasts a whole length from now.</summary>
    /// <param name="task">The task, if the lease holds.</param>
    /// <param name="expiresAt">When it ends now, if it holds.</param>
    internal LeaseStanding Beat(string tenant, LeaseKey key, out WorkerTask? task, out DateTimeOffset? expiresAt)
    {
        lock (_gate)
        {
            expiresAt = null;
            var standing = StandingOf(tenant, key, out task);
            if (task is null) return standing;
            var (lease, now) = (task.Lease!, _system.Time.GetUtcNow());
            lease.HeardTimestamp = _system.Time.GetTimestamp();
            expiresAt = lease.ExpiresAt = now + task.LeaseFor;
            lease.Holder.LastSeen = task.Line.UsedAt = now;
            return standing;
        }
    }

    /// <summary>How a lease stands, as far as this process knows.</summary>
    /// <param name="task">The task, if the lease holds.</param>
    internal LeaseStanding StandingOf(string tenant, LeaseKey key, out WorkerTask? task)
    {
        lock (_gate)
        {
            task = null;
            var known = _jobs.FindTask(key.JobId, key.Step);
            if (known is not null && !string.Equals(known.Context.Tenant, tenant, StringComparison.Ordinal)) return LeaseStanding.NotHere;
            if (known is not null && known.IsHeldUnder(key))
            {
                task = known;
                return LeaseStanding.Held;
            }

            // The attempt is here and not under this key: it was given back, and perhaps given to another worker.
            return known?.Context.Attempt == key.Attempt ? LeaseStanding.GivenBack : LeaseStanding.NotHere;
        }
    }

    /// <summary>A token that is cancelled when the lease ends, however it ends; null if it does not hold.</summary>
    internal CancellationToken? EndOf(LeaseKey key)
    {
        lock (_gate)
        {
            if (_jobs.FindTask(key.JobId, key.Step) is not { } task || !task.IsHeldUnder(key)) return null;
            return (task.Lease!.Over ??= new CancellationTokenSource()).Token;
        }
    }

    /// <summary>Remembers a file that was uploaded under the lease.</summary>
    internal void Keep(LeaseKey key, ArtifactReference artifact)
    {
        lock (_gate)
        {
            if (_jobs.FindTask(key.JobId, key.Step) is { } task && task.IsHeldUnder(key)) (task.Lease!.Uploads ??= new(StringComparer.Ordinal))[artifact.Path] = artifact;
        }
    }

    internal ArtifactReference? Kept(LeaseKey key, string path)
    {
        lock (_gate)
        {
            return _jobs.FindTask(key.JobId, key.Step) is { } task && task.IsHeldUnder(key) ? task.Lease!.Uploads?.GetValueOrDefault(path) : null;
        }
    }

    /// <summary>Takes the worker's answer, once. Completes when the journal has what came of it.</summary>
    internal Task<AnswerFate> Take(string tenant, LeaseKey key, WorkerAnswer answer)
    {
        lock (_gate)
        {
            if (_jobs.Find(key.JobId)?.Answers.GetValueOrDefault((key.Step, key.Attempt)) is { } earlier && earlier.IsOf(tenant, key))
                return earlier.Answer.IsSaidAgainBy(answer) ? earlier.Fate.Task : Task.FromResult(AnswerFate.Contradicts);
            switch (StandingOf(tenant, key, out var task))
            {
                case LeaseStanding.GivenBack:
                    return Task.FromResult(AnswerFate.Lost);
                case LeaseStanding.NotHere:
                    return Task.FromResult(AnswerFate.NotHere);
            }

            var pending = new PendingAnswer(key, answer, task!.Line);
            task.Line.RunTimes.Add(_system.Time.GetElapsedTime(task.Lease!.StartedTimestamp));
            _jobs.Add(key, pending);
            pending.Timer = _system.Timers.Schedule(AnswerLimit, _clock, pending);
            EndLease(task);
            task.Phase = WorkerTaskPhase.Answered;
            _jobs.Remove(task);
            if (answer is WorkerAnswer.Completed completed) task.Ended.TrySetResult(new StepResult.Completed(completed.Output, completed.Artifacts));
            else task.Ended.TrySetException(new StepFailedException(((WorkerAnswer.Failed)answer).Failure));
            return pending.Fate.Task;
        }
    }

    /// <summary>From the jobs of the node, after each commit: answers that are in the journal are told, changed priorities take effect.</summary>
    internal void Committed(JobState state, IReadOnlyList<JobEvent> events)
    {
        if (!_jobs.Contains(state.Id)) return;
        lock (_gate)
        {
            if (_jobs.Find(state.Id) is not { } job) return;
            foreach (var @event in events) Learn(job, @event);
            if (state.Status.IsTerminal()) End(job);
            _jobs.Trim(state.Id, job);
        }
    }

    /// <summary>The job has ended. Its handlers hear it a little later, and what a worker says meanwhile is too late already.</summary>
    private void End(WorkedJob job)
    {
        foreach (var task in job.Tasks.Values.ToList()) Stop(task);
        foreach (var answer in job.Answers.Values) answer.Settle(AnswerFate.Lost);
        job.Answers.Clear();
    }

    private void Stop(WorkerTask task)
    {
        Finish(task);
        task.Ended.TrySetCanceled();
    }

    private static void Learn(WorkedJob job, JobEvent @event)
    {
        switch (@event)
        {
            case JobEvent.StepCompleted e:
                Settle(job, new StepKey(e.Step, e.Item), e.Attempt, completed: true);
                break;
            case JobEvent.StepRetrying e:
                Settle(job, new StepKey(e.Step, e.Item), e.Attempt, completed: false);
                break;
            case JobEvent.StepFailed e:
                Settle(job, new StepKey(e.Step, e.Item), e.Attempt, completed: false);
                break;
            case JobEvent.StepReleased e when job.Answers.Remove((new StepKey(e.Step, e.Item), e.Attempt), out var released):
                released.Settle(AnswerFate.NotHere);
                break;
            case JobEvent.PriorityChanged e:
                foreach (var task in job.Tasks.Values) Reprioritise(task, e.Priority);
                break;
        }
    }

    private static void Settle(WorkedJob job, StepKey step, int attempt, bool completed)
    {
        if (!job.Answers.Remove((step, attempt), out var pending)) return;
        if (completed) pending.Line.CompletedTotal++;
        else pending.Line.FailedTotal++;
        var asSaid = pending.Answer is WorkerAnswer.Completed == completed;
        pending.Settle(asSaid ? AnswerFate.Recorded : AnswerFate.Lost);
    }

    private static void Reprioritise(WorkerTask task, int priority)
    {
        var waits = task.Phase == WorkerTaskPhase.Waiting && task.Line.Waiting.Remove(task);
        task.Priority = priority;
        if (waits) task.Line.Waiting.Add(task);
    }

    private void TimeIsUp(object message)
    {
        lock (_gate)
        {
            if (message is LeaseCheck check) CheckLease(check.Task, check.Lease);
            else if (message is PendingAnswer answer) answer.Settle(AnswerFate.NotHere);
            else if (message is WorkerPoll { Places.Count: > 0 } poll)
            {
                Interlocked.Increment(ref _wakeUps);
                Answer(poll);
            }
        }
    }

    private void CheckLease(WorkerTask task, HeldLease lease)
    {
        if (task.Phase != WorkerTaskPhase.Leased || task.Lease != lease) return;
        var left = task.LeaseFor - _system.Time.GetElapsedTime(lease.HeardTimestamp);
        if (left > TimeSpan.Zero)
        {
            lease.Timer = _system.Timers.Schedule(left, _clock, new LeaseCheck(task, lease));
            return;
        }

        task.Line.LostTotal++;
        Finish(task);
        task.Ended.TrySetException(new StepFailedException(
            ErrorClass.WorkerLost, $"Worker '{lease.Worker}' leased the task of queue '{task.Queue}' and was not heard for {task.LeaseFor}.", "LEASE_EXPIRED"));
    }

    /// <summary>The task leaves: out of the line, or out of its worker's hands.</summary>
    private void Finish(WorkerTask task)
    {
        if (task.Phase is WorkerTaskPhase.Over or WorkerTaskPhase.Answered) return;
        if (task.Phase == WorkerTaskPhase.Waiting) task.Line?.Waiting.Remove(task);
        else EndLease(task);
        task.Phase = WorkerTaskPhase.Over;
        _jobs.Remove(task);
    }

    private void EndLease(WorkerTask task)
    {
        task.Line.Leased--;
        if (task.Lease is not { } lease) return;
        lease.Timer?.Dispose();
        lease.Holder.Leases--;
        // Whoever waits for this runs on the scheduler, not under the lock.
        if (lease.Over is { } over) _system.Scheduler.Schedule(new CancelItem(over));
    }

    private sealed class CancelItem(CancellationTokenSource source) : IThreadPoolWorkItem
    {
        public void Execute() => source.Cancel();
    }
}

/// <summary>How a lease stands in this process.</summary>
internal enum LeaseStanding
{
    /// <summary>It holds.</summary>
    Held,

    /// <summary>The attempt goes on without this lease.</summary>
    GivenBack,

    /// <summary>This process has no such attempt; the journal knows what became of it.</summary>
    NotHere,
}
