using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Steps.Providers.Http;

/// <summary>
/// Speaks the protocol of Replicate and its like: <c>POST /predictions</c>, <c>GET /predictions/{id}</c>, <c>POST /predictions/{id}/cancel</c>. Files go along as data
/// URIs, so that nobody outside has to reach this server.
/// </summary>
public sealed class HttpPredictionProvider : IPredictionProvider, IDisposable
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const int MessageBodyBytes = 500;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    private readonly HttpProviderOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;
    private readonly OutputDownload _download;

    /// <exception cref="ArgumentException">An entry of the allow-list is no host.</exception>
    public HttpPredictionProvider(HttpProviderOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _client = OutputDownload.ClientOf(new ConnectRules(AllowPrivateAddresses: true, options.ConnectTimeout, "dispatcher.provider.allow-private-addresses"), time);
        _download = new OutputDownload(options, _client, time);
    }

    public void Dispose()
    {
        _download.Dispose();
        _client.Dispose();
    }

    public async ValueTask<Prediction> Start(ProviderOrder order, string tenant, string idempotencyKey)
    {
        var input = JsonNode.Parse(order.Input.GetRawText())!.AsObject();
        foreach (var (field, path) in order.Files) input[field] = await TenantFiles.DataUri(_options, tenant, path);
        var body = new JsonObject { ["input"] = input };
        if (order.Model is { } model) body["model"] = model;
        if (_options.Webhook is { } webhook)
        {
            body["webhook"] = webhook.ToString();
            body["webhook_events_filter"] = new JsonArray("completed");
        }

        using var message = Message(HttpMethod.Post, "predictions");
        message.Headers.TryAddWithoutValidation(IdempotencyKey, idempotencyKey);
        message.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var reply = await Send(message, CancellationToken.None);
        return PredictionReader.Read(reply.Json) with { IsReplay = reply.Status == (int)HttpStatusCode.OK };
    }

    public async ValueTask<Prediction> Look(string id, CancellationToken cancellation)
    {
        using var message = Message(HttpMethod.Get, $"predictions/{Uri.EscapeDataString(id)}");
        var prediction = PredictionReader.Read((await Send(message, cancellation)).Json);
        return prediction.Id == id
            ? prediction
            : throw new StepFailedException(ErrorClass.Transient, $"The provider was asked for {id} and answered for another prediction.", ProviderFailure.BadReply);
    }

    public async ValueTask Cancel(string id, CancellationToken cancellation)
    {
        using var message = Message(HttpMethod.Post, $"predictions/{Uri.EscapeDataString(id)}/cancel");
        await Send(message, cancellation);
    }

    public ValueTask<ArtifactReference> Fetch(Prediction prediction, ProviderOrder order, ArtifactFolder folder, CancellationToken cancellation) => _download.Run(prediction, order.Output, folder, cancellation);

    private HttpRequestMessage Message(HttpMethod method, string path)
    {
        var root = _options.Url.AbsoluteUri;
        var message = new HttpRequestMessage(method, new Uri(root.EndsWith('/') ? root + path : $"{root}/{path}"));
        if (_options.Token.Length > 0) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.Token);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return message;
    }

    private async ValueTask<HttpReply> Send(HttpRequestMessage message, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            using var response = await _client.SendAsync(message, either.Token);
            var reply = await HttpReply.Read(response, _options.ReplyLimitBytes, either.Token);
            return reply.Status is >= 200 and < 300 ? reply : throw Refused(message, reply, response.Headers.RetryAfter);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(message, $"no answer within {_options.RequestTimeout}", null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(message, exception.InnerException is IOException inner ? inner.Message : exception.Message, exception);
        }
    }

    /// <summary>Too many, too early, or the provider's own fault: may pass by itself.</summary>
    private StepFailedException Refused(HttpRequestMessage message, HttpReply reply, RetryConditionHeaderValue? retryAfter)
    {
        var @class = reply.Status is 408 or 425 or 429 or >= 500 ? ErrorClass.Transient : ErrorClass.Permanent;
        var text = Handlers.StepOutput.Fit(reply.Text.Trim(), MessageBodyBytes, keepEnd: false);
        var failure = Failure.Of(@class, $"{Name(message)}: the provider answered {reply.Status}{(text.Length == 0 ? "" : $": {text}")}", ProviderFailure.OfStatus(reply.Status));
        return new StepFailedException(@class == ErrorClass.Transient && WaitOf(retryAfter) is { } wait ? failure with { RetryAfterMs = (long)wait.TotalMilliseconds } : failure);
    }

    private TimeSpan? WaitOf(RetryConditionHeaderValue? retryAfter)
    {
        if ((retryAfter?.Delta ?? (retryAfter?.Date is { } date ? date - _time.GetUtcNow() : null)) is not { } wait || wait <= TimeSpan.Zero) return null;
        return wait < LongestRetryAfter ? wait : LongestRetryAfter;
    }

    private static StepFailedException Unreachable(HttpRequestMessage message, string reason, Exception? exception) =>
        new(Failure.Of(ErrorClass.Transient, $"{Name(message)}: {reason}", ProviderFailure.Unreachable), exception);

    private static string Name(HttpRequestMessage message) =>
        $"{message.Method} {message.RequestUri!.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)}";
}
