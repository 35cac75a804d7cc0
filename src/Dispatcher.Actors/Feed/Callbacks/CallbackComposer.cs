using System.Collections.Concurrent;
using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Makes the request of a delivery: its event as the body, signed, with the headers that let a receiver verify and order it.</summary>
internal sealed class CallbackComposer(IJobStore store, WebhookSecrets secrets, TimeProvider time)
{
    /// <summary>Jobs whose facts are remembered; beyond it all are read again.</summary>
    private const int RememberedJobs = 4096;

    private static readonly string UserAgent = $"Dispatcher/{typeof(CallbackComposer).Assembly.GetName().Version!.ToString(3)}";

    private readonly ConcurrentDictionary<JobId, JobSpec> _specs = new();

    /// <summary>Null when the job is not stored any more.</summary>
    public async ValueTask<CallbackRequest?> Compose(StoredDelivery delivery)
    {
        var events = await store.ReadEvents(delivery.JobId, delivery.SequenceNr - 1, 1);
        if (events is not [var @event] || await SpecOf(delivery.JobId) is not { } spec) return null;
        var body = CallbackBody.Of(delivery, @event, spec);
        var active = await secrets.Active(delivery.Tenant);
        return new CallbackRequest(new Uri(delivery.Url), HeadersOf(delivery, spec, active, body), body, spec.TraceParent);
    }

    /// <summary>The correlation id of a job of which a callback was made here before; null if that is not known, or it has none.</summary>
    public string? CorrelationOf(JobId id) => _specs.TryGetValue(id, out var known) ? known.CorrelationId : null;

    /// <summary>What the callback tells of the job is what it was submitted with, so it is remembered, but for the input, which may be large.</summary>
    private async ValueTask<JobSpec?> SpecOf(JobId id)
    {
        if (_specs.TryGetValue(id, out var known)) return known;
        if (await store.ReadEvents(id, 0, 1) is not [var first]) return null;
        if (EventCodec.Decode(first.Type, first.At, first.Payload.Span) is not JobEvent.Submitted submitted) return null;
        if (_specs.Count >= RememberedJobs) _specs.Clear();
        return _specs[id] = submitted.Spec with { Input = null };
    }

    private List<KeyValuePair<string, string>> HeadersOf(StoredDelivery delivery, JobSpec spec, IReadOnlyList<WebhookSecret> active, ReadOnlyMemory<byte> body)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{delivery.JobId}-{delivery.SequenceNr}");
        var sentAtSeconds = time.GetUtcNow().ToUnixTimeSeconds();
        List<KeyValuePair<string, string>> headers =
        [
            new("webhook-id", id),
            new("webhook-timestamp", sentAtSeconds.ToString(CultureInfo.InvariantCulture)),
            new("webhook-signature", WebhookSignature.HeaderOf(active.Select(secret => secret.Secret), id, sentAtSeconds, body.Span)),
            new("user-agent", UserAgent),
        ];
        if (spec.CorrelationId is { } correlationId && correlationId.All(IsHeaderCharacter)) headers.Add(new("x-correlation-id", correlationId));
        return headers;
    }

    /// <summary>A correlation id is any text; one that no header can hold is in the body only.</summary>
    private static bool IsHeaderCharacter(char character) => character is >= '!' and <= '~';
}
