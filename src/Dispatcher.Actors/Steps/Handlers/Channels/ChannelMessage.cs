using System.Collections.Immutable;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>What somebody is told, whatever the channel makes of it.</summary>
/// <param name="Title">One line.</param>
/// <param name="Link">Where there is more; absolute.</param>
public sealed record ChannelMessage(string Title, string Text, Uri? Link, ImmutableArray<ChannelItem> Items)
{
    public const int TitleCharacters = 200;
    public const int TextCharacters = 4000;
    public const int LinkCharacters = 1000;
    public const int ItemLimit = 20;
}

/// <summary>One of several things that the message points to.</summary>
public sealed record ChannelItem(string Title, Uri Url);
