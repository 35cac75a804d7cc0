using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>How far a delivery has come: the step's checkpoint, so that a process that was killed does not begin again.</summary>
/// <param name="Receipts">Of the channels that are done with.</param>
/// <param name="Attempts">Of the channel that is tried now: those whose outcome is known.</param>
internal sealed record DeliveryProgress(ImmutableArray<DeliveryReceipt> Receipts, int Attempts)
{
    public static DeliveryProgress Of(JsonElement? checkpoint) => checkpoint is { ValueKind: JsonValueKind.Object } saved
        ? new DeliveryProgress([.. saved.GetProperty("receipts").EnumerateArray().Select(DeliveryReceipt.Of)], saved.GetProperty("attempts").GetInt32())
        : new DeliveryProgress([], 0);

    public DeliveryReceipt? Delivered => Receipts.FirstOrDefault(receipt => receipt.IsDelivered);

    public DeliveryProgress With(DeliveryReceipt receipt) => new(Receipts.Add(receipt), 0);

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(new JsonObject { ["receipts"] = ReceiptsJson(), ["attempts"] = Attempts });

    public JsonArray ReceiptsJson() => new([.. Receipts.Select(receipt => receipt.ToJson())]);
}
