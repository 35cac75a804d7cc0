using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

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

    /// <summary>Scenes that the provider is paid for; the others are taken from earlier revisions.</summary>
    public int Orders => Clips.Count(clip => clip!["reuse"] is null);

    /// <summary>A job's input as a document; null if it is none: whoever may amend a job may give it whatever fits its workflow's schema.</summary>
    public static VideoDocument? TryRead(JsonElement? input) =>
        input is { ValueKind: JsonValueKind.Object } given && JsonObject.Create(given) is { } root && IsDocument(root) ? new VideoDocument(root) : null;

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

    /// <summary>All that the members of this class, and the views of scenes, rely on.</summary>
    private static bool IsDocument(JsonObject root) =>
        Is<int>(root["revision"]) && Is<bool>(root["edited"]) && Is<string>(root["type"]) && Is<string>(root["video_name"]) && Is<Guid>(root["campaign_id"])
        && IsAbsentOr<string>(root["client_id"]) && IsAbsentOr<DateTimeOffset>(root["inserted_at"]) && root["parameters"] is JsonObject
        && root["number"] is JsonValue number && number.TryGetValue<long>(out var job)
        && root["storyboard"] is JsonObject storyboard && storyboard["scenes"] is JsonArray { Count: > 0 } scenes && root["clips"] is JsonArray clips && scenes.Count == clips.Count
        && scenes.All(scene => scene is JsonObject fields && !SceneRules.TextFaults(fields).Any()) && clips.All(clip => ClipPlan.IsPlan(clip, job));

    private static bool Is<T>(JsonNode? node) => node is JsonValue value && value.TryGetValue<T>(out _);

    private static bool IsAbsentOr<T>(JsonNode? node) => node is null || Is<T>(node);

    private void CountSeconds() => Storyboard["total_duration"] = Scenes.Sum(scene => scene!["duration"]?.GetValue<double>() ?? VideoModels.DefaultSeconds);
}
