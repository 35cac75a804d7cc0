using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>A database of an earlier version opens, and what later versions keep beside it is made from it.</summary>
public sealed class SqliteMigrationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Version1_OpensWithItsJobsAndClaims()
    {
        WriteVersion1();
        await using var store = Open();

        var row = (await store.FindJob(Id(2)))!;
        Assert.Equal((JobStatus.Completed, Noon.AddHours(2), "b", "Team B"), (row.Status, row.UpdatedAt, row.Labels!["area"], row.Labels["Team"]));
        Assert.Single((await store.ReadHistory(Id(2)))!.Events);
        Assert.Single(await store.ReadDue(Noon, null, 10));
        var claim = new Claim("idempotency", "key", "asked");
        Assert.Equal(new AppendResult.Conflict(0, claim, Id(2)), await store.Append(Append(Id(9)) with { Claims = [claim] }));
    }

    [Fact]
    public async Task Version1_HasItsCounters_ByRecount()
    {
        WriteVersion1();
        await using var store = Open();

        JobCount[] expected =
        [
            new("acme", "encode", JobStatus.Completed, 1),
            new("acme", "render", JobStatus.Completed, 1),
            new("acme", "render", JobStatus.Running, 1),
            new("other", "render", JobStatus.Failed, 1),
        ];
        Assert.Equal(expected, await store.CountJobs(null));

        await store.Append(Append(Id(1), expected: 1) with { Row = Row(Id(1), status: JobStatus.Completed), StatusBefore = JobStatus.Running });
        Assert.Contains(new JobCount("acme", "render", JobStatus.Completed, 2), await store.CountJobs("acme"));
    }

    [Fact]
    public async Task Version1_HasItsLists_ByStatusWorkflowAndLabel()
    {
        WriteVersion1();
        await using var store = Open();

        Assert.Equal([Id(1)], await List(store, new JobQuery { Tenant = "acme", Status = JobStatus.Running }));
        Assert.Equal([Id(2), Id(1)], await List(store, new JobQuery { Tenant = "acme", WorkflowName = "render" }));
        Assert.Equal([Id(2)], await List(store, new JobQuery { Tenant = "acme", Terms = ["team=team b"] }));
        Assert.Equal([Id(2)], await List(store, new JobQuery { Tenant = "acme", Terms = ["render", "area=b"] }));
        Assert.Equal([Id(4)], await List(store, new JobQuery { Tenant = "other", Status = JobStatus.Failed }));
    }

    [Fact]
    public async Task Version1_HasItsWorkflows_InTheRegistryOfTheDefaultTenant()
    {
        WriteVersion1();
        await using var store = Open();

        Assert.Equal(new StoredWorkflow("aa", "render", 1, "{}"), await store.FindWorkflow("aa"));
        Assert.Equal(new RegisteredWorkflow("render", 2, "bb", Noon), await store.FindRegistered("default", "render", null));
        Assert.Equal(2, (await store.ListRegistered("default", null, null, 10)).Count);
        Assert.Equal(WorkflowRegistration.Same, await store.RegisterWorkflow("default", new StoredWorkflow("aa", "render", 1, "{}"), Noon));
        Assert.Equal(WorkflowRegistration.Registered, await store.RegisterWorkflow("acme", new StoredWorkflow("cc", "render", 1, "{}"), Noon));
    }

    [Fact]
    public async Task Version1_LosesAllOfAJob_ThatIsDeleted()
    {
        WriteVersion1();
        await using var store = Open();

        Assert.Equal([Id(2), Id(3)], (await store.ReadEnded(Noon.AddDays(1), JobStatus.Completed, null, 100)).Rows.Select(row => row.Id));
        Assert.Equal([Id(2)], await store.DeleteJobs([Id(2)]));

        Assert.Equal(0, Query("SELECT count(*) FROM claims"));
        Assert.Equal(3, Query("SELECT count(*) FROM job_terms"));
        Assert.Equal(3, Query("SELECT sum(jobs) FROM job_counts"));
    }

    [Fact]
    public async Task Version1_IsRefusedToAReader_UntilAServerHasOpenedIt()
    {
        WriteVersion1();
        var refused = Assert.Throws<StoreVersionException>(() => SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance));
        Assert.Contains("Start the server of this version once", refused.Message, StringComparison.Ordinal);

        await Open().DisposeAsync();
        await SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance).DisposeAsync();
    }

    /// <summary>Four jobs: one runs, one completed with labels and a claim, one of another workflow, one of another tenant failed.</summary>
    private void WriteVersion1()
    {
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(_directory.Path), readOnly: false);
        database.Execute(SqlitePragmas.Writer(SqliteSynchronous.Off));
        SqliteMigrations.Apply(database, Noon, upTo: 1);
        WriteJob(database, Row(Id(1), JobRow.Active));
        WriteJob(database, Row(Id(2), status: JobStatus.Completed) with { UpdatedAt = Noon.AddHours(2) }, """{"Team":"Team B","area":"b"}""");
        WriteJob(database, Row(Id(3), status: JobStatus.Completed, workflow: "encode"));
        WriteJob(database, Row(Id(4), status: JobStatus.Failed, tenant: "other"), "{}");
        database.Execute($"INSERT INTO claims (kind, key, job_id) VALUES ('idempotency', 'key', x'{Id(2).Value:N}')");
        database.Execute("INSERT INTO workflows (hash, name, version, definition) VALUES ('aa', 'render', 1, '{}'), ('bb', 'render', 2, '{}')");
    }

    private static void WriteJob(SqliteDatabase database, JobRow row, string? labels = null)
    {
        var statement = database.Statement(
            """
            INSERT INTO jobs (job_id, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at, wake_at, labels)
            VALUES (?1, ?2, ?3, 1, ?4, 0, ?5, ?6, ?7, ?8)
            """);
        statement.Bind(1, row.Id);
        statement.Bind(2, row.Tenant);
        statement.Bind(3, row.WorkflowName);
        statement.Bind(4, row.Status.ToText());
        statement.Bind(5, row.CreatedAt);
        statement.Bind(6, row.UpdatedAt);
        statement.Bind(7, row.WakeAt);
        statement.Bind(8, labels);
        statement.Run();
        database.Execute($$"""INSERT INTO journal (job_id, sequence_nr, writer, at, type, payload) VALUES (x'{{row.Id.Value:N}}', 1, 1, 0, 'x', x'7b7d')""");
    }

    private static async Task<List<JobId>> List(IJobStore store, JobQuery query) => [.. (await store.ListJobs(query)).Rows.Select(row => row.Id)];

    private SqliteJobStore Open() => SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance);

    private long? Query(string sql)
    {
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(_directory.Path), readOnly: true);
        return database.QueryInt64(sql);
    }
}
