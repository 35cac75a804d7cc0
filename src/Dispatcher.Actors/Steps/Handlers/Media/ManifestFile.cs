using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// A job's <c>manifest.json</c>: what the job has made so far, for whoever asks. Checked against <see cref="ManifestSchema"/> at every read
/// and write; written as a whole, atomically. Changes of one manifest are made one after the other within this process; a job runs on one
/// node, and no other process may write its manifest as long as it runs.
/// </summary>
public sealed class ManifestFile(ArtifactFolder folder)
{
    public const string Path = "manifest.json";

    private static readonly JsonSerializerOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };
    private static readonly KeyedLocks Locks = new();

    public bool Exists => folder.Exists(Path);

    /// <summary>The key of one of the job's files: <c>{env}/{tenant}/{job}/{path}</c>.</summary>
    public string KeyOf(string relativePath) => $"{folder.Key}/{relativePath}";

    /// <summary>Reads and checks the manifest.</summary>
    /// <exception cref="StepFailedException"><c>INPUT_NOT_FOUND</c>, or <c>INVALID_MANIFEST</c> naming all faults.</exception>
    public async ValueTask<JsonObject> Read(CancellationToken cancellation)
    {
        if (!Exists)
        {
            throw MediaFailure.Permanent(
                MediaFailure.InputNotFound, $"{KeyOf(Path)} does not exist. The step media.extract-audio makes it; run that step first.");
        }

        return Checked(await File.ReadAllTextAsync(folder.PathOf(Path), cancellation));
    }

    /// <summary>Makes the manifest, with status <c>processing</c>, if it is not there yet.</summary>
    public async ValueTask Create(StepContext context)
    {
        using var held = await Locks.Hold(folder.Key, context.Cancellation);
        if (Exists) return;
        var now = Now(context.Time);
        await Write(new JsonObject
        {
            ["schemaVersion"] = ManifestSchema.Version,
            ["env"] = folder.Key.Split('/')[0],
            ["tenantId"] = context.Tenant,
            ["jobId"] = context.JobId.ToString(),
            ["createdAt"] = now,
            ["updatedAt"] = now,
            ["status"] = "processing",
        }, context.Cancellation);
    }

    /// <summary>Reads, changes, checks and writes the manifest as one action; <c>updatedAt</c> is set here.</summary>
    public async ValueTask Update(TimeProvider time, Action<JsonObject> change, CancellationToken cancellation)
    {
        using var held = await Locks.Hold(folder.Key, cancellation);
        var manifest = await Read(cancellation);
        change(manifest);
        manifest["updatedAt"] = Now(time);
        await Write(manifest, cancellation);
    }

    /// <summary>Records a failed attempt: status <c>failed</c> and an entry in <c>logs</c>.</summary>
    public ValueTask MarkFailed(StepContext context, Failure failure) => Update(context.Time, manifest =>
    {
        manifest["status"] = "failed";
        var entry = new JsonObject
        {
            ["type"] = "error",
            ["message"] = failure.Message,
            ["step"] = context.Step.Item is { } item ? $"{context.Step.Id}[{item}]" : context.Step.Id,
            ["attempt"] = context.Attempt,
            ["createdAt"] = Now(context.Time),
        };
        if (failure.Code is { } code) entry["code"] = code;
        ListOf(manifest, "logs").Add((JsonNode)entry);
    }, CancellationToken.None);

    /// <summary>A new attempt began after a failed one: the job is under way again.</summary>
    public ValueTask MarkProcessing(StepContext context) => Mark(context, "processing");

    /// <summary>Sets the status; writes nothing if it is that already.</summary>
    public async ValueTask Mark(StepContext context, string status)
    {
        using var held = await Locks.Hold(folder.Key, context.Cancellation);
        var manifest = await Read(context.Cancellation);
        if (IsStatus(manifest, status)) return;
        manifest["status"] = status;
        manifest["updatedAt"] = Now(context.Time);
        await WriteStatus(manifest, context.Cancellation);
    }

    /// <summary>The path that a step was given or, without one, the source video that the manifest names: absolute, or below the job's folder; null if there is none.</summary>
    public async ValueTask<string?> SourceOr(string? given, CancellationToken cancellation)
    {
        if (given is not null || !Exists) return given;
        if ((await Read(cancellation))["sourceVideoKey"]?.GetValue<string>() is not { } key) return null;
        return key.StartsWith(folder.Key + "/", StringComparison.Ordinal) ? key[(folder.Key.Length + 1)..] : key;
    }

    /// <summary>Puts into the manifest what is known of the job and missing there, and the job's status; makes it if there is none. Writes nothing where nothing changes.</summary>
    /// <param name="known">A whole manifest; its <c>updatedAt</c> is set here. Asked for while nobody else writes, so that of two who ask the later one knows as much.</param>
    public async ValueTask Ensure(Func<ValueTask<JsonObject>> known, TimeProvider time, CancellationToken cancellation)
    {
        using var held = await Locks.Hold(folder.Key, cancellation);
        var manifest = Exists ? await Read(cancellation) : [];
        var missing = (await known()).Where(property => property.Key == "status" ? !IsStatus(manifest, property.Value!.GetValue<string>()) : !manifest.ContainsKey(property.Key)).ToList();
        if (missing.Count == 0) return;
        foreach (var (name, value) in missing) manifest[name] = value?.DeepClone();
        manifest["updatedAt"] = Now(time);
        if (missing is [{ Key: "status" }]) await WriteStatus(manifest, cancellation);
        else await Write(manifest, cancellation);
    }

    /// <summary>A time as the manifest writes it.</summary>
    public static string Now(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>The present time as the manifest writes it.</summary>
    public static string Now(TimeProvider time) => Now(time.GetUtcNow());

    /// <summary>The file's content.</summary>
    /// <exception cref="StepFailedException"><c>INVALID_MANIFEST</c>, naming all faults.</exception>
    public static byte[] BytesOf(JsonObject manifest)
    {
        var faults = ManifestSchema.FaultsOf(manifest);
        return faults.Count == 0 ? System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString(Format) + "\n") : throw Invalid(string.Join("; ", faults));
    }

    /// <summary>A file's entry: its key, and its hash and size so that anybody can check the file.</summary>
    public JsonObject Entry(ArtifactReference file, string keyName = "key") => new()
    {
        [keyName] = KeyOf(file.Path),
        ["bytes"] = file.Bytes,
        ["sha256"] = file.Sha256,
    };

    /// <summary>Puts an entry into a list, in place of an earlier one with the same key: a second attempt leaves no second entry.</summary>
    public static void Replace(JsonObject manifest, string listName, JsonObject entry)
    {
        var list = ListOf(manifest, listName);
        var key = entry["key"]!.GetValue<string>();
        foreach (var old in list.Where(item => item?["key"]?.GetValue<string>() == key).ToList()) list.Remove(old);
        list.Add((JsonNode)entry);
    }

    /// <summary>The object of that name, made if absent.</summary>
    public static JsonObject ObjectOf(JsonObject manifest, string name)
    {
        if (manifest[name] is JsonObject found) return found;
        var made = new JsonObject();
        manifest[name] = made;
        return made;
    }

    private static JsonArray ListOf(JsonObject manifest, string name)
    {
        if (manifest[name] is JsonArray found) return found;
        var made = new JsonArray();
        manifest[name] = made;
        return made;
    }

    private static bool IsStatus(JsonObject manifest, string status) => manifest["status"]?.GetValue<string>() == status;

    private static StepFailedException Invalid(string faults) =>
        MediaFailure.Permanent(
            MediaFailure.InvalidManifest,
            $"Invalid manifest: {faults}. Mend {Path}, or remove it and recover the job from its first step.");

    private async ValueTask Write(JsonObject manifest, CancellationToken cancellation) => await folder.Write(Path, "manifest", BytesOf(manifest), cancellation);

    /// <summary>Of a manifest in which only the status is new. The job knows its status, so the older version would do as well.</summary>
    private ValueTask WriteStatus(JsonObject manifest, CancellationToken cancellation) => folder.Refresh(Path, BytesOf(manifest), cancellation);

    private static JsonObject Checked(string json)
    {
        JsonNode? manifest;
        try
        {
            manifest = JsonNode.Parse(json);
        }
        catch (JsonException fault)
        {
            throw Invalid(fault.Message.TrimEnd('.'));
        }

        var faults = ManifestSchema.FaultsOf(manifest);
        return faults.Count == 0 ? (JsonObject)manifest! : throw Invalid(string.Join("; ", faults));
    }
}
