using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Makes the scenes of a video out of images. An application may have a cleverer one: register it before <c>AddDispatcher</c>.</summary>
public interface ISceneGenerator
{
    /// <summary>The scenes in their order, each a JSON object of the storyboard. Whatever it throws is answered as 500.</summary>
    /// <param name="order">What the video is to be made of.</param>
    ValueTask<IReadOnlyList<JsonObject>> Generate(SceneOrder order, CancellationToken cancellation);
}

/// <summary>What a generator knows.</summary>
/// <param name="Type"><c>image_pairs</c> or <c>property_photos</c>.</param>
/// <param name="Images">The campaign's images by name: id and file name.</param>
public sealed record SceneOrder(
    string Type, IReadOnlyList<(Guid Id, string Name)> Images, double ClipSeconds, int Pairs, IReadOnlyList<string> PropertyTypes, string Model, string AspectRatio, string? Prompt);

/// <summary>
/// The plain one: each image and its follower are a pair; a photo's type is what its file name begins with (<c>living_room_2.jpg</c>), and the types come in the order in which they
/// were asked for.
/// </summary>
internal sealed partial class SceneGenerator : ISceneGenerator
{
    public ValueTask<IReadOnlyList<JsonObject>> Generate(SceneOrder order, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<JsonObject>>(order.Type == VideoRequest.ImagePairs ? [.. Pairs(order)] : [.. Photos(order)]);

    private static IEnumerable<JsonObject> Pairs(SceneOrder order)
    {
        for (var i = 0; i + 1 < order.Images.Count && i < order.Pairs; i++)
        {
            var (from, to) = (order.Images[i], order.Images[i + 1]);
            var scene = Scene(order, $"Scene {i + 1}", $"From {from.Name} to {to.Name}", "image_pair", "fade");
            scene["asset_ids"] = new JsonArray(from.Id.ToString("D"), to.Id.ToString("D"));
            yield return scene;
        }
    }

    private static IEnumerable<JsonObject> Photos(SceneOrder order)
    {
        var rank = order.PropertyTypes.Select((name, index) => (name, index)).GroupBy(pair => pair.name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().index, StringComparer.Ordinal);
        foreach (var (image, type) in order.Images.Select(image => (image, TypeOf(image.Name))).OrderBy(pair => rank.GetValueOrDefault(pair.Item2, int.MaxValue)).Take(VideoRequest.SceneLimit))
        {
            var title = string.Join(' ', type.Split('_')).Trim();
            var scene = Scene(order, title.Length > 0 ? char.ToUpperInvariant(title[0]) + title[1..] : image.Name, $"A look at {image.Name}", type, "cut");
            scene["asset_id"] = image.Id.ToString("D");
            yield return scene;
        }
    }

    private static JsonObject Scene(SceneOrder order, string title, string description, string type, string transition) => new()
    {
        ["title"] = title,
        ["description"] = description,
        ["duration"] = order.ClipSeconds,
        ["transition"] = transition,
        ["scene_type"] = type,
        ["prompt"] = order.Prompt ?? description,
        ["model"] = order.Model,
        ["aspect_ratio"] = order.AspectRatio,
    };

    private static string TypeOf(string name) => LeadingWords().Match(name.ToLowerInvariant()).Value;

    [GeneratedRegex("^[a-z]+(?:_[a-z]+)*", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex LeadingWords();
}
