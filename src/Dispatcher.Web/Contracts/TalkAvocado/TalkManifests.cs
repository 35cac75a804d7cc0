using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Web.Hosting;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>
/// The manifests of this contract's jobs. A manifest is made from its job, and its status is written from the job's: whoever finds it missing or behind sets it right, so that
/// a crash between a job and its file loses nothing.
/// </summary>
internal sealed class TalkManifests(DispatcherEngine engine, TimeProvider time)
{
    public const string LabelName = "contract";
    public const string LabelValue = "talk-avocado";

    /// <summary>The property of a job's input that describes its video. Not <c>input</c>: functions get the job's input as it is, and one of theirs has that name.</summary>
    public const string SourceProperty = "source";

    public static bool Has(JobState state) => state.Spec.Labels?.GetValueOrDefault(LabelName) == LabelValue;

    /// <summary>The job's status in the contract's words.</summary>
    public static string StatusOf(JobState state) => state.Status switch
    {
        JobStatus.Completed => "completed",
        JobStatus.Failed => "failed",
        JobStatus.Cancelled => "cancelled",
        JobStatus.Running or JobStatus.Recovering => "processing",
        // A pause is no status of the contract: what has begun is under way.
        JobStatus.Paused when state.StartedAt is not null => "processing",
        _ => "pending",
    };

    public string KeyOf(string tenant, JobId id) => $"{FolderOf(tenant, id).Key}/{ManifestFile.Path}";

    /// <summary>Makes the manifest if it is missing, and sets its status right.</summary>
    public ValueTask Ensure(JobState state, CancellationToken cancellation)
    {
        var folder = FolderOf(state.Spec.Tenant, state.Id);
        return new ManifestFile(folder).Ensure(StatusOf(state), time, () => Make(state, folder.Key), cancellation);
    }

    /// <summary>The manifest, as it is on the disk.</summary>
    public ValueTask<JsonObject> Read(JobState state, CancellationToken cancellation) => new ManifestFile(FolderOf(state.Spec.Tenant, state.Id)).Read(cancellation);

    private ArtifactFolder FolderOf(string tenant, JobId id) => engine.Artifacts.FolderOf(tenant, id);

    private static JsonObject Make(JobState state, string folderKey)
    {
        var created = ManifestFile.Now(state.CreatedAt);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = ManifestSchema.Version,
            ["env"] = folderKey.Split('/')[0],
            ["tenantId"] = state.Spec.Tenant,
            ["jobId"] = state.Id.ToString(),
            ["createdAt"] = created,
            ["updatedAt"] = created,
            ["status"] = StatusOf(state),
        };
        if (state.Spec.Input is not { ValueKind: JsonValueKind.Object } input || !input.TryGetProperty("inputKey", out var key)) return manifest;
        manifest["sourceVideoKey"] = key.GetString();
        var source = new JsonObject { ["sourceKey"] = key.GetString() };
        foreach (var property in input.GetProperty(SourceProperty).EnumerateObject()) source[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        manifest["input"] = source;
        return manifest;
    }
}
