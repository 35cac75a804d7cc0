using System.Collections.Immutable;

namespace Dispatcher.Steps.Providers.Http;

/// <summary>Where a provider is, and how much of it is let in (settings <c>dispatcher.provider.*</c>).</summary>
public sealed record HttpProviderOptions
{
    /// <summary>The address below which <c>/predictions</c> is. Whoever sets up the server chose it, so it may be a private one.</summary>
    public required Uri Url { get; init; }

    /// <summary>Sent as a bearer token to the provider's own address and to nobody else; none if empty.</summary>
    public string Token { get; init; } = "";

    /// <summary>Where the provider is to say that a prediction has ended; it is polled alone if absent.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>Hosts from which outputs may be fetched, beside the provider's own (see <see cref="Handlers.Http.HostAllowList"/>).</summary>
    public ImmutableArray<string> OutputHosts { get; init; } = [];

    /// <summary>Lets those hosts have private and loopback addresses.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The directory of the tenants' files, with a folder for each tenant; without it an order has no files.</summary>
    public string? FilesDirectory { get; init; }

    /// <summary>Bytes of one file that is sent along.</summary>
    public int FileLimitBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Bytes of an answer of the provider.</summary>
    public int ReplyLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of an output.</summary>
    public long OutputLimitBytes { get; init; } = 512L * 1024 * 1024;

    public int MaxRedirects { get; init; } = 5;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest time of one question to the provider.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time of fetching an output.</summary>
    public TimeSpan OutputTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
