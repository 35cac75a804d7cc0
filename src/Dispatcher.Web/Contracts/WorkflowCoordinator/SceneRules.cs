using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>What a scene of a storyboard must look like: image pairs need title, description and duration; property photos a type that was asked for as well.</summary>
internal static class SceneRules
{
    private const int TextCharacters = 2000;
    private const double LongestSeconds = 600;

    private static readonly string[] Texts = ["title", "description", "transition", "scene_type", "prompt", "model", "aspect_ratio", "text_overlay"];

    /// <summary>Fields that a scene may be given.</summary>
    public static IReadOnlyList<string> Editable { get; } = [.. Texts, "duration", "asset_ids", "asset_id"];

    /// <summary>Why these scenes cannot be a storyboard; null if they can.</summary>
    public static ContractJson? Faults(VideoRequest request, IReadOnlyList<JsonObject> scenes, IReadOnlyList<Asset> assets)
    {
        if (scenes.Count is 0 or > VideoRequest.SceneLimit)
            return VideoAnswer.Error(StatusCodes.Status422UnprocessableEntity, $"A storyboard has 1 to {VideoRequest.SceneLimit} scenes, not {scenes.Count}");
        var faults = scenes.SelectMany((scene, index) => Faults(scene, assets).Select(fault => ($"scenes[{index}].{fault.Field}", fault.Message))).ToList();
        if (faults.Count > 0) return VideoAnswer.Invalid(faults);
        if (request.Type != VideoRequest.PropertyPhotos) return null;
        var strays = scenes.Select(scene => scene["scene_type"]?.GetValue<string>() ?? "").Where(type => !request.PropertyTypes.Contains(type, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        return strays.Count == 0 ? null : VideoAnswer.Error(
            StatusCodes.Status400BadRequest, "Scenes have types that are not in property_types", ("invalid_types", new JsonArray([.. strays.Select(type => (JsonNode)type)])),
            ("property_types", new JsonArray([.. request.PropertyTypes.Select(type => (JsonNode)type)])));
    }

    /// <summary>What is wrong with one scene, by its fields.</summary>
    public static IEnumerable<(string Field, string Message)> Faults(JsonObject scene, IReadOnlyList<Asset> assets) => TextFaults(scene).Concat(AssetFaults(scene, assets));

    /// <summary>What is wrong with all but the images, which may have been taken away since.</summary>
    public static IEnumerable<(string Field, string Message)> TextFaults(JsonObject scene)
    {
        foreach (var name in Texts)
        {
            if (scene[name] is not { } value) continue;
            if (value.GetValueKind() != JsonValueKind.String) yield return (name, "must be a text");
            else if (value.GetValue<string>().Length > TextCharacters) yield return (name, $"has more than {TextCharacters} characters");
        }

        foreach (var name in new[] { "title", "description" })
        {
            if (scene[name] is not JsonValue text || (text.TryGetValue<string>(out var given) && string.IsNullOrWhiteSpace(given))) yield return (name, "can't be blank");
        }

        if (scene["duration"] is not { } duration) yield return ("duration", "can't be blank");
        else if (duration.GetValueKind() != JsonValueKind.Number || duration.GetValue<double>() is not (> 0 and <= LongestSeconds)) yield return ("duration", $"must be a number above 0, at most {LongestSeconds}");
    }

    private static IEnumerable<(string Field, string Message)> AssetFaults(JsonObject scene, IReadOnlyList<Asset> assets)
    {
        if (scene["asset_ids"] is { } ids && (ids is not JsonArray { Count: 1 or 2 } pair || !pair.All(id => IsKnown(id, assets)))) yield return ("asset_ids", "must be one or two ids of the campaign's assets");
        if (scene["asset_id"] is { } only && !IsKnown(only, assets)) yield return ("asset_id", "is no asset of the campaign");
    }

    private static bool IsKnown(JsonNode? id, IReadOnlyList<Asset> assets) =>
        id?.GetValueKind() == JsonValueKind.String && assets.Any(asset => asset.Id.ToString("D") == id.GetValue<string>());
}
