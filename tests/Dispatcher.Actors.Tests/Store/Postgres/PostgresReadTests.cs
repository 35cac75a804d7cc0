using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>What only a shared database can be asked, or can have wrong.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresReadTests : IAsyncLifetime
{
    private PostgresData _data = null!;
    private PostgresJobStore _store = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.CreateNew();
        _store = await _data.Open();
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task ReadDue_RefusesShards_OfAnotherNumber()
    {
        var shards = new ShardSet(_data.Options.ShardCount + 1, [0]);

        Assert.Contains("17 shards", (await Assert.ThrowsAsync<ArgumentException>(async () => await _store.ReadDue(Noon, null, 1, shards))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.NextWakeUp(Noon, shards));
    }

    [Fact]
    public async Task Reads_GoOn_WhenTheirConnectionsWereEnded()
    {
        await _store.Append(Append(Id(1)) with { Row = Row(Id(1)) });
        Assert.NotNull(await _store.FindJob(Id(1)));

        await _data.Execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'dispatcher'");

        Assert.NotNull(await _store.FindJob(Id(1)));
    }

    [Fact]
    public async Task CheckIntegrity_FindsNothing_WhenTheStoreIsWhole()
    {
        await _store.Append(Append(Id(1)) with { Row = Row(Id(1)) });

        Assert.Empty(await _store.CheckIntegrity(quick: false, 10));
    }

    [Fact]
    public async Task CheckIntegrity_FindsAnIndex_ThatWasNeverFinished()
    {
        await _data.Execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{schema}.jobs_open'::regclass");

        Assert.Contains("jobs_open was never finished", Assert.Single(await _store.CheckIntegrity(quick: false, 10)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckIntegrity_FindsAnIndexThatLacksARow_WhereAmcheckIsInstalled()
    {
        await _data.Execute("CREATE EXTENSION amcheck SCHEMA {schema}");
        await _data.Execute("UPDATE pg_index SET indisready = false WHERE indexrelid = '{schema}.jobs_by_tenant'::regclass");
        await _store.Append(Append(Id(1)) with { Row = Row(Id(1)) });
        await _data.Execute("UPDATE pg_index SET indisready = true WHERE indexrelid = '{schema}.jobs_by_tenant'::regclass");

        await using var database = new PostgresDatabase(_data.Options);
        var check = await new PostgresIntegrity(database).Check(quick: false, 10);

        Assert.True(check.LookedIntoIndexes);
        Assert.Contains("jobs_by_tenant is damaged", Assert.Single(check.Faults), StringComparison.Ordinal);
        Assert.Empty((await new PostgresIntegrity(database).Check(quick: true, 10)).Faults);
    }
}
