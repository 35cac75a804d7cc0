using System.Runtime.InteropServices;
using Dispatcher.Kernel;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.GroupCommit;

/// <summary>
/// The one writer of a node: its thread takes all that is queued, has it written in one transaction, answers every caller and goes on.
/// A commit costs the same for one append as for hundreds, so the more there is to do the cheaper each becomes; with little to do
/// each append is committed at once, since nothing waits for a timer.
/// </summary>
/// <remarks>
/// Invariants: 1. nobody is answered before the commit returned; 2. every append gets exactly one answer; 3. a batch that failed as a
/// whole is answered <see cref="AppendResult.Unknown"/>, and the writer goes on with the next; 4. listeners hear of a commit before its callers do, in
/// the order of the journal; of a batch that failed they hear only that it may have landed.
/// </remarks>
internal sealed partial class GroupCommitWriter : IAsyncDisposable
{
    private readonly CommitQueue _queue;
    private readonly IBatchWriter _database;
    private readonly ILogger _logger;
    private readonly JournalListeners _listeners;
    private readonly JournalMetrics? _metrics;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GroupCommitWriter(CommitQueue queue, IBatchWriter database, ILogger logger, JournalMetrics? metrics = null)
    {
        _queue = queue;
        _database = database;
        _logger = logger;
        _listeners = new JournalListeners(logger);
        _metrics = metrics;
        new Thread(Run) { Name = "journal-writer", IsBackground = true }.Start();
    }

    /// <summary>Queues an append; answered <see cref="AppendResult.Fenced"/> once the writer is being disposed.</summary>
    public ValueTask<AppendResult> Append(AppendRequest request)
    {
        AppendValidation.Validate(request);
        var pending = new PendingAppend(request) { QueuedAt = _metrics?.Now ?? 0 };
        return _queue.TryAdd(pending)
            ? new ValueTask<AppendResult>(pending.Task)
            : new ValueTask<AppendResult>(AppendResult.Fenced.Instance);
    }

    /// <summary>Tells the listener of every commit from now on, until the result is disposed.</summary>
    public IDisposable Listen(IJournalListener listener) => _listeners.Add(listener);

    /// <summary>Takes nothing new, writes and answers what is queued, and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _ended.Task;
    }

    private void Run()
    {
        var batch = new List<PendingAppend>();
        while (_queue.TakeBatch(batch))
        {
            Commit(CollectionsMarshal.AsSpan(batch));
            batch.Clear();
        }

        _ended.SetResult();
    }

    private void Commit(ReadOnlySpan<PendingAppend> batch)
    {
        var startedAt = _metrics?.Now ?? 0;
        var failed = false;
        try
        {
            _database.Write(batch);
            foreach (var append in batch) Check.That(append.Result is not null);
            _listeners.Tell(batch);
        }
        catch (Exception failure)
        {
            failed = true;
            var unknown = new AppendResult.Unknown(_database.Explain(failure)) { IsDiskFull = failure is StoreException { IsDiskFull: true } };
            LogBatchFailed(failure, batch.Length, unknown.Cause);
            foreach (var append in batch) append.Result = unknown;
            _listeners.TellOfDoubt();
        }

        _metrics?.Committed(batch, startedAt, failed);
        foreach (var append in batch) append.Answer(append.Result!);
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "A batch of {Appends} appends failed: {Cause}")]
    private partial void LogBatchFailed(Exception failure, int appends, string cause);
}
