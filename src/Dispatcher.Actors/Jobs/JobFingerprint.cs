using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>
/// Tells whether two submissions ask for the same: SHA-256 of a spec's JSON in one spelling (keys sorted, times in UTC, no white space; numbers as
/// they are written). What only follows a request around, its correlation id and trace, and what
/// the engine makes of it, its quota, are left out.
/// </summary>
internal static class JobFingerprint
{
    /// <summary>Lower-case hex.</summary>
    public static string Of(JobSpec spec)
    {
        var asked = spec with { CorrelationId = null, TraceParent = null, Quota = null, StartAt = spec.StartAt?.ToUniversalTime(), Input = JsonSize.NullAsAbsent(spec.Input) };
        var json = JsonSerializer.SerializeToElement(asked, JobJson.Default.JobSpec);
        var canonical = new ArrayBufferWriter<byte>(JsonSize.Of(json));
        using (var writer = new Utf8JsonWriter(canonical)) Write(json, writer);
        return Convert.ToHexStringLower(SHA256.HashData(canonical.WrittenSpan));
    }

    private static void Write(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(property.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                // Read and written anew, so that one text has one spelling however it was escaped.
                writer.WriteStringValue(value.GetString());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
