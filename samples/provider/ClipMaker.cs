using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Provider;

/// <summary>Makes a clip from the images of an order: a fade from the first to the last, or a slow zoom into the only one.</summary>
public sealed class ClipMaker(string directory, bool withFfmpeg)
{
    private const int Width = 320;
    private const int Height = 180;
    private const int FramesPerSecond = 25;

    public string PathOf(string id) => Path.Combine(directory, $"{id}.mp4");

    /// <exception cref="InvalidOperationException">The images cannot be read, or ffmpeg fails.</exception>
    public async Task Make(string id, JsonNode? input, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var target = PathOf(id);
        if (!withFfmpeg)
        {
            await File.WriteAllTextAsync(target, $"clip of {input?["prompt"]?.GetValue<string>() ?? id}\n", cancellation);
            return;
        }

        var seconds = Math.Clamp(input?["duration"]?.GetValue<double>() ?? 2, 0.2, 30);
        var first = await Image(id, "first", input?["first_frame_image"] ?? input?["image"], cancellation);
        var last = await Image(id, "last", input?["last_frame_image"], cancellation);
        string[] arguments = (first, last) switch
        {
            ({ } from, { } to) => ["-loop", "1", "-t", Text(seconds), "-i", from, "-loop", "1", "-t", Text(seconds), "-i", to, "-filter_complex", Fade(seconds)],
            ({ } only, null) => ["-loop", "1", "-i", only, "-vf", Zoom(seconds)],
            _ => ["-f", "lavfi", "-i", $"testsrc2=size={Width}x{Height}:rate={FramesPerSecond}"],
        };
        await Ffmpeg([.. arguments, "-t", Text(seconds), "-an", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-r", Text(FramesPerSecond), "-bf", "0", target], cancellation);
    }

    private static string Fade(double seconds) => string.Create(CultureInfo.InvariantCulture,
        $"[0]{Fit}[a];[1]{Fit}[b];[a][b]xfade=transition=fade:duration={seconds / 2:0.###}:offset={seconds / 4:0.###}");

    private static string Zoom(double seconds) => string.Create(CultureInfo.InvariantCulture,
        $"scale={Width * 4}:{Height * 4}:force_original_aspect_ratio=increase,crop={Width * 4}:{Height * 4},zoompan=z='min(zoom+0.002,1.4)':d={(int)Math.Ceiling(seconds * FramesPerSecond)}:s={Width}x{Height}:fps={FramesPerSecond},setsar=1");

    private static string Fit => string.Create(CultureInfo.InvariantCulture,
        $"scale={Width}:{Height}:force_original_aspect_ratio=increase,crop={Width}:{Height},setsar=1,fps={FramesPerSecond}");

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Only data URIs: this provider calls nobody.</summary>
    private async Task<string?> Image(string id, string name, JsonNode? value, CancellationToken cancellation)
    {
        if (value?.GetValue<string>() is not { } uri) return null;
        var comma = uri.IndexOf(',', StringComparison.Ordinal);
        if (!uri.StartsWith("data:image/", StringComparison.Ordinal) || comma < 0) throw new InvalidOperationException($"the {name} image is no data URI");
        var path = Path.Combine(directory, $"{id}-{name}");
        await File.WriteAllBytesAsync(path, Convert.FromBase64String(uri[(comma + 1)..]), cancellation);
        return path;
    }

    private static async Task Ffmpeg(string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("ffmpeg", ["-v", "error", "-nostdin", "-y", .. arguments]) { RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        try
        {
            var error = await process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            if (process.ExitCode != 0) throw new InvalidOperationException($"ffmpeg: {error.Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
