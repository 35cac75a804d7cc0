using System.Text.Json;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>The sample talk through all handlers, with the real tools.</summary>
[Trait("Category", "Media")]
public sealed class TalkFlowTests
{
    /// <summary>How far a recognised word's edge may be from the voice's own: a soft first sound is often taken for silence.</summary>
    private const double EdgeToleranceSeconds = 0.4;

    [Fact]
    public async Task Talk_LosesItsKnownPauses_WhenAllStepsRun()
    {
        using var bench = new MediaBench();
        var known = await MakeTalk(bench, seconds: 15);
        var video = Path.Combine(bench.File("my talk – größe"), "talk.mp4");

        var audio = await bench.Run("media.extract-audio", new { input = video });
        var transcript = await bench.Run("media.transcribe", new { chunk_seconds = 10 });
        var plan = await bench.Run("media.plan-cuts", new { });
        AssertPausesFound(known, bench.Json(PlanCuts.PlanPath));

        var segments = new List<JsonElement>();
        foreach (var keep in plan.GetProperty("keep").EnumerateArray())
        {
            var with = keep.EnumerateObject().ToDictionary(property => property.Name, property => (object)property.Value);
            with["video"] = video;
            segments.Add(await bench.Run("media.render-segment", with, item: keep.GetProperty("index").GetInt32()));
        }

        var joined = await bench.Run("media.concat", new { segments });
        var subtitles = await bench.Run("media.subtitles", new { });
        await bench.Run("media.finish-manifest", new { });

        Assert.Equal(known.GetProperty("durationSec").GetDouble(), audio.GetProperty("durationSec").GetDouble(), 1);
        Assert.True(transcript.GetProperty("words").GetInt32() > 20);
        Assert.Equal(2, bench.Checkpoints.Count);
        var planned = plan.GetProperty("totals").GetProperty("keepSeconds").GetDouble();
        Assert.InRange(joined.GetProperty("durationSec").GetDouble(), planned - 0.02, planned + 0.04);
        Assert.InRange(joined.GetProperty("driftMs").GetDouble(), 0, 50);
        Assert.True(subtitles.GetProperty("cues").GetInt32() > 0);
        AssertManifest(bench);
        Assert.Empty(bench.Leftovers());
        Assert.Contains(bench.Percents, percent => percent is > 0 and < 100);
    }

    private static async Task<JsonElement> MakeTalk(MediaBench bench, int seconds)
    {
        var folder = bench.File("my talk – größe");
        var request = new ProcessRequest("bash", [Sample("talk/make-talk.sh"), folder, $"{seconds}"]);
        var outcome = await bench.Runner.Run(request, CancellationToken.None);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "known-cuts.json"))).RootElement;
    }

    internal static string Sample(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder!.FullName, "samples"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "samples", name);
    }

    private static void AssertPausesFound(JsonElement known, JsonElement plan)
    {
        var pauses = known.GetProperty("pauses").EnumerateArray().Select(Interval).ToList();
        var cuts = plan.GetProperty("cuts").EnumerateArray().Where(cut => cut.GetProperty("type").GetString() == "cut").Select(Planned).ToList();
        Assert.NotEmpty(pauses);
        Assert.All(pauses, pause => Assert.Contains(
            cuts, cut => Math.Abs(cut.Start - pause.Start) <= EdgeToleranceSeconds && Math.Abs(cut.End - pause.End) <= EdgeToleranceSeconds));
    }

    private static void AssertManifest(MediaBench bench)
    {
        var manifest = bench.Manifest();
        Assert.Equal("completed", manifest.GetProperty("status").GetString());
        Assert.Equal("talk.mp4", manifest.GetProperty("input").GetProperty("originalFilename").GetString());
        Assert.Equal($"{bench.Folder.Key}/renders/base_cuts.mp4", manifest.GetProperty("renders")[0].GetProperty("key").GetString());
        var subtitles = manifest.GetProperty("subtitles").EnumerateArray();
        Assert.Equal(["source", "final"], subtitles.Select(entry => entry.GetProperty("type").GetString()));
        Assert.False(manifest.TryGetProperty("logs", out _));
        var audio = manifest.GetProperty("audio");
        var file = bench.Folder.PathOf(audio.GetProperty("key").GetString()![(bench.Folder.Key.Length + 1)..]);
        Assert.Equal(audio.GetProperty("bytes").GetInt64(), new FileInfo(file).Length);
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
        Assert.Equal(audio.GetProperty("sha256").GetString(), sha256);
    }

    private static (double Start, double End) Interval(JsonElement element) =>
        (element.GetProperty("start").GetDouble(), element.GetProperty("end").GetDouble());

    private static (double Start, double End) Planned(JsonElement cut)
    {
        Assert.True(CutTime.TryParse(cut.GetProperty("start").GetString(), out var start));
        Assert.True(CutTime.TryParse(cut.GetProperty("end").GetString(), out var end));
        return (start / 1000.0, end / 1000.0);
    }
}
