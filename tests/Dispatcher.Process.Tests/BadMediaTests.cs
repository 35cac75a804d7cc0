using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Process.Tests;

/// <summary>Recordings that the talk sample cannot cut, and odd ones that it can, through the real program.</summary>
[Collection(nameof(Talk))]
public sealed class BadMediaTests(Talk talk) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static string Sample => Path.Combine(Talk.Samples, "talk", "workflow.yaml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Talk_Fails_WhenThereIsNoSuchVideo() =>
        Refusal.Assert(await Cut("nowhere.mp4"), 1, "INPUT_NOT_FOUND", "nowhere.mp4", "Check the path");

    [Fact]
    public async Task Talk_Fails_WhenTheVideoIsAText()
    {
        _directory.Write("notes.mp4", "Dear diary, this is no video.");
        Refusal.Assert(await Cut("notes.mp4"), 1, "CODEC_UNSUPPORTED", "notes.mp4", "is not a video", "Give an .mp4");
    }

    [Fact]
    public async Task Talk_Fails_WhenTheVideoHasNoSound()
    {
        await Ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-t", "2", "-an", "mute.mp4");
        Refusal.Assert(await Cut("mute.mp4"), 1, "NO_AUDIO", "mute.mp4");
    }

    [Fact]
    public async Task Talk_Fails_WhenNobodySpeaks()
    {
        await Ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "3", "silent.mp4");
        Refusal.Assert(await Cut("silent.mp4"), 1, "TRANSCRIPT_INVALID", "speech");
    }

    [Fact]
    public async Task Scenes_Fail_WhenTheStoryboardIsEmpty()
    {
        _directory.Write("input.json", """{ "storyboard": { "scenes": [] } }""");
        var workflow = Path.Combine(Talk.Samples, "scenes", "workflow.yaml");
        var result = await DispatcherProcess.Run(_directory.Path, "run", workflow, "--input-file", "input.json", "--data", _directory.Data);
        Refusal.Assert(result, 1, "EMPTY_STORYBOARD", "no scenes", "at least one scene");
    }

    [Fact]
    public async Task Talk_Fails_WhenFfmpegIsMissing()
    {
        // A PATH with all that is needed but ffmpeg.
        Directory.CreateDirectory(_directory.In("bin"));
        foreach (var tool in (string[])["setsid", "setpriv", "pocketsphinx_continuous"]) File.CreateSymbolicLink(_directory.In($"bin/{tool}"), $"/usr/bin/{tool}");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = _directory.In("bin") };
        var result = await DispatcherProcess.Run(_directory.Path, environment, "run", Sample, "--input", $"video={talk.Video}", "--data", _directory.Data);
        Refusal.Assert(result, 1, "COMMAND_NOT_FOUND", "ffprobe");
        Assert.Single((await Journal.ReadOne(_directory.Data)).Decoded.OfType<JobEvent.StepStarted>());
    }

    [Fact]
    public async Task Talk_IsCut_WhenAllNamesHaveSpacesQuotesAndOtherLetters()
    {
        var folder = Directory.CreateDirectory(_directory.In("Vorträge & 講演 (2026)")).FullName;
        var video = Path.Combine(folder, "Mein 'erster' \"Vortrag\" – 日本語 %d.mp4");
        File.Copy(talk.Video, video);
        var workflow = Path.Combine(folder, "schneiden für mich.yaml");
        File.Copy(Sample, workflow);
        var data = Path.Combine(folder, "Daten ümlaut 数据");

        var result = await DispatcherProcess.Run(folder, "run", Path.GetFileName(workflow), "--input", $"video={Path.GetFileName(video)}", "--data", data);
        Assert.True(result.ExitCode == 0, result.All);
        var job = (await JournalChecker.AssertHolds(data))[0];
        ManifestChecker.AssertHolds(data, job);
    }

    private Task<ProcessResult> Cut(string video) =>
        DispatcherProcess.Run(_directory.Path, "run", Sample, "--input", $"video={video}", "--data", _directory.Data);

    private async Task Ffmpeg(params string[] arguments)
    {
        using var making = OsProcess.Start(new System.Diagnostics.ProcessStartInfo("ffmpeg", ["-nostdin", "-v", "error", .. arguments]) { WorkingDirectory = _directory.Path })!;
        await making.WaitForExitAsync();
        Assert.Equal(0, making.ExitCode);
    }
}
