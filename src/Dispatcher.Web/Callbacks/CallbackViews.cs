using System.Globalization;
using Dispatcher.Feed.Callbacks;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Web.Callbacks;

/// <summary>Deliveries, newest first.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record DeliveryPage(IReadOnlyList<DeliveryView> Deliveries, string? Next);

/// <summary>A callback of one event, and what became of it.</summary>
internal sealed record DeliveryView
{
    public required string Id { get; init; }

    /// <summary>What receivers know it by; the same at every attempt.</summary>
    public required string WebhookId { get; init; }

    public required JobId JobId { get; init; }

    /// <summary>The event's number in its job.</summary>
    public required long Seq { get; init; }

    /// <summary>The event's name.</summary>
    public required string Type { get; init; }

    /// <summary>Without the contents of its query.</summary>
    public required string Url { get; init; }

    /// <summary><c>pending</c>, <c>delivered</c> or <c>failed</c> (given up; it can be replayed).</summary>
    public required DeliveryStatus Status { get; init; }

    /// <summary>Attempts so far; since the last replay, if there was one.</summary>
    public required int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is tried next.</summary>
    public DateTimeOffset? NextAt { get; init; }

    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>The receiver's last HTTP status.</summary>
    public int? LastStatusCode { get; init; }

    /// <summary>Why it was not delivered, or has to wait.</summary>
    public string? LastError { get; init; }

    public static DeliveryView Of(StoredDelivery delivery) => new()
    {
        Id = delivery.Id.ToString(CultureInfo.InvariantCulture),
        WebhookId = string.Create(CultureInfo.InvariantCulture, $"{delivery.JobId}-{delivery.SequenceNr}"),
        JobId = delivery.JobId,
        Seq = delivery.SequenceNr,
        Type = delivery.EventType,
        Url = ShownCallback.Url(delivery.Url),
        Status = delivery.Status,
        Attempts = delivery.Attempts,
        CreatedAt = delivery.CreatedAt,
        NextAt = delivery.NextAt,
        LastAttemptAt = delivery.LastAttemptAt,
        LastStatusCode = delivery.LastStatusCode,
        LastError = delivery.LastError,
    };
}

/// <summary>A delivery will be sent again.</summary>
internal sealed record ReplayReceipt(string Id);

/// <summary>Receivers of callbacks.</summary>
internal sealed record ReceiverList(IReadOnlyList<ReceiverView> Receivers);

/// <summary>A receiver as this node sees it.</summary>
/// <param name="Receiver">Scheme, host and port.</param>
/// <param name="Breaker"><c>closed</c>: all is sent; <c>open</c>: nothing is, until probe_at; <c>half-open</c>: one attempt decides.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="ProbeAt">When the next attempt is let through.</param>
/// <param name="Waiting">Deliveries that are due and wait for their turn.</param>
/// <param name="UnderWay">Attempts that run now.</param>
internal sealed record ReceiverView(string Receiver, BreakerState Breaker, int Failures, DateTimeOffset? ProbeAt, int Waiting, int UnderWay)
{
    public static ReceiverView Of(ReceiverStatus status) =>
        new(status.Origin, status.Breaker, status.Failures, status.Breaker == BreakerState.Closed ? null : status.ProbeAt, status.Waiting, status.UnderWay);
}

/// <summary>The secret that signs a tenant's callbacks.</summary>
/// <param name="Secret">As receivers take it: <c>whsec_</c> and base64.</param>
/// <param name="Older">Secrets that sign too, for a while yet; without their text.</param>
internal sealed record SecretView(string Id, string Secret, DateTimeOffset CreatedAt, IReadOnlyList<OlderSecretView> Older)
{
    public static SecretView Of(IReadOnlyList<WebhookSecret> active) => new(
        active[0].Id,
        WebhookSignature.TextOf(active[0].Secret.Span),
        active[0].CreatedAt,
        [.. active.Skip(1).Select(secret => new OlderSecretView(secret.Id, secret.CreatedAt, secret.ExpiresAt))]);
}

/// <param name="ExpiresAt">From then on it does not sign any more.</param>
internal sealed record OlderSecretView(string Id, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
