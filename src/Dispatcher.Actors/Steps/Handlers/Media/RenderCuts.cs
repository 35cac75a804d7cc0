using System.Text.Json;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.render-cuts</c>: renders all kept stretches of a talk one after the other and joins them to <c>renders/base_cuts.mp4</c>: the talk's <c>render</c> and
/// <c>stitch</c> in one step, for pipelines that have one function for both. A stretch that an earlier attempt finished is not rendered again.
/// </summary>
internal sealed class RenderCuts(MediaTools tools) : MediaHandler("media.render-cuts", Schema)
{
    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "video": { "type": "string", "description": "Default: the source that the manifest names." },
            "plan": { "type": "string", "description": "Default: plan/cut_plan.json." },
            "preset": { "enum": ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"], "description": "Default veryfast." }
          }
        }
        """;

    private readonly RenderSegment _segment = new(tools);
    private readonly Concat _concat = new(tools);

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var planPath = with.Text("plan", PlanCuts.PlanPath);
        var plan = CutPlan.Parse(await ReadText(context, planPath, "media.plan-cuts"), planPath);
        plan.RequireKeep(planPath);
        var video = await new ManifestFile(context.Artifacts).SourceOr(with.Value("video") is null ? null : with.Text("video"), context.Cancellation)
            ?? throw with.Refused("video", "is missing, and the manifest names no source either; give the path of the talk");
        var (keeps, frames) = (plan.Keeps.ToList(), new CutTimeline(plan).Frames);
        var done = context.Checkpoint is { ValueKind: JsonValueKind.Number } saved ? saved.GetInt32() : 0;
        var segments = new List<object>();
        for (var index = 0; index < keeps.Count; index++)
        {
            var path = RenderSegment.PathOf(index);
            if (index >= done || !context.Artifacts.Exists(path))
            {
                var item = new { video, start = keeps[index].StartMs / 1000m, end = keeps[index].EndMs / 1000m, index, frames = frames[index], preset = with.Text("preset", "veryfast") };
                await _segment.RunWithin(new InnerStep(context, Element(item)));
                await context.SaveCheckpoint(Element(index + 1));
            }

            segments.Add(new { path, durationSec = Math.Round(FrameGrid.Seconds(frames[index]), 6) });
            context.Progress(95.0 * (index + 1) / keeps.Count, $"rendered {index + 1} of {keeps.Count} stretches");
        }

        return await _concat.RunWithin(new InnerStep(context, Element(new { segments, type = "preview" })));
    }

    private static JsonElement Element(object value) => JsonSerializer.SerializeToElement(value, value.GetType());
}
