using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>
/// The body of a callback: <c>{type, timestamp, data: {job_id, seq, type, at, tenant, workflow, status, correlation_id, data}}</c>. The same bytes for every
/// attempt.
/// </summary>
internal static class CallbackBody
{
    // The body is JSON, never a piece of an HTML page; texts stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Of(StoredDelivery delivery, StoredEvent @event, JobSpec spec)
    {
        using var buffer = new MemoryStream(@event.Payload.Length + 512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("type", @event.Type);
            json.WriteString("timestamp", @event.At);
            json.WriteStartObject("data");
            json.WriteString("job_id", delivery.JobId.Value);
            json.WriteNumber("seq", @event.SequenceNr);
            json.WriteString("type", @event.Type);
            json.WriteString("at", @event.At);
            json.WriteString("tenant", delivery.Tenant);
            json.WriteString("workflow", spec.Workflow.Name);
            if (delivery.JobStatus != JobStatus.None) json.WriteString("status", delivery.JobStatus.ToText());
            if (spec.CorrelationId is { } correlationId) json.WriteString("correlation_id", correlationId);
            json.WritePropertyName("data");
            json.WriteRawValue(ShownCallback.Event(@event.Type, @event.Payload).Span, skipInputValidation: true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
