using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>Messages as the LINE Messaging API wants them (https://developers.line.biz/en/reference/messaging-api/).</summary>
internal static class LineMessage
{
    private const int AltTextCharacters = 400;
    private const int TextCharacters = 5000;
    private const int LabelCharacters = 40;

    /// <summary>Characters of the text that a card shows; more is behind its link.</summary>
    private const int CardCharacters = 1000;
    private const int CardItems = 5;

    /// <summary>Why a message cannot be a card; null if it can.</summary>
    public static string? FlexFault(ChannelMessage message)
    {
        if (message.Link is null) return "a card needs a link";
        return message.Title.Trim().Length == 0 || message.Text.Trim().Length == 0 ? "a card needs a title and a text" : null;
    }

    public static JsonObject Flex(ChannelMessage message)
    {
        var contents = new JsonArray(TextBox(Excerpt.Of(message.Text, CardCharacters)));
        foreach (var item in message.Items.Take(CardItems)) contents.Add((JsonNode)Button(item.Title, item.Url));
        return new JsonObject
        {
            ["type"] = "flex",
            ["altText"] = Excerpt.Of($"{message.Title}: {message.Text}", AltTextCharacters),
            ["contents"] = new JsonObject
            {
                ["type"] = "bubble",
                ["header"] = Box(new JsonArray(new JsonObject { ["type"] = "text", ["text"] = message.Title, ["weight"] = "bold", ["wrap"] = true })),
                ["body"] = Box(contents),
                ["footer"] = Box(new JsonArray(Button("Open", message.Link!))),
            },
        };
    }

    public static JsonObject Text(ChannelMessage message)
    {
        var end = message.Link is null ? "" : $"\n{message.Link.AbsoluteUri}";
        return new JsonObject { ["type"] = "text", ["text"] = Excerpt.Of($"{message.Title}\n{message.Text}", TextCharacters - end.Length) + end };
    }

    private static JsonObject Box(JsonArray contents) => new() { ["type"] = "box", ["layout"] = "vertical", ["contents"] = contents };

    private static JsonObject TextBox(string text) => new() { ["type"] = "text", ["text"] = text, ["wrap"] = true };

    private static JsonObject Button(string label, Uri url) => new()
    {
        ["type"] = "button",
        ["action"] = new JsonObject { ["type"] = "uri", ["label"] = Excerpt.Of(label, LabelCharacters), ["uri"] = url.AbsoluteUri },
    };
}
