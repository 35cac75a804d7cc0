using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>
/// The manifests of this contract's jobs. A manifest is written before its job is made, so that whatever the job does first finds its video there. What of it the job knows,
/// its status above all, is set right by whoever finds it missing or behind.
/// </summary>
internal sealed class TalkManifests(DispatcherEngine engine, JobReader reader, TimeProvider time)
{
    public const string LabelName = "contract";
    public const string LabelValue = "talk-avocado";

    /// <summary>The property of a job's input that describes its video. Not <c>input</c>: functions get the job's input as it is, and one of theirs has that name.</summary>
    public const string SourceProperty = "source";

    /// <summary>The properties of a job's input that name the job itself, and its video.</summary>
    public const string JobProperty = "jobId";
    public const string VideoProperty = "inputKey";

    /// <summary>True for a job of this contract. Anybody may give a job its label, but nobody else knows the job's id before it is made.</summary>
    public static bool Has(JobState state) => HasLabel(state.Spec.Labels) && TextOf(state.Spec, JobProperty) == state.Id.ToString();

    /// <summary>The same of a job that was read; of one whose history cannot be, its row knows the label, and no more.</summary>
    public static bool Has(JobReading job) => job.State is { } state ? Has(state) : HasLabel(job.View().Labels);

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

    /// <summary>Writes the manifest of a job that is about to be made.</summary>
    public ValueTask Begin(JobSpec spec, JobId id)
    {
        var manifest = Known(spec, id, "pending", time.GetUtcNow(), FolderOf(spec.Tenant, id).Key);
        return engine.Artifacts.Begin(spec.Tenant, id, ManifestFile.Path, ManifestFile.BytesOf(manifest), CancellationToken.None);
    }

    /// <summary>The job was not made.</summary>
    public void Forget(JobSpec spec, JobId id)
    {
        try
        {
            engine.Artifacts.Delete(spec.Tenant, id);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A manifest that no job has harms nobody; the caller hears why there is no job.
        }
    }

    /// <summary>Makes the manifest if it is missing, and sets right what the job knows of it. The job is read anew when nobody else writes, so an old reading cannot come last.</summary>
    public ValueTask Ensure(JobState state, CancellationToken cancellation) =>
        new ManifestFile(FolderOf(state.Spec.Tenant, state.Id)).Ensure(async () => Known(await reader.Find(state.Id, state.Spec.Tenant) is { State: { } now } ? now : state), time, cancellation);

    /// <summary>
    /// The manifest for somebody who asks, set right before if it may be: as long as a job has not ended its own node writes there, and another cannot hold that off.
    /// </summary>
    public async ValueTask<JsonObject> Show(JobReading job, CancellationToken cancellation)
    {
        var state = job.State!;
        if (engine.Cluster is null || state.Status.IsTerminal() || job.Inspection is not null) await Ensure(state, cancellation);
        var manifest = new ManifestFile(FolderOf(state.Spec.Tenant, state.Id));
        return manifest.Exists ? await manifest.Read(cancellation) : Known(state);
    }

    private ArtifactFolder FolderOf(string tenant, JobId id) => engine.Artifacts.FolderOf(tenant, id);

    private JsonObject Known(JobState state) => Known(state.Spec, state.Id, StatusOf(state), state.CreatedAt, FolderOf(state.Spec.Tenant, state.Id).Key);

    private static JsonObject Known(JobSpec spec, JobId id, string status, DateTimeOffset createdAt, string folderKey)
    {
        var created = ManifestFile.Now(createdAt);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = ManifestSchema.Version,
            ["env"] = folderKey.Split('/')[0],
            ["tenantId"] = spec.Tenant,
            ["jobId"] = id.ToString(),
            ["createdAt"] = created,
            ["updatedAt"] = created,
            ["status"] = status,
        };
        if (TextOf(spec, VideoProperty) is not { } key) return manifest;
        manifest["sourceVideoKey"] = key;
        if (!spec.Input!.Value.TryGetProperty(SourceProperty, out var described) || described.ValueKind != JsonValueKind.Object) return manifest;
        var source = new JsonObject { ["sourceKey"] = key };
        foreach (var property in described.EnumerateObject()) source[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        manifest["input"] = source;
        return manifest;
    }

    private static bool HasLabel(IReadOnlyDictionary<string, string>? labels) => labels?.GetValueOrDefault(LabelName) == LabelValue;

    private static string? TextOf(JobSpec spec, string property) =>
        spec.Input is { ValueKind: JsonValueKind.Object } input && input.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
