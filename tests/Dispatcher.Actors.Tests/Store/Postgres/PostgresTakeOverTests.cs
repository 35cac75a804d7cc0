using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>
/// A node is declared dead while it commits. A lock on a table stops the commit at the statement that writes there, so each place of the transaction is met:
/// whoever is first wins, and the other one waits for it.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresTakeOverTests
{
    private const string TakeOver = "UPDATE {schema}.nodes SET state = 'dead' WHERE incarnation = 1 AND state = 'alive'";

    [Theory]
    [InlineData("claims", "SHARE ROW EXCLUSIVE")]
    [InlineData("journal", "SHARE ROW EXCLUSIVE")]
    [InlineData("jobs", "EXCLUSIVE")]
    [InlineData("jobs", "SHARE ROW EXCLUSIVE")]
    [InlineData("job_counts", "SHARE ROW EXCLUSIVE")]
    [InlineData("job_terms", "SHARE ROW EXCLUSIVE")]
    [InlineData("snapshots", "SHARE ROW EXCLUSIVE")]
    [InlineData("deliveries", "SHARE ROW EXCLUSIVE")]
    [InlineData("watches", "SHARE ROW EXCLUSIVE")]
    [InlineData("inbox", "SHARE ROW EXCLUSIVE")]
    public async Task TakeOver_WaitsForTheCommit_WhenItHasPassedItsFence(string table, string mode)
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1)) with { Row = Row(Id(1)) }));

        await using var stopper = await data.Connect();
        await using var stopping = await stopper.BeginTransactionAsync();
        await data.Execute(stopper, $"LOCK TABLE {{schema}}.{table} IN {mode} MODE");
        var append = store.Append(Everything()).AsTask();
        await data.Until($"EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{{schema}}.{table}'::regclass)");

        await using var other = await data.Connect();
        var takeOver = data.Execute(other, TakeOverOf(store));
        await data.Until(PostgresData.IsWaiting(other.ProcessID));
        Assert.False(takeOver.IsCompleted || append.IsCompleted);
        await stopping.CommitAsync();

        Assert.IsType<AppendResult.Appended>(await append);
        await takeOver;
        Assert.Equal("dead", await data.Execute($"SELECT state FROM {{schema}}.nodes WHERE incarnation = {store.Incarnation}"));
        Assert.IsType<AppendResult.Fenced>(await store.Append(Append(Id(3))));
        Assert.Equal(2L, await data.Execute($"SELECT count(*) FROM {{schema}}.journal WHERE job_id = '{Id(2)}'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_WaitsForTheTakeOver_WhenThatHasBegunBefore(bool takesOver)
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1)) with { Row = Row(Id(1)) }));

        await using var other = await data.Connect();
        await using var takingOver = await other.BeginTransactionAsync();
        await data.Execute(other, TakeOverOf(store));
        var append = store.Append(Everything()).AsTask();
        await data.Until($"EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')");
        Assert.False(append.IsCompleted);
        if (takesOver) await takingOver.CommitAsync();
        else await takingOver.RollbackAsync();

        if (takesOver) Assert.IsType<AppendResult.Fenced>(await append);
        else Assert.IsType<AppendResult.Appended>(await append);
        Assert.Equal(takesOver ? 0L : 2L, await data.Execute($"SELECT count(*) FROM {{schema}}.journal WHERE job_id = '{Id(2)}'"));
        Assert.Equal(takesOver ? 0L : 1L, await data.Execute("SELECT count(*) FROM {schema}.claims"));
    }

    [Fact]
    public async Task RareWrites_AreFenced_LikeAppends()
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        await store.FenceOff(store.Incarnation);

        await Assert.ThrowsAsync<StoreException>(async () => await store.KeepWorkflow(Workflow()));
    }

    [Fact]
    public async Task FenceOff_ThrowsAtOnce_WhenTheDatabaseIsGone()
    {
        await using var data = await PostgresData.Create();
        var options = data.Options with { ConnectionString = new NpgsqlConnectionStringBuilder(data.Options.ConnectionString) { Port = 1 }.ConnectionString };
        var failure = await Assert.ThrowsAsync<StoreException>(() => PostgresJobStore.Open(
            options, TimeProvider.System, NullLogger.Instance));
        Assert.StartsWith("The database cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    private static string TakeOverOf(IJobStore store) => TakeOver.Replace("= 1", $"= {store.Incarnation}", StringComparison.Ordinal);

    /// <summary>Writes into every table.</summary>
    private static AppendRequest Everything() => Append(Id(2), events: 2) with
    {
        Row = Row(Id(2)),
        Claims = [new Claim("idempotency", "1")],
        Terms = ["word"],
        Snapshot = Snapshot(),
        Deliveries = [new NewDelivery(1, "job.submitted", "http://127.0.0.1/")],
        Watches = [new Watch(Id(1), WatchKind.Dependency)],
        Messages = [new NewMessage(Id(1), MessageKind.Cancel, default)],
    };
}
