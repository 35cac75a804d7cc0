using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>One scene of a storyboard.</summary>
/// <param name="Duration">Seconds, above 0 and at most 600.</param>
/// <param name="Pattern"><c>test</c>, <c>bars</c> or <c>color</c>.</param>
/// <param name="Color">A colour's name or <c>#rrggbb</c>; only for the pattern <c>color</c>.</param>
/// <param name="Fail">True: the scene fails on purpose, to show what a workflow does then.</param>
internal sealed partial record Scene(string Title, string Description, double Duration, string Pattern, string Color, bool Fail)
{
    private const double LimitSeconds = 600;

    /// <summary>Reads a scene; adds what is wrong to the faults and gives null then.</summary>
    public static Scene? Read(JsonElement element, string where, List<string> faults)
    {
        var before = faults.Count;
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{where} must be an object");
            return null;
        }

        var title = Text(element, "title");
        var duration = element.TryGetProperty("duration", out var length) && length.ValueKind == JsonValueKind.Number
            ? length.GetDouble()
            : 0;
        var color = Text(element, "color") ?? "navy";
        var pattern = Text(element, "pattern") ?? (Text(element, "color") is null ? "test" : "color");
        if (string.IsNullOrWhiteSpace(title)) faults.Add($"{where}.title must be a text");
        if (duration is not (> 0 and <= LimitSeconds)) faults.Add($"{where}.duration must be seconds, above 0 and at most {LimitSeconds}");
        if (pattern is not ("test" or "bars" or "color")) faults.Add($"{where}.pattern must be test, bars or color");
        if (!ColorPattern().IsMatch(color)) faults.Add($"{where}.color must be a colour's name or #rrggbb");
        if (faults.Count > before) return null;
        var fail = element.TryGetProperty("fail", out var wanted) && wanted.ValueKind == JsonValueKind.True;
        return new Scene(title!, Text(element, "description") ?? "", duration, pattern, color, fail);
    }

    /// <summary>The ffmpeg source that draws the scene, without its title.</summary>
    public string Source(int width, int height) => Pattern switch
    {
        "color" => Sized($"color=c={Color}", width, height),
        "bars" => Sized("smptebars", width, height).Replace("smptebars:", "smptebars=", StringComparison.Ordinal),
        _ => Sized("testsrc2", width, height).Replace("testsrc2:", "testsrc2=", StringComparison.Ordinal),
    };

    private static string Sized(string source, int width, int height) =>
        string.Create(CultureInfo.InvariantCulture, $"{source}:size={width}x{height}:rate={FrameGrid.FramesPerSecond}");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // The colour becomes part of a filter, so nothing that means something there may be in it.
    [GeneratedRegex(@"\A(#[0-9a-fA-F]{6}|[a-zA-Z]{3,20})\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ColorPattern();
}

/// <summary>A list of scenes, as a job's input gives it.</summary>
internal static class Storyboard
{
    /// <summary>Reads all scenes.</summary>
    /// <exception cref="StepFailedException"><c>EMPTY_STORYBOARD</c>, or <c>INVALID_STORYBOARD</c> naming all faults.</exception>
    public static ImmutableArray<Scene> Read(JsonElement? storyboard)
    {
        var isBoard = storyboard is { ValueKind: JsonValueKind.Object };
        if (!isBoard || !storyboard!.Value.TryGetProperty("scenes", out var scenes) || scenes.ValueKind != JsonValueKind.Array)
        {
            throw MediaFailure.Invalid(
                MediaFailure.InvalidStoryboard,
                "The storyboard has no list `scenes`. Give { \"scenes\": [ { \"title\": …, \"duration\": … } ] }.");
        }

        if (scenes.GetArrayLength() == 0)
        {
            throw MediaFailure.Invalid(
                MediaFailure.EmptyStoryboard, "The storyboard has no scenes, so there is nothing to render. Give it at least one scene.");
        }

        var faults = new List<string>();
        var read = scenes.EnumerateArray().Select((scene, index) => Scene.Read(scene, $"scenes[{index}]", faults)).ToList();
        if (faults.Count > 0)
        {
            throw MediaFailure.Invalid(MediaFailure.InvalidStoryboard, $"The storyboard is not valid: {string.Join("; ", faults)}.");
        }
        return [.. read.OfType<Scene>()];
    }
}
