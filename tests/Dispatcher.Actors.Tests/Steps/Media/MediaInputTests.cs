using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>Inputs that cannot work, each told apart from the others, with the real tools.</summary>
[Trait("Category", "Media")]
public sealed class MediaInputTests
{
    [Fact]
    public async Task ExtractAudio_SaysInputNotFound_WhenThereIsNoSuchFile()
    {
        using var bench = new MediaBench();

        var failure = await bench.RunFailing("media.extract-audio", new { input = bench.File("none.mp4") });

        Assert.Equal((ErrorClass.InvalidInput, MediaFailure.InputNotFound), (failure.Class, failure.Code));
        AssertFailedManifest(bench, MediaFailure.InputNotFound);
    }

    [Theory]
    [InlineData("notes.mp4", "These are only some notes.")]
    [InlineData("empty.mp4", "")]
    [InlineData("list.mp4", "ffconcat version 1.0\nfile '/etc/passwd'\n")]
    [InlineData("list.m3u8", "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")]
    public async Task ExtractAudio_SaysCodecUnsupported_WhenTheFileIsNoVideo(string name, string content)
    {
        using var bench = new MediaBench();
        await File.WriteAllTextAsync(bench.File(name), content);

        var failure = await bench.RunFailing("media.extract-audio", new { input = bench.File(name) });

        Assert.Equal((ErrorClass.InvalidInput, MediaFailure.CodecUnsupported), (failure.Class, failure.Code));
        Assert.DoesNotContain("root:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExtractAudio_SaysCodecUnsupported_WhenThereIsOnlySound()
    {
        using var bench = new MediaBench();
        await bench.Ffmpeg("-f", "lavfi", "-i", "sine=duration=1", bench.File("song.mp3"));

        var failure = await bench.RunFailing("media.extract-audio", new { input = bench.File("song.mp3") });

        Assert.Equal(MediaFailure.CodecUnsupported, failure.Code);
        Assert.Contains("no moving picture", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExtractAudio_SaysNoAudio_WhenTheVideoHasNoSound()
    {
        using var bench = new MediaBench();
        await bench.Ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x120", "-t", "1", bench.File("mute.mp4"));

        var failure = await bench.RunFailing("media.extract-audio", new { input = bench.File("mute.mp4") });

        Assert.Equal((ErrorClass.InvalidInput, MediaFailure.NoAudio), (failure.Class, failure.Code));
        AssertFailedManifest(bench, MediaFailure.NoAudio);
    }

    [Fact]
    public async Task PlanCuts_SaysNoSpeechFound_WhenTheTalkIsSilent()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("silent.mp4", 4, silent: true);
        await bench.Run("media.extract-audio", new { input = video });

        var transcript = await bench.Run("media.transcribe", new { });
        var failure = await bench.RunFailing("media.plan-cuts", new { });

        Assert.False(transcript.GetProperty("speech").GetBoolean());
        Assert.Equal((ErrorClass.InvalidInput, MediaFailure.TranscriptInvalid), (failure.Class, failure.Code));
        Assert.StartsWith("No speech found", failure.Message, StringComparison.Ordinal);
        AssertFailedManifest(bench, MediaFailure.TranscriptInvalid);
    }

    [Fact]
    public async Task Manifest_IsProcessingAgain_WhenAStepRunsAfterAFailure()
    {
        using var bench = new MediaBench();
        await bench.RunFailing("media.extract-audio", new { input = bench.File("none.mp4") });
        var video = await bench.MakeVideo("late.mp4", 1);

        await bench.Run("media.extract-audio", new { input = video });

        Assert.Equal("processing", bench.Manifest().GetProperty("status").GetString());
    }

    [Fact]
    public async Task ExtractAudio_WorksWithAnyName_WhenItHasSpacesQuotesAndOtherLetters()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("-Größe % 'x' \"y\" 講演:1.mp4", 1);

        await bench.Run("media.extract-audio", new { input = video, sample_rate = 40_000 });

        var manifest = bench.Manifest();
        Assert.Equal(Path.GetFileName(video), manifest.GetProperty("input").GetProperty("originalFilename").GetString());
        Assert.Equal(44_100, manifest.GetProperty("audio").GetProperty("sampleRate").GetInt32());
    }

    [Fact]
    public async Task ExtractAudio_FailsForGoodNamingTheCommand_WhenTheNodeDoesNotAllowIt()
    {
        using var bench = new MediaBench();
        using var forbidden = new MediaBench(root: null, "true");
        var video = await bench.MakeVideo("talk.mp4", 1);

        var failure = await forbidden.RunFailing("media.extract-audio", new { input = video });

        Assert.True(failure.IsFinal);
        Assert.Contains("ffprobe", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenderScene_FailsForGood_WhenFfmpegIsNotInstalled()
    {
        using var bench = new MediaBench(root: null, "no-such-ffmpeg");
        bench.Rename = request => request with { Command = "no-such-" + request.Command };

        var failure = await bench.RunFailing("media.render-scene", new { index = 0, scene = new { title = "One", duration = 1 } });

        Assert.Equal((ErrorClass.Permanent, "COMMAND_NOT_FOUND"), (failure.Class, failure.Code));
        Assert.Contains("no-such-ffmpeg", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handlers_RefusePaths_WhenTheyLeaveTheJobsFolder()
    {
        using var bench = new MediaBench();

        var failure = await bench.RunFailing("media.concat", new { segments = new[] { "../other/renders/base_cuts.mp4" } });

        Assert.Equal((ErrorClass.InvalidInput, MediaFailure.PathNotAllowed), (failure.Class, failure.Code));
    }

    [Fact]
    public async Task RenderSegment_SaysInvalidPlan_WhenItStartsBehindTheVideosEnd()
    {
        using var bench = new MediaBench();
        var video = await bench.MakeVideo("short.mp4", 1);

        var failure = await bench.RunFailing("media.render-segment", new { video, start = "5.00", end = "6.00", index = 0 });

        Assert.Equal(MediaFailure.InvalidPlan, failure.Code);
    }

    [Theory]
    [InlineData("""{"segments":[]}""", MediaFailure.InvalidPlan)]
    [InlineData("""{"segments":[null]}""", MediaFailure.InvalidPlan)]
    [InlineData("""{"segments":"all"}""", MediaFailure.InvalidWith)]
    [InlineData("""{"segments":[7]}""", MediaFailure.InvalidWith)]
    [InlineData("""{"segments":["renders/none.mp4"]}""", MediaFailure.InputNotFound)]
    [InlineData("""{"segments":[{"path":"renders/none.mp4","durationSec":1}]}""", MediaFailure.InputNotFound)]
    public async Task Concat_RefusesByCode_WhenThereIsNothingToJoin(string with, string code)
    {
        using var bench = new MediaBench();

        Assert.Equal(code, (await bench.RunFailing("media.concat", JsonSerializer.Deserialize<JsonElement>(with))).Code);
    }

    [Theory]
    [InlineData("""{"storyboard":{"scenes":[]}}""", MediaFailure.EmptyStoryboard)]
    [InlineData("""{"storyboard":{}}""", MediaFailure.InvalidStoryboard)]
    [InlineData("""{"storyboard":{"scenes":[{"title":"a","duration":0},{"duration":1,"color":"a:b"}]}}""", MediaFailure.InvalidStoryboard)]
    public async Task ValidateStoryboard_RefusesByCode_WhenItCannotBeRendered(string with, string code)
    {
        using var bench = new MediaBench();

        Assert.Equal(code, (await bench.RunFailing("media.validate-storyboard", JsonSerializer.Deserialize<JsonElement>(with))).Code);
    }

    /// <summary>Needs the right to mount; without it (a CI container) the test proves nothing and says so in its output.</summary>
    [Fact]
    public async Task RenderScene_SaysDiskFullAndIsTriedAgain_WhenTheStoreIsFull()
    {
        using var bench = new MediaBench();
        var root = Directory.CreateDirectory(bench.File("small")).FullName;
        var mounter = new ProcessRunner(new ProcessOptions { AllowedCommands = ["mount", "umount"] }, TimeProvider.System);
        var mounted = await mounter.Run(
            new ProcessRequest("mount", ["-t", "tmpfs", "-o", "size=200k", "none", root]), CancellationToken.None);
        if (mounted.ExitCode != 0) return;
        try
        {
            using var full = new MediaBench(root);
            var failure = await full.RunFailing(
                "media.render-scene", new { index = 0, scene = new { title = "Big", duration = 10 }, width = 640, height = 480 });

            Assert.Equal((ErrorClass.Transient, MediaFailure.DiskFull), (failure.Class, failure.Code));
            Assert.Empty(full.Leftovers());
        }
        finally
        {
            await mounter.Run(new ProcessRequest("umount", [root]), CancellationToken.None);
        }
    }

    private static void AssertFailedManifest(MediaBench bench, string code)
    {
        var manifest = bench.Manifest();
        Assert.Equal("failed", manifest.GetProperty("status").GetString());
        var log = manifest.GetProperty("logs").EnumerateArray().Last();
        Assert.Equal("error", log.GetProperty("type").GetString());
        Assert.Equal(code, log.GetProperty("code").GetString());
        Assert.True(DateTimeOffset.TryParse(log.GetProperty("createdAt").GetString(), CultureInfo.InvariantCulture, out _));
    }
}
