using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>What a receiver answered.</summary>
/// <param name="Status">Null if there was no answer.</param>
/// <param name="Problem">What was wrong, in a sentence; null if nothing was.</param>
internal sealed record PostAnswer(int? Status, string? Problem, TimeSpan? RetryAfter = null)
{
    /// <summary>What may pass by itself: no answer, too early, too slow, too many, or a fault of the server.</summary>
    public bool MayPass => Status is null or 408 or 425 or 429 or >= 500;
}

/// <summary>
/// Posts JSON for channels. Keeps: 1. every connection goes to an address that was checked at that very moment; 2. redirects are not followed; 3. time and what
/// is read of an answer are bounded.
/// </summary>
public sealed class ChannelPost : IDisposable
{
    private const int AnswerLimitBytes = 4 * 1024;
    private const int ExcerptCharacters = 200;

    private readonly ChannelOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public ChannelPost(ChannelOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var rules = new ConnectRules(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.channels.allow-private-addresses");
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = new GuardedConnector(rules, time).Connect,
            MaxResponseDrainSize = AnswerLimitBytes,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            UseCookies = false,
            UseProxy = false, // a proxy would connect in our place, past the check of the address
        });
    }

    public void Dispose() => _client.Dispose();

    internal async ValueTask<PostAnswer> Send(Uri url, byte[] body, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        foreach (var (name, value) in headers) message.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await _client.SendAsync(message, stop.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (response.IsSuccessStatusCode) return new PostAnswer(status, null);
            var excerpt = await Excerpt(response.Content, stop.Token).ConfigureAwait(false);
            return new PostAnswer(status, excerpt.Length == 0 ? $"status {status}" : $"status {status}: {excerpt}", RetryAfter(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new PostAnswer(null, $"no answer within {_options.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new PostAnswer(null, CauseOf(exception));
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    private static async ValueTask<string> Excerpt(HttpContent content, CancellationToken cancellation)
    {
        var buffer = new byte[AnswerLimitBytes];
        await using var body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var text = new string([.. Encoding.UTF8.GetString(buffer, 0, read).Select(character => char.IsControl(character) ? ' ' : character)]).Trim();
        return text.Length <= ExcerptCharacters ? text : $"{text[..ExcerptCharacters]}…";
    }

    private static string CauseOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is AddressRefusedException) return cause.Message;
        }

        return exception.InnerException is IOException inner ? inner.Message : exception.Message;
    }
}
