using Dispatcher.Store;
using Dispatcher.Store.GroupCommit;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.GroupCommit;

public sealed class GroupCommitWriterTests
{
    private readonly HeldBatchWriter _database = new();
    private readonly CommitQueue _queue = new(1000, 1_000_000, 10_000);

    [Fact]
    public async Task Append_SharesACommit_WithWhatCameDuringTheLastOne()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        var first = writer.Append(Append(Id(0))).AsTask();
        await _database.Entered.WaitAsync();
        var others = Enumerable.Range(1, 50).Select(n => writer.Append(Append(Id(n))).AsTask()).ToList();
        _database.Held.Release(2);

        await Task.WhenAll([first, .. others]);
        Assert.Equal([1, 50], _database.Batches);
    }

    [Fact]
    public async Task Append_IsAnsweredAfterTheCommit_AndNotBefore()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        var answer = writer.Append(Append(Id(0))).AsTask();
        await _database.Entered.WaitAsync();
        Assert.False(answer.IsCompleted);

        _database.Held.Release();
        Assert.IsType<AppendResult.Appended>(await answer);
    }

    [Fact]
    public async Task Append_AnswersUnknownToTheWholeBatch_WhenItFails_AndGoesOn()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        _database.Failure = new IOException("the disk is full");
        _database.Held.Release();
        Assert.Equal(new AppendResult.Unknown("the disk is full"), await writer.Append(Append(Id(0))));

        _database.Failure = null;
        _database.Held.Release();
        Assert.IsType<AppendResult.Appended>(await writer.Append(Append(Id(0))));
    }

    [Fact]
    public async Task Append_ContinuesItsCaller_OnAnotherThread()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        _database.Held.Release();
        await writer.Append(Append(Id(0)));

        Assert.NotEqual(_database.ThreadId, Environment.CurrentManagedThreadId);
    }

    [Fact]
    public async Task Dispose_WritesWhatIsQueued_AndRefusesTheRest()
    {
        var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        var answers = Enumerable.Range(0, 10).Select(n => writer.Append(Append(Id(n))).AsTask()).ToList();
        var disposal = writer.DisposeAsync().AsTask();
        Assert.IsType<AppendResult.Fenced>(await writer.Append(Append(Id(99))));
        _database.Held.Release(10);
        await disposal;

        Assert.All(await Task.WhenAll(answers), answer => Assert.IsType<AppendResult.Appended>(answer));
    }

    [Fact]
    public async Task Listener_IsTold_AfterTheCommitAndBeforeTheAnswer()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        Task<AppendResult>? answer = null;
        var seen = new List<(int Commits, bool Answered)>();
        using var listening = writer.Listen(new Listener(_ => seen.Add((_database.Batches.Count, answer!.IsCompleted))));
        answer = writer.Append(Append(Id(0))).AsTask();
        await _database.Entered.WaitAsync();
        Assert.Empty(seen);

        _database.Held.Release();
        await answer;
        Assert.Equal([(1, false)], seen);
    }

    [Fact]
    public async Task Listener_HearsNoMore_WhenItHasLeft()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        _database.Held.Release(3);
        var heard = new List<int>();
        var listening = writer.Listen(new Listener(appends => heard.Add(appends.Count)));
        await writer.Append(Append(Id(0)));
        listening.Dispose();
        await writer.Append(Append(Id(1)));

        Assert.Equal([1], heard);
    }

    [Fact]
    public async Task Listener_HearsOfDoubt_WhenABatchFailed_AndHarmsNobodyByThrowing()
    {
        await using var writer = new GroupCommitWriter(_queue, _database, NullLogger.Instance);
        var doubts = 0;
        using var broken = writer.Listen(new Listener(_ => { }, () => throw new InvalidOperationException("broken")));
        using var listening = writer.Listen(new Listener(_ => { }, () => doubts++));
        _database.Failure = new IOException("the disk is full");
        _database.Held.Release(2);
        Assert.IsType<AppendResult.Unknown>(await writer.Append(Append(Id(0))));

        _database.Failure = null;
        Assert.IsType<AppendResult.Appended>(await writer.Append(Append(Id(0))));
        Assert.Equal(1, doubts);
    }

    private sealed class Listener(Action<IReadOnlyList<CommittedAppend>> hear, Action? doubt = null) : IJournalListener
    {
        public void Committed(IReadOnlyList<CommittedAppend> appends) => hear(appends);

        public void MayHaveCommitted() => doubt?.Invoke();
    }

    /// <summary>Commits a batch each time the test releases it.</summary>
    private sealed class HeldBatchWriter : IBatchWriter
    {
        private long _ordering;

        public SemaphoreSlim Entered { get; } = new(0);

        public SemaphoreSlim Held { get; } = new(0);

        public List<int> Batches { get; } = [];

        public Exception? Failure { get; set; }

        public int ThreadId { get; private set; }

        public void Write(ReadOnlySpan<PendingAppend> batch)
        {
            ThreadId = Environment.CurrentManagedThreadId;
            Entered.Release();
            Held.Wait();
            Batches.Add(batch.Length);
            if (Failure is not null) throw Failure;
            foreach (var append in batch) append.Result = new AppendResult.Appended(++_ordering);
        }

        public string Explain(Exception failure) => failure.Message;
    }
}
