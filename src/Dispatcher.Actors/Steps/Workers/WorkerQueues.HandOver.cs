using System.Collections.Immutable;

namespace Dispatcher.Steps.Workers;

/// <summary>From the line into a worker's hands: the lease is written first, and only then told.</summary>
public sealed partial class WorkerQueues
{
    private HandOver Pair(WorkerTask task, WorkerPoll poll)
    {
        task.Phase = WorkerTaskPhase.HandingOver;
        task.Line.Leased++;
        poll.HandOvers++;
        return new HandOver(task, poll);
    }

    private void Begin(HandOver? handOver)
    {
        if (handOver is not null) _ = Run(handOver);
    }

    private async Task Run(HandOver handOver)
    {
        long? token = null;
        Exception? fault = null;
        try
        {
            token = await handOver.Task.RecordLease(handOver.Poll.Request.Worker);
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        List<HandOver> next;
        lock (_gate) next = fault is null ? Recorded(handOver, token!.Value) : NotRecorded(handOver, fault);
        foreach (var one in next) Begin(one);
    }

    private List<HandOver> Recorded(HandOver handOver, long token)
    {
        var (task, poll) = (handOver.Task, handOver.Poll);
        List<HandOver> next = [];
        poll.HandOvers--;
        // An attempt that ended meanwhile is nobody's.
        if (task.Phase == WorkerTaskPhase.HandingOver) poll.Leased.Add((task, Hold(task, poll.Request.Worker, token)));
        Conclude(poll, next);
        return next;
    }

    /// <summary>The job does not take the lease: it has ended, or cannot write. The attempt fails with what it said.</summary>
    private List<HandOver> NotRecorded(HandOver handOver, Exception fault)
    {
        List<HandOver> next = [];
        handOver.Poll.HandOvers--;
        if (handOver.Task.Phase == WorkerTaskPhase.HandingOver)
        {
            Finish(handOver.Task);
            handOver.Task.Ended.TrySetException(fault);
        }

        Conclude(handOver.Poll, next);
        return next;
    }

    /// <summary>
    /// Once all leases for a poll are written: it is answered, or waits on at its place if it got none. Tasks of a worker that went away meanwhile go
    /// back to theirs.
    /// </summary>
    private void Conclude(WorkerPoll poll, List<HandOver> next)
    {
        if (poll.HandOvers > 0 || poll.IsAnswered) return;
        if (poll.IsGone)
        {
            foreach (var (task, lease) in poll.Leased)
            {
                if (task.IsHeldUnder(lease.Key)) AddTo(next, PutBack(task));
            }

            poll.Leased.Clear();
        }

        var mayWait = poll.Leased.Count == 0 && !poll.IsGone && !_closed && _polls < _pollLimit && WaitOf(poll) > TimeSpan.Zero;
        if (!mayWait)
        {
            Answer(poll);
            return;
        }

        var lines = LinesOf(poll.Request);
        if (FirstOf(lines) is not { } waiting)
        {
            Wait(poll, lines, first: true);
            return;
        }

        waiting.Line.Waiting.Remove(waiting);
        next.Add(Pair(waiting, poll));
    }

    private WorkerLease Hold(WorkerTask task, string worker, long token)
    {
        task.Phase = WorkerTaskPhase.Leased;
        var holder = task.Line.Seen(worker, _system.Time.GetUtcNow());
        holder.Leases++;
        var lease = task.Lease = new HeldLease(holder, token, _system.Time.GetTimestamp());
        if (task.HeldBefore is null) task.Line.WaitTimes.Add(_system.Time.GetElapsedTime(task.OfferedTimestamp));
        lease.ExpiresAt = _system.Time.GetUtcNow() + task.LeaseFor;
        lease.Timer = _system.Timers.Schedule(task.LeaseFor, _clock, new LeaseCheck(task, lease));
        return task.Describe();
    }

    /// <summary>The client's connection has gone. Leases that are being written for it are put back when they are.</summary>
    private void Leave(WorkerPoll poll)
    {
        List<HandOver> next = [];
        lock (_gate)
        {
            poll.IsGone = true;
            StopWaiting(poll);
            Conclude(poll, next);
        }

        foreach (var one in next) Begin(one);
    }

    /// <summary>The worker takes no more: whatever else waits for it is answered with nothing.</summary>
    private void Drain(LeaseRequest request)
    {
        var own = _book.Of(request.Tenant).SelectMany(line => line.Polls).Where(poll => string.Equals(poll.Request.Worker, request.Worker, StringComparison.Ordinal));
        foreach (var poll in own.Distinct().ToList()) Answer(poll);
    }

    private void Answer(WorkerPoll poll)
    {
        StopWaiting(poll);
        ImmutableArray<WorkerLease> leases = [.. poll.Leased.Select(leased => leased.Lease)];
        poll.Answer.TrySetResult(leases);
    }

    private static void AddTo(List<HandOver> list, HandOver? handOver)
    {
        if (handOver is not null) list.Add(handOver);
    }

    /// <summary>A task on its way to a poll.</summary>
    private sealed record HandOver(WorkerTask Task, WorkerPoll Poll);

    /// <summary>A timer's message: is this lease still held?</summary>
    private sealed record LeaseCheck(WorkerTask Task, HeldLease Lease);
}
