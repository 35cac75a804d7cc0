using System.Globalization;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.render-scene</c>: renders one storyboard scene to <c>renders/scenes/scene_N.mp4</c> (counted from 1): a drawn picture, the title
/// where a font is installed, and a tone that differs from scene to scene.
/// </summary>
internal sealed class RenderScene(MediaTools tools) : MediaHandler("media.render-scene", Schema)
{
    private const string Schema = """
        {
          "type": "object",
          "required": ["scene", "index"],
          "properties": {
            "scene": { "type": "object", "description": "title, description, duration (s), pattern test|bars|color, color, fail." },
            "index": { "type": ["number", "string"], "description": "Counted from 0." },
            "width": { "type": ["number", "string"], "description": "Default 640." },
            "height": { "type": ["number", "string"], "description": "Default 360." }
          }
        }
        """;

    private const int BaseToneHz = 220;

    private static readonly string[] Fonts =
    [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
        "/usr/share/fonts/TTF/DejaVuSans.ttf",
    ];

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var index = (int)with.Number("index", fallback: null, 0, 9999);
        var faults = new List<string>();
        var scene = Scene.Read(with.Value("scene") ?? default, $"scenes[{index}]", faults)
            ?? throw MediaFailure.Invalid(
                MediaFailure.InvalidStoryboard, $"The scene is not valid: {string.Join("; ", faults)}. Mend the storyboard.");
        if (scene.Fail)
        {
            throw MediaFailure.Permanent(
                MediaFailure.SceneFailed,
                $"Scene {index + 1}, \"{scene.Title}\", failed because its storyboard says `fail: true`. Take that out to render it.");
        }

        var (width, height) = (Even(with.Number("width", 640, 64, 3840)), Even(with.Number("height", 360, 64, 2160)));
        var frames = Math.Max(1, FrameGrid.FrameAt(CutTime.FromSeconds(scene.Duration)));
        var duration = FrameGrid.Seconds(frames);
        using var video = context.Artifacts.CreateTemporary($"renders/scenes/scene_{index + 1}.mp4");
        using var folder = context.Artifacts.CreateTemporaryFolder();
        var tone = string.Create(CultureInfo.InvariantCulture, $"sine=frequency={BaseToneHz + index % 12 * 40}:sample_rate=48000");
        string[] arguments =
        [
            "-f", "lavfi", "-i", scene.Source(width, height), "-f", "lavfi", "-i", tone, "-map", "0:v:0", "-map", "1:a:0",
            "-vf", await PictureFilter(scene, folder.Path, height, context.Cancellation), "-af", "volume=0.2",
            .. VideoEncoding.Arguments(frames, "veryfast"), "file:" + video.Path,
        ];
        await tools.Ffmpeg(context, $"rendering scene {index + 1}", arguments, duration, folder.Path);
        var file = await context.Artifacts.Commit(video, $"scene-{index + 1}", context.Cancellation);
        return Done(new { index, title = scene.Title, path = file.Path, durationSec = Math.Round(duration, 6), bytes = file.Bytes }, file);
    }

    /// <summary>
    /// Draws the title. Its text and its font come from files with plain names in the working directory, because a filter's own quoting would
    /// have to be applied to whatever a user writes.
    /// </summary>
    private static async ValueTask<string> PictureFilter(Scene scene, string folder, int height, CancellationToken cancellation)
    {
        if (Fonts.FirstOrDefault(File.Exists) is not { } font) return "setsar=1";
        await File.WriteAllTextAsync(Path.Combine(folder, "title.txt"), scene.Title, cancellation);
        return
            $"drawtext=fontfile={font}:textfile=title.txt:expansion=none:fontsize={height / 10}:fontcolor=white:" +
            "box=1:boxcolor=black@0.6:boxborderw=10:x=(w-tw)/2:y=h-th-40,setsar=1";
    }

    private static int Even(double number) => (int)number / 2 * 2;
}
