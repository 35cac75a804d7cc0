using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>To be written.</summary>
public sealed partial class SqliteJobStore
{
    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit) => throw new NotSupportedException();

    public ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit) => throw new NotSupportedException();

    public ValueTask<long> LastOrdering() => throw new NotSupportedException();

    public IDisposable Listen(IJournalListener listener) => throw new NotSupportedException();

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit) =>
        throw new NotSupportedException();

    public ValueTask<bool> AddKey(StoredKey key) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredKey>> ReadKeys() => throw new NotSupportedException();

    public ValueTask<bool> RevokeKey(string id, DateTimeOffset at) => throw new NotSupportedException();

    public ValueTask AddWebhookSecret(WebhookSecret secret, DateTimeOffset othersExpireAt) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit) =>
        throw new NotSupportedException();

    public ValueTask<DateTimeOffset?> NextDelivery() => throw new NotSupportedException();

    public ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts) => throw new NotSupportedException();

    public ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit) =>
        throw new NotSupportedException();

    public ValueTask<(IReadOnlyList<JobRow> Rows, JobId? Next)> ReadEnded(DateTimeOffset endedBefore, JobStatus? status, JobId? after, int scanLimit) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JobId>> DeleteJobs(IReadOnlyList<JobId> ids) => throw new NotSupportedException();
}
