using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers.Media;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>Rendering, joining and recognising with the real tools.</summary>
[Trait("Category", "Media")]
public sealed class MediaRenderTests
{
    [Fact]
    public async Task Segments_AddUpToThePlan_WhenThereAreMany()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("source.mp4", 8);
        var segments = new List<JsonElement>();
        for (var index = 0; index < 6; index++)
        {
            var start = index * 1.27 + 0.013;
            var with = new { video, start, end = start + 0.777, index, preset = "ultrafast" };
            segments.Add(await bench.Run("media.render-segment", with, item: index));
        }

        var joined = await bench.Run("media.concat", new { segments });

        var rendered = segments.Sum(segment => segment.GetProperty("durationSec").GetDouble());
        Assert.InRange(rendered, 6 * 0.777 - 0.1, 6 * 0.777 + 0.1);
        Assert.InRange(joined.GetProperty("durationSec").GetDouble(), rendered, rendered + 0.03);
        Assert.InRange(joined.GetProperty("driftMs").GetDouble(), 0, 50);
        Assert.Equal(6, joined.GetProperty("segments").GetInt32());
        Assert.Empty(bench.Leftovers());
    }

    private const string TwoKeeps = """
        {"schemaVersion":"1.0.0","cuts":[
          {"start":"0.00","end":"1.00","type":"keep","reason":"content","confidence":1.0},
          {"start":"1.00","end":"3.00","type":"cut","reason":"silence_2000ms","confidence":1.0},
          {"start":"3.00","end":"4.00","type":"keep","reason":"content","confidence":1.0}]}
        """;

    [Fact]
    public async Task RenderCuts_RendersAndJoinsWhatIsKept_AndGoesOnBehindItsCheckpoint()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("source.mp4", 4);
        await bench.Run("media.mark-processing", new { });
        await bench.Write(PlanCuts.PlanPath, TwoKeeps);

        var joined = await bench.Run("media.render-cuts", new { video, preset = "ultrafast" });
        Assert.Equal(2, joined.GetProperty("durationSec").GetDouble(), 1);
        Assert.Equal((2, 2), (joined.GetProperty("segments").GetInt32(), bench.Checkpoints.Count));
        Assert.Equal("renders/base_cuts.mp4", joined.GetProperty("path").GetString());
        Assert.Single(bench.Manifest().GetProperty("renders").EnumerateArray());

        await bench.Run("media.render-cuts", new { video, preset = "ultrafast" }, checkpoint: bench.Checkpoints[0]);
        Assert.Equal(3, bench.Checkpoints.Count);
    }

    [Fact]
    public async Task RenderCuts_RecordsAFailureOnce_ThoughAPartOfItHasFailed()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("short.mp4", 2);
        await bench.Run("media.mark-processing", new { });
        await bench.Write(PlanCuts.PlanPath, TwoKeeps);

        var failure = await bench.RunFailing("media.render-cuts", new { video, preset = "ultrafast" });

        Assert.Equal(MediaFailure.InvalidPlan, failure.Code);
        Assert.Equal("render-cuts", Assert.Single(bench.Manifest().GetProperty("logs").EnumerateArray()).GetProperty("step").GetString());
    }

    [Fact]
    public async Task RenderSegment_IsAsLongAsAsked_WhenTheSoundEndsALittleEarly()
    {
        using var bench = new MediaBench();
        await bench.Ffmpeg(
            "-f", "lavfi", "-i", "testsrc2=size=161x121:rate=25:duration=3", "-f", "lavfi", "-i", "sine=duration=2.7",
            "-pix_fmt", "yuv444p", bench.File("odd.mkv"));

        var segment = await bench.Run("media.render-segment", new { video = bench.File("odd.mkv"), start = 1, end = 3, index = 0 });
        var joined = await bench.Run("media.concat", new { segments = new[] { segment.GetProperty("path").GetString() } });

        Assert.Equal(2, joined.GetProperty("durationSec").GetDouble(), 1);
        Assert.InRange(joined.GetProperty("driftMs").GetDouble(), 0, 50);
    }

    [Fact]
    public async Task Concat_SaysSyncDriftExceeded_WhenSoundAndPictureDoNotEndTogether()
    {
        using var bench = new MediaBench();
        await bench.Ffmpeg(
            "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=30:duration=2", "-f", "lavfi", "-i", "sine=duration=1.5",
            "-c:v", "libx264", "-c:a", "aac", bench.File("apart.mp4"));
        var content = await File.ReadAllBytesAsync(bench.File("apart.mp4"));
        await bench.Folder.Write("renders/segments/0001.mp4", "test", content, CancellationToken.None);

        var failure = await bench.RunFailing("media.concat", new { segments = new[] { "renders/segments/0001.mp4" } });

        Assert.Equal((ErrorClass.Permanent, MediaFailure.SyncDriftExceeded), (failure.Class, failure.Code));
        Assert.False(bench.Folder.Exists("renders/base_cuts.mp4"));
        Assert.Empty(bench.Leftovers());
    }

    [Fact]
    public async Task Scenes_AreJoined_WhenOneOfThemFailed()
    {
        using var bench = new MediaBench();
        var board = JsonDocument.Parse(await File.ReadAllTextAsync(TalkFlowTests.Sample("scenes/storyboard.json"))).RootElement;
        var validated = await bench.Run("media.validate-storyboard", new { storyboard = board });
        var outputs = new List<JsonElement?>();
        foreach (var (scene, index) in board.GetProperty("scenes").EnumerateArray().Select((scene, index) => (scene, index)))
        {
            if (!scene.TryGetProperty("fail", out _))
            {
                outputs.Add(await bench.Run("media.render-scene", new { scene, index, width = 160, height = 120 }, item: index));
                continue;
            }

            var failure = await bench.RunFailing("media.render-scene", new { scene, index });
            Assert.Equal((ErrorClass.Permanent, MediaFailure.SceneFailed), (failure.Class, failure.Code));
            outputs.Add(null);
        }

        var joined = await bench.Run("media.concat", new { segments = outputs, output = "renders/final.mp4", type = "final" });

        Assert.Contains(outputs, output => output is null);
        Assert.Equal(outputs.Count(output => output is not null), joined.GetProperty("segments").GetInt32());
        Assert.Equal(outputs.Count, validated.GetProperty("scenes").GetInt32());
        Assert.False(bench.Folder.Exists(ManifestFile.Path));
    }

    [Fact]
    public async Task RenderScene_DrawsAnyTitle_WhenItHoldsTheFiltersOwnSigns()
    {
        using var bench = new MediaBench();

        var scene = new { title = "100 %: it's [a], b; %{pts} \\ größe", duration = 0.5, color = "#336699" };

        var rendered = await bench.Run("media.render-scene", new { index = 4, scene });

        Assert.Equal("renders/scenes/scene_5.mp4", rendered.GetProperty("path").GetString());
    }

    [Fact]
    public async Task RenderScene_StopsAndLeavesNothing_WhenItIsCancelled()
    {
        using var bench = new MediaBench();
        using var cancellation = new CancellationTokenSource();
        bench.OnProgress = cancellation.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.Run(
            "media.render-scene", new { index = 0, scene = new { title = "Long", duration = 600 } }, cancellation: cancellation.Token));

        Assert.Empty(bench.Leftovers());
    }

    [Fact]
    public async Task DetectSilence_FindsTheQuietAndTheLoudStretches()
    {
        using var bench = new MediaBench();
        await bench.Ffmpeg("-f", "lavfi", "-i", "aevalsrc='if(between(t,1,3),0,0.5*sin(2000*t))':d=4", bench.File("gap.wav"));

        var found = await bench.Run("media.detect-silence", new { input = bench.File("gap.wav"), min_seconds = "1.5" });

        var silence = Assert.Single(found.GetProperty("silences").EnumerateArray());
        Assert.Equal(1, silence.GetProperty("start").GetDouble(), 1);
        Assert.Equal(3, silence.GetProperty("end").GetDouble(), 1);
        Assert.Equal([0, 1], found.GetProperty("keep").EnumerateArray().Select(keep => keep.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task Transcribe_DoesNotRepeatFinishedChunks_WhenItIsResumed()
    {
        using var bench = new MediaBench();
        var recognitions = 0;
        bench.Rename = request =>
        {
            if (request.Command == PocketSphinx.Command) recognitions++;
            return request;
        };
        await bench.Ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "32", bench.File("long.wav"));
        var with = new { audio = bench.File("long.wav"), chunk_seconds = 10 };
        await bench.Run("media.transcribe", with);
        Assert.Equal((3, 3), (recognitions, bench.Checkpoints.Count));

        await bench.Run("media.transcribe", with, checkpoint: bench.Checkpoints[1]);
        Assert.Equal(4, recognitions);

        await bench.Run("media.transcribe", new { with.audio, chunk_seconds = 12 }, checkpoint: bench.Checkpoints[1]);
        Assert.Equal(7, recognitions);
    }
}
