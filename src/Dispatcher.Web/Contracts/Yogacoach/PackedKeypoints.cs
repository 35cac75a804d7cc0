using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>
/// Keypoints as a job's input holds them. A recording of twenty seconds has half a megabyte of JSON, and an input at most 256 KiB. So a large one becomes
/// <c>{"packed": "columns", "bytes": 524288, "data": "..."}</c>: turned on its side (<see cref="KeypointColumns"/>) and gzipped, without loss, to an eighth. The job stays one append, and no
/// file is left behind by a job that was refused. Frames that are not alike are gzipped as they are (<c>gzip</c>).
/// </summary>
public static class PackedKeypoints
{
    /// <summary>What is smaller stays as it is, and can be read by people.</summary>
    public const int PlainLimitBytes = 16 * 1024;

    /// <summary>What unpacks to more is refused: nobody makes the engine fill its memory.</summary>
    public const int UnpackedLimitBytes = 32 * 1024 * 1024;

    private const string PackedField = "packed";
    private const string DataField = "data";
    private const string Gzip = "gzip";
    private const string Columns = "columns";

    /// <summary>Writes the keypoints as a value, packed if they are large.</summary>
    public static void Write(JsonElement keypoints, Utf8JsonWriter writer)
    {
        var json = JsonMarshal.GetRawUtf8Value(keypoints);
        if (json.Length <= PlainLimitBytes)
        {
            keypoints.WriteTo(writer);
            return;
        }

        var columns = KeypointColumns.Of(keypoints);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            if (columns is null) gzip.Write(json);
            else
            {
                using var table = new Utf8JsonWriter(gzip);
                columns.Write(table);
            }
        }

        writer.WriteStartObject();
        writer.WriteString(PackedField, columns is null ? Gzip : Columns);
        writer.WriteNumber("bytes", json.Length);
        writer.WriteBase64String(DataField, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        writer.WriteEndObject();
    }

    /// <summary>What was packed; what was not comes back as it is.</summary>
    /// <exception cref="FormatException">The data is no base64.</exception>
    /// <exception cref="InvalidDataException">The data is not gzip, or too much.</exception>
    /// <exception cref="JsonException">The data holds no JSON, or not the table that it says.</exception>
    public static JsonElement Unpack(JsonElement keypoints)
    {
        if (!IsPacked(keypoints)) return keypoints;
        using var packed = new MemoryStream(keypoints.GetProperty(DataField).GetBytesFromBase64());
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var json = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = gzip.Read(buffer)) > 0;)
        {
            if (json.Length + read > UnpackedLimitBytes) throw new InvalidDataException($"The keypoints unpack to more than {UnpackedLimitBytes} bytes.");
            json.Write(buffer, 0, read);
        }

        var unpacked = JsonElement.Parse(json.GetBuffer().AsSpan(0, (int)json.Length));
        return keypoints.GetProperty(PackedField).ValueEquals(Columns) ? KeypointColumns.Read(unpacked, UnpackedLimitBytes) : unpacked;
    }

    public static bool IsPacked(JsonElement keypoints) =>
        keypoints.ValueKind == JsonValueKind.Object && keypoints.TryGetProperty(PackedField, out var packed) && packed.ValueKind == JsonValueKind.String
        && keypoints.TryGetProperty(DataField, out var data) && data.ValueKind == JsonValueKind.String;
}
