using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>Gives the header <c>webhook-signature</c> of Standard Webhooks for a body.</summary>
/// <param name="id">The header <c>webhook-id</c>.</param>
/// <param name="sentAtSeconds">The header <c>webhook-timestamp</c>: seconds since 1970.</param>
public delegate ValueTask<string> SignWebhook(string tenant, string id, long sentAtSeconds, ReadOnlyMemory<byte> body);

/// <summary>
/// <c>webhook</c>: posts <c>{user, title, text, link, items}</c> to the user's URL, signed with the tenant's secrets as callbacks are. <c>webhook-id</c> and
/// <c>Idempotency-Key</c> are equal for all attempts.
/// </summary>
/// <param name="sign">Null: nothing is signed.</param>
public sealed class WebhookChannel(ChannelPost post, SignWebhook? sign) : IChannel
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Name => "webhook";

    public bool NeedsBinding => true;

    public async ValueTask<ChannelAnswer> Send(ChannelDelivery delivery, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(delivery.Binding!.Address, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
            return new ChannelAnswer.Refused("the user's webhook is bound to what is no http or https URL");
        var id = DeliveryKey.Of(delivery.Key);
        var sentAt = delivery.Now.ToUnixTimeSeconds();
        var body = JsonSerializer.SerializeToUtf8Bytes(BodyOf(delivery), Readable);
        List<KeyValuePair<string, string>> headers = [new("webhook-id", id), new("webhook-timestamp", sentAt.ToString(CultureInfo.InvariantCulture)), new("Idempotency-Key", id)];
        if (sign is not null) headers.Add(new("webhook-signature", await sign(delivery.Tenant, id, sentAt, body).ConfigureAwait(false)));
        var answer = await post.Send(url, body, headers, cancellation).ConfigureAwait(false);
        if (answer.Problem is null) return new ChannelAnswer.Delivered("webhook_post");
        return answer.MayPass ? new ChannelAnswer.TryAgain(answer.Problem, answer.RetryAfter) : new ChannelAnswer.Refused(answer.Problem);
    }

    private static JsonObject BodyOf(ChannelDelivery delivery) => new()
    {
        ["user"] = delivery.User,
        ["title"] = delivery.Message.Title,
        ["text"] = delivery.Message.Text,
        ["link"] = delivery.Message.Link?.AbsoluteUri,
        ["items"] = new JsonArray([.. delivery.Message.Items.Select(item => (JsonNode)new JsonObject { ["title"] = item.Title, ["url"] = item.Url.AbsoluteUri })]),
    };
}
