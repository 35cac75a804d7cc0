namespace Dispatcher.Feed.Callbacks;

/// <summary>Carries callbacks to their receivers. A simulation replaces it.</summary>
public interface ICallbackTransport
{
    /// <summary>Posts a callback once. Never throws but for the cancellation; whatever else goes wrong is an answer with an error.</summary>
    ValueTask<CallbackAnswer> Post(CallbackRequest request, CancellationToken cancellation);
}

/// <summary>A callback, ready to be sent.</summary>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="ParentTrace">The trace of the request that made the job, if it had one.</param>
public sealed record CallbackRequest(Uri Url, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, string? ParentTrace = null);

/// <summary>How one attempt went.</summary>
/// <param name="StatusCode">The receiver's status; null if it did not answer.</param>
/// <param name="Error">What was wrong, for the delivery log; null if the receiver took the callback.</param>
/// <param name="RetryAfter">For how long the receiver asked to be left alone.</param>
public sealed record CallbackAnswer(int? StatusCode, string? Error, TimeSpan? RetryAfter = null);
