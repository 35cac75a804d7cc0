using System.Collections.Immutable;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Workers;

/// <summary>One worker that waits for tasks. What can be set belongs to <see cref="WorkerQueues"/>, under its lock.</summary>
internal sealed class WorkerPoll(LeaseRequest request, long cameTimestamp)
{
    public LeaseRequest Request { get; } = request;

    /// <summary>When it came, on the monotonic clock; it is answered a whole <see cref="LeaseRequest.Wait"/> later at the latest.</summary>
    public long CameTimestamp { get; } = cameTimestamp;

    /// <summary>The leases; empty when the wait was in vain or the worker has gone.</summary>
    public TaskCompletionSource<ImmutableArray<WorkerLease>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its places in the lines of its queues, while it waits there.</summary>
    public List<(WorkQueue Queue, LinkedListNode<WorkerPoll> Place)> Places { get; } = [];

    public TimerQueue.Entry? Timer { get; set; }

    /// <summary>Tasks whose leases are being written for it.</summary>
    public int HandOvers { get; set; }

    /// <summary>Tasks leased to it, not told yet.</summary>
    public List<(WorkerTask Task, WorkerLease Lease)> Leased { get; } = [];

    /// <summary>Nobody reads the answer any more.</summary>
    public bool IsGone { get; set; }

    public bool IsAnswered => Answer.Task.IsCompleted;
}
