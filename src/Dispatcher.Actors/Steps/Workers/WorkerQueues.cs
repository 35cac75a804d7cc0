using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Workers;

/// <summary>
/// The tasks of external workers on one node: attempts wait here for workers, and workers wait here for tasks. Safe to call from any thread.
/// </summary>
/// <remarks>
/// What holds whenever the lock is free:
/// <list type="number">
/// <item>No task waits in a queue in which a poll waits.</item>
/// <item>A task is with at most one worker, under the lease that its job's journal recorded last; a worker hears of a lease only after it is recorded.</item>
/// <item>A leased task has one timer, for the end of its lease; a poll that waits has one, for the end of its wait. Nothing else has any.</item>
/// </list>
/// Bounds: tasks by the caps of their stages, polls by <c>pollLimit</c>, queues and workers remembered by <see cref="QueueBook"/> and <see cref="WorkQueue"/>.
/// </remarks>
public sealed partial class WorkerQueues
{
    private readonly Lock _gate = new();
    private readonly ActorSystem _system;
    private readonly ActorCell _clock;
    private readonly int _pollLimit;
    private readonly QueueBook _book = new();
    private readonly WorkedJobs _jobs = new();
    private long _order;
    private int _polls;
    private long _wakeUps;
    private bool _closed;

    /// <param name="system">The node's actors, for timers.</param>
    /// <param name="pollLimit">Polls that wait on the node at once.</param>
    internal WorkerQueues(ActorSystem system, int pollLimit)
    {
        (_system, _pollLimit) = (system, pollLimit);
        _clock = system.Spawn(() => new Clock(this));
    }

    /// <summary>Times at which a waiting poll was looked at: once for each task that came and each wait that ended, and never otherwise.</summary>
    public long WakeUps => Interlocked.Read(ref _wakeUps);

    /// <summary>Puts a task in line, or, if an earlier process of this node had leased it, back into its worker's hands for a whole lease.</summary>
    /// <returns>How the attempt ends.</returns>
    internal Task<StepResult> Offer(WorkerTask task)
    {
        HandOver? next = null;
        lock (_gate)
        {
            if (_closed) task.Ended.TrySetCanceled();
            else if (!_book.TryGet(task.Context.Tenant, task.Queue, out var line)) task.Ended.TrySetException(TooManyQueues(task));
            else next = Accept(task, line);
        }

        Begin(next);
        return task.Ended.Task;
    }

    /// <summary>The attempt is to end: its job was cancelled, its time is over, or the node shuts down.</summary>
    internal void Withdraw(WorkerTask task)
    {
        lock (_gate)
        {
            Stop(task);
        }
    }

    /// <summary>
    /// Waits for tasks; answered as soon as there is one, or with none after the wait. A poll that comes earlier is served earlier; one task wakes one poll.
    /// The leases must be given back (<see cref="GiveBack"/>) if the worker cannot be told of them.
    /// </summary>
    /// <exception cref="WorkersFullException">The node holds no more polls, or the tenant no more queues.</exception>
    public async Task<ImmutableArray<WorkerLease>> Lease(LeaseRequest request, CancellationToken gone)
    {
        var poll = new WorkerPoll(request, _system.Time.GetTimestamp());
        List<HandOver> handOvers;
        lock (_gate) handOvers = Arrive(poll);
        foreach (var handOver in handOvers) Begin(handOver);
        using var registration = gone.UnsafeRegister(static (state, _) => ((Action)state!)(), () => Leave(poll));
        return await poll.Answer.Task;
    }

    /// <summary>The worker could not be told: the tasks go back to their places, as if nobody had asked. Their attempts go on.</summary>
    public void GiveBack(IEnumerable<WorkerLease> leases)
    {
        var next = new List<HandOver?>();
        lock (_gate)
        {
            foreach (var lease in leases)
            {
                if (_jobs.FindTask(lease.Key.JobId, lease.Key.Step) is { } task && task.IsHeldUnder(lease.Key)) next.Add(PutBack(task));
            }
        }

        foreach (var handOver in next) Begin(handOver);
    }

