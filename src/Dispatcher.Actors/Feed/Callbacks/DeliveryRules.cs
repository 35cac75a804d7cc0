using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>What becomes of a delivery after each thing that can happen to it. Pure.</summary>
internal static class DeliveryRules
{
    private const int Gone = 410;

    /// <summary>How long a delivery waits that could not be sent because of this node's own trouble.</summary>
    private static readonly TimeSpan OwnTroubleDelay = TimeSpan.FromSeconds(30);

    /// <summary>The receiver wants no more callbacks of the job.</summary>
    public static bool IsGone(CallbackAnswer answer) => answer.StatusCode == Gone;

    /// <summary>The receiver was asked, and answered or did not.</summary>
    public static DeliveryAttempt Answered(StoredDelivery delivery, CallbackAnswer answer, DateTimeOffset now)
    {
        if (answer.Error is null) return new DeliveryAttempt(delivery.Id, now, answer.StatusCode, null, DeliveryStatus.Delivered, null);
        if (IsGone(answer)) return new DeliveryAttempt(delivery.Id, now, answer.StatusCode, "status 410: the receiver wants no more callbacks of this job", DeliveryStatus.Failed, null);
        var next = RetrySchedule.Next(delivery.Id, delivery.Attempts + 1, delivery.CreatedAt, now, answer.RetryAfter);
        return next is null
            ? new DeliveryAttempt(delivery.Id, now, answer.StatusCode, GivenUp(answer.Error), DeliveryStatus.Failed, null)
            : new DeliveryAttempt(delivery.Id, now, answer.StatusCode, answer.Error, DeliveryStatus.Pending, next);
    }

    /// <summary>The receiver's breaker is open: the delivery waits for it, without an attempt.</summary>
    public static DeliveryAttempt BreakerOpen(StoredDelivery delivery, CircuitBreaker breaker, DateTimeOffset now)
    {
        var error = $"breaker open: the receiver failed {breaker.Failures} times in a row";
        return now >= delivery.CreatedAt + RetrySchedule.GiveUpAfter
            ? NotSent(delivery, GivenUp(error), now, null)
            : NotSent(delivery, error, now, breaker.OpenUntil);
    }

    /// <summary>The receiver said to an earlier callback of the job that it wants no more.</summary>
    public static DeliveryAttempt JobGone(StoredDelivery delivery, DateTimeOffset now) =>
        NotSent(delivery, "not sent: the receiver answered 410 to an earlier callback of this job", now, null);

    /// <summary>The job, and the event with it, has been deleted.</summary>
    public static DeliveryAttempt EventMissing(StoredDelivery delivery, DateTimeOffset now) =>
        NotSent(delivery, "not sent: the event is not stored any more", now, null);

    /// <summary>This node could not make the callback.</summary>
    public static DeliveryAttempt OwnTrouble(StoredDelivery delivery, string fault, DateTimeOffset now) =>
        NotSent(delivery, $"not sent: {fault}", now, now + OwnTroubleDelay);

    private static DeliveryAttempt NotSent(StoredDelivery delivery, string error, DateTimeOffset now, DateTimeOffset? nextAt) =>
        new(delivery.Id, now, null, error, nextAt is null ? DeliveryStatus.Failed : DeliveryStatus.Pending, nextAt, IsCounted: false);

    private static string GivenUp(string error) => $"{error}; given up {RetrySchedule.GiveUpAfter.TotalHours:0} h after the event";
}
