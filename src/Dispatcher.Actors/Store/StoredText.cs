using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>Values that stand as text or JSON in a column.</summary>
internal static class StoredText
{
    public static byte[] EncodeLabels(ImmutableSortedDictionary<string, string> labels)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in labels) writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static ImmutableSortedDictionary<string, string> DecodeLabels(ReadOnlySpan<byte> utf8)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>();
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var name = reader.GetString()!;
            reader.Read();
            labels.Add(name, reader.GetString()!);
        }

        return labels.ToImmutable();
    }

    /// <summary>One label's value, without reading the others; null if it is not there.</summary>
    public static string? Label(ReadOnlySpan<byte> utf8, string name)
    {
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var isWanted = reader.ValueTextEquals(name);
            reader.Read();
            if (isWanted) return reader.GetString();
        }

        return null;
    }

    public static byte[] EncodeTerms(IReadOnlyList<string> terms)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var term in terms) writer.WriteStringValue(term);
            writer.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="StoreException">This program knows no such status.</exception>
    public static TStatus Status<TStatus>(string text) where TStatus : struct, Enum =>
        KebabCaseEnumConverter<TStatus>.TryParse(text, out var status)
            ? status
            : throw new StoreException($"The database holds an unknown status '{text}'.");
}
