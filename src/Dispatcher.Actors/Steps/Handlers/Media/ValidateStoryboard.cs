namespace Dispatcher.Steps.Handlers.Media;

/// <summary><c>media.validate-storyboard</c>: refuses an empty or malformed storyboard before anything is rendered.</summary>
internal sealed class ValidateStoryboard() : MediaHandler("media.validate-storyboard", Schema)
{
    private const string Schema = """
        { "type": "object", "required": ["storyboard"], "properties": { "storyboard": { "type": "object" } } }
        """;

    protected override ValueTask<StepResult> Work(StepContext context)
    {
        var scenes = Storyboard.Read(new MediaWith(context).Value("storyboard"));
        return ValueTask.FromResult(Done(new { scenes = scenes.Length, durationSec = Math.Round(scenes.Sum(scene => scene.Duration), 3) }));
    }
}
