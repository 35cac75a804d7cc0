using Dispatcher.Steps.Processes;

namespace Dataset;

/// <summary>Looks into images with ffmpeg.</summary>
internal sealed class ImageTools(TimeProvider time) : IDisposable
{
    private const int HashWidth = 9;
    private const int HashHeight = 8;
    private const int LabelSide = 16;

    private readonly ProcessRunner _runner = new(new ProcessOptions { AllowedCommands = ["ffmpeg"] }, time);
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("dataset-");

    /// <summary>True for a file that ffmpeg can decode without a complaint.</summary>
    public async Task<bool> IsImage(string path, CancellationToken cancellation)
    {
        if (new FileInfo(path).Length == 0) return false;
        var outcome = await _runner.Run(new ProcessRequest("ffmpeg", ["-nostdin", "-v", "error", "-xerror", "-i", "file:" + path, "-f", "null", "-"]), cancellation);
        return outcome.ExitCode == 0 && outcome.Error.Trim().Length == 0;
    }

    /// <summary>The difference hash (Krawetz 2013): of a picture of 9 x 8 grey pixels, whether each is darker than its right neighbour.</summary>
    public async Task<ulong> PerceptualHash(string path, CancellationToken cancellation)
    {
        var pixels = await Pixels(path, $"scale={HashWidth}:{HashHeight},format=gray", HashWidth * HashHeight, cancellation);
        var hash = 0UL;
        for (var y = 0; y < HashHeight; y++)
        {
            for (var x = 0; x < HashWidth - 1; x++) hash = hash << 1 | (pixels[y * HashWidth + x] < pixels[y * HashWidth + x + 1] ? 1UL : 0UL);
        }

        return hash;
    }

    /// <summary>What an image mostly is: red, green, blue or grey, dark or bright.</summary>
    public async Task<string> Label(string path, CancellationToken cancellation)
    {
        var pixels = await Pixels(path, $"scale={LabelSide}:{LabelSide},format=rgb24", LabelSide * LabelSide * 3, cancellation);
        var sums = new double[3];
        for (var i = 0; i < pixels.Length; i++) sums[i % 3] += pixels[i];
        var means = sums.Select(sum => sum / (LabelSide * LabelSide)).ToArray();
        var brightness = means.Average() < 100 ? "dark" : "bright";
        var colour = means.Max() - means.Min() < 16 ? "grey" : ((string[])["red", "green", "blue"])[Array.IndexOf(means, means.Max())];
        return $"{brightness}-{colour}";
    }

    public void Dispose() => _scratch.Delete(recursive: true);

    private async Task<byte[]> Pixels(string path, string filter, int count, CancellationToken cancellation)
    {
        var raw = Path.Combine(_scratch.FullName, Path.GetRandomFileName());
        var outcome = await _runner.Run(new ProcessRequest("ffmpeg", ["-nostdin", "-v", "error", "-y", "-i", "file:" + path, "-vf", filter, "-frames:v", "1", "-f", "rawvideo", "file:" + raw]), cancellation);
        if (outcome.ExitCode != 0) throw new InvalidOperationException($"ffmpeg cannot read {Path.GetFileName(path)}: {outcome.Error.Trim()}");
        var pixels = await File.ReadAllBytesAsync(raw, cancellation);
        File.Delete(raw);
        return pixels.Length == count ? pixels : throw new InvalidOperationException($"{Path.GetFileName(path)} gave {pixels.Length} bytes of pixels, not {count}");
    }
}
