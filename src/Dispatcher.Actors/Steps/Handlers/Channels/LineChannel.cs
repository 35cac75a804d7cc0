using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>
/// <c>line</c>: a push message of the LINE Messaging API, a Flex message if the platform takes it, else plain text with the link. The retry key makes the
/// platform take each message once: what it has it answers with 409 (https://developers.line.biz/en/docs/messaging-api/retrying-api-request/).
/// </summary>
public sealed class LineChannel(ChannelPost post, LineOptions options) : IChannel
{
    private readonly Uri _push = new(options.Url.AbsoluteUri.TrimEnd('/') + "/v2/bot/message/push");

    public string Name => "line";

    public bool NeedsBinding => true;

    public async ValueTask<ChannelAnswer> Send(ChannelDelivery delivery, CancellationToken cancellation)
    {
        if (LineMessage.FlexFault(delivery.Message) is { } fault) return await SendText(delivery, fault, cancellation).ConfigureAwait(false);
        var answer = await Push(delivery, LineMessage.Flex(delivery.Message), "flex", cancellation).ConfigureAwait(false);
        return answer.Status == 400
            ? await SendText(delivery, $"the Flex message was refused: {answer.Problem}", cancellation).ConfigureAwait(false)
            : Meaning(answer, "line_flex", simpler: null);
    }

    private async ValueTask<ChannelAnswer> SendText(ChannelDelivery delivery, string why, CancellationToken cancellation) =>
        Meaning(await Push(delivery, LineMessage.Text(delivery.Message), "text", cancellation).ConfigureAwait(false), "line_text", why);

    private ValueTask<PostAnswer> Push(ChannelDelivery delivery, JsonObject message, string form, CancellationToken cancellation)
    {
        var body = new JsonObject { ["to"] = delivery.Binding!.Address, ["messages"] = new JsonArray(message) };
        // Two messages under one key would be one: each form has its own.
        return post.Send(
            _push, JsonSerializer.SerializeToUtf8Bytes(body),
            [new("Authorization", $"Bearer {options.Token}"), new("X-Line-Retry-Key", DeliveryKey.Of($"{delivery.Key}/{form}"))],
            cancellation);
    }

    private static ChannelAnswer Meaning(PostAnswer answer, string method, string? simpler) => answer switch
    {
        { Problem: null } or { Status: 409 } => new ChannelAnswer.Delivered(method, simpler),
        { MayPass: true } => new ChannelAnswer.TryAgain(answer.Problem, answer.RetryAfter),
        _ => new ChannelAnswer.Refused(answer.Problem),
    };
}
