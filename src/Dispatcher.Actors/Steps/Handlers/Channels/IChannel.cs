namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>A way to tell somebody something.</summary>
public interface IChannel
{
    /// <summary>Lower case: <c>web</c>, <c>webhook</c>, <c>line</c>.</summary>
    string Name { get; }

    /// <summary>False for one that reaches everybody who looks.</summary>
    bool NeedsBinding { get; }

    /// <summary>
    /// Sends once. The same delivery comes again with the same key when its outcome was not learned: a receiver that knows the key takes it once. Faults are
    /// answers, not exceptions, but for a cancellation.
    /// </summary>
    ValueTask<ChannelAnswer> Send(ChannelDelivery delivery, CancellationToken cancellation);
}

/// <summary>A message on its way to one user.</summary>
/// <param name="Key">Equal for all attempts, and for no other delivery.</param>
/// <param name="Binding">Null only where the channel needs none.</param>
public sealed record ChannelDelivery(string Tenant, string User, ChannelBinding? Binding, ChannelMessage Message, string Key, DateTimeOffset Now);

/// <summary>What came of an attempt.</summary>
public abstract record ChannelAnswer
{
    private ChannelAnswer()
    {
    }

    /// <param name="Method">How it was delivered: <c>line_flex</c>.</param>
    /// <param name="Simpler">Why a simpler form was used than the best one; null if it was the best.</param>
    public sealed record Delivered(string Method, string? Simpler = null) : ChannelAnswer;

    /// <summary>It may work later.</summary>
    public sealed record TryAgain(string Reason, TimeSpan? After = null) : ChannelAnswer;

    /// <summary>It never will.</summary>
    public sealed record Refused(string Reason) : ChannelAnswer;
}
