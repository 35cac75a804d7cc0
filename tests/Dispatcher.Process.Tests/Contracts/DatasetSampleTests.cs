using System.Security.Cryptography;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests.Contracts;

/// <summary>The dataset sample on real images from a server of its own: killed with -9 half-way, started again, and the dataset is exact.</summary>
[Trait("Category", "Long")]
public sealed class DatasetSampleTests : IDisposable
{
    private static readonly string[] Kept =
    [
        "a-bars.jpg", "b-test.jpg", "c-test.jpg", "d-stripes.jpg", "e-fractal.jpg", "f-fractal.jpg", "g-fractal.jpg",
        "h-gradient-1.jpg", "h-gradient-2.jpg", "h-gradient-3.jpg", "h-gradient-4.jpg", "h-gradient-5.jpg", "h-gradient-6.jpg",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Dataset_IsExact_WhenTheBuildWasKilledHalfWay()
    {
        var images = await MakeImages();
        await using var server = Serve(images);
        var source = await AddressOf(server);
        await KillIn(source, "task-1", attempt: 1);

        var job = await Finish(source, images);

        Assert.Equal(["task-0", "task-1", "task-2", "task-3", "task-4"], job.Decoded.OfType<JobEvent.StepCompleted>().Select(e => e.Step));
        Assert.Equal(1, job.Decoded.Count(e => e is JobEvent.StepStarted { Step: "task-0" }));
        Assert.Contains(job.Decoded, e => e is JobEvent.StepRetrying { Step: "task-1", Failure.Class: ErrorClass.WorkerLost });
    }

    /// <summary>The label step is tried twice at the most, and a kill is a failed attempt: the third run recovers the workflow.</summary>
    [Fact]
    public async Task Dataset_IsExact_WhenAStepWasKilledMoreOftenThanItIsTriedAgain()
    {
        var images = await MakeImages();
        await using var server = Serve(images);
        var source = await AddressOf(server);
        foreach (var attempt in new[] { 1, 2 }) await KillIn(source, "task-3", attempt);

        var job = await Finish(source, images);

        Assert.Single(job.Decoded.OfType<JobEvent.Recovering>());
        Assert.Equal(1, job.Decoded.Count(e => e is JobEvent.StepCompleted { Step: "task-2" }));
    }

    private async Task<string> MakeImages()
    {
        var images = Path.Combine(_directory.Path, "images");
        await using var make = DispatcherProcess.StartOther("bash", _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal), Script(), images);
        Assert.Equal(0, (await make.WaitForExit()).ExitCode);
        return images;
    }

    private DispatcherProcess Serve(string images) => DispatcherProcess.StartSample("Dataset", _directory.Path, "images", "--dir", images, "--stay", "true", "--urls", "http://127.0.0.1:0");

    /// <summary>In this attempt of a step, which does not end before: it pauses at each image for longer than it is given.</summary>
    private async Task KillIn(string source, string step, int attempt)
    {
        await using var killed = Start(source, "--pause-ms", "600000", "--pause-at", step);
        await Journal.WaitFor(_directory.Data, e => e is JobEvent.StepStarted started && (started.Step, started.Attempt) == (step, attempt), $"that attempt {attempt} of {step} runs");
        killed.Kill9();
        await killed.WaitForExit();
    }

    private async Task<JobRecord> Finish(string source, string images)
    {
        await using var build = Start(source);
        var ended = await build.WaitForExit();
        Assert.True(ended.ExitCode == 0, build.Out);
        AssertExact(images);
        var job = await Journal.ReadOne(_directory.Data);
        Assert.Equal(JobStatus.Completed, job.Row.Status);
        return job;
    }

    private void AssertExact(string images)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Output, "manifest.json")));
        var listed = manifest.RootElement.GetProperty("images").EnumerateArray().ToList();
        Assert.Equal(Kept, listed.Select(image => Path.GetFileName(image.GetProperty("file").GetString()!)).Order(StringComparer.Ordinal));
        foreach (var image in listed)
        {
            var file = image.GetProperty("file").GetString()!;
            var stored = File.ReadAllBytes(Path.Combine(Output, file));
            Assert.Equal(File.ReadAllBytes(Path.Combine(images, Path.GetFileName(file))), stored);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(stored)), image.GetProperty("sha256").GetString());
        }

        Assert.Equal(Kept.Length + 1, Directory.GetFiles(Output, "*", SearchOption.AllDirectories).Length);
    }

    private string Output => Path.Combine(_directory.Path, "dataset");

    private DispatcherProcess Start(string source, params string[] more) => DispatcherProcess.StartSample(
        "Dataset", _directory.Path, ["--data", _directory.Data, "--source", source + "/", "--out", Output, "--job", "1", "--urls", "http://127.0.0.1:0", .. more]);

    private static string Script()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Akka.Jobs.sln"))) directory = directory.Parent;
        return Path.Combine(directory.FullName, "samples", "dataset", "make-images.sh");
    }

    private static async Task<string> AddressOf(DispatcherProcess process)
    {
        const string listening = "Now listening on: ";
        await process.WaitForText("Application started");
        var line = process.Out.Split('\n').First(line => line.Contains(listening, StringComparison.Ordinal));
        return line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..].Trim();
    }
}
