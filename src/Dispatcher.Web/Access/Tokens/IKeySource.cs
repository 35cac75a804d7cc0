namespace Dispatcher.Web.Access.Tokens;

/// <summary>Where the identity provider's keys are read from.</summary>
internal interface IKeySource
{
    /// <summary>The JWKS as it is now.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="HttpRequestException">It cannot be fetched.</exception>
    Task<string> Read(CancellationToken cancellation);
}

internal sealed class FileKeySource(string path) : IKeySource
{
    public Task<string> Read(CancellationToken cancellation) => File.ReadAllTextAsync(path, cancellation);
}

/// <summary>Fetches the keys; follows no redirects, so that only the configured host is trusted.</summary>
internal sealed class UrlKeySource(Uri url) : IKeySource, IDisposable
{
    private const int ResponseLimitBytes = 256 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = ResponseLimitBytes,
    };

    public Task<string> Read(CancellationToken cancellation) => _http.GetStringAsync(url, cancellation);

    public void Dispose() => _http.Dispose();
}
