namespace Dispatcher.Sharding;

/// <summary>
/// How long a node may believe that its shards are its own: until some time after it last began to give a sign of life that arrived, by the monotonic clock, which
/// also counts while the process is stopped. It ends before the others may take the node for dead.
/// </summary>
public sealed class NodeTrust(TimeProvider time, TimeSpan trustFor)
{
    private const long Never = long.MinValue;

    private long _since = Never;

    /// <summary>True while the node may start steps.</summary>
    public bool Holds => Left > TimeSpan.Zero;

    /// <summary>How long it still holds; negative when it is over.</summary>
    public TimeSpan Left => Volatile.Read(ref _since) is var since && since == Never ? TimeSpan.Zero : trustFor - time.GetElapsedTime(since);

    /// <summary>A sign of life has arrived.</summary>
    /// <param name="startedAt">The timestamp before it was sent.</param>
    public void Extend(long startedAt)
    {
        if (startedAt > Volatile.Read(ref _since)) Volatile.Write(ref _since, startedAt);
    }
}
