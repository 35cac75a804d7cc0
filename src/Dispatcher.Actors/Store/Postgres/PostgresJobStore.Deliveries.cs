using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Callbacks that wait to be sent, and those that were.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit) =>
        throw new NotSupportedException();

    public ValueTask<DateTimeOffset?> NextDelivery() => throw new NotSupportedException();

    public ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts) => throw new NotSupportedException();

    public ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit) =>
        throw new NotSupportedException();
}
