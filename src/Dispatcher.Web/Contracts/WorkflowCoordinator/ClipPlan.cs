using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>What is ordered for a scene.</summary>
internal static class ClipPlan
{
    public const string Folder = "clips/";

    /// <summary>As of a provider's step.</summary>
    private const decimal MostCost = 1_000_000;

    private static readonly string[] Ordered = ["model", "input", "files"];

    /// <param name="place">The scene's place in the first storyboard, from 1, which names its file.</param>
    public static JsonObject Of(Guid id, int place, JsonObject scene, IReadOnlyList<Asset> assets)
    {
        var model = scene["model"]?.GetValue<string>() ?? VideoModels.Default;
        var seconds = scene["duration"]?.GetValue<double>() ?? VideoModels.DefaultSeconds;
        var input = new JsonObject
        {
            ["prompt"] = scene["prompt"]?.GetValue<string>() ?? scene["description"]?.GetValue<string>() ?? "",
            ["duration"] = VideoModels.Snap(model, seconds),
            ["aspect_ratio"] = scene["aspect_ratio"]?.GetValue<string>() ?? "16:9",
        };
        return new JsonObject
        {
            ["id"] = id.ToString("D"),
            ["model"] = model,
            ["input"] = input,
            ["files"] = FilesOf(scene, assets),
            ["path"] = string.Create(CultureInfo.InvariantCulture, $"{Folder}scene_{place}.mp4"),
            ["cost"] = VideoModels.CostOf(model, seconds),
            ["reuse"] = null,
        };
    }

    /// <summary>True for what can be read as the plan of a scene of this job.</summary>
    public static bool IsPlan(JsonNode? node, long number) =>
        node is JsonObject clip && Text(clip["id"]) is { } id && SceneId.TryRead(id, out var job, out _) && job == number
        && Text(clip["model"]) is not null && Text(clip["path"]) is not null && clip["input"] is JsonObject && clip["files"] is JsonObject
        && clip["cost"] is JsonValue cost && cost.TryGetValue<decimal>(out var amount) && amount is >= 0 and <= MostCost
        && (clip["reuse"] is null || (clip["reuse"] is JsonObject reuse && Text(reuse["job"]) is { } from && JobId.TryParse(from, out _)));

    /// <summary>True when two plans order the same.</summary>
    public static bool IsSame(JsonObject left, JsonObject right) => Ordered.All(name => JsonNode.DeepEquals(left[name], right[name]));

    private static JsonObject FilesOf(JsonObject scene, IReadOnlyList<Asset> assets)
    {
        var files = new JsonObject();
        if (scene["asset_ids"] is JsonArray { Count: > 0 } pair)
        {
            files["first_frame_image"] = PathOf(pair[0]!.GetValue<string>(), assets);
            files["last_frame_image"] = PathOf(pair[^1]!.GetValue<string>(), assets);
        }
        else if (scene["asset_id"] is { } only)
        {
            files["image"] = PathOf(only.GetValue<string>(), assets);
        }

        return files;
    }

    private static string PathOf(string id, IReadOnlyList<Asset> assets) => assets.First(asset => asset.Id.ToString("D") == id).Path;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
