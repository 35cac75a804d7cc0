using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// A node's line to the cluster: one connection and one thread of its own, so that neither a busy pool of threads nor a long statement holds a sign of life up. The
/// connection holds the node's advisory lock, which the server lets go at once when the process dies, and hears the hints of others between the signs of life.
/// </summary>
internal sealed partial class PostgresSession : IClusterSession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private readonly PostgresDatabase _database;
    private readonly long _incarnation;
    private readonly IClusterListener _listener;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private NpgsqlConnection? _connection;
    private bool _holdsLock;
    private bool _beatSoon;
    private long? _loggedAt;

    public PostgresSession(PostgresDatabase database, long incarnation, IClusterListener listener, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        (_database, _incarnation, _listener, _interval, _time, _logger) = (database, incarnation, listener, interval, time, logger);
        _thread = new Thread(Run) { Name = "cluster-session", IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    public void BeatSoon() => Volatile.Write(ref _beatSoon, true);

    public void FallSilent() => _stop.Set();

    public void Dispose()
    {
        FallSilent();
        if (Thread.CurrentThread != _thread) _thread.Join(Patience + Patience);
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            try
            {
                Beat();
                Listen();
            }
            catch (Exception failure)
            {
                // Whatever it is, no sign of life was given, and the thread has nobody to tell but the node: without signs of life it stands down.

                Disconnect();
                LogSometimes(failure);
                _listener.BeatFailed(failure);
                _stop.Wait(RetryDelay);
            }
        }

        Disconnect();
    }

    private void Beat()
    {
        Volatile.Write(ref _beatSoon, false);
        var startedAt = _time.GetTimestamp();
        var connection = _connection ??= Connect();
        if (!_holdsLock) _holdsLock = Join(connection);
        using var command = _database.Command(connection, PostgresSql.Beat);
        command.Add(_incarnation);
        command.Add(_listener.Facts(), NpgsqlDbType.Json);
        var answer = command.ExecuteScalar() as string;
        _listener.Beaten(answer is null ? null : ClusterJson.Read(answer), startedAt);
    }

    /// <summary>Hears hints until the next sign of life is due. Waits in slices, so that a stop is noticed.</summary>
    private void Listen()
    {
        var startedAt = _time.GetTimestamp();
        while (!_stop.IsSet && !Volatile.Read(ref _beatSoon))
        {
            var left = _interval - _time.GetElapsedTime(startedAt);
            // The driver counts whole milliseconds, and takes none for "for ever".
            if (left < TimeSpan.FromMilliseconds(1)) return;
            _connection!.Wait(left < Slice ? left : Slice);
        }
    }

    private NpgsqlConnection Connect()
    {
        var connection = _database.ConnectApart(Patience);
        try
        {
            connection.Notification += (_, notification) => Hear(notification.Payload);
            using var listen = _database.Command(connection, "LISTEN dispatcher_{schema}");
            listen.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>False while the server has not noticed that an earlier connection of this node is gone.</summary>
    private bool Join(NpgsqlConnection connection)
    {
        using var join = _database.Command(connection, PostgresSql.JoinSession);
        join.Add((int)_incarnation);
        return join.ExecuteScalar() is true;
    }

    /// <summary>It is tried ten times a second; people need not read of each.</summary>
    private void LogSometimes(Exception failure)
    {
        if (_loggedAt is { } last && _time.GetElapsedTime(last) < LogInterval) return;
        _loggedAt = _time.GetTimestamp();
        LogBroken(_logger, PostgresFailure.Is(failure) ? PostgresFailure.Describe(failure) : failure.ToString());
    }

    private void Hear(string payload)
    {
        if (ClusterJson.ReadHint(payload) is not { } hint || (hint.To is { } to && to != _incarnation)) return;
        if (hint.Kind == ClusterHintKind.Map) BeatSoon();
        else _listener.Hinted(hint);
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        (_connection, _holdsLock) = (null, false);
    }

    [LoggerMessage(EventId = 2111, Level = LogLevel.Warning, Message = "The node's session with the database is broken and is made anew: {Cause}")]
    private static partial void LogBroken(ILogger logger, string cause);
}
