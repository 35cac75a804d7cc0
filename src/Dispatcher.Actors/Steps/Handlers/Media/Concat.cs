using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.concat</c>: joins rendered parts without encoding them again (ffmpeg's concat demuxer) and checks the result: as long as its parts
/// together, to 100 ms, and picture and sound at most 50 ms apart (Talk-Avocado contract).
/// </summary>
internal sealed class Concat(MediaTools tools) : MediaHandler("media.concat", Schema)
{
    public const string DefaultOutput = "renders/base_cuts.mp4";

    private const string Schema = """
        {
          "type": "object",
          "required": ["segments"],
          "properties": {
            "segments": { "description": "The render step's output: paths, or objects with `path`; null is left out." },
            "output": { "type": "string", "description": "Default: renders/base_cuts.mp4." },
            "type": { "enum": ["preview", "final"], "description": "How the manifest lists it; default preview." }
          }
        }
        """;

    private const double DriftLimitSeconds = 0.050;
    private const double LengthToleranceSeconds = 0.100;

    /// <summary>What must stay free beside the result (Workflow Coordinator contract, stitching).</summary>
    private const long SpareBytes = 100L * 1024 * 1024;

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var target = with.Text("output", DefaultOutput);
        var parts = await PartsOf(context, with);
        var (file, probe) = await Join(context, parts, target);
        var duration = Math.Round(probe.Duration, 3);
        var driftMs = Math.Round(probe.Drift * 1000, 1);
        await Record(context, file, probe, with.Text("type", "preview"));
        var output = new { path = file.Path, durationSec = duration, segments = parts.Count, driftMs, bytes = file.Bytes, sha256 = file.Sha256 };
        return Done(output, file);
    }

    private async ValueTask<(ArtifactReference File, MediaProbe Probe)> Join(StepContext context, List<Part> parts, string target)
    {
        var expected = parts.Sum(part => part.Seconds);
        using var result = context.Artifacts.CreateTemporary(target);
        CheckSpace(result.Path, parts);
        using var folder = context.Artifacts.CreateTemporaryFolder();
        var list = Path.Combine(folder.Path, "concat.txt");
        await File.WriteAllLinesAsync(list, ListLines(parts), context.Cancellation);
        string[] arguments =
        [
            "-f", "concat", "-safe", "0", "-protocol_whitelist", "file", "-i", "file:" + list,
            "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-fflags", "+bitexact", "file:" + result.Path,
        ];
        await tools.Ffmpeg(context, "joining the segments", arguments, expected);
        var probe = await MediaProbe.Of(tools, result.Path, target, context.Cancellation);
        Verify(probe, expected, target, parts.Count);
        return (await context.Artifacts.Commit(result, Path.GetFileNameWithoutExtension(target), context.Cancellation), probe);
    }

    /// <summary>
    /// The concat demuxer's list. A part's length is said to the microsecond, because the container's own is rounded up to a millisecond: over a
    /// thousand parts that would move the end by a third of a second. In the list's quoting a quote is written by closing, escaping, opening again.
    /// </summary>
    private static IEnumerable<string> ListLines(IEnumerable<Part> parts) => parts.SelectMany<Part, string>(part =>
        [$"file '{part.Path.Replace("'", @"'\''", StringComparison.Ordinal)}'", $"duration {MediaTools.Seconds(part.Seconds)}"]);

    private static void Verify(MediaProbe probe, double expected, string target, int count)
    {
        if (probe.Drift > DriftLimitSeconds)
        {
            throw MediaFailure.Permanent(
                MediaFailure.SyncDriftExceeded,
                $"Picture and sound of {target} are {probe.Drift * 1000:F0} ms apart, more than 50 ms. " +
                $"Check the source video, then recover the job from its render step.");
        }

        if (Math.Abs(probe.Duration - expected) > LengthToleranceSeconds)
        {
            throw MediaFailure.Permanent(
                MediaFailure.SyncDriftExceeded,
                $"{target} is {probe.Duration:F3} s long, but its {count} parts are {expected:F3} s together. " +
                $"Recover the job from its render step.");
        }
    }

    private static void CheckSpace(string path, IEnumerable<Part> parts)
    {
        var needed = parts.Sum(part => new FileInfo(part.Path).Length) + SpareBytes;
        var free = new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace;
        if (free >= needed) return;
        throw MediaFailure.Transient(
            MediaFailure.DiskFull,
            $"The artifact store has {free / 1_048_576} MiB free; joining needs {needed / 1_048_576} MiB. " +
            $"Free some space; the step is tried again.");
    }

    private async ValueTask<List<Part>> PartsOf(StepContext context, MediaWith with)
    {
        if (with.Value("segments") is not { ValueKind: JsonValueKind.Array } segments)
        {
            throw with.Refused("segments", "must be the list that the render step gives");
        }

        var parts = new List<Part>();
        foreach (var segment in segments.EnumerateArray().Where(segment => segment.ValueKind != JsonValueKind.Null))
        {
            var isObject = segment.ValueKind == JsonValueKind.Object;
            var named = isObject && segment.TryGetProperty("path", out var found) ? found : segment;
            if (named.ValueKind != JsonValueKind.String)
            {
                throw with.Refused("segments", $"holds {Shown(segment)}, which is neither a path nor an object with `path`");
            }

            var declared = isObject && segment.TryGetProperty("durationSec", out var length) && length.ValueKind == JsonValueKind.Number;
            parts.Add(await PartOf(context, named.GetString()!, declared ? segment.GetProperty("durationSec").GetDouble() : null));
        }

        return parts.Count > 0
            ? parts
            : throw MediaFailure.Invalid(
                MediaFailure.InvalidPlan,
                "There is nothing to join: the list of segments is empty. Check that the plan keeps something and that a render worked.");
    }

    /// <summary>A part whose length the render step gave is not looked into again: a long talk has thousands of them.</summary>
    private async ValueTask<Part> PartOf(StepContext context, string relativePath, double? seconds)
    {
        var path = context.Artifacts.PathOf(relativePath);
        if (seconds is > 0 && File.Exists(path)) return new Part(path, seconds.Value);
        return new Part(path, (await MediaProbe.Of(tools, path, relativePath, context.Cancellation)).Duration);
    }

    private static string Shown(JsonElement element) => Excerpt.Of(element.GetRawText(), 100);

    private static async ValueTask Record(StepContext context, ArtifactReference file, MediaProbe probe, string type)
    {
        var manifest = new ManifestFile(context.Artifacts);
        if (!manifest.Exists) return;
        await manifest.Update(context.Time, current =>
        {
            var entry = manifest.Entry(file);
            entry["type"] = type;
            entry["codec"] = "h264";
            entry["durationSec"] = Math.Round(probe.Duration, 3);
            if (probe.Video is { } video) entry["resolution"] = string.Create(CultureInfo.InvariantCulture, $"{video.Width}x{video.Height}");
            entry["driftMs"] = Math.Round(probe.Drift * 1000, 1);
            entry["renderedAt"] = ManifestFile.Now(context.Time);
            ManifestFile.Replace(current, "renders", entry);
        }, context.Cancellation);
    }

    private readonly record struct Part(string Path, double Seconds);
}
