using Dispatcher.Steps.Handlers.Http;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;

namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.provider</c></summary>
public sealed record ProviderSettings
{
    private const string Section = "dispatcher.provider";

    /// <summary>Empty = no provider.</summary>
    public string Url { get; init; } = "";

    public string Token { get; init; } = "";

    public string WebhookUrl { get; init; } = "";

    public IReadOnlyList<string> OutputHosts { get; init; } = [];

    public bool AllowPrivateAddresses { get; init; }

    public bool HonoursIdempotencyKeys { get; init; } = true;

    public TimeSpan PollInitial { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PollMax { get; init; } = TimeSpan.FromSeconds(60);

    public int MaxPolls { get; init; } = 30;

    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(30);

    public long OutputLimitBytes { get; init; } = 512L * 1024 * 1024;

    public long FileLimitBytes { get; init; } = 10 * 1024 * 1024;

    internal ProviderOptions Options => new()
    {
        PollInitial = PollInitial,
        PollMax = PollMax,
        MaxPolls = MaxPolls,
        MaxTime = MaxTime,
        HonoursIdempotencyKeys = HonoursIdempotencyKeys,
    };

    internal static ProviderSettings From(CheckedSettings settings) => new()
    {
        Url = settings.Text($"{Section}.url"),
        Token = settings.Text($"{Section}.token"),
        WebhookUrl = settings.Text($"{Section}.webhook-url"),
        OutputHosts = settings.TextList($"{Section}.output-hosts"),
        AllowPrivateAddresses = settings.Boolean($"{Section}.allow-private-addresses"),
        HonoursIdempotencyKeys = settings.Boolean($"{Section}.honours-idempotency-keys"),
        PollInitial = settings.Duration($"{Section}.poll-initial"),
        PollMax = settings.Duration($"{Section}.poll-max"),
        MaxPolls = settings.Integer($"{Section}.max-polls"),
        MaxTime = settings.Duration($"{Section}.max-time"),
        OutputLimitBytes = settings.Size($"{Section}.output-limit"),
        FileLimitBytes = settings.Size($"{Section}.file-limit"),
    };

    /// <summary>What one setting's type cannot say.</summary>
    internal static IEnumerable<ConfigurationFault> FaultsIn(CheckedSettings settings)
    {
        foreach (var path in new[] { $"{Section}.url", $"{Section}.webhook-url" })
        {
            if (settings.Text(path) is { Length: > 0 } text && !IsAddress(text)) yield return FaultAt(settings, path, $"{path} is '{text}', which is no http or https address without user, query and fragment");
        }

        foreach (var host in settings.TextList($"{Section}.output-hosts"))
        {
            if (!IsHost(host)) yield return FaultAt(settings, $"{Section}.output-hosts", $"'{host}' is no host; write example.org, example.org:8443 or *.example.org");
        }
    }

    /// <summary>The provider at the address; it must be set.</summary>
    /// <param name="filesDirectory">Of the tenants' files.</param>
    internal HttpPredictionProvider Connect(string filesDirectory, TimeProvider time) => new(
        new HttpProviderOptions
        {
            Url = new Uri(Url),
            Token = Token,
            Webhook = WebhookUrl.Length > 0 ? new Uri(WebhookUrl) : null,
            OutputHosts = [.. OutputHosts],
            AllowPrivateAddresses = AllowPrivateAddresses,
            OutputLimitBytes = OutputLimitBytes,
            FileLimitBytes = (int)FileLimitBytes,
            FilesDirectory = filesDirectory,
        },
        time);

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 };

    private static bool IsHost(string text)
    {
        try
        {
            _ = new HostAllowList([text]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static ConfigurationFault FaultAt(CheckedSettings settings, string path, string sentence) => new(settings.Values[path].Origin.FileAndLine, sentence);
}
