using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Process.Tests.Cluster.Loads;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Tests.Shared;
using Npgsql;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>A real PostgreSQL and real nodes, under a load, with the faults that happen to them.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private const string AllIsDone =
        "SELECT NOT EXISTS (SELECT 1 FROM dispatcher.jobs WHERE status NOT IN ('completed', 'failed', 'cancelled')) AND NOT EXISTS (SELECT 1 FROM dispatcher.commands WHERE answer IS NULL)";

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentDictionary<string, RigNode> _nodes = new(StringComparer.Ordinal);
    private readonly List<ClusterLoad> _loads = [];
    private readonly Action<string> _log;

    private ClusterRig(PostgresCluster database, int seed, Action<string> log)
    {
        (Database, _log) = (database, log);
        Client = new ClusterClient(() => [.. _nodes.Values.Where(node => node.IsUp).Select(node => node.Address)]);
        _loads.Add(Load = new PlainLoad(Client, seed));
    }

    public PostgresCluster Database { get; }

    /// <summary>Speaks to whichever nodes are up.</summary>
    public ClusterClient Client { get; }

    /// <summary>The load that every run has.</summary>
    public PlainLoad Load { get; }

    /// <summary>All loads: what they are told is checked in the end.</summary>
    public IReadOnlyList<ClusterLoad> Loads => _loads;

    public string Directory => _directory.Path;

    /// <summary>How long jobs may take to end when the load has; one that is open still is a fault.</summary>
    public TimeSpan Patience { get; init; } = Wait.Limit;

    /// <summary>Where the provider listens that steps may be ordered from; null without one.</summary>
    public Uri? Provider { get; init; }

    public IReadOnlyCollection<string> Names => [.. _nodes.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Which nodes were frozen, and when: what they were in the midst of may have gone on for an instant afterwards.</summary>
    public ConcurrentBag<(string Node, DateTimeOffset From, DateTimeOffset To)> Freezes { get; } = [];

    /// <param name="disk">Where the database is; on the machine's disk if absent.</param>
    /// <param name="provider">Where steps may be ordered from; nowhere if absent.</param>
    public static async Task<ClusterRig> Start(int nodes, int seed, Action<string> log, TimeSpan? patience = null, string? disk = null, Uri? provider = null)
    {
        var rig = new ClusterRig(await PostgresCluster.Start("-c max_connections=200 -c max_wal_size=64MB", disk), seed, log) { Patience = patience ?? Wait.Limit, Provider = provider };
        log(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        await Task.WhenAll(Enumerable.Range(1, nodes).Select(n => rig.StartNode($"node-{n}")));
        await rig.WhenSettled();
        return rig;
    }

    /// <summary>One more load, which begins.</summary>
    /// <param name="lanes">Its clients.</param>
    public void Begin(ClusterLoad load, int lanes)
    {
        _loads.Add(load);
        load.Begin(lanes);
    }

    /// <summary>Starts a node, new or again, at the address that it had.</summary>
    /// <param name="margin">How much earlier it stops to trust itself than the others do.</param>
    public async Task StartNode(string name, TimeSpan? margin = null)
    {
        var node = _nodes.GetOrAdd(name, _ => new RigNode(LastingPort.TakeAddress(), new TcpProxy(PortOf(Database.ConnectionString))));
        var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Port = node.Proxy.Port }.ConnectionString;
        node.Process = DispatcherProcess.StartNode(new ClusterNodeSettings(connection, Directory, name, node.Address, margin ?? TimeSpan.FromSeconds(1), Provider));
        await node.Process.WaitForText("listens ");
        node.IsUp = true;
    }

    /// <summary>kill -9.</summary>
    public async Task Kill(string name)
    {
        var node = _nodes[name];
        node.IsUp = false;
        node.Process.Kill9();
        var at = TimeProvider.System.GetUtcNow();
        await node.Process.WaitForExit();
        Say($"{name} is killed");
        await WhenSettled();
        var late = await Ask<double>($"SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM at - '{at:O}'::timestamptz))::float8 FROM dispatcher.shard_epochs WHERE at > '{at:O}'");
        Say(string.Create(CultureInfo.InvariantCulture, $"its shards have new owners, 95 of 100 within {late:0.00} s"));
    }

    /// <summary>Asks it to end, as a deployment does: the load learns of it first.</summary>
    public async Task Terminate(string name)
    {
        var node = _nodes[name];
        node.IsUp = false;
        node.Process.Terminate();
        var ended = await node.Process.WaitForExit();
        Assert.True(ended.ExitCode == 0, $"{name} did not end cleanly: {ended.All}");
        Say($"{name} has left");
    }

    /// <summary>Makes a job at a certain node; its id.</summary>
    public async Task<string> Submit(string name, string workflow)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync(new Uri(_nodes[name].Address, "/api/v1/jobs"), new { workflow });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }

    public void Remove(string name) => _nodes.TryRemove(name, out _);

    public async Task Freeze(string name, TimeSpan time)
    {
        var node = _nodes[name];
        Say($"{name} is frozen for {time.TotalSeconds:0.0} s");
        node.IsUp = false;
        var from = TimeProvider.System.GetUtcNow();
        await node.Process.Stop();
        await Wait.Instant(time);
        Freezes.Add((name, from, TimeProvider.System.GetUtcNow()));
        node.Process.Continue();
        node.IsUp = true;
    }

    /// <summary>The node and the database do not hear each other, in one direction or both.</summary>
    public async Task CutOff(string name, bool toServer, bool toClient, TimeSpan time)
    {
        Say($"{name} is cut off for {time.TotalSeconds:0.0} s{(toServer && toClient ? "" : toServer ? ", on its way to the database" : ", on its way back")}");
        _nodes[name].Proxy.Cut(toServer, toClient);
        await Wait.Instant(time);
        _nodes[name].Proxy.Heal();
    }

    /// <summary>Sets a node's wall clock wrong.</summary>
    public void SetClock(string name, TimeSpan offset)
    {
        Say($"the clock of {name} is {offset.TotalMinutes:0} minutes ahead");
        JumpingTime.Set(JumpingTime.FileOf(Directory, name), offset);
    }

    public async Task CrashDatabase(TimeSpan time)
    {
        Say($"the database is down for {time.TotalSeconds:0.0} s");
        await Database.Crash();
        await Wait.Instant(time);
        await Database.Restart();
    }

    /// <summary>Fills the database's disk to the last byte for a while. A server that cannot write its log gives up, and is started again when there is room.</summary>
    public async Task FillDisk(string disk, TimeSpan time)
    {
        Say($"the database's disk is full for {time.TotalSeconds:0.0} s");
        var filler = Path.Combine(disk, "filler");
        await using (var file = File.Create(filler))
        {
            try
            {
                while (true)
                {
                    await file.WriteAsync(new byte[64 << 10]);
                    await file.FlushAsync();
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        await Wait.Instant(time);
        File.Delete(filler);
        while (!await IsUp())
        {
            try
            {
                await Database.Restart();
            }
            catch (InvalidOperationException)
            {
                // It is up already, or about to be.
            }
        }
    }

    private async Task<bool> IsUp()
    {
        try
        {
            await Execute("SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Ends connections of nodes at random, also in the middle of commits.</summary>
    public async Task EndConnections(Random random, int times)
    {
        Say($"connections are ended, {times} times");
        for (var i = 0; i < times; i++)
        {
            await Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'dispatcher' AND random() < 0.4");
            await Wait.Instant(random.NextMilliseconds(300));
        }
    }

    public Task<string> Coordinator() => Ask<string>("SELECT n.node_name FROM dispatcher.leases l JOIN dispatcher.nodes n USING (incarnation) WHERE l.name = 'coordinator'");

    /// <summary>Each shard has the owner that it is meant for, and all nodes that are up own some.</summary>
    public Task WhenSettled() => Wait.Until(
        async () => await Ask<bool>(
            $"SELECT (SELECT bool_and(incarnation IS NOT DISTINCT FROM target AND incarnation IS NOT NULL) FROM dispatcher.shards) AND (SELECT count(DISTINCT incarnation) FROM dispatcher.shards) = {_nodes.Values.Count(node => node.IsUp)}"),
        () => "all shards have their owners");

    /// <summary>Ends all loads, waits until every job has ended, and tells what is wrong.</summary>
    public async Task<IReadOnlyList<string>> Faults()
    {
        await Task.WhenAll(_loads.Select(load => load.End()));
        foreach (var load in _loads) Say(load.Summary);
        Say(string.Create(CultureInfo.InvariantCulture, $"{Client.Retries} requests given again"));
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!await Ask<bool>(AllIsDone) && TimeProvider.System.GetElapsedTime(startedAt) < Patience) await Wait.Instant(TimeSpan.FromMilliseconds(50));
        var open = await Ask<long>("SELECT count(*) FROM dispatcher.jobs WHERE status NOT IN ('completed', 'failed', 'cancelled')");
        Say(string.Create(CultureInfo.InvariantCulture, $"{open} jobs open after {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s"));
        return await ClusterChecker.Faults(this);
    }

    /// <summary>A value from the database, asked apart from the nodes. While it is down, it is asked again.</summary>
    public async Task<T> Ask<T>(string sql)
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Database.ConnectionString);
                await connection.OpenAsync();
                await using var command = new NpgsqlCommand(sql, connection);
                if (await command.ExecuteScalarAsync() is T value) return value;
            }
            catch (NpgsqlException down) when (down.IsTransient)
            {
                // It comes back.
            }

            await Wait.Instant(TimeSpan.FromMilliseconds(20));
        }
    }

    public async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Who owns how many shards, and whose they are to be, for whoever reads a failure.</summary>
    public async Task<IReadOnlyList<string>> Shards() => await Ask<string[]>(
        """
        SELECT coalesce(array_agg(line), '{}') FROM (
            SELECT format('%s shards of %s (incarnation %s, %s) are meant for %s', count(*), n.node_name, s.incarnation, n.state, s.target) AS line
            FROM dispatcher.shards s LEFT JOIN dispatcher.nodes n USING (incarnation) GROUP BY n.node_name, s.incarnation, n.state, s.target) lines
        """);

    /// <summary>What the nodes have written, for whoever reads a failure.</summary>
    public string Logs() => string.Join('\n', _nodes.Select(node => $"--- {node.Key}\n{node.Value.Process.Out}{node.Value.Process.Error}"));

    public void Say(string what) => _log(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}"));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loads.Select(load => load.End()));
        foreach (var node in _nodes.Values)
        {
            if (node.Process is { } process) await process.DisposeAsync();
            await node.Proxy.DisposeAsync();
        }

        foreach (var load in _loads) load.Dispose();
        Client.Dispose();
        Database.Stop();
        _directory.Dispose();
    }

    private static int PortOf(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Port;

    private sealed class RigNode(Uri address, TcpProxy proxy)
    {
        private bool _isUp;

        public Uri Address { get; } = address;

        public TcpProxy Proxy { get; } = proxy;

        public DispatcherProcess Process { get; set; } = null!;

        /// <summary>True while clients may go there.</summary>
        public bool IsUp
        {
            get => Volatile.Read(ref _isUp);
            set => Volatile.Write(ref _isUp, value);
        }
    }
}
