using System.Buffers;
using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Steps.Providers.Http;

/// <summary>
/// Fetches outputs. Each address, redirects included, is the provider's own or on the allow-list, and each connection to others than the provider goes to an allowed
/// address; the token goes to nobody. Bytes, time and redirects are bounded.
/// </summary>
internal sealed class OutputDownload : IDisposable
{
    private const int BufferBytes = 128 * 1024;

    private readonly HttpProviderOptions _options;
    private readonly HostAllowList _hosts;
    private readonly HttpMessageInvoker _own;
    private readonly HttpMessageInvoker _others;
    private readonly TimeProvider _time;

    public OutputDownload(HttpProviderOptions options, HttpMessageInvoker own, TimeProvider time)
    {
        (_options, _own, _time) = (options, own, time);
        _hosts = new HostAllowList(options.OutputHosts);
        _others = ClientOf(new ConnectRules(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.provider.allow-private-addresses"), time);
    }

    public static HttpMessageInvoker ClientOf(ConnectRules rules, TimeProvider time) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectCallback = new GuardedConnector(rules, time).Connect,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
        UseProxy = false, // a proxy would connect in our place, past the check of the address
    });

    public void Dispose() => _others.Dispose();

    public async ValueTask<ArtifactReference> Run(Prediction prediction, string target, ArtifactFolder folder, CancellationToken cancellation)
    {
        var url = PredictionReader.OutputUrl(prediction.Output)
            ?? throw Bad(ErrorClass.Permanent, $"The output of {prediction.Id} is no http URL, list of them, or object with `video`.");
        using var limit = new CancellationTokenSource(_options.OutputTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using var file = folder.CreateTemporary(target);
        try
        {
            await Fetch(url, file.Path, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Bad(ErrorClass.Transient, $"{Shown(url)}: the output was not here within {_options.OutputTimeout}");
        }
        catch (IOException full) when (DiskFull.Is(full))
        {
            throw DiskFull.Failure(folder.Key, full);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Transport(url, fault);
        }

        return await folder.Commit(file, Path.GetFileNameWithoutExtension(target), cancellation);
    }

    private async ValueTask Fetch(Uri url, string path, CancellationToken cancellation)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, url);
            using var response = await ClientFor(url).SendAsync(message, cancellation);
            var status = (int)response.StatusCode;
            if (status is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
            {
                if (redirects == _options.MaxRedirects) throw Bad(ErrorClass.Permanent, $"{Shown(url)}: more than {redirects} redirects");
                url = new Uri(url, location);
                continue;
            }

            if (status != 200)
            {
                var @class = status is 408 or 425 or 429 or >= 500 ? ErrorClass.Transient : ErrorClass.Permanent;
                throw new StepFailedException(@class, $"{Shown(url)}: the output was answered with {status}", ProviderFailure.OfStatus(status));
            }

            await Save(response, url, path, cancellation);
            return;
        }
    }

    private async ValueTask Save(HttpResponseMessage response, Uri url, string path, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > _options.OutputLimitBytes) throw TooLarge(url);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var to = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            await using var from = await response.Content.ReadAsStreamAsync(cancellation);
            long total = 0;
            int read;
            while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
            {
                if ((total += read) > _options.OutputLimitBytes) throw TooLarge(url);
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            if (total == 0) throw Bad(ErrorClass.Transient, $"{Shown(url)}: the output is empty");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private HttpMessageInvoker ClientFor(Uri url)
    {
        if (url.Scheme is not ("http" or "https")) throw Bad(ErrorClass.Permanent, $"{Shown(url)} is not http or https");
        if (url.Authority == _options.Url.Authority && url.Scheme == _options.Url.Scheme) return _own;
        return _hosts.Allows(url)
            ? _others
            : throw Bad(ErrorClass.Permanent, $"The host {HostAllowList.HostOf(url)}:{url.Port} of an output is neither the provider's nor in dispatcher.provider.output-hosts");
    }

    private StepFailedException TooLarge(Uri url) => Bad(ErrorClass.Permanent, $"{Shown(url)}: the output is larger than {_options.OutputLimitBytes} bytes (dispatcher.provider.output-limit)");

    private static StepFailedException Transport(Uri url, Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is AddressRefusedException) return Bad(ErrorClass.Permanent, $"{Shown(url)}: {cause.Message}");
        }

        return Bad(ErrorClass.Transient, $"{Shown(url)}: {(fault.InnerException is IOException inner ? inner.Message : fault.Message)}");
    }

    /// <summary>Without the query, which may hold a signature.</summary>
    private static string Shown(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static StepFailedException Bad(ErrorClass @class, string message) => new(@class, message, ProviderFailure.BadOutput);
}
