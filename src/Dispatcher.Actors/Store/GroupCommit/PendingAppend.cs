namespace Dispatcher.Store.GroupCommit;

/// <summary>An append between its caller and the writer. Its continuation never runs on the writer's thread.</summary>
internal sealed class PendingAppend : TaskCompletionSource<AppendResult>
{
    /// <summary>About what a row, a claim, an event or a message costs besides its payload; only the bound on bytes depends on it.</summary>
    private const int OverheadBytes = 100;

    public PendingAppend(AppendRequest request) : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Request = request;
        Bytes = OverheadBytes + (request.Snapshot?.Payload.Length ?? 0);
        for (var i = 0; i < request.Events.Count; i++) Bytes += OverheadBytes + request.Events[i].Payload.Length;
        for (var i = 0; i < request.Messages.Count; i++) Bytes += OverheadBytes + request.Messages[i].Payload.Length;
        Bytes += request.EndNote.Length + (OverheadBytes * (request.Watches.Count + request.Terms.Count + request.Deliveries.Count));
    }

    public AppendRequest Request { get; }

    /// <summary>What the bounds on events count; one without events is work too.</summary>
    public int Events => Math.Max(1, Request.Events.Count);

    public int Bytes { get; }

    /// <summary>When it was queued, if that is measured; otherwise 0.</summary>
    public long QueuedAt { get; init; }

    /// <summary>Set while the batch is written; the caller is told after the commit.</summary>
    public AppendResult? Result { get; set; }

    /// <summary>Tells the caller how its append ended.</summary>
    public void Answer(AppendResult result) => SetResult(result);
}
