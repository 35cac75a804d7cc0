using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Callbacks over HTTP, with the guards of <see cref="GuardedPost"/>.</summary>
public sealed class HttpCallbackTransport(CallbackOptions options, TimeProvider time) : ICallbackTransport, IDisposable
{
    private readonly GuardedPost _post = new(
        new ConnectRules(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.callbacks.allow-private-addresses"),
        options.Timeout,
        "name the final URL in the job's callback",
        time);

    public void Dispose() => _post.Dispose();

    public async ValueTask<CallbackAnswer> Post(CallbackRequest request, CancellationToken cancellation)
    {
        var answer = await _post.Send(request.Url, request.Body, request.Headers, cancellation);
        return new CallbackAnswer(answer.Status, answer.Problem, answer.RetryAfter);
    }
}
