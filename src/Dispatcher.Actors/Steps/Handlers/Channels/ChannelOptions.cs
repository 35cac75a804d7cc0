namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>How <c>channel.deliver</c> sends.</summary>
public sealed record ChannelOptions
{
    /// <summary>Attempts per channel.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Between the first attempt and the second; doubled for each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two attempts, also if the receiver asks for more.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time of one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Lets receivers have private, loopback and other special addresses. The address of a cloud's metadata service is one of them.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>Null: there is no channel <c>line</c>.</summary>
    public LineOptions? Line { get; init; }
}

/// <param name="Url">Where the platform's messaging API is; a stand-in on this machine for trials.</param>
/// <param name="Token">The channel access token; never written to a log.</param>
public sealed record LineOptions(Uri Url, string Token)
{
    public override string ToString() => $"{nameof(LineOptions)} {{ Url = {Url} }}";
}
