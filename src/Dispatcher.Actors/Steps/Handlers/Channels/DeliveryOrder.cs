using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>What a step wants delivered, checked.</summary>
/// <param name="Channels">Tried in this order until one delivers; each name once.</param>
internal sealed record DeliveryOrder(string User, ImmutableArray<string> Channels, ChannelMessage Message)
{
    private const int ChannelLimit = 8;

    /// <exception cref="StepFailedException">A field is not as it must be.</exception>
    public static DeliveryOrder Read(StepInput input)
    {
        var channels = input.Strings("channels").Distinct(StringComparer.Ordinal).ToImmutableArray();
        if (channels.Length is 0 or > ChannelLimit) throw StepInput.Fault("channels", $"expected 1 to {ChannelLimit} names of channels");
        if (input.Value("message") is not { } message) throw StepInput.Fault("message", "is required");
        return new DeliveryOrder(input.RequiredString("user"), channels, MessageOf(new StepInput(message)));
    }

    private static ChannelMessage MessageOf(StepInput message) => new(
        Excerpt.Of(message.RequiredString("title"), ChannelMessage.TitleCharacters),
        Excerpt.Of(message.RequiredString("text"), ChannelMessage.TextCharacters),
        message.OptionalString("link") is { } link ? UrlOf(link, "message.link") : null,
        [.. message.Items("items").Take(ChannelMessage.ItemLimit).Select(ItemOf)]);

    private static ChannelItem ItemOf(JsonElement item, int index)
    {
        var fields = new StepInput(item);
        return new ChannelItem(Excerpt.Of(fields.RequiredString("title"), ChannelMessage.TitleCharacters), UrlOf(fields.RequiredString("url"), $"message.items[{index}].url"));
    }

    private static Uri UrlOf(string text, string field) =>
        text.Length <= ChannelMessage.LinkCharacters && Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            ? url
            : throw StepInput.Fault(field, $"expected an absolute http or https URL of at most {ChannelMessage.LinkCharacters} characters");
}
