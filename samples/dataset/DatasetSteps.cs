using System.Security.Cryptography;
using System.Text.Json;
using Dispatcher.Steps;

namespace Dataset;

/// <summary>
/// The five steps. Each reads what the one before has left in the job's folder and leaves its own list there, so that results stay small; each may be run again after a crash,
/// and does what is left.
/// </summary>
internal sealed class DatasetSteps(BuildOptions options, ImageTools tools)
{
    /// <summary>Bits of 64 in which two images that look alike differ, at the most.</summary>
    private const int NearDistance = 4;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly HttpClient Http = new();

    /// <summary>Fetches what is not there yet. A file appears under its name only when it is whole.</summary>
    public async Task<object?> Download(StepContext context)
    {
        var names = await Http.GetFromJsonAsync<string[]>(new Uri(options.Source, "images"), context.Cancellation) ?? [];
        var fetched = 0;
        foreach (var name in names)
        {
            var path = $"images/{Path.GetFileName(name)}";
            if (!context.Artifacts.Exists(path))
            {
                var bytes = await Http.GetByteArrayAsync(new Uri(options.Source, $"images/{Uri.EscapeDataString(name)}"), context.Cancellation);
                await context.Artifacts.Write(path, name, bytes, context.Cancellation);
                fetched++;
            }

            await Pause(context);
        }

        await Leave(context, "downloaded.json", names.Order(StringComparer.Ordinal));
        return new { downloaded = names.Length, fetched };
    }

    public async Task<object?> Validate(StepContext context)
    {
        var valid = new List<string>();
        var broken = new List<string>();
        foreach (var name in await Left<string>(context, "downloaded.json"))
        {
            var isValid = await tools.IsImage(context.Artifacts.PathOf($"images/{name}"), context.Cancellation);
            (isValid ? valid : broken).Add(name);
            await Pause(context);
        }

        await Leave(context, "valid.json", valid);
        return new { valid = valid.Count, broken };
    }

    /// <summary>The first of several equal files stays, and the first of several that look alike.</summary>
    public async Task<object?> Deduplicate(StepContext context)
    {
        var kept = new List<KeptImage>();
        var duplicates = new List<string>();
        var nearDuplicates = new List<string>();
        foreach (var name in await Left<string>(context, "valid.json"))
        {
            var path = context.Artifacts.PathOf($"images/{name}");
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, context.Cancellation)));
            var looks = await tools.PerceptualHash(path, context.Cancellation);
            if (kept.Any(other => other.Sha256 == sha256)) duplicates.Add(name);
            else if (kept.Any(other => ulong.PopCount(other.Looks ^ looks) <= NearDistance)) nearDuplicates.Add(name);
            else kept.Add(new KeptImage(name, sha256, looks));
            await Pause(context);
        }

        await Leave(context, "kept.json", kept);
        return new { kept = kept.Count, duplicates, near_duplicates = nearDuplicates };
    }

    public async Task<object?> Label(StepContext context)
    {
        var labelled = new List<LabelledImage>();
        foreach (var image in await Left<KeptImage>(context, "kept.json"))
        {
            labelled.Add(new LabelledImage(image.Name, image.Sha256, await tools.Label(context.Artifacts.PathOf($"images/{image.Name}"), context.Cancellation)));
            await Pause(context);
        }

        await Leave(context, "labels.json", labelled);
        return new { labelled = labelled.Count, labels = labelled.GroupBy(image => image.Label).OrderBy(group => group.Key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count()) };
    }

    /// <summary>Copies the files into one folder for each label, and writes the manifest last: a dataset with a manifest is whole.</summary>
    public async Task<object?> Store(StepContext context)
    {
        var labelled = await Left<LabelledImage>(context, "labels.json");
        foreach (var image in labelled)
        {
            var target = Path.Combine(options.Output, image.Label, image.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(context.Artifacts.PathOf($"images/{image.Name}"), target + ".part", overwrite: true);
            File.Move(target + ".part", target, overwrite: true);
            await Pause(context);
        }

        var manifest = new { job = options.JobId, images = labelled.Select(image => new { file = $"{image.Label}/{image.Name}", image.Label, image.Sha256 }) };
        var path = Path.Combine(options.Output, "manifest.json");
        await File.WriteAllTextAsync(path + ".part", JsonSerializer.Serialize(manifest, Format) + "\n", context.Cancellation);
        File.Move(path + ".part", path, overwrite: true);
        return new { stored = labelled.Count, manifest = path };
    }

    private static ValueTask<Dispatcher.Jobs.ArtifactReference> Leave<T>(StepContext context, string name, IEnumerable<T> items) =>
        context.Artifacts.Write(name, name, JsonSerializer.SerializeToUtf8Bytes(items, Format), context.Cancellation);

    private static async Task<IReadOnlyList<T>> Left<T>(StepContext context, string name)
    {
        await using var file = File.OpenRead(context.Artifacts.PathOf(name));
        return await JsonSerializer.DeserializeAsync<List<T>>(file, Format, context.Cancellation) ?? [];
    }

    private Task Pause(StepContext context) => options.Pause > TimeSpan.Zero && (options.PauseAt ?? context.Step.Id) == context.Step.Id
        ? Task.Delay(options.Pause, context.Time, context.Cancellation)
        : Task.CompletedTask;
}

/// <param name="Looks">The perceptual hash.</param>
internal sealed record KeptImage(string Name, string Sha256, ulong Looks);

internal sealed record LabelledImage(string Name, string Sha256, string Label);
