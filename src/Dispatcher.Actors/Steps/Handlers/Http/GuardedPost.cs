using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>What a receiver answered.</summary>
/// <param name="Status">Null if there was no answer.</param>
/// <param name="Problem">What was wrong, in a sentence; null if nothing was.</param>
/// <param name="RetryAfter">For how long the receiver asked to be left alone.</param>
internal sealed record PostAnswer(int? Status, string? Problem, TimeSpan? RetryAfter = null)
{
    /// <summary>What may pass by itself: no answer, too early, too slow, too many, or a fault of the server.</summary>
    public bool MayPass => Status is null or 408 or 425 or 429 or >= 500;
}

/// <summary>
/// Posts JSON to receivers that others have named: callbacks and channels. Keeps: 1. every connection goes to an address that was checked at that very moment; 2. redirects
/// are not followed; 3. time and what is read of an answer are bounded, whatever the receiver does; 4. certificates are verified.
/// </summary>
/// <param name="timeout">The longest time of one attempt.</param>
/// <param name="onRedirect">What to do about a redirect, for messages.</param>
internal sealed class GuardedPost(ConnectRules rules, TimeSpan timeout, string onRedirect, TimeProvider time) : IDisposable
{
    private const int AnswerLimitBytes = 8 * 1024;
    private const int AnswerHeadersLimitKiB = 16;
    private const int ExcerptCharacters = 200;

    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null, // whoever sends brings a traceparent of his own, if there is one
        AllowAutoRedirect = false,
        ConnectCallback = new GuardedConnector(rules, time).Connect,
        MaxResponseDrainSize = AnswerLimitBytes,
        MaxResponseHeadersLength = AnswerHeadersLimitKiB,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
        UseProxy = false, // a proxy would connect in our place, past the check of the address
    });

    public void Dispose() => _client.Dispose();

    /// <summary>Posts once. Never throws but for the cancellation; whatever else goes wrong is an answer with a problem.</summary>
    public async ValueTask<PostAnswer> Send(Uri url, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var message = MessageOf(url, body, headers);
        try
        {
            using var response = await _client.SendAsync(message, stop.Token).ConfigureAwait(false);
            return await AnswerOf(response, url, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new PostAnswer(null, $"no answer within {timeout.TotalSeconds:0.###} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException)
        {
            return new PostAnswer(null, CauseOf(exception));
        }
    }

    private static HttpRequestMessage MessageOf(Uri url, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = Json;
        var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        foreach (var (name, value) in headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    /// <summary>The status alone says whether it was taken; of a body that says why not, the beginning goes into the problem.</summary>
    private async ValueTask<PostAnswer> AnswerOf(HttpResponseMessage response, Uri url, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode) return new PostAnswer(status, null);
        if (status is >= 300 and < 400) return new PostAnswer(status, $"status {status}: redirects are not followed; {onRedirect}{TargetOf(response)}");
        var excerpt = await ExcerptOf(response.Content, url, cancellation).ConfigureAwait(false);
        return new PostAnswer(status, excerpt.Length == 0 ? $"status {status}" : $"status {status}: {excerpt}", RetryAfterOf(response));
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
            await using var body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            int count;
            while (read < buffer.Length && (count = await body.ReadAsync(buffer.AsMemory(read), cancellation).ConfigureAwait(false)) > 0) read += count;
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
        { Date: { } date } => date - time.GetUtcNow(),
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
