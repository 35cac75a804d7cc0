using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.plan-cuts</c>: decides what stays of a talk (<see cref="CutPlanner"/>), writes <c>plan/cut_plan.json</c> and gives the kept
/// stretches as output, ready for a <c>for_each</c>.
/// </summary>
internal sealed class PlanCuts() : MediaHandler("media.plan-cuts", Schema)
{
    public const string PlanPath = "plan/cut_plan.json";

    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "transcript": { "type": "string", "description": "Default: transcripts/transcript.json." },
            "min_pause_ms": { "type": ["number", "string"] },
            "min_cut_seconds": { "type": ["number", "string"] },
            "min_keep_seconds": { "type": ["number", "string"] },
            "max_keep_seconds": { "type": ["number", "string"] },
            "filler_words": { "type": "array", "items": { "type": "string" } }
          }
        }
        """;

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var options = OptionsOf(with);
        var transcriptPath = with.Text("transcript", Transcribe.JsonPath);
        var transcript = Transcript.Parse(await ReadText(context, transcriptPath, "media.transcribe"), transcriptPath);
        var plan = CutPlanner.Plan(transcript.RequireSpeech(transcriptPath), options);

        var manifest = new ManifestFile(context.Artifacts);
        var json = plan.ToJson(manifest.KeyOf(transcriptPath), manifest.KeyOf(Concat.DefaultOutput), options);
        var file = await WriteText(context, PlanPath, "plan", json);
        if (manifest.Exists)
        {
            await manifest.Update(context.Time, current =>
            {
                var entry = manifest.Entry(file);
                entry["schemaVersion"] = CutPlan.SchemaVersion;
                entry["algorithm"] = "rule-based";
                entry["totalCuts"] = plan.Cuts.Length;
                entry["plannedAt"] = ManifestFile.Now(context.Time);
                current["plan"] = entry;
            }, context.Cancellation);
        }

        plan.RequireKeep(PlanPath);
        return Done(OutputOf(plan, file.Path), file);
    }

    private static object OutputOf(CutPlan plan, string path)
    {
        var keeps = plan.Keeps.ToList();
        var frames = new CutTimeline(plan).Frames;
        return new
        {
            path,
            keep = keeps.Select((keep, index) => new { index, start = keep.StartMs / 1000m, end = keep.EndMs / 1000m, frames = frames[index] }),
            cuts = plan.Cuts.Length - keeps.Count,
            totals = new
            {
                entries = plan.Cuts.Length,
                keepSeconds = keeps.Sum(keep => keep.LengthMs) / 1000m,
                cutSeconds = plan.Cuts.Where(cut => !cut.IsKeep).Sum(cut => cut.LengthMs) / 1000m,
            },
        };
    }

    private static CutPlannerOptions OptionsOf(MediaWith with)
    {
        var defaults = new CutPlannerOptions();
        long Seconds(string name, long fallbackMs) => CutTime.FromSeconds(with.Number(name, fallbackMs / 1000.0, 0, 86_400));
        return defaults with
        {
            MinPauseMs = (long)with.Number("min_pause_ms", defaults.MinPauseMs, 1, 3_600_000),
            MinCutMs = Seconds("min_cut_seconds", defaults.MinCutMs),
            MinKeepMs = Seconds("min_keep_seconds", defaults.MinKeepMs),
            MaxKeepMs = Math.Max(Seconds("max_keep_seconds", defaults.MaxKeepMs), 1000),
            FillerWords = with.Value("filler_words") is { } words ? FillersOf(with, words) : defaults.FillerWords,
        };
    }

    private static ImmutableArray<string> FillersOf(MediaWith with, JsonElement words)
    {
        if (words.ValueKind != JsonValueKind.Array || words.EnumerateArray().Any(word => word.ValueKind != JsonValueKind.String))
        {
            throw with.Refused("filler_words", "must be a list of texts");
        }

        return [.. words.EnumerateArray().Select(word => word.GetString()!.Trim().ToLowerInvariant())];
    }
}
