namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.detect-silence</c>: the quiet stretches of a file and the loud ones between them, by level alone. A cheaper way than a transcript
/// to find what to keep.
/// </summary>
internal sealed class DetectSilence(MediaTools tools) : MediaHandler("media.detect-silence", Schema)
{
    private const string Schema = """
        {
          "type": "object",
          "required": ["input"],
          "properties": {
            "input": { "type": "string" },
            "noise_db": { "type": ["number", "string"], "description": "Quieter than this is silence; default -35." },
            "min_seconds": { "type": ["number", "string"], "description": "Shorter silences are kept; default 1.5." }
          }
        }
        """;

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var input = with.Text("input");
        var path = PathOf(context, input);
        var probe = await MediaProbe.Of(tools, path, input, context.Cancellation);
        if (probe.Audio is null) throw MediaFailure.Invalid(MediaFailure.NoAudio, $"{input} has no sound, so no silence can be found in it.");
        var found = await new SilenceDetector(tools).Find(
            path, with.Number("noise_db", -35, -120, 0), with.Number("min_seconds", 1.5, 0.05, 3600), probe.Duration, context.Cancellation);
        var silences = found.Select(silence => (Start: Math.Round(silence.Start, 2), End: Math.Round(silence.End, 2))).ToList();
        return Done(new
        {
            duration = Math.Round(probe.Duration, 3),
            silences = silences.Select(silence => new { start = silence.Start, end = silence.End }),
            keep = Loud(silences, Math.Round(probe.Duration, 2)).Select((loud, index) => new { index, start = loud.Start, end = loud.End }),
        });
    }

    private static IEnumerable<(double Start, double End)> Loud(List<(double Start, double End)> silences, double duration)
    {
        double position = 0;
        foreach (var (start, end) in silences)
        {
            if (start > position) yield return (position, start);
            position = end;
        }

        if (duration > position) yield return (position, duration);
    }
}
