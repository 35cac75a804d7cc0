using System.Globalization;
using Dispatcher.Store.GroupCommit;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Dispatcher.Bench.Postgres;

/// <summary>
/// What the PostgreSQL store costs, on a server of its own on this machine, with its flushes: <c>P1</c> its appends against the bare loop, <c>P2</c> ways to
/// fence, <c>P3</c> ways to insert. Variants take turns in short rounds and the best round of each counts, so that a noisy machine troubles all alike.
/// </summary>
internal sealed class PostgresBench : IAsyncDisposable
{
    private const string FenceStatement = "PERFORM 1 FROM store.nodes WHERE incarnation = writer AND state = 'alive' FOR SHARE;";

    private const string Fence = FenceStatement + "\n    alive := FOUND;";

    private const string NoFence = "alive := true;";

    /// <summary>As if each shard's owner were a row: those of the batch are locked and counted.</summary>
    private const string FenceOfShards =
        """
        PERFORM 1 FROM store.bench_shards s WHERE s.shard_id = ANY (ARRAY(SELECT DISTINCT (('x' || right(j::text, 8))::bit(32)::bigint % 128)::int FROM unnest(append_job) j))
            AND s.incarnation = writer FOR SHARE;
            alive := FOUND;
        """;

    private readonly PostgresCluster _cluster;
    private readonly BenchOptions _options;
    private readonly NpgsqlConnection _admin;
    private readonly PostgresJobStore _store;

    private PostgresBench(PostgresCluster cluster, BenchOptions options, NpgsqlConnection admin, PostgresJobStore store) =>
        (_cluster, _options, _admin, _store) = (cluster, options, admin, store);

    public static async Task<PostgresBench> Start(BenchOptions options)
    {
        var cluster = await PostgresCluster.Start("-c shared_buffers=256MB -c max_wal_size=4GB -c checkpoint_timeout=30min");
        var admin = new NpgsqlConnection(cluster.ConnectionString);
        await admin.OpenAsync();
        var store = await OpenStore(cluster, "store");
        await (await OpenStore(cluster, "bare")).DisposeAsync();
        return new PostgresBench(cluster, options, admin, store);
    }

    /// <summary>The store's appends against the bare loop.</summary>
    public async Task<IReadOnlyList<Row>> AgainstBare()
    {
        await using var bare = await OpenBare();
        var rows = new List<Row>();
        foreach (var concurrency in _options.Concurrencies.Where(n => n is 1 or 100 or 1000))
        {
            var results = await TakeTurns(concurrency, [("store", new StoreJobs(_store.Append)), ("bare", new StoreJobs(bare.Writer.Append))]);
            rows.Add(RowOf("P1", concurrency, results["store"], results["bare"], "target: p50 at 1 under 2.5 of bare"));
        }

        return rows;
    }

    /// <summary>One row for the incarnation, and a row for each shard, against no fence.</summary>
    public async Task<IReadOnlyList<Row>> Fences()
    {
        await Execute("CREATE TABLE IF NOT EXISTS store.bench_shards (shard_id int PRIMARY KEY, incarnation bigint NOT NULL, epoch bigint NOT NULL)");
        await Execute($"INSERT INTO store.bench_shards SELECT n, {_store.Incarnation}, 1 FROM generate_series(0, 127) n ON CONFLICT DO NOTHING");
        var definition = (string)(await Execute("SELECT pg_get_functiondef('store.commit_batch'::regproc)"))!;
        var jobs = new StoreJobs(_store.Append);
        var rows = new List<Row>();
        foreach (var concurrency in _options.Concurrencies.Where(n => n is 1 or 1000))
        {
            var results = await TakeTurns(concurrency, [("incarnation", jobs), ("shards", jobs), ("none", jobs)], async variant => await Execute(definition.Replace(
                Fence, variant switch { "none" => NoFence, "shards" => FenceOfShards, _ => Fence }, StringComparison.Ordinal)));
            rows.Add(RowOf("P2", concurrency, results["incarnation"], results["none"], "fence of the incarnation, against none"));
            rows.Add(RowOf("P2", concurrency, results["shards"], results["none"], "fence of each shard, against none"));
        }

        await Execute(definition);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _admin.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        _cluster.Stop();
    }

    public Task<IReadOnlyList<Row>> Inserts() => InsertWays.Run(_cluster.ConnectionString, _options);

    private static Task<PostgresJobStore> OpenStore(PostgresCluster cluster, string schema) => PostgresJobStore.Open(
        new PostgresStoreOptions { ConnectionString = cluster.ConnectionString, Schema = schema }, TimeProvider.System, NullLogger.Instance);

    private async Task<BareStore> OpenBare()
    {
        var connection = new NpgsqlConnection(_cluster.ConnectionString + ";Max Auto Prepare=20;Auto Prepare Min Usages=1");
        await connection.OpenAsync();
        return new BareStore(new BareBatchWriter(connection));
    }

    /// <summary>Runs the variants one after the other, again and again; the round with the most jobs a second stands for its variant.</summary>
    private async Task<Dictionary<string, LoopResult>> TakeTurns(int concurrency, (string Name, StoreJobs Jobs)[] variants, Func<string, Task>? prepare = null)
    {
        var rounds = new Dictionary<string, List<LoopResult>>(StringComparer.Ordinal);
        for (var round = 0; round < _options.Rounds * 3; round++)
        {
            foreach (var (name, jobs) in round % 2 == 0 ? variants : variants.Reverse())
            {
                if (prepare is not null) await prepare(name);
                var result = await ClosedLoop.Run(concurrency, _options.LoopDuration, jobs.Run);
                if (!rounds.TryGetValue(name, out var results)) rounds.Add(name, results = []);
                results.Add(result);
            }
        }

        foreach (var (name, results) in rounds)
            Console.WriteLine($"  {name} at {concurrency}: {string.Join(' ', results.Select(result => result.PerSecond.ToString("F0", CultureInfo.InvariantCulture)))} jobs/s");
        return rounds.ToDictionary(pair => pair.Key, pair => pair.Value.MaxBy(result => result.PerSecond)!, StringComparer.Ordinal);
    }

    private async Task<object?> Execute(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _admin);
        return await command.ExecuteScalarAsync();
    }

    private static Row RowOf(string workload, int concurrency, LoopResult result, LoopResult against, string note) =>
        Row.Against(workload, concurrency, result, against) with { Store = "postgres", Note = note };

    private sealed class BareStore(BareBatchWriter database) : IAsyncDisposable
    {
        public GroupCommitWriter Writer { get; } = new(new CommitQueue(1000, 1024 * 1024, 100_000), database, NullLogger.Instance);

        public async ValueTask DisposeAsync()
        {
            await Writer.DisposeAsync();
            database.Dispose();
        }
    }
}
