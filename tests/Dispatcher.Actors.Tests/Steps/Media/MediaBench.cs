using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Steps.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>One job's folder in a real store, and handlers with real tools over it.</summary>
internal sealed class MediaBench : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public MediaBench(string? root = null, params string[] allowedCommands)
    {
        var ids = new IdGenerator(TimeProvider.System);
        JobId = ids.NextJobId();
        Folder = new LocalArtifactStore(root ?? _directory.File("store"), "test", ids).FolderOf("acme", JobId);
        string[] allowed = allowedCommands.Length > 0 ? allowedCommands : [.. MediaHandlers.Commands, "bash"];
        Runner = new ProcessRunner(new ProcessOptions { AllowedCommands = [.. allowed] }, TimeProvider.System);
    }

    public JobId JobId { get; }

    public ArtifactFolder Folder { get; }

    public ProcessRunner Runner { get; }

    /// <summary>Changes each request of a handler; to see what a node without the tools does.</summary>
    public Func<ProcessRequest, ProcessRequest> Rename { get; set; } = request => request;

    /// <summary>What the handlers have saved and reported.</summary>
    public List<JsonElement> Checkpoints { get; } = [];

    public List<double> Percents { get; } = [];

    /// <summary>Called at each progress report.</summary>
    public Action? OnProgress { get; set; }

    public string File(string name) => _directory.File(name);

    /// <summary>Runs a handler to its end; the output is undefined if it has none.</summary>
    public async Task<JsonElement> Run(
        string handler, object with, JsonElement? checkpoint = null, int? item = null, CancellationToken cancellation = default)
    {
        var context = new Context(this)
        {
            JobId = JobId,
            Tenant = "acme",
            WorkflowName = "test",
            Step = new StepKey(handler.Split('.')[^1], item),
            Attempt = 1,
            With = JsonSerializer.SerializeToElement(with),
            Checkpoint = checkpoint,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
            Cancellation = cancellation,
            Epoch = 1,
        };
        var found = MediaHandlers.All((request, token) => Runner.Run(Rename(request), token)).Single(candidate => candidate.Name == handler);
        Assert.Empty(found.With!.Validate(context.With));
        var result = Assert.IsType<StepResult.Completed>(await found.Run(context));
        return result.Output ?? default;
    }

    public async Task<Failure> RunFailing(string handler, object with) =>
        (await Assert.ThrowsAsync<StepFailedException>(() => Run(handler, with))).Failure;

    public async Task Ffmpeg(params string[] arguments)
    {
        var outcome = await Runner.Run(new ProcessRequest("ffmpeg", ["-nostdin", "-v", "error", "-y", .. arguments]), CancellationToken.None);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    /// <summary>Makes a small video with a tone; silent if asked.</summary>
    public async Task<string> MakeVideo(string name, double seconds, bool silent = false)
    {
        var path = File(name);
        var sound = silent ? "anullsrc=r=44100:cl=mono" : "sine=frequency=440:sample_rate=44100";
        await Ffmpeg(
            "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i", sound, "-t", MediaTools.Seconds(seconds),
            "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "file:" + path);
        return path;
    }

    public async Task Write(string path, string text) =>
        await Folder.Write(path, "test", System.Text.Encoding.UTF8.GetBytes(text), CancellationToken.None);

    public JsonElement Json(string path) => JsonDocument.Parse(System.IO.File.ReadAllText(Folder.PathOf(path))).RootElement;

    public JsonElement Manifest()
    {
        var text = System.IO.File.ReadAllText(Folder.PathOf(ManifestFile.Path));
        Assert.Empty(ManifestSchema.FaultsOf(System.Text.Json.Nodes.JsonNode.Parse(text)));
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>What an attempt may have left in the job's folder beside its committed files.</summary>
    public IEnumerable<string> Leftovers() => Directory.Exists(Folder.PathOf("x")[..^2])
        ? Directory.EnumerateFileSystemEntries(Folder.PathOf("x")[..^2], ArtifactPath.TemporaryPrefix + "*", SearchOption.AllDirectories)
        : [];

    public void Dispose() => _directory.Dispose();

    private sealed class Context(MediaBench bench) : StepContext
    {
        public override ArtifactFolder Artifacts => bench.Folder;

        public override void Heartbeat()
        {
        }

        public override void Progress(double percent, string? message = null)
        {
            lock (bench.Percents) bench.Percents.Add(percent);
            bench.OnProgress?.Invoke();
        }

        public override ValueTask SaveCheckpoint(JsonElement checkpoint)
        {
            bench.Checkpoints.Add(checkpoint);
            return ValueTask.CompletedTask;
        }
    }
}
