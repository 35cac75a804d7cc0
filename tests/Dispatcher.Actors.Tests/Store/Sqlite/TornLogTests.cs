using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>The machine stopped while the log was being written: its tail is missing or garbage.</summary>
public sealed class TornLogTests : IDisposable
{
    private const int Appends = 20;

    private readonly TemporaryDirectory _original = new();
    private readonly TemporaryDirectory _copy = new();

    public void Dispose()
    {
        _original.Dispose();
        _copy.Dispose();
    }

    [Theory]
    [InlineData(0, Appends, Appends)]
    [InlineData(1, Appends - 1, Appends - 1)]
    [InlineData(4000, Appends - 1, Appends - 1)]
    [InlineData(100_000, 0, Appends - 2)]
    public async Task Open_LosesTheTailAndNothingEarlier_WhenTheLogIsCut(int bytes, int atLeast, int atMost)
    {
        var log = await WriteAndCopy();
        using (var file = new FileStream(log, FileMode.Open)) file.SetLength(file.Length - bytes);

        await RequireIntactPrefix(atLeast, atMost);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4000)]
    public async Task Open_LosesTheTornTransactionOnly_WhenTheTailIsGarbage(int bytes)
    {
        var log = await WriteAndCopy();
        using (var file = new FileStream(log, FileMode.Open))
        {
            file.Seek(-bytes, SeekOrigin.End);
            var tail = new byte[bytes];
            file.ReadExactly(tail);
            for (var i = 0; i < bytes; i++) tail[i] ^= 0xA5;
            file.Seek(-bytes, SeekOrigin.End);
            file.Write(tail);
        }

        await RequireIntactPrefix(Appends - 1, Appends - 1);
    }

    private async Task<string> WriteAndCopy()
    {
        await using var store = Open(_original.Path);
        for (var n = 0; n < Appends; n++)
            await store.Append(Append(Id(1), expected: n) with { Row = Row(Id(1)) with { Priority = n + 1 }, StatusBefore = n == 0 ? JobStatus.None : JobStatus.Running });
        foreach (var name in new[] { "dispatcher.db", "dispatcher.db-wal" })
            File.Copy(Path.Combine(_original.Path, name), Path.Combine(_copy.Path, name));
        return Path.Combine(_copy.Path, "dispatcher.db-wal");
    }

    /// <summary>Events are a prefix, the row is of the same transaction as the last of them, and the job goes on from there.</summary>
    private async Task RequireIntactPrefix(int atLeast, int atMost)
    {
        await using var store = Open(_copy.Path);
        var events = await store.ReadEvents(Id(1), 0, 1000);
        Assert.InRange(events.Count, atLeast, atMost);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(@event => @event.SequenceNr));
        Assert.Equal(events.Count, (await store.FindJob(Id(1)))?.Priority ?? 0);
        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1), expected: events.Count)));
    }

    private static SqliteJobStore Open(string directory) =>
        SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory }, TimeProvider.System, NullLogger.Instance);
}
