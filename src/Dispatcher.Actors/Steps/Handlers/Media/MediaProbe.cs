using System.Globalization;
using System.Text.Json;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>What ffprobe says of a file; times in seconds.</summary>
internal sealed record MediaProbe(double Duration, MediaStream? Video, MediaStream? Audio)
{
    /// <summary>
    /// The farthest that picture and sound are apart at the start or the end of the file, in seconds; 0 if one is missing. Players line
    /// both up by these times, so they are what a viewer notices.
    /// </summary>
    public double Drift => Video is null || Audio is null
        ? 0
        : Math.Max(Math.Abs(Video.Start - Audio.Start), Math.Abs(Video.Start + Video.Duration - Audio.Start - Audio.Duration));

    /// <summary>Looks into a file.</summary>
    /// <param name="name">The file's name as the user knows it, for messages.</param>
    /// <exception cref="StepFailedException"><c>INPUT_NOT_FOUND</c>: no such file. <c>CODEC_UNSUPPORTED</c>: no video or sound file.</exception>
    public static async ValueTask<MediaProbe> Of(MediaTools tools, string path, string name, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            throw MediaFailure.Invalid(
                MediaFailure.InputNotFound, $"There is no file {name}. Check the path; a relative one is below the job's folder.");
        }
        if (new FileInfo(path).Length == 0)
        {
            throw MediaFailure.Invalid(MediaFailure.CodecUnsupported, $"{name} is an empty file. Upload it again.");
        }
        string[] arguments = ["-v", "error", "-print_format", "json", "-show_format", "-show_streams", .. MediaTools.Input(path)];
        var outcome = await tools.Run(new ProcessRequest("ffprobe", arguments), cancellation);
        if (outcome.ExitCode != 0)
        {
            throw MediaFailure.Invalid(
                MediaFailure.CodecUnsupported,
                $"{name} is not a video or sound file that ffmpeg can read ({outcome.Error.Trim().Split('\n')[^1]}). " +
                $"Give an .mp4, .mov, .mkv or .webm file.");
        }

        using var document = JsonDocument.Parse(outcome.Output);
        return Read(document.RootElement);
    }

    internal static MediaProbe Read(JsonElement root)
    {
        var format = root.TryGetProperty("format", out var found) ? found : default;
        var streams = root.TryGetProperty("streams", out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : Array.Empty<JsonElement>();
        var duration = Number(format, "duration") ?? streams.Select(stream => Number(stream, "duration") ?? 0).DefaultIfEmpty(0).Max();
        return new MediaProbe(duration, First(streams, "video", duration), First(streams, "audio", duration));
    }

    private static MediaStream? First(IEnumerable<JsonElement> streams, string kind, double duration)
    {
        foreach (var stream in streams.Where(stream => Text(stream, "codec_type") == kind && !IsCover(stream)))
        {
            return new MediaStream(
                Text(stream, "codec_name"), Number(stream, "start_time") ?? 0, Number(stream, "duration") ?? duration,
                (int)(Number(stream, "width") ?? 0), (int)(Number(stream, "height") ?? 0));
        }

        return null;
    }

    /// <summary>A picture that belongs to a song's tags is not a video.</summary>
    private static bool IsCover(JsonElement stream) =>
        stream.TryGetProperty("disposition", out var disposition) && Number(disposition, "attached_pic") == 1;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static double? Number(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

/// <summary>One stream of a file; width and height are 0 for sound.</summary>
/// <param name="Codec">ffmpeg's name of it (<c>h264</c>); null when ffmpeg does not know it.</param>
internal sealed record MediaStream(string? Codec, double Start, double Duration, int Width, int Height);
