using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>To be written.</summary>
public sealed partial class SqliteJobStore
{
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
