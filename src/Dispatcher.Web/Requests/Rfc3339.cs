using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Web.Requests;

/// <summary>
/// A time that a caller gave, as in RFC 3339: with its offset from UTC, since a time without one means another instant on every machine.
/// </summary>
[JsonConverter(typeof(Rfc3339Converter))]
internal readonly record struct Rfc3339(DateTimeOffset Value) : IParsable<Rfc3339>
{
    public const string Expected = "expected a time as in RFC 3339 with its offset, such as 2026-03-01T08:00:00Z or 2026-03-01T09:00:00+01:00";

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Rfc3339 result)
    {
        var isTime = DateTimeOffset.TryParseExact(s, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var value);
        result = new Rfc3339(value.ToUniversalTime());
        return isTime && (s!.EndsWith('Z') || (s.Length > 6 && s[^6] is '+' or '-'));
    }

    public static Rfc3339 Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out var time) ? time : throw new FormatException(Expected);
}

internal sealed class Rfc3339Converter : JsonConverter<Rfc3339>
{
    public override Rfc3339 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Rfc3339.TryParse(reader.GetString(), null, out var time) ? time : throw new JsonException(Rfc3339.Expected);

    public override void Write(Utf8JsonWriter writer, Rfc3339 value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value.UtcDateTime);
}
