using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>Callbacks that wait to be sent, and the log of those that were. They are written by appends (<see cref="AppendRequest.Deliveries"/>).</summary>
public interface IDeliveryStore
{
    /// <summary>Pending deliveries that are due, in the order of (due time, id), after the given place.</summary>
    /// <param name="shards">Only those of jobs in these shards; null: all.</param>
    ValueTask<IReadOnlyList<StoredDelivery>> ReadDueDeliveries(DateTimeOffset dueAt, (DateTimeOffset NextAt, long Id)? after, int limit, ShardSet? shards = null);

    /// <summary>When the earliest pending delivery is due, if there is one.</summary>
    ValueTask<DateTimeOffset?> NextDelivery();

    /// <summary>Records attempts and what follows from each; all in one transaction. Deliveries that are not there any more are passed over.</summary>
    /// <exception cref="ArgumentException">A pending one has no next time, or one that ended has.</exception>
    ValueTask RecordAttempts(IReadOnlyList<DeliveryAttempt> attempts);

    /// <summary>
    /// Makes a delivery that ended pending again, with no attempts so far; one that is pending stays as it is. False when the tenant has no such delivery.
    /// </summary>
    ValueTask<bool> ReplayDelivery(string tenant, long id, DateTimeOffset now);

    /// <summary>A tenant's deliveries, newest first, before an id; of one job or in one status if given.</summary>
    ValueTask<IReadOnlyList<StoredDelivery>> ListDeliveries(string tenant, JobId? job, DeliveryStatus? status, long? before, int limit);
}

[JsonConverter(typeof(KebabCaseEnumConverter<DeliveryStatus>))]
public enum DeliveryStatus
{
    Pending,
    Delivered,

    /// <summary>Given up after the last attempt; it can be replayed.</summary>
    Failed,
}

/// <summary>A callback of one event.</summary>
/// <param name="Attempts">Attempts so far.</param>
/// <param name="NextAt">When it is tried next; null when it has ended.</param>
/// <param name="LastStatusCode">The receiver's last HTTP status, if it answered.</param>
/// <param name="JobStatus">The job's status as of the event.</param>
public sealed record StoredDelivery(
    long Id, string Tenant, JobId JobId, long SequenceNr, string EventType, string Url, DeliveryStatus Status, int Attempts,
    DateTimeOffset CreatedAt, DateTimeOffset? NextAt, DateTimeOffset? LastAttemptAt, int? LastStatusCode, string? LastError, JobStatus JobStatus = JobStatus.None);

/// <summary>How one attempt ended.</summary>
/// <param name="NextAt">When it is tried again; null when it is not.</param>
/// <param name="IsCounted">
/// False when nothing was sent (the receiver's circuit breaker is open): the number, time and status code of the last attempt stay as they are.
/// </param>
public sealed record DeliveryAttempt(
    long DeliveryId, DateTimeOffset At, int? StatusCode, string? Error, DeliveryStatus Status, DateTimeOffset? NextAt, bool IsCounted = true);
