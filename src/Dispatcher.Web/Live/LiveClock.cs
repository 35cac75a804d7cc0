using System.Collections.Concurrent;

namespace Dispatcher.Web.Live;

/// <summary>
/// One timer for all live connections, which runs only while there are any: it says when a connection has to give a sign of life, and cuts one whose client
/// has not taken what was written for too long.
/// </summary>
internal sealed class LiveClock(TimeProvider time) : IDisposable
{
    /// <summary>How often a quiet stream gives a sign of life: proxies cut connections that are silent for a minute.</summary>
    public const int HeartbeatSeconds = 15;

    /// <summary>How long a client may leave what was written in the socket.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<LiveConnection, byte> _connections = new();
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private int _made;

    /// <summary>Begins to watch a connection, until it is disposed.</summary>
    /// <param name="beat">Called every 15 s; not at the same time for all.</param>
    /// <param name="cut">Called when the client does not read.</param>
    public LiveConnection Watch(Action beat, Action cut)
    {
        var connection = new LiveConnection(this, Interlocked.Increment(ref _made) % HeartbeatSeconds, beat, cut);
        lock (_lock)
        {
            _connections.TryAdd(connection, 0);
            _timer ??= time.CreateTimer(static clock => ((LiveClock)clock!).OnTick(), this, Tick, Tick);
        }

        return connection;
    }

    public void Dispose()
    {
        lock (_lock) _timer?.Dispose();
    }

    internal long Now() => time.GetTimestamp();

    internal bool IsTooLong(long since, long now) => time.GetElapsedTime(since, now) > StallLimit;

    internal void Leave(LiveConnection connection)
    {
        lock (_lock)
        {
            if (!_connections.TryRemove(connection, out _) || !_connections.IsEmpty) return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void OnTick()
    {
        var now = Now();
        foreach (var (connection, _) in _connections) connection.OnTick(now);
    }
}

/// <summary>What <see cref="LiveClock"/> knows of one connection.</summary>
internal sealed class LiveConnection : IDisposable
{
    private const long NotWriting = -1;

    private readonly LiveClock _clock;
    private readonly Action _beat;
    private readonly Action _cut;
    private long _writesSince = NotWriting;
    private int _ticks;

    internal LiveConnection(LiveClock clock, int phase, Action beat, Action cut) => (_clock, _ticks, _beat, _cut) = (clock, phase, beat, cut);

    /// <summary>Writes to the client; when that takes too long, the connection is cut.</summary>
    public async ValueTask Write(Func<ValueTask> write)
    {
        Volatile.Write(ref _writesSince, _clock.Now());
        try
        {
            await write();
        }
        finally
        {
            Volatile.Write(ref _writesSince, NotWriting);
        }
    }

    public void Dispose() => _clock.Leave(this);

    internal void OnTick(long now)
    {
        var since = Volatile.Read(ref _writesSince);
        if (since != NotWriting)
        {
            if (_clock.IsTooLong(since, now)) _cut();
            return;
        }

        if (++_ticks % LiveClock.HeartbeatSeconds == 0) _beat();
    }
}
