using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>A scene as it stands.</summary>
/// <param name="Status"><c>pending processing completed failed</c>.</param>
internal sealed record SceneState(string Status, string? ProviderId = null, string? Error = null, DateTimeOffset? UpdatedAt = null)
{
    /// <summary>The revision that stands so: the clip of a scene that is completed is in its folder.</summary>
    public VideoJob? In { get; init; }

    public bool HasEnded => Status is Pipeline.Completed or Pipeline.Failed;
}

/// <summary>The scenes of a revision. One whose clip is taken from an earlier revision, and was not yet, stands as it stands there.</summary>
internal sealed class SceneBook
{
    /// <summary>Revisions that one look goes back.</summary>
    private const int DepthLimit = 20;

    private SceneBook(VideoJob job, IReadOnlyList<SceneState> scenes) => (Job, Scenes) = (job, scenes);

    public VideoJob Job { get; }

    /// <summary>In the storyboard's order.</summary>
    public IReadOnlyList<SceneState> Scenes { get; }

    public SceneProgress Progress => new(
        Scenes.Count, Count(Pipeline.Completed), Count(Pipeline.Processing), Count(Pipeline.Failed));

    public static async ValueTask<SceneBook> Open(VideoJob job, VideoJobs jobs, int depth = 0)
    {
        var scenes = new SceneState[job.Document.Clips.Count];
        var earlier = new Dictionary<JobId, SceneBook?>();
        for (var i = 0; i < scenes.Length; i++)
        {
            var own = Own(job.State, i) with { In = job };
            scenes[i] = own;
            if (own.HasEnded || depth == DepthLimit || SourceOf(job.Document, i) is not { } source) continue;
            if (!earlier.TryGetValue(source, out var book))
                earlier[source] = book = await jobs.Read(source, job.State.Spec.Tenant) is { } before ? await Open(before, jobs, depth + 1) : null;
            scenes[i] = book?.Find(job.Document.Clips[i]!["id"]!.GetValue<string>()) ?? own;
        }

        return new SceneBook(job, scenes);
    }

    /// <summary>The JSON of a scene: what the storyboard says of it, and how it stands.</summary>
    public JsonObject View(int index)
    {
        var (scene, state, clip) = (Job.Document.Scenes[index]!.AsObject(), Scenes[index], Job.Document.Clips[index]!);
        var view = new JsonObject
        {
            ["id"] = clip["id"]!.GetValue<string>(),
            ["job_id"] = Job.Document.Number,
            ["scene_index"] = index,
            ["status"] = state.Status,
            ["provider_id"] = state.ProviderId,
        };
        foreach (var (name, value) in scene) view[name] = value?.DeepClone();
        view["estimated_cost"] = clip["cost"]!.GetValue<decimal>();
        view["clip_url"] = state.Status == Pipeline.Completed ? VideoPaths.Clip(Job.Document.Number, clip["path"]!.GetValue<string>()) : null;
        if (state.Error is { } error) view["error"] = error;
        view["inserted_at"] = VideoTime.Text(Job.InsertedAt);
        view["updated_at"] = VideoTime.Text(state.UpdatedAt ?? Job.State.UpdatedAt);
        return view;
    }

    private SceneState? Find(string id)
    {
        for (var i = 0; i < Scenes.Count; i++)
        {
            if (Job.Document.Clips[i]!["id"]!.GetValue<string>() == id) return Scenes[i];
        }

        return null;
    }

    /// <summary>The revision whose folder has the clip of this path now; null if no scene has it.</summary>
    public VideoJob? HolderOf(string path)
    {
        for (var i = 0; i < Scenes.Count; i++)
        {
            if (Scenes[i].Status == Pipeline.Completed && Job.Document.Clips[i]!["path"]!.GetValue<string>() == path) return Scenes[i].In;
        }

        return null;
    }

    /// <summary>True when the scene's clip was ordered, or fetched from an earlier revision, by this one.</summary>
    public bool HasBegun(int index) => Pipeline.StepOf(Job.State, Pipeline.Render)?.FanOut is { } scenes && index < scenes.Items.Count && scenes.Items[index].Attempt > 0;

    private int Count(string status) => Scenes.Count(scene => scene.Status == status);

    private static JobId? SourceOf(VideoDocument document, int index) => document.Clips[index]!["reuse"] is { } reuse ? JobId.Parse(reuse["job"]!.GetValue<string>()) : null;

    private static SceneState Own(JobState state, int index)
    {
        if (Pipeline.StepOf(state, Pipeline.Render)?.FanOut is not { } scenes || index >= scenes.Items.Count) return new SceneState(Pipeline.Pending);
        var item = scenes.Items[index];
        var providerId = Text(item.Output, "provider_id") ?? Text(item.Checkpoint, "provider_id");
        return item.Status switch
        {
            StepStatus.Completed => new SceneState(Pipeline.Completed, providerId, null, item.EndedAt),
            StepStatus.Failed => new SceneState(Pipeline.Failed, providerId, item.Failure?.Message, item.EndedAt),
            StepStatus.Cancelled when item.Attempt > 0 => new SceneState(Pipeline.Failed, providerId, "The job ended first.", item.EndedAt),
            StepStatus.Running or StepStatus.Retrying => new SceneState(Pipeline.Processing, providerId, null, item.StartedAt),
            _ => new SceneState(Pipeline.Pending),
        };
    }

    private static string? Text(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}

/// <summary>Where things of a video are.</summary>
internal static class VideoPaths
{
    public const string Root = "/api/v3";

    public static string Video(long number, string what) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Root}/videos/{number}/{what}");

    /// <param name="path">The clip's path in its job's folder.</param>
    public static string Clip(long number, string path) => Video(number, $"clips/{Path.GetFileName(path)}");
}

/// <summary>Times as the contract shows them: UTC, to the second.</summary>
internal static class VideoTime
{
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
