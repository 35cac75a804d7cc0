using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>
/// The name of a job: a UUID of version 7 (RFC 9562), so that ids made later sort later and the journal's index grows at
/// its right edge. Written in lower case with dashes; opaque to users.
/// </summary>
[JsonConverter(typeof(JobIdConverter))]
public readonly record struct JobId(Guid Value) : IComparable<JobId>, ISpanParsable<JobId>
{
    /// <summary>Bytes of chance in an id; the rest is the time in milliseconds, the version and the variant.</summary>
    public const int RandomBytes = 10;

    /// <summary>Makes an id from a time and ten bytes of chance; pure, so a seeded run makes the same ids again.</summary>
    public static JobId Create(DateTimeOffset at, ReadOnlySpan<byte> random)
    {
        Span<byte> bytes = stackalloc byte[16];
        var milliseconds = at.ToUnixTimeMilliseconds();
        for (var i = 5; i >= 0; i--, milliseconds >>= 8) bytes[i] = (byte)milliseconds;
        random[..RandomBytes].CopyTo(bytes[6..]);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new JobId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Writes the sixteen bytes in the order in which ids sort.</summary>
    public void WriteBytes(Span<byte> destination) => Value.TryWriteBytes(destination, bigEndian: true, out _);

    public static JobId FromBytes(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));

    /// <summary>The same as the order of the bytes: <see cref="Guid.CompareTo(Guid)"/> compares the fields most significant first.</summary>
    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("D");

    public static JobId Parse(string text) => Parse(text, provider: null);

    public static JobId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static JobId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? text, out JobId id) => TryParse(text.AsSpan(), provider: null, out id);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JobId result) => TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out JobId result)
    {
        var valid = Guid.TryParseExact(s, "D", out var value);
        result = new JobId(value);
        return valid;
    }
}

/// <summary>A job id is a string in JSON.</summary>
public sealed class JobIdConverter : JsonConverter<JobId>
{
    public override JobId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

    public override void Write(Utf8JsonWriter writer, JobId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
