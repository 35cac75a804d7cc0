using Dispatcher.Store.GroupCommit;

namespace Dispatcher.Store.Postgres;

/// <summary>What a batch writes, in one round trip and one transaction.</summary>
internal sealed class PostgresBatchWriter(PostgresDatabase database, PostgresOpening opening, int shardCount) : IBatchWriter, IDisposable
{
    public void Write(ReadOnlySpan<PendingAppend> batch) => throw new NotSupportedException($"{database.Schema} {opening} {shardCount}");

    public string Explain(Exception failure) => PostgresFailure.Is(failure) ? PostgresFailure.Describe(failure) : failure.Message;

    public void Dispose()
    {
    }
}
