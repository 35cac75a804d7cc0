namespace Dispatcher.Store.Sqlite;

/// <summary>Copies of a database in use.</summary>
public sealed partial class SqliteJobStore
{
    /// <summary>
    /// Copies the database into a new file, beside a running writer, of this process or another one: all that was answered before, and whatever else was
    /// committed by the moment at which the copy began. To use it, put it as <c>dispatcher.db</c> into a data directory of its own. While it runs, the log
    /// of the original grows.
    /// </summary>
    /// <exception cref="StoreException">The file exists, or could not be written; nothing of it is left.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing of it is left.</exception>
    public Task Backup(string file, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(ended, file, cancellation)) { Name = "backup", IsBackground = true }.Start();
        return ended.Task;
    }

    private void Run(TaskCompletionSource ended, string file, CancellationToken cancellation)
    {
        try
        {
            SqliteBackup.Run(_databaseFile, file, cancellation);
            ended.SetResult();
        }
        catch (OperationCanceledException)
        {
            ended.SetCanceled(cancellation);
        }
        catch (Exception failure)
        {
            ended.SetException(failure);
        }
    }
}
