using Dispatcher.Store;

namespace Dispatcher.Web.Keys;

/// <summary>What became of an order about keys.</summary>
internal abstract record KeyAnswer
{
    private KeyAnswer()
    {
    }

    /// <param name="Text">The key itself, which nobody will see again.</param>
    public sealed record Made(StoredKey Key, string Text) : KeyAnswer;

    /// <summary>The key is worth nothing now.</summary>
    public sealed record Ended : KeyAnswer;

    /// <param name="Why">For programs; the message is for people: what is wrong, and what to do.</param>
    public sealed record Refused(KeyRefusal Why, string Message) : KeyAnswer;
}

internal enum KeyRefusal
{
    InvalidKey,
    UnknownKey,
    KeyEnded,
    TooManyKeys,
}
