using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Feed.Callbacks;

/// <summary>
/// Callbacks over HTTP. Keeps: 1. every connection goes to an address that was checked at that very moment; 2. redirects are not followed; 3. time and what is
/// read of an answer are bounded, whatever the receiver does; 4. certificates are verified.
/// </summary>
public sealed class HttpCallbackTransport : ICallbackTransport, IDisposable
{
    private const int AnswerLimitBytes = 8 * 1024;
    private const int AnswerHeadersLimitKiB = 16;
    private const int ExcerptCharacters = 200;

    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    private readonly CallbackOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public HttpCallbackTransport(CallbackOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var rules = new ConnectRules(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.callbacks.allow-private-addresses");
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null, // the callback brings its own traceparent
            AllowAutoRedirect = false,
            ConnectCallback = new GuardedConnector(rules, time).Connect,
            MaxResponseDrainSize = AnswerLimitBytes,
            MaxResponseHeadersLength = AnswerHeadersLimitKiB,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            UseCookies = false,
            UseProxy = false, // a proxy would connect in our place, past the check of the address
        });
    }

    public void Dispose() => _client.Dispose();

    public async ValueTask<CallbackAnswer> Post(CallbackRequest request, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var message = MessageOf(request);
        try
        {
            using var response = await _client.SendAsync(message, stop.Token);
            return await AnswerOf(response, request.Url, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new CallbackAnswer(null, $"no answer within {_options.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException)
        {
            return new CallbackAnswer(null, CauseOf(exception));
        }
    }

    private static HttpRequestMessage MessageOf(CallbackRequest request)
    {
        var content = new ReadOnlyMemoryContent(request.Body);
        content.Headers.ContentType = Json;
        var message = new HttpRequestMessage(HttpMethod.Post, request.Url) { Content = content };
        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    /// <summary>The status alone says whether the callback was taken; of a body that says why not, the beginning goes to the log.</summary>
    private async ValueTask<CallbackAnswer> AnswerOf(HttpResponseMessage response, Uri url, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode) return new CallbackAnswer(status, null);
        if (status is >= 300 and < 400) return new CallbackAnswer(status, $"status {status}: redirects are not followed; name the final URL in the job's callback{TargetOf(response)}");
        var excerpt = await ExcerptOf(response.Content, url, cancellation);
        return new CallbackAnswer(status, excerpt.Length == 0 ? $"status {status}" : $"status {status}: {excerpt}", RetryAfterOf(response));
    }

    /// <summary>Without path and query, which may hold a key.</summary>
    private static string TargetOf(HttpResponseMessage response) =>
        response.Headers.Location is { IsAbsoluteUri: true } target ? $" (it leads to {target.GetLeftPart(UriPartial.Authority)})" : string.Empty;

    private static async ValueTask<string> ExcerptOf(HttpContent content, Uri url, CancellationToken cancellation)
    {
        var buffer = new byte[AnswerLimitBytes];
        var read = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellation);
            int count;
            while (read < buffer.Length && (count = await body.ReadAsync(buffer.AsMemory(read), cancellation)) > 0) read += count;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status is known; of its reason what has come so far is enough.
        }

        var text = new string([.. Encoding.UTF8.GetString(buffer, 0, read).Select(character => char.IsControl(character) ? ' ' : character)]).Trim();
        text = ShownCallback.Text(text, url);
        return text.Length <= ExcerptCharacters ? text : $"{text[..ExcerptCharacters]}...";
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    private static string CauseOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is AddressRefusedException) return cause.Message;
            if (cause is AuthenticationException) return $"no secure connection: {cause.Message}";
        }

        return exception.InnerException is IOException inner ? inner.Message : exception.Message;
    }
}
