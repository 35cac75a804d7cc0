using System.Text.RegularExpressions;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Npgsql;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>
/// With many jobs and the server's own settings no hot statement reads a large table from end to end, collects all that matches or sorts it, whether it is
/// planned for its parameters or once for all.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed partial class PostgresQueryPlanTests(PostgresQueryPlanTests.Sample sample) : IClassFixture<PostgresQueryPlanTests.Sample>
{
    /// <summary>These put a few rows in order that come from several walks, or lock those that were named.</summary>
    private static readonly string[] Merging = [nameof(PostgresSql.ReadDue), nameof(PostgresSql.ReadWatches), nameof(PostgresSql.DeleteJobs), nameof(PostgresSql.LockEnded), nameof(PostgresSql.NoteLeftovers)];

    public static TheoryData<string> Statements() => [.. Hot.Keys];

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task HotStatement_WalksIndexes(string name)
    {
        foreach (var plan in await sample.Plans(name))
        {
            foreach (var table in ManyRows.LargeTables) Assert.DoesNotMatch($"Seq Scan on {table}", plan);
            Assert.DoesNotContain("Bitmap", plan, StringComparison.Ordinal);
            if (!Merging.Contains(name)) Assert.DoesNotMatch(SortStep(), plan);
        }
    }

    [Theory]
    [InlineData(null, null, null, null, "jobs_pkey")]
    [InlineData("acme", null, null, null, "jobs_by_tenant")]
    [InlineData("other", null, null, null, "jobs_by_tenant")]
    [InlineData("nobody", null, null, null, "jobs_by_tenant")]
    [InlineData("acme", JobStatus.Completed, null, null, "jobs_by_tenant")]
    [InlineData("acme", JobStatus.Running, null, null, "jobs_open")]
    [InlineData("acme", JobStatus.Queued, "render", null, "jobs_open")]
    [InlineData("acme", JobStatus.Failed, "render", null, "jobs_at_rest")]
    [InlineData("acme", null, "render", null, "job_terms_pkey")]
    [InlineData("acme", JobStatus.Completed, "render", null, "job_terms_pkey")]
    [InlineData("acme", JobStatus.Failed, "render", "label=x", "job_terms_pkey")]
    public async Task ListJobs_WalksTheNarrowestIndex_OfItsFilters(string? tenant, JobStatus? status, string? workflow, string? term, string index)
    {
        var query = new JobQuery { Tenant = tenant, Status = status, WorkflowName = workflow, Terms = term is null ? [] : [term] };
        var plan = await sample.Explain(new PostgresListWalk(sample.Database).Command(query));
        Assert.Matches($"Scan Backward using {index} on", plan);
        Assert.DoesNotContain("Filter: (tenant", plan, StringComparison.Ordinal);
    }

    [GeneratedRegex("^[ >-]*(Incremental )?Sort$", RegexOptions.Multiline, 1000)]
    private static partial Regex SortStep();

    /// <summary>What runs again and again while jobs run, or holds a page of something, with parameters as they come.</summary>
    private static readonly Dictionary<string, Func<NpgsqlBatchCommand, Sample, NpgsqlBatchCommand>> Hot = new(StringComparer.Ordinal)
    {
        [nameof(PostgresSql.ReadHistory)] = (command, sample) => command.Bind(sample.Id),
        [nameof(PostgresSql.ReadHistories)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.ReadEvents)] = (command, sample) => command.Bind(sample.Id).Bind(1L).Bind(100L),
        [nameof(PostgresSql.ReadDue)] = (command, _) => command.Bind([0, 3, 5]).Bind(5L).Bind(-1L).Bind(default(JobId)).Bind(500L),
        [nameof(PostgresSql.NextWakeUp)] = (command, _) => command.Bind([0, 3, 5]).Bind(-1L),
        [nameof(PostgresSql.FindJob)] = (command, sample) => command.Bind(sample.Id),
        [nameof(PostgresSql.FindJobs)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.FindNewest)] = (command, _) => command.Bind(["acme"]).Bind(["label=x"]).Bind(["label"]).Bind(["x"]).Bind(["completed"]).Bind([0L]).Bind(2000L),
        [nameof(PostgresSql.ReadTail)] = (command, _) => command.Bind(5L).Bind(1000L).Bind(0L).Bind(100_000L),
        [nameof(PostgresSql.NewestOrdering)] = (command, _) => command,
        [nameof(PostgresSql.HasMoreThan)] = (command, _) => command.Bind(5L).Bind(10_000L).Bind(0L),
        [nameof(PostgresSql.ReadInbox)] = (command, sample) => command.Bind(sample.Id),
        [nameof(PostgresSql.ReadWatches)] = (command, sample) => command.Bind(sample.Id).Bind(100L),
        [nameof(PostgresSql.DueDeliveries)] = (command, _) => command.Bind(9L).Bind(-1L).Bind(0L).Bind(100L),
        [nameof(PostgresSql.DueDeliveriesOfShards)] = (command, _) => command.Bind(9L).Bind(-1L).Bind(0L).Bind(100L).Bind([1, 2, 3]),
        [nameof(PostgresSql.NextDelivery)] = (command, _) => command,
        [nameof(PostgresSql.DeliveriesOfTenant)] = (command, _) => command.Bind("acme").Bind(long.MaxValue).Bind(100L),
        [nameof(PostgresSql.DeliveriesInStatus)] = (command, _) => command.Bind("acme").Bind(long.MaxValue).Bind(100L).Bind("pending"),
        [nameof(PostgresSql.DeliveriesOfJob)] = (command, sample) => command.Bind("acme").Bind(long.MaxValue).Bind(100L).Bind((string?)null).Bind(sample.Id),
        [nameof(PostgresSql.RecordAttempt)] = (command, _) => command.Bind(7L).Bind("delivered").Bind((DateTimeOffset?)null).Bind(1L).BindInteger(200).Bind((string?)null),
        [nameof(PostgresSql.RecordNoAttempt)] = (command, _) => command.Bind(7L).Bind("pending").Bind(1L).Bind("later"),
        [nameof(PostgresSql.ReplayDelivery)] = (command, _) => command.Bind(7L).Bind("acme").Bind(1L),
        [nameof(PostgresSql.WalkEnded)] = (command, _) => command.Bind(default(JobId)).Bind(new JobId(Guid.AllBitsSet)).Bind(1000L).Bind(long.MaxValue).Bind((string?)null),
        [nameof(PostgresSql.LockEnded)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteEvents)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteSnapshots)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteClaims)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteWatchesOfWatched)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteWatchesOfWatchers)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteDeliveries)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteMail)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteTerms)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.NoteLeftovers)] = (command, sample) => command.Bind(sample.Ids),
        [nameof(PostgresSql.DeleteJobs)] = (command, sample) => command.Bind(sample.Ids).Bind(1L),
        [nameof(PostgresSql.ReadLeftovers)] = (command, _) => command.Bind(1000L),
        [nameof(PostgresSql.DeleteLeftovers)] = (command, sample) => command.Bind(sample.Ids),
    };

    public sealed class Sample : IAsyncLifetime
    {
        private const int Jobs = 20_000;
        private const int OldJobs = 2000;

        private PostgresData _data = null!;

        internal PostgresDatabase Database { get; private set; } = null!;

        internal JobId Id { get; private set; }

        internal IReadOnlyList<JobId> Ids { get; private set; } = [];

        public async Task InitializeAsync()
        {
            _data = await PostgresData.CreateNew();
            await (await _data.Open()).DisposeAsync();
            Database = new PostgresDatabase(_data.Options);
            await ManyRows.Write(_data, Jobs, events: 5, TimeProvider.System.GetUtcNow());
            await WriteOldEvents();
            var ids = new List<JobId>();
            for (var n = 100; n < 110; n++) ids.Add(await ManyRows.Id(_data, n));
            (Id, Ids) = (ids[0], ids);
        }

        public async Task DisposeAsync()
        {
            await Database.DisposeAsync();
            await _data.DisposeAsync();
        }

        /// <summary>The plan for the parameters, and the plan for whatever parameters.</summary>
        internal async Task<string[]> Plans(string name)
        {
            var sql = (string)typeof(PostgresSql).GetField(name)!.GetValue(null)!;
            return [await Explain(Hot[name](new NpgsqlBatchCommand(Database.Sql(sql)), this)), await ExplainForAll(Database.Sql(sql))];
        }

        internal Task<string> Explain(NpgsqlBatchCommand command)
        {
            command.CommandText = "EXPLAIN (COSTS OFF) " + command.CommandText;
            return Run(command);
        }

        private Task<string> ExplainForAll(string sql)
        {
            var parameters = Enumerable.Range(1, 9).Count(n => sql.Contains($"${n}", StringComparison.Ordinal));
            var values = parameters == 0 ? "" : $"({string.Join(',', Enumerable.Repeat("NULL", parameters))})";
            return Run(
                new NpgsqlBatchCommand("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"),
                new NpgsqlBatchCommand("PREPARE planned AS " + sql),
                new NpgsqlBatchCommand("EXPLAIN (COSTS OFF) EXECUTE planned " + values));
        }

        /// <summary>Gives what the last one says.</summary>
        private async Task<string> Run(params NpgsqlBatchCommand[] commands)
        {
            await using var connection = new NpgsqlConnection(_data.Options.ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.WalkIndexes));
            foreach (var command in commands) batch.BatchCommands.Add(command);
            await using var reader = await batch.ExecuteReaderAsync();
            var lines = new List<string>();
            do
            {
                lines.Clear();
                while (await reader.ReadAsync()) lines.Add(reader.GetFieldType(0) == typeof(string) ? reader.GetString(0) : "");
            }
            while (await reader.NextResultAsync());
            return string.Join('\n', lines);
        }

        /// <summary>So that the journal's default partition is not empty: an empty table may be read from end to end.</summary>
        private async Task WriteOldEvents()
        {
            await _data.Execute(
                $"INSERT INTO {{schema}}.journal (job_id, sequence_nr, ordering, writer, at, type, payload) " +
                $"SELECT ('00' || substr({{schema}}.id_of(n)::text, 3))::uuid, 1, n, 1, 1, 'step.started', convert_to(repeat('x', 200), 'utf8') FROM generate_series(1, {OldJobs}) AS n");
            await _data.Execute("VACUUM ANALYZE {schema}.journal");
        }
    }
}
