using System.Collections.Immutable;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>Which hosts steps may call, and how far a call may go (settings <c>dispatcher.http.*</c>).</summary>
public sealed record HttpOptions
{
    /// <summary>See <see cref="HostAllowList"/>. Empty: no host may be called.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// Lets allowed hosts have private, loopback and other special addresses. The address of a cloud's metadata service is one of them.
    /// </summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>Bytes of a response body, unpacked; a larger one fails the step. A step's output has its own limit beside this.</summary>
    public int ResponseLimitBytes { get; init; } = 256 * 1024;

    /// <summary>Redirects that one step follows.</summary>
    public int MaxRedirects { get; init; } = 5;

    /// <summary>The longest time of one attempt, redirects and body included, unless the step gives its own.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time to wait for each of a host's addresses.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
