using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// The input of a video's job: <c>{number, revision, type, campaign_id, client_id?, video_name, inserted_at?, edited, parameters, storyboard, clips}</c>. The storyboard is the
/// contract's; <c>clips</c> says for each of its scenes, in the same order, what is ordered from the provider, or which clip of an earlier revision is taken instead.
/// </summary>
internal sealed class VideoDocument
{
    private readonly JsonObject _root;

    private VideoDocument(JsonObject root) => _root = root;

    public long Number => _root["number"]!.GetValue<long>();

    public int Revision => _root["revision"]!.GetValue<int>();

    public string Type => _root["type"]!.GetValue<string>();

    public Guid Campaign => Guid.Parse(_root["campaign_id"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    public string? Client => _root["client_id"]?.GetValue<string>();

    public string VideoName => _root["video_name"]!.GetValue<string>();

    /// <summary>True when somebody has changed a scene since the job was made.</summary>
    public bool IsEdited => _root["edited"]!.GetValue<bool>();

    /// <summary>When the first revision was made; absent in that one itself.</summary>
    public DateTimeOffset? InsertedAt => _root["inserted_at"] is { } at ? DateTimeOffset.Parse(at.GetValue<string>(), CultureInfo.InvariantCulture) : null;

    public JsonObject Parameters => _root["parameters"]!.AsObject();

    public JsonObject Storyboard => _root["storyboard"]!.AsObject();

    public JsonArray Scenes => Storyboard["scenes"]!.AsArray();

    public JsonArray Clips => _root["clips"]!.AsArray();

    public decimal EstimatedCost => Clips.Sum(clip => clip!["cost"]!.GetValue<decimal>());

    public static VideoDocument Read(JobSpec spec) => new(JsonObject.Create(spec.Input!.Value)!);

    /// <summary>A copy that can be changed without changing this one.</summary>
    public VideoDocument Copy() => new(_root.DeepClone().AsObject());

    public JsonElement ToJson() => JsonElement.Parse(_root.ToJsonString());

    public static VideoDocument Create(long number, VideoRequest request, IReadOnlyList<JsonObject> scenes, IReadOnlyList<Asset> assets)
    {
        var root = new JsonObject { ["number"] = number, ["revision"] = 1, ["type"] = request.Type, ["campaign_id"] = request.Campaign.ToString("D") };
        if (request.Client is { } client) root["client_id"] = client;
        root["video_name"] = request.VideoName;
        root["edited"] = false;
        root["parameters"] = request.AllParameters();
        root["storyboard"] = new JsonObject { ["scenes"] = new JsonArray([.. scenes.Select(scene => scene.DeepClone())]) };
        root["clips"] = new JsonArray([.. scenes.Select((scene, index) => (JsonNode)ClipPlan.Of(SceneId.Of(number, index + 1), index + 1, scene, assets))]);
        var document = new VideoDocument(root);
        document.CountSeconds();
        return document;
    }

    /// <summary>The place of a scene; -1 if it is not there any more.</summary>
    public int IndexOf(Guid scene)
    {
        var id = scene.ToString("D");
        for (var i = 0; i < Clips.Count; i++)
        {
            if (Clips[i]!["id"]!.GetValue<string>() == id) return i;
        }

        return -1;
    }

    /// <summary>The same with changes: what was made of it before is to be approved again.</summary>
    public void NoteEdit()
    {
        _root["edited"] = true;
        CountSeconds();
    }

    public void BecomeRevision(int revision, DateTimeOffset insertedAt)
    {
        _root["revision"] = revision;
        _root["inserted_at"] = insertedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
    }

    private void CountSeconds() => Storyboard["total_duration"] = Scenes.Sum(scene => scene!["duration"]?.GetValue<double>() ?? VideoModels.DefaultSeconds);
}

/// <summary>What is ordered for a scene.</summary>
internal static class ClipPlan
{
    public const string Folder = "clips/";

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

    /// <summary>True when two plans order the same.</summary>
    public static bool IsSame(JsonObject left, JsonObject right) => Ordered.All(name => JsonNode.DeepEquals(left[name], right[name]));

    private static readonly string[] Ordered = ["model", "input", "files"];

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
}
