using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>What became of a delivery over one channel. There is one for each channel that was tried, however often.</summary>
/// <param name="ReceiptId">A UUID, the same whenever the step runs again.</param>
/// <param name="Status"><c>success</c>, <c>fallback_used</c> (delivered, but not in the way that was asked for first) or <c>failed</c>.</param>
/// <param name="DeliveredAt">Null if it was not.</param>
/// <param name="Method">How it was delivered: <c>line_flex</c>; null if it was not.</param>
/// <param name="Reason">Why it failed, or why the first way was not taken.</param>
internal sealed record DeliveryReceipt(string ReceiptId, string Channel, string Status, DateTimeOffset? DeliveredAt, string? Method, int Attempts, string? Reason)
{
    public const string Success = "success";
    public const string Failed = "failed";
    public const string FallbackUsed = "fallback_used";

    private const int ReasonCharacters = 500;

    public bool IsDelivered => Status != Failed;

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["receipt_id"] = ReceiptId, ["channel"] = Channel, ["status"] = Status };
        if (DeliveredAt is { } at) json["delivered_at"] = at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        if (Method is not null) json["delivery_method"] = Method;
        json["attempts"] = Attempts;
        if (Reason is not null) json["reason"] = Excerpt.Of(Reason, ReasonCharacters);
        return json;
    }

    public static DeliveryReceipt Of(JsonElement json) => new(
        json.GetProperty("receipt_id").GetString()!,
        json.GetProperty("channel").GetString()!,
        json.GetProperty("status").GetString()!,
        json.TryGetProperty("delivered_at", out var at) ? at.GetDateTimeOffset() : null,
        json.TryGetProperty("delivery_method", out var method) ? method.GetString() : null,
        json.GetProperty("attempts").GetInt32(),
        json.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
}
