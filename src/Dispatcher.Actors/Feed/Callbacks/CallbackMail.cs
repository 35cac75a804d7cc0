namespace Dispatcher.Feed.Callbacks;

/// <summary>What the sender's actor and the rest of the node share: its messages, the wish to stop, and the counters.</summary>
internal sealed class CallbackMail
{
    private int _isHinted;
    private bool _isDraining;

    public CallbackCounters Counters { get; } = new();

    /// <summary>Completes when nothing is under way any more after <see cref="IsDraining"/> was set.</summary>
    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the sender has ended.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Nothing new is begun any more.</summary>
    public bool IsDraining
    {
        get => Volatile.Read(ref _isDraining);
        set => Volatile.Write(ref _isDraining, value);
    }

    /// <summary>True for the first hint since the last one was taken: many commits are one message.</summary>
    public bool TryHint() => Interlocked.Exchange(ref _isHinted, 1) == 0;

    public void TakeHint() => Volatile.Write(ref _isHinted, 0);

    /// <summary>This node has committed deliveries.</summary>
    internal sealed class CommitHint
    {
        public static CommitHint Instance { get; } = new();
    }

    /// <summary>Somebody wants a delivery of this tenant sent again.</summary>
    internal sealed record Replayed(string Tenant);

    /// <summary>The node stops.</summary>
    internal sealed class Drain
    {
        public static Drain Instance { get; } = new();
    }

    /// <summary>Asks for a tenant's receivers.</summary>
    internal sealed class ReceiversRequest(string tenant) : Kernel.IDeadLetter
    {
        private readonly TaskCompletionSource<IReadOnlyList<ReceiverStatus>> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Tenant { get; } = tenant;

        public Task<IReadOnlyList<ReceiverStatus>> Answer => _reply.Task;

        public void Reply(IReadOnlyList<ReceiverStatus> receivers) => _reply.TrySetResult(receivers);

        public void Undelivered() => _reply.TrySetResult([]);
    }
}
