using System.Collections.Immutable;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>The handlers <c>media.*</c>; docs/media.md describes their inputs, outputs and errors.</summary>
public static class MediaHandlers
{
    /// <summary>The commands that the runner's allow-list must hold for these handlers.</summary>
    public static ImmutableArray<string> Commands { get; } = ["ffmpeg", "ffprobe", PocketSphinx.Command];

    public static ImmutableArray<IStepHandler> All(ProcessRunner runner) => All(runner.Run);

    /// <summary>The handlers over any way of running commands.</summary>
    public static ImmutableArray<IStepHandler> All(RunProcess run)
    {
        var tools = new MediaTools(run);
        return
        [
            new ExtractAudio(tools), new Transcribe(tools), new PlanCuts(), new RenderSegment(tools), new Concat(tools), new Subtitles(),
            new RenderCuts(tools), new FinishManifest(), MarkStatus.Processing, MarkStatus.Completed, new MarkFailed(), new DetectSilence(tools), new ValidateStoryboard(), new RenderScene(tools),
        ];
    }
}
