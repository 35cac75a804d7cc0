using System.Globalization;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>What only the SQLite store does: its directory, its schema, its disk.</summary>
public sealed class SqliteJobStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_IsRefusedWithThePid_WhenTheDirectoryIsInUse()
    {
        await using var first = Open();

        var refused = Assert.Throws<DataDirectoryInUseException>(() => Open());
        Assert.Equal((_directory.Path, Environment.ProcessId), (refused.DataDirectory, refused.ProcessId));
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        Assert.IsType<AppendResult.Appended>(await first.Append(Append(Id(1))));
    }

    [Fact]
    public async Task Open_Works_WhenTheLastProcessLeftItsFiles()
    {
        await Open().DisposeAsync();
        File.WriteAllText(Path.Combine(_directory.Path, "dispatcher.pid"), "1\n");

        await Open().DisposeAsync();
    }

    [Fact]
    public async Task Open_MakesTheDirectory_WhenOnlyItselfIsMissing()
    {
        await Open(Path.Combine(_directory.Path, "data")).DisposeAsync();

        var failure = Assert.Throws<StoreException>(() => Open(Path.Combine(_directory.Path, "no", "data")));
        Assert.Contains("there is no directory", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SaysWhatIsWrong_WhenTheDirectoryIsAFile()
    {
        var file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "");

        var failure = Assert.Throws<StoreException>(() => Open(file));
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SaysCorrupt_WhenTheFileIsNoDatabase()
    {
        File.WriteAllText(DataDirectory.DatabaseFile(_directory.Path), new string('x', 10_000));

        var failure = Assert.ThrowsAny<StoreException>(() => Open());
        Assert.Contains("the database is corrupt", failure.Message, StringComparison.Ordinal);
        using var free = DataDirectory.Take(_directory.Path);
    }

    [Fact]
    public async Task Open_RefusesANewerSchema_AndSaysWhoWroteIt()
    {
        await Open().DisposeAsync();
        Execute("INSERT INTO schema_versions (version, applied_at, applied_by) VALUES (999, 0, '7.8.9')");

        foreach (var open in new Func<SqliteJobStore>[] { () => Open(), OpenReadOnly })
        {
            var refused = Assert.Throws<StoreVersionException>(open);
            Assert.Contains("schema 999, written by Dispatcher 7.8.9", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Run Dispatcher 7.8.9 or newer", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Open_AppliesEachMigrationOnce_WhenItIsOpenedAgain()
    {
        await Open().DisposeAsync();
        await Open().DisposeAsync();

        Assert.Equal(SqliteMigrations.Newest, Query("SELECT count(*) FROM schema_versions"));
        Assert.Equal(SqliteMigrations.Newest, Query("SELECT max(version) FROM schema_versions"));
    }

    [Fact]
    public async Task Open_BuriesTheIncarnation_ThatEndedWithoutAWord()
    {
        await Open().DisposeAsync();
        Execute("UPDATE nodes SET state = 'alive'");
        await using var store = Open();

        Assert.Equal(store.Incarnation, Query("SELECT incarnation FROM nodes WHERE state = 'alive'"));
        Assert.Equal(1, Query("SELECT count(*) FROM nodes WHERE state = 'dead'"));
    }

    [Fact]
    public async Task OpenReadOnly_SeesEachAppend_BesideTheWriter()
    {
        await using var writer = Open();
        await using var reader = OpenReadOnly();
        for (var n = 0; n < 20; n++)
        {
            await writer.Append(Append(Id(1), expected: n));
            Assert.Equal(n + 1, (await reader.ReadHistory(Id(1)))!.Events.Count);
        }
    }

    [Fact]
    public async Task OpenReadOnly_Reads_WhenNoProcessWrites()
    {
        await using (var writer = Open()) await writer.Append(Append(Id(1)));

        await using var reader = OpenReadOnly();
        Assert.NotNull(await reader.ReadHistory(Id(1)));
    }

    [Fact]
    public async Task OpenReadOnly_RefusesToWrite_InClearWords()
    {
        await using var writer = Open();
        await using var reader = OpenReadOnly();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.Append(Append(Id(1))));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.RegisterWorkflow("acme", Workflow(), Noon));
    }

    [Fact]
    public void OpenReadOnly_SaysWhatIsMissing_WhenNothingIsThere() =>
        Assert.Contains("There is no database", Assert.Throws<StoreException>(OpenReadOnly).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Append_AnswersUnknown_WhileTheDiskIsFull_AndWorksAfterwards()
    {
        await using var store = Open();
        await store.Append(Append(Id(1)));
        store.LimitPages(1);
        var large = new AppendRequest(Id(1), 1, [Event(payload: new string('x', 100_000))]) { Row = Row(Id(1)) };

        var unknown = Assert.IsType<AppendResult.Unknown>(await store.Append(large));
        Assert.StartsWith("the disk is full", unknown.Cause, StringComparison.Ordinal);
        Assert.Single((await store.ReadHistory(Id(1)))!.Events);
        Assert.Null(await store.FindJob(Id(1)));

        store.LimitPages(1_000_000);
        Assert.IsType<AppendResult.Appended>(await store.Append(large));
    }

    [Fact]
    public async Task Dispose_LeavesOneFile_WithEverythingIn()
    {
        await using (var store = Open()) await store.Append(Append(Id(1)));

        Assert.False(File.Exists(DataDirectory.DatabaseFile(_directory.Path) + "-wal"));
        Assert.False(File.Exists(Path.Combine(_directory.Path, "dispatcher.pid")));
    }

    [Fact]
    public async Task JournalText_ReadsAsText_ForPeople()
    {
        await using var store = Open();
        await store.Append(new AppendRequest(Id(1), 0, [Event("job.created", """{"a":1}""", Noon.AddTicks(10))]));

        Assert.Equal(1, Query(
            $"SELECT count(*) FROM journal_text WHERE job_id = '{Id(1)}' " +
            "AND at = '2026-03-01T12:00:00.000001Z' AND payload = '{\"a\":1}'"));
    }

    private SqliteJobStore Open(string? directory = null) =>
        SqliteJobStore.Open(
            new SqliteStoreOptions { DataDirectory = directory ?? _directory.Path }, TimeProvider.System, NullLogger.Instance);

    private SqliteJobStore OpenReadOnly() => SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance);

    private void Execute(string sql)
    {
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(_directory.Path), readOnly: false);
        database.Execute(sql);
    }

    private long? Query(string sql)
    {
        using var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(_directory.Path), readOnly: true);
        return database.QueryInt64(sql);
    }
}
