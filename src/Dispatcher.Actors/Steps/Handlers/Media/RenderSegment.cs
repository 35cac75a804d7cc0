namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.render-segment</c>: encodes one kept stretch of a talk to <c>renders/segments/NNNN.mp4</c> (counted from 1). It is as
/// many frames long as the plan says, so that all stretches together have the planned length, to half a frame.
/// </summary>
internal sealed class RenderSegment(MediaTools tools) : MediaHandler("media.render-segment", Schema)
{
    private const string Schema = """
        {
          "type": "object",
          "required": ["video", "start", "end", "index"],
          "properties": {
            "video": { "type": "string" },
            "start": { "type": ["number", "string"], "description": "Seconds, or a time like 00:01:07.50." },
            "end": { "type": ["number", "string"] },
            "index": { "type": ["number", "string"], "description": "Counted from 0." },
            "frames": { "type": ["number", "string"], "description": "Of the plan; default: what comes nearest to end - start." },
            "preset": { "enum": ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"], "description": "Default veryfast." }
          }
        }
        """;

    // A stream may end a little before the other one; its last frame or silence fills up so much, and no more, or a wrong plan would go unseen.
    private const string Picture = "fps=30:start_time=0,tpad=stop_mode=clone:stop_duration=0.5,scale=trunc(iw/2)*2:trunc(ih/2)*2,setsar=1";
    private const string Sound = "aresample=async=1:first_pts=0,apad=pad_dur=0.5";

    /// <summary>Where a stretch is, relative to the job's folder.</summary>
    /// <param name="index">Counted from 0.</param>
    public static string PathOf(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"renders/segments/{index + 1:0000}.mp4");

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var video = with.Text("video");
        var (startMs, endMs) = (with.TimeMs("start"), with.TimeMs("end"));
        var start = startMs / 1000.0;
        var index = (int)with.Number("index", fallback: null, 0, 9999);
        if (endMs <= startMs) throw with.Refused("end", "must be after `start`");
        var nearest = Math.Max(1, FrameGrid.FrameAt(endMs - startMs));
        var frames = (long)with.Number("frames", nearest, Math.Max(1, nearest - 1), nearest + 1);
        var path = PathOf(context, video);
        var probe = await MediaProbe.Of(tools, path, video, context.Cancellation);
        if (probe.Video is null) throw MediaFailure.Invalid(MediaFailure.CodecUnsupported, $"{video} has no moving picture to render.");
        if (probe.Audio is null)
        {
            throw MediaFailure.Invalid(MediaFailure.NoAudio, $"{video} has no sound; a talk cannot be rendered without it.");
        }
        if (start >= probe.Duration)
        {
            throw MediaFailure.Invalid(
                MediaFailure.InvalidPlan,
                $"Segment {index} starts at {start:F2} s, but {video} ends at {probe.Duration:F2} s. " +
                $"Plan the cuts of this video again.");
        }

        var duration = FrameGrid.Seconds(frames);
        using var segment = context.Artifacts.CreateTemporary(PathOf(index));
        string[] arguments =
        [
            "-ss", MediaTools.Seconds(start), .. MediaTools.Input(path),
            "-map", "0:v:0", "-map", "0:a:0", "-vf", Picture, "-af", Sound,
            .. VideoEncoding.Arguments(frames, with.Text("preset", "veryfast")), "file:" + segment.Path,
        ];
        await tools.Ffmpeg(context, $"rendering segment {index}", arguments, duration);
        var file = await context.Artifacts.Commit(segment, $"segment-{index + 1:0000}", context.Cancellation);
        // Short, because the outputs of all items together are one step's output, and that is bounded.
        return Done(new { index, path = file.Path, durationSec = Math.Round(duration, 6) }, file);
    }
}
