using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>Copies of a database in use.</summary>
public sealed class SqliteBackupTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private readonly TemporaryDirectory _copy = new();

    private string CopyFile => DataDirectory.DatabaseFile(_copy.Path);

    public void Dispose()
    {
        _data.Dispose();
        _copy.Dispose();
    }

    [Fact]
    public async Task Backup_HoldsAllThatWasAnsweredBefore_AndNoGap_WhenTheWriterIsBusy()
    {
        const int jobs = 40;
        await using var store = Open(_data.Path);
        var answered = new long[jobs];
        var enough = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, jobs).Select(async job =>
        {
            await Task.Yield();
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                var payload = new string('x', 500);
                var request = new AppendRequest(Id(job), n, [Event(payload: payload)]) { Row = n == 0 ? Row(Id(job)) : null };
                Assert.IsType<AppendResult.Appended>(await store.Append(request));
                Volatile.Write(ref answered[job], n + 1);
                if (job == 0 && n == 200) enough.SetResult();
            }
        }).ToList();

        await enough.Task;
        var before = answered.ToArray();
        await store.Backup(CopyFile, CancellationToken.None);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        Assert.Equal(["dispatcher.db"], Directory.GetFiles(_copy.Path).Select(Path.GetFileName));
        await using var copy = Open(_copy.Path);
        for (var job = 0; job < jobs; job++)
        {
            var events = await copy.ReadEvents(Id(job), 0, int.MaxValue);
            Assert.True(events.Count >= before[job], $"job {job}: {before[job]} events were answered, the copy has {events.Count}");
            Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(@event => @event.SequenceNr));
        }

        Assert.Equal(jobs, (await copy.CountJobs(null)).Single().Jobs);
        Assert.Equal("ok", QuickCheck());
        Assert.IsType<AppendResult.Appended>(await copy.Append(Append(Id(jobs))));
    }

    [Fact]
    public async Task Backup_Works_FromAStoreThatOnlyReads()
    {
        await using var writer = Open(_data.Path);
        await writer.Append(Append(Id(1)));
        await using (var reader = SqliteJobStore.OpenReadOnly(_data.Path, NullLogger.Instance)) await reader.Backup(CopyFile, CancellationToken.None);

        await using var copy = SqliteJobStore.OpenReadOnly(_copy.Path, NullLogger.Instance);
        Assert.NotNull(await copy.ReadHistory(Id(1)));
    }

    [Fact]
    public async Task Backup_RefusesAFileThatExists()
    {
        await using var store = Open(_data.Path);
        File.WriteAllText(CopyFile, "precious");

        var refused = await Assert.ThrowsAsync<StoreException>(() => store.Backup(CopyFile, CancellationToken.None));
        Assert.Contains($"The file {CopyFile} exists", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(CopyFile));
    }

    [Fact]
    public async Task Backup_RefusesToMixWithAnother_ThatIsUnderWay()
    {
        await using var store = Open(_data.Path);
        File.WriteAllText(CopyFile + ".partial", "half");

        var refused = await Assert.ThrowsAsync<StoreException>(() => store.Backup(CopyFile, CancellationToken.None));
        Assert.Contains("delete the file", refused.Message, StringComparison.Ordinal);
        Assert.Equal("half", File.ReadAllText(CopyFile + ".partial"));
    }

    [Fact]
    public async Task Backup_SaysWhere_WhenThereIsNoSuchDirectory()
    {
        await using var store = Open(_data.Path);
        var file = Path.Combine(_copy.Path, "no", "copy.db");

        var refused = await Assert.ThrowsAsync<StoreException>(() => store.Backup(file, CancellationToken.None));
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_SaysThatTheDiskIsFull_AndLeavesNothing()
    {
        await using var store = Open(_data.Path);
        await store.Append(new AppendRequest(Id(1), 0, [Event(payload: new string('x', 200_000))]));

        var full = Assert.Throws<StoreException>(() => SqliteBackup.Run(DataDirectory.DatabaseFile(_data.Path), CopyFile, CancellationToken.None, limitPages: 5));
        Assert.Contains("could not be written: the disk is full", full.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_copy.Path));
    }

    [Fact]
    public async Task Backup_LeavesNothing_WhenItIsCancelled()
    {
        await using var store = Open(_data.Path);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Backup(CopyFile, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFiles(_copy.Path));
    }

    private string QuickCheck()
    {
        using var database = SqliteDatabase.Open(CopyFile, readOnly: true);
        var check = database.Statement("PRAGMA quick_check");
        check.Step();
        var result = check.Text(0);
        check.Reset();
        return result;
    }

    private static SqliteJobStore Open(string directory) =>
        SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory }, TimeProvider.System, NullLogger.Instance);
}
