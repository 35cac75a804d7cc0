namespace Dispatcher.Feed.Callbacks;

/// <summary>How callbacks are sent (settings <c>dispatcher.callbacks.*</c>).</summary>
public sealed record CallbackOptions
{
    /// <summary>Callbacks under way at once.</summary>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>Callbacks under way at once to one receiver: one scheme, host and port, of one tenant.</summary>
    public int ReceiverMaxConcurrency { get; init; } = 8;

    /// <summary>The longest time to wait for each of a receiver's addresses.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest time of one attempt, from the name's resolution to what is read of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Lets receivers have private, loopback and other special addresses. The address of a cloud's metadata service is one of them.</summary>
    public bool AllowPrivateAddresses { get; init; }
}
