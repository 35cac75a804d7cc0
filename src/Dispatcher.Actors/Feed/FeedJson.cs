using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>
/// What subscribers read: <c>{"id","job_id","seq","type","at","tenant","workflow","correlation_id","data"}</c>. Always one line, so that it fits a field of a server-sent
/// event.
/// </summary>
internal static class FeedJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    public static byte[] Render(FeedEvent @event, ReadOnlySpan<byte> payload)
    {
        var buffer = new ArrayBufferWriter<byte>(payload.Length + 384);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        if (@event.IsStored) writer.WriteString("id"u8, $"{FeedScope.JournalPrefix}{@event.Ordering}");
        WriteHead(writer, @event.JobId, @event.SequenceNr, @event.Type, @event.At, @event.Address);
        writer.WritePropertyName("data"u8);
        WritePayload(writer, payload);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Render(FeedProgress progress)
    {
        var buffer = new ArrayBufferWriter<byte>(384);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        WriteHead(writer, progress.JobId, progress.SequenceNr, FeedProgress.Type, progress.At, progress.Address);
        writer.WriteStartObject("data"u8);
        writer.WriteString("step"u8, progress.Step.Id);
        if (progress.Step.Item is { } item) writer.WriteNumber("item"u8, item);
        writer.WriteNumber("percent"u8, progress.Percent);
        if (progress.Message is { } message) writer.WriteString("message"u8, message);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteHead(Utf8JsonWriter writer, JobId job, long sequenceNr, string type, DateTimeOffset at, JobAddress address)
    {
        writer.WriteString("job_id"u8, job.Value);
        if (sequenceNr > 0) writer.WriteNumber("seq"u8, sequenceNr);
        writer.WriteString("type"u8, type);
        writer.WriteString("at"u8, at);
        writer.WriteString("tenant"u8, address.Tenant);
        writer.WriteString("workflow"u8, address.Workflow);
        if (address.CorrelationId is { } correlation) writer.WriteString("correlation_id"u8, correlation);
    }

    /// <summary>The journal's own JSON as it is; only one that somebody has stored on several lines is written anew.</summary>
    private static void WritePayload(Utf8JsonWriter writer, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
            return;
        }

        if (payload.ContainsAny(LineEnds))
        {
            var reader = new Utf8JsonReader(payload);
            using var document = JsonDocument.ParseValue(ref reader);
            document.RootElement.WriteTo(writer);
            return;
        }

        writer.WriteRawValue(payload, skipInputValidation: true);
    }
}
