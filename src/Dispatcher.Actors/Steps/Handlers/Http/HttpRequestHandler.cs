using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>
/// <c>http.request</c>: calls a listed host and gives <c>{status, headers, body or json}</c>. Keeps:
/// 1. every hop's host is on the list, and every connection goes to an allowed address;
/// 2. no header that may be a credential goes to another origin than the one that the step named, and nothing goes from https to http;
/// 3. the time, the redirects and the size of the answer are bounded.
/// </summary>
public sealed class HttpRequestHandler : IStepHandler, IDisposable
{
    private const int MessageBodyBytes = 500;

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["url"],
          "properties": {
            "url": { "type": "string", "minLength": 1 },
            "method": { "type": "string", "description": "default: GET, or POST if there is a body" },
            "headers": { "type": "object" },
            "body": { "description": "a string is sent as it is, anything else as JSON" },
            "timeout": { "type": "string", "description": "a duration: 10s" },
            "expect_status": { "type": ["integer", "array"], "description": "the only status codes that are right; default: 200 to 299" }
          }
        }
        """));

    private readonly HttpOptions _options;
    private readonly HostAllowList _hosts;
    private readonly HttpMessageInvoker _client;

    /// <exception cref="ArgumentException">An entry of the allow-list is no host.</exception>
    public HttpRequestHandler(HttpOptions options, TimeProvider time) : this(options, new GuardedConnector(RulesOf(options), time))
    {
    }

    internal HttpRequestHandler(HttpOptions options, TimeProvider time, ResolveHost resolve) :
        this(options, new GuardedConnector(RulesOf(options), resolve, time))
    {
    }

    private HttpRequestHandler(HttpOptions options, GuardedConnector connector)
    {
        (_options, _hosts) = (options, new HostAllowList(options.AllowedHosts));
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = connector.Connect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            UseCookies = false,
            UseProxy = false, // a proxy would connect in our place, past the check of the address
        });
    }

    public string Name => "http.request";

    public JsonSchema? With => Schema.Value;

    public void Dispose() => _client.Dispose();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var input = new StepInput(context.With);
        var call = HttpCall.Read(input, context.IdempotencyKey);
        var expected = input.Integers("expect_status", 100, 599);
        var timeout = input.OptionalDuration("timeout") ?? _options.Timeout;
        using var deadline = new CancellationTokenSource(timeout, context.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation, deadline.Token);
        try
        {
            var reply = await Follow(call, expected, stop.Token).ConfigureAwait(false);
            if (!IsExpected(reply.Status, expected)) throw FailureOf(call, reply);
            return new StepResult.Completed(StepOutput.Of(reply.ToOutput()), []);
        }
        catch (OperationCanceledException) when (!context.Cancellation.IsCancellationRequested)
        {
            throw new StepFailedException(ErrorClass.Timeout, $"{call}: no answer within {timeout}", "HTTP_TIMEOUT");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw TransportFailure(call, exception);
        }
    }

    /// <summary>Sends the call and follows its redirects by hand, each checked like the first address.</summary>
    private async ValueTask<HttpReply> Follow(HttpCall call, IReadOnlyList<int> expected, CancellationToken cancellation)
    {
        for (var redirects = 0; ; redirects++)
        {
            CheckUrl(call.Url);
            using var message = call.ToMessage();
            using var response = await _client.SendAsync(message, cancellation).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (status is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location || expected.Contains(status))
            {
                return await HttpReply.Read(response, _options.ResponseLimitBytes, cancellation).ConfigureAwait(false);
            }

            if (redirects == _options.MaxRedirects)
            {
                throw new StepFailedException(ErrorClass.Permanent, $"{call}: more than {redirects} redirects", "TOO_MANY_REDIRECTS");
            }

            call = call.Redirected(status, new Uri(call.Url, location));
        }
    }

    private static ConnectRules RulesOf(HttpOptions options) =>
        new(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.http.allow-private-addresses");

    private void CheckUrl(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) throw StepInput.Fault("url", $"'{url.Scheme}' is not http or https");
        if (url.UserInfo.Length > 0) throw StepInput.Fault("url", "a user name or password in a URL ends up in logs: use a header");
        if (_hosts.Allows(url)) return;
        throw new StepFailedException(
            ErrorClass.InvalidInput,
            $"the host {HostAllowList.HostOf(url)}:{url.Port} is not allowed; dispatcher.http.allowed-hosts lists those that are",
            "HOST_NOT_ALLOWED");
    }

    private static bool IsExpected(int status, IReadOnlyList<int> expected) =>
        expected.Count == 0 ? status is >= 200 and < 300 : expected.Contains(status);

    /// <summary>What may pass by itself is tried again: too early, too slow, too many, or a fault of the server.</summary>
    private static StepFailedException FailureOf(HttpCall call, HttpReply reply)
    {
        var @class = reply.Status is 408 or 425 or 429 or >= 500 ? ErrorClass.Transient : ErrorClass.Permanent;
        var body = StepOutput.Fit(reply.Text.Trim(), MessageBodyBytes, keepEnd: false);
        return new StepFailedException(@class, $"{call}: status {reply.Status}{(body.Length == 0 ? "" : $": {body}")}", $"HTTP_{reply.Status}");
    }

    private static StepFailedException TransportFailure(HttpCall call, Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is not AddressRefusedException) continue;
            return new StepFailedException(Failure.Of(ErrorClass.InvalidInput, cause.Message, "ADDRESS_NOT_ALLOWED"), exception);
        }

        var reason = exception.InnerException is IOException inner ? inner.Message : exception.Message;
        return new StepFailedException(Failure.Of(ErrorClass.Transient, $"{call}: {reason}", "HTTP_FAILED"), exception);
    }
}
