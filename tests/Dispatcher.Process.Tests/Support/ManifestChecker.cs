using System.Security.Cryptography;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Process.Tests.Support;

/// <summary>What a job's manifest and events promise of files, held against the files.</summary>
internal static class ManifestChecker
{
    /// <summary>Each file named in the manifest, and each artifact of a completed step, is there with its size and hash,
    /// and nothing half-written is left. Returns the manifest.</summary>
    public static JsonElement AssertHolds(string dataDirectory, JobRecord job)
    {
        var artifacts = Path.Combine(dataDirectory, "artifacts");
        var folder = Path.Combine("dev", "default", job.Id.ToString());
        var manifest = JsonElement.Parse(File.ReadAllText(Path.Combine(artifacts, folder, "manifest.json")));
        var entries = Entries(manifest).ToList();
        Assert.NotEmpty(entries);
        foreach (var (key, bytes, sha256) in entries) AssertFile(Path.Combine(artifacts, key), bytes, sha256);
        foreach (var file in job.Decoded.OfType<JobEvent.StepCompleted>().SelectMany(done => done.Artifacts ?? []))
        {
            // Later steps add to the manifest; its last version names itself nowhere.
            if (file.Path != "manifest.json") AssertFile(Path.Combine(artifacts, folder, file.Path), file.Bytes, file.Sha256);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(artifacts, folder), ".dispatcher-tmp-*", SearchOption.AllDirectories));
        return manifest;
    }

    /// <summary>All objects with a key and a hash, however deep: the schema has several lists of files.</summary>
    private static IEnumerable<(string Key, long Bytes, string Sha256)> Entries(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Entries),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => Entries(field.Value)).Concat(EntryOf(element)),
        _ => [],
    };

    private static IEnumerable<(string Key, long Bytes, string Sha256)> EntryOf(JsonElement element)
    {
        if (!element.TryGetProperty("sha256", out var sha256)) yield break;
        var key = element.EnumerateObject().First(field => field.Name.EndsWith("key", StringComparison.OrdinalIgnoreCase)).Value;
        yield return (key.GetString()!, element.GetProperty("bytes").GetInt64(), sha256.GetString()!);
    }

    private static void AssertFile(string path, long bytes, string sha256)
    {
        Assert.True(File.Exists(path), $"{path} is promised and not there.");
        using var file = File.OpenRead(path);
        Assert.Equal((path, bytes, sha256), (path, file.Length, Convert.ToHexStringLower(SHA256.HashData(file))));
    }
}
