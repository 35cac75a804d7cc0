namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.web</c></summary>
public sealed record WebSettings
{
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:5080"];

    /// <summary>Empty = none.</summary>
    public string CertificateFile { get; init; } = "";

    public string CertificateKeyFile { get; init; } = "";

    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan KeyRotationGrace { get; init; } = TimeSpan.FromHours(24);

    public long BodyLimitBytes { get; init; } = 1024 * 1024;

    public long BatchBodyLimitBytes { get; init; } = 16 * 1024 * 1024;

    public long BodyRateBytesPerSecond { get; init; } = 240;

    public long HeaderLimitBytes { get; init; } = 16 * 1024;

    public int HeaderCountLimit { get; init; } = 64;

    public long RequestLineLimitBytes { get; init; } = 8 * 1024;

    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(120);

    public int ConnectionLimit { get; init; } = 10_000;

    public TenantSettings Tenant { get; init; } = new();

    public JwtSettings Jwt { get; init; } = new();

    internal static WebSettings From(CheckedSettings settings) => new()
    {
        Urls = settings.TextList("dispatcher.web.urls"),
        CertificateFile = settings.Text("dispatcher.web.certificate-file"),
        CertificateKeyFile = settings.Text("dispatcher.web.certificate-key-file"),
        AllowedOrigins = settings.TextList("dispatcher.web.allowed-origins"),
        ShutdownTimeout = settings.Duration("dispatcher.web.shutdown-timeout"),
        KeyRotationGrace = settings.Duration("dispatcher.web.key-rotation-grace"),
        BodyLimitBytes = settings.Size("dispatcher.web.body-limit"),
        BatchBodyLimitBytes = settings.Size("dispatcher.web.batch-body-limit"),
        BodyRateBytesPerSecond = settings.Size("dispatcher.web.body-rate"),
        HeaderLimitBytes = settings.Size("dispatcher.web.header-limit"),
        HeaderCountLimit = settings.Integer("dispatcher.web.header-count-limit"),
        RequestLineLimitBytes = settings.Size("dispatcher.web.request-line-limit"),
        HeaderTimeout = settings.Duration("dispatcher.web.header-timeout"),
        KeepAliveTimeout = settings.Duration("dispatcher.web.keep-alive-timeout"),
        ConnectionLimit = settings.Integer("dispatcher.web.connection-limit"),
        Tenant = new TenantSettings
        {
            RequestLimit = settings.Integer("dispatcher.web.tenant.request-limit"),
            StreamLimit = settings.Integer("dispatcher.web.tenant.stream-limit"),
            RatePerSecond = settings.Integer("dispatcher.web.tenant.rate-per-second"),
            RateBurst = settings.Integer("dispatcher.web.tenant.rate-burst"),
        },
        Jwt = new JwtSettings
        {
            Issuer = settings.Text("dispatcher.web.jwt.issuer"),
            Audience = settings.Text("dispatcher.web.jwt.audience"),
            KeysFile = settings.Text("dispatcher.web.jwt.keys-file"),
            KeysUrl = settings.Text("dispatcher.web.jwt.keys-url"),
            TenantClaim = settings.Text("dispatcher.web.jwt.tenant-claim"),
            RolesClaim = settings.Text("dispatcher.web.jwt.roles-claim"),
        },
    };

    /// <summary>What one setting's type cannot say.</summary>
    internal static IEnumerable<ConfigurationFault> FaultsIn(CheckedSettings settings)
    {
        foreach (var (path, sentence) in From(settings).Faults()) yield return new ConfigurationFault(settings.Values[path].Origin.FileAndLine, $"{path} {sentence}");
    }

    private IEnumerable<(string Path, string Sentence)> Faults()
    {
        if (Urls.Count == 0) yield return ("dispatcher.web.urls", "names no address; write http://127.0.0.1:5080.");
        foreach (var url in Urls.Where(url => !WebAddress.TryParse(url, out _))) yield return ("dispatcher.web.urls", $"holds '{url}', which is no address; write http://ADDRESS:PORT.");
        if ((CertificateFile.Length == 0) != (CertificateKeyFile.Length == 0)) yield return ("dispatcher.web.certificate-file", "and certificate-key-file belong together; set both.");
        foreach (var origin in AllowedOrigins.Where(origin => !IsOrigin(origin))) yield return ("dispatcher.web.allowed-origins", $"holds '{origin}', which is no origin; write https://HOST or http://HOST:PORT.");
        if (Jwt.Fault() is { } fault) yield return ("dispatcher.web.jwt.issuer", fault);
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && string.Equals(uri.GetLeftPart(UriPartial.Authority), text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
}

/// <summary><c>dispatcher.web.tenant</c></summary>
public sealed record TenantSettings
{
    public int RequestLimit { get; init; } = 256;

    public int StreamLimit { get; init; } = 1100;

    /// <summary>0 = no limit.</summary>
    public int RatePerSecond { get; init; } = 20_000;

    public int RateBurst { get; init; } = 40_000;
}

/// <summary><c>dispatcher.web.jwt</c></summary>
public sealed record JwtSettings
{
    /// <summary>Empty = no tokens.</summary>
    public string Issuer { get; init; } = "";

    public string Audience { get; init; } = "";

    public string KeysFile { get; init; } = "";

    public string KeysUrl { get; init; } = "";

    public string TenantClaim { get; init; } = "tenant";

    public string RolesClaim { get; init; } = "roles";

    internal string? Fault()
    {
        if (Issuer.Length == 0) return null;
        if (Audience.Length == 0) return "is set, so audience must be too: without it tokens for other services would be good here.";
        if ((KeysFile.Length == 0) == (KeysUrl.Length == 0)) return "is set, so either keys-file or keys-url must be, and not both.";
        return KeysUrl.Length == 0 || IsTrustworthy(KeysUrl) ? null : $"is set, and keys-url is '{KeysUrl}': it must be https, or http on a loopback address.";
    }

    private static bool IsTrustworthy(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
