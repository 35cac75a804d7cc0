namespace Dispatcher.Steps.Handlers.Media;

/// <summary><c>media.subtitles</c>: <c>subtitles/final.srt</c>: the words that stayed, at their times in the cut video.</summary>
internal sealed class Subtitles() : MediaHandler("media.subtitles", Schema)
{
    public const string FinalPath = "subtitles/final.srt";

    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "transcript": { "type": "string", "description": "Default: transcripts/transcript.json." },
            "plan": { "type": "string", "description": "Default: plan/cut_plan.json." }
          }
        }
        """;

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var (transcriptPath, planPath) = (with.Text("transcript", Transcribe.JsonPath), with.Text("plan", PlanCuts.PlanPath));
        var transcript = Transcript.Parse(await ReadText(context, transcriptPath, "media.transcribe"), transcriptPath);
        var plan = CutPlan.Parse(await ReadText(context, planPath, "media.plan-cuts"), planPath);
        var timeline = new CutTimeline(plan);
        var cues = SubRip.CuesOf(transcript, timeline);
        var file = await WriteText(context, FinalPath, "subtitles", SubRip.Write(cues));
        var wordCount = cues.Sum(cue => cue.Text.Split(' ').Length);
        var manifest = new ManifestFile(context.Artifacts);
        if (manifest.Exists)
        {
            await manifest.Update(context.Time, current =>
            {
                var entry = manifest.Entry(file);
                entry["type"] = "final";
                entry["format"] = "srt";
                entry["durationSec"] = Math.Round(timeline.Duration, 3);
                entry["wordCount"] = wordCount;
                entry["generatedAt"] = ManifestFile.Now(context.Time);
                ManifestFile.Replace(current, "subtitles", entry);
            }, context.Cancellation);
        }

        return Done(new { path = file.Path, cues = cues.Length, words = wordCount }, file);
    }
}
