using System.Text.Json.Nodes;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>
/// <c>channel.deliver</c>: tells a user something over the first of several channels that works. Keeps:
/// 1. a delivery that fails is a receipt, never a failure of the step;
/// 2. each channel has at most <see cref="ChannelOptions.MaxAttempts"/> attempts whose outcome was learned, counted across restarts of the process; one whose outcome was lost with
///    the process is made again and does not count, so that a kill takes no attempt away;
/// 3. all attempts of a channel have one key, so that a receiver takes it once, and one receipt.
/// </summary>
/// <remarks>Why this is a step and not a callback: docs/channels.md.</remarks>
public sealed class DeliverHandler(IEnumerable<IChannel> channels, IChannelDirectory directory, ChannelOptions options) : IStepHandler
{
    public const string HandlerName = "channel.deliver";

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["user", "channels", "message"],
          "properties": {
            "user": { "type": "string", "minLength": 1, "maxLength": 200 },
            "channels": { "type": "array", "description": "names, tried in this order until one delivers: web, webhook, line" },
            "message": {
              "type": "object",
              "required": ["title", "text"],
              "properties": {
                "title": { "type": "string", "minLength": 1 },
                "text": { "type": "string", "minLength": 1 },
                "link": { "type": "string" },
                "items": { "type": "array", "description": "objects with title and url" }
              }
            }
          }
        }
        """));

    private readonly Dictionary<string, IChannel> _channels = channels.ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    public string Name => HandlerName;

    public JsonSchema? With => Schema.Value;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var order = DeliveryOrder.Read(new StepInput(context.With));
        var progress = DeliveryProgress.Of(context.Checkpoint);
        while (progress.Delivered is null && progress.Receipts.Length < order.Channels.Length)
        {
            var channel = order.Channels[progress.Receipts.Length];
            var (status, reason) = progress.Receipts is [] ? (DeliveryReceipt.Success, null) : (DeliveryReceipt.FallbackUsed, $"{progress.Receipts[^1].Channel}: {progress.Receipts[^1].Reason}");
            progress = progress.With(await Deliver(context, order, channel, progress, status, reason).ConfigureAwait(false));
            await context.SaveCheckpoint(progress.ToJson()).ConfigureAwait(false);
        }

        return new StepResult.Completed(StepOutput.Of(OutputOf(order, progress)), []);
    }

    private async ValueTask<DeliveryReceipt> Deliver(StepContext context, DeliveryOrder order, string name, DeliveryProgress progress, string status, string? why)
    {
        var key = $"{context.IdempotencyKey}/{name}";
        if (!_channels.TryGetValue(name, out var channel))
            return Failed(key, name, 0, $"there is no channel '{name}' here; there are {string.Join(", ", _channels.Keys.Order(StringComparer.Ordinal))}");
        for (var attempt = progress.Attempts + 1; ; attempt++)
        {
            switch (await Attempt(context, order, channel, key).ConfigureAwait(false))
            {
                case ChannelAnswer.Delivered delivered:
                    return new DeliveryReceipt(
                        DeliveryKey.Of(key), name, delivered.Simpler is null ? status : DeliveryReceipt.FallbackUsed, context.Time.GetUtcNow(), delivered.Method, attempt, delivered.Simpler ?? why);
                case ChannelAnswer.Refused refused:
                    return Failed(key, name, attempt, refused.Reason);
                case ChannelAnswer.TryAgain again when attempt >= options.MaxAttempts:
                    return Failed(key, name, attempt, again.Reason);
                case ChannelAnswer.TryAgain again:
                    await context.SaveCheckpoint((progress with { Attempts = attempt }).ToJson()).ConfigureAwait(false);
                    await Task.Delay(DelayAfter(attempt, again.After), context.Time, context.Cancellation).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async ValueTask<ChannelAnswer> Attempt(StepContext context, DeliveryOrder order, IChannel channel, string key)
    {
        try
        {
            var binding = await directory.Find(context.Tenant, order.User, channel.Name, context.Cancellation).ConfigureAwait(false);
            if (Fault(channel, order.User, binding) is { } fault) return new ChannelAnswer.Refused(fault);
            return await channel.Send(new ChannelDelivery(context.Tenant, order.User, binding, order.Message, key, context.Time.GetUtcNow()), context.Cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (!context.Cancellation.IsCancellationRequested)
        {
            // Whatever an application's directory or channel throws: the job is done, and must not fail for it.
            return new ChannelAnswer.TryAgain(exception.Message);
        }
    }

    private static string? Fault(IChannel channel, string user, ChannelBinding? binding) => binding switch
    {
        null => channel.NeedsBinding ? $"the user {user} is not bound to the channel {channel.Name}" : null,
        { BotBlocked: true } => $"the user {user} has blocked the sender of the channel {channel.Name}",
        { PushEnabled: false } => $"the user {user} has unsubscribed from the channel {channel.Name}",
        _ => null,
    };

    private static DeliveryReceipt Failed(string key, string channel, int attempts, string reason) =>
        new(DeliveryKey.Of(key), channel, DeliveryReceipt.Failed, null, null, attempts, reason);

    private TimeSpan DelayAfter(int attempt, TimeSpan? asked)
    {
        var own = options.FirstDelay * Math.Pow(2, Math.Min(attempt - 1, 30));
        var wait = asked is { } longer && longer > own ? longer : own;
        return wait < options.LongestDelay ? wait : options.LongestDelay;
    }

    /// <summary>When nothing was delivered, what is told first is what became of the channel that was wanted.</summary>
    private static JsonObject OutputOf(DeliveryOrder order, DeliveryProgress progress)
    {
        var told = progress.Delivered ?? progress.Receipts[0];
        return new JsonObject
        {
            ["delivered"] = told.IsDelivered,
            ["channel"] = told.Channel,
            ["channel_receipt"] = told.ToJson(),
            ["fallback_used"] = told.Status == DeliveryReceipt.FallbackUsed,
            ["result_url"] = order.Message.Link?.AbsoluteUri,
            ["receipts"] = progress.ReceiptsJson(),
        };
    }
}
