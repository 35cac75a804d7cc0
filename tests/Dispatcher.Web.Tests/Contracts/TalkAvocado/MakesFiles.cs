using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Contracts.TalkAvocado;

/// <summary>Stands for the whole pipeline: writes what its functions would have written into the manifest.</summary>
internal sealed class MakesFiles : IStepHandler
{
    public const string HandlerName = "test.makes-files";

    private readonly BlockHandler _gate = new();

    public string Name => HandlerName;

    public JsonSchema? With => null;

    /// <summary>Lets those go that wait.</summary>
    public void Release() => _gate.Release();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        if (context.With!.Value.GetProperty("waits").GetBoolean()) await _gate.Run(context);
        var manifest = new ManifestFile(context.Artifacts);
        await manifest.Update(context.Time, current =>
        {
            current["audio"] = new JsonObject { ["key"] = manifest.KeyOf($"audio/{context.JobId}.mp3"), ["codec"] = "mp3" };
            current["transcript"] = new JsonObject { ["jsonKey"] = manifest.KeyOf("transcripts/transcript.json") };
            current["plan"] = new JsonObject { ["key"] = manifest.KeyOf("plan/cut_plan.json") };
            ManifestFile.Replace(current, "renders", new JsonObject { ["key"] = manifest.KeyOf("renders/preview.mp4"), ["type"] = "preview", ["codec"] = "h264" });
        }, context.Cancellation);
        return new StepResult.Completed(JsonElement.Parse("{}"), []);
    }
}
