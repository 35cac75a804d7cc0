using System.Collections.Immutable;
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
        var paths = PathsOf(with);
        var target = with.Text("output", DefaultOutput);
        var files = paths.Select(path => context.Artifacts.PathOf(path)).ToList();
        double expected = 0;
        for (var i = 0; i < files.Count; i++) expected += (await MediaProbe.Of(tools, files[i], paths[i], context.Cancellation)).Duration;

        var (file, probe) = await Join(context, files, target, expected);
        var duration = Math.Round(probe.Duration, 3);
        var driftMs = Math.Round(probe.Drift * 1000, 1);
        await Record(context, file, probe, with.Text("type", "preview"));
        var output = new { path = file.Path, durationSec = duration, segments = files.Count, driftMs, bytes = file.Bytes, sha256 = file.Sha256 };
        return Done(output, file);
    }

    private async ValueTask<(ArtifactReference File, MediaProbe Probe)> Join(
        StepContext context, List<string> files, string target, double expected)
    {
        using var result = context.Artifacts.CreateTemporary(target);
        CheckSpace(result.Path, files);
        using var folder = context.Artifacts.CreateTemporaryFolder();
        var list = Path.Combine(folder.Path, "concat.txt");
        // In the list's quoting, a quote inside quotes is written by closing, escaping and opening again.
        await File.WriteAllLinesAsync(
            list, files.Select(path => $"file '{path.Replace("'", @"'\''", StringComparison.Ordinal)}'"), context.Cancellation);
        string[] arguments =
        [
            "-f", "concat", "-safe", "0", "-protocol_whitelist", "file", "-i", "file:" + list,
            "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-fflags", "+bitexact", "file:" + result.Path,
        ];
        await tools.Ffmpeg(context, "joining the segments", arguments, expected);
        var probe = await MediaProbe.Of(tools, result.Path, target, context.Cancellation);
        Verify(probe, expected, target, files.Count);
        return (await context.Artifacts.Commit(result, Path.GetFileNameWithoutExtension(target), context.Cancellation), probe);
    }

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

    private static void CheckSpace(string path, IEnumerable<string> files)
    {
        var needed = files.Sum(file => new FileInfo(file).Length) + SpareBytes;
        var free = new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace;
        if (free >= needed) return;
        throw MediaFailure.Transient(
            MediaFailure.DiskFull,
            $"The artifact store has {free / 1_048_576} MiB free; joining needs {needed / 1_048_576} MiB. " +
            $"Free some space; the step is tried again.");
    }

    private static ImmutableArray<string> PathsOf(MediaWith with)
    {
        if (with.Value("segments") is not { ValueKind: JsonValueKind.Array } segments)
        {
            throw with.Refused("segments", "must be the list that the render step gives");
        }

        var paths = ImmutableArray.CreateBuilder<string>();
        foreach (var segment in segments.EnumerateArray())
        {
            if (segment.ValueKind == JsonValueKind.Null) continue;
            var path = segment.ValueKind == JsonValueKind.Object && segment.TryGetProperty("path", out var named) ? named : segment;
            if (path.ValueKind != JsonValueKind.String)
            {
                throw with.Refused("segments", $"holds {Shown(segment)}, which is neither a path nor an object with `path`");
            }

            paths.Add(path.GetString()!);
        }

        return paths.Count > 0
            ? paths.ToImmutable()
            : throw MediaFailure.Invalid(
                MediaFailure.InvalidPlan,
                "There is nothing to join: the list of segments is empty. Check that the plan keeps something and that a render worked.");
    }

    private static string Shown(JsonElement element) =>
        element.GetRawText() is { Length: > 100 } text ? text[..100] + "…" : element.GetRawText();

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
}