    /// <summary>The node begins to stop: polls are answered with nothing, what comes later too. Workers may still answer for what they have.</summary>
    public void StopLeasing()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var poll in _book.All.SelectMany(line => line.Polls).Distinct().ToList()) Answer(poll);
        }
    }

    /// <summary>The node has stopped: answers that are not in the journal by now are given again to the next process.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            foreach (var answer in _jobs.All.SelectMany(job => job.Answers.Values)) answer.Settle(AnswerFate.NotHere);
        }
    }

    private HandOver? Accept(WorkerTask task, WorkQueue line)
    {
        if (_jobs.FindTask(task.Context.JobId, task.Context.Step) is { } earlier) Finish(earlier);
        // The job lost an answer to this very attempt before it was written: it must be given again.
        if (_jobs.Find(task.Context.JobId)?.Answers.Remove((task.Context.Step, task.Context.Attempt), out var lost) == true) lost.Settle(AnswerFate.NotHere);
        _jobs.Add(task);
        task.Line = line;
        task.Order = _order++;
        task.OfferedAt = line.UsedAt = _system.Time.GetUtcNow();
        task.OfferedTimestamp = _system.Time.GetTimestamp();
        if (task.HeldBefore is not { } held) return Enqueue(task);
        line.Leased++;
        Hold(task, held.Worker, held.Token);
        return null;
    }

    /// <summary>In line, or at once on its way to the poll that has waited longest.</summary>
    private HandOver? Enqueue(WorkerTask task)
    {
        task.Phase = WorkerTaskPhase.Waiting;
        task.Lease = null;
        if (task.Line.Polls.First is not { } first)
        {
            task.Line.Waiting.Add(task);
            return null;
        }

        StopWaiting(first.Value);
        Interlocked.Increment(ref _wakeUps);
        return Pair(task, first.Value);
    }

    private HandOver? PutBack(WorkerTask task)
    {
        EndLease(task);
        return Enqueue(task);
    }

    private List<HandOver> Arrive(WorkerPoll poll)
    {
        var lines = LinesOf(poll.Request);
        if (poll.Request.Drain) Drain(poll.Request);
        var handOvers = new List<HandOver>();
        while (!_closed && !poll.Request.Drain && handOvers.Count < poll.Request.Max && FirstOf(lines) is { } task)
        {
            task.Line.Waiting.Remove(task);
            handOvers.Add(Pair(task, poll));
        }

        if (handOvers.Count > 0) return handOvers;
        if (_closed || poll.Request.Drain || poll.Request.Wait <= TimeSpan.Zero) Answer(poll);
        else Wait(poll, lines, first: false);
        return handOvers;
    }

    private List<WorkQueue> LinesOf(LeaseRequest request)
    {
        var lines = new List<WorkQueue>(request.Queues.Length);
        foreach (var name in request.Queues)
        {
            if (!_book.TryGet(request.Tenant, name, out var line))
                throw new WorkersFullException($"The queue '{name}' would be one more than the {QueueBook.QueueLimit:N0} that a tenant may use at once.");
            line.Seen(request.Worker, _system.Time.GetUtcNow()).IsDraining = request.Drain;
            if (!lines.Contains(line)) lines.Add(line);
        }

        return lines;
    }

    /// <summary>The task that comes first over all these queues: by priority, then by age.</summary>
    private static WorkerTask? FirstOf(List<WorkQueue> lines)
    {
        WorkerTask? first = null;
        foreach (var line in lines)
        {
            if (line.Waiting.Min is { } task && (first is null || line.Waiting.Comparer.Compare(task, first) < 0)) first = task;
        }

        return first;
    }

    private void Wait(WorkerPoll poll, List<WorkQueue> lines, bool first)
    {
        if (_polls >= _pollLimit) throw new WorkersFullException($"{_pollLimit:N0} polls of workers wait on this node, which is all that it holds; ask again in a moment.");
        _polls++;
        foreach (var line in lines) poll.Places.Add((line, first ? line.Polls.AddFirst(poll) : line.Polls.AddLast(poll)));
        poll.Timer = _system.Timers.Schedule(WaitOf(poll), _clock, poll);
    }

    /// <summary>How long the poll may wait still.</summary>
    private TimeSpan WaitOf(WorkerPoll poll) => poll.Request.Wait - _system.Time.GetElapsedTime(poll.CameTimestamp);

    private void StopWaiting(WorkerPoll poll)
    {
        if (poll.Places.Count == 0) return;
        _polls--;
        foreach (var (line, place) in poll.Places) line.Polls.Remove(place);
        poll.Places.Clear();
        poll.Timer?.Dispose();
        poll.Timer = null;
    }

    private static StepFailedException TooManyQueues(WorkerTask task) => new(
        ErrorClass.Permanent,
        $"The queue '{task.Queue}' would be one more than the {QueueBook.QueueLimit:N0} that a tenant may use at once. Let more steps share a queue.",
        "TOO_MANY_QUEUES");

    /// <summary>Where the node's timers speak to the queues.</summary>
    private sealed class Clock(WorkerQueues queues) : Actor
    {
        protected internal override ValueTask Receive(object message)
        {
            queues.TimeIsUp(message);
            return ValueTask.CompletedTask;
        }
    }
}
