using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests.Contracts;

/// <summary>The jobs API of talk videos in the real program with its own pipeline and real tools: the server is killed in one state after the other, and the demo with its server.</summary>
[Collection(nameof(Talk))]
public sealed class KillTalkAvocadoTests(Talk talk, ITestOutputHelper log) : IDisposable
{
    /// <summary>In which state the server is killed, and within how many milliseconds of its start.</summary>
    private static readonly (string State, int WithinMs)[] Plan =
    [
        ("mark-processing", 30), ("audio-extraction", 150), ("transcription", 1000), ("transcription", 1000), ("smart-cut-planner", 40), ("video-cuts", 800), ("video-cuts", 800), ("subtitles-post-edit", 20),
    ];

    private static readonly string[] Made =
        ["mark-processing", "audio-extraction", "transcription", "smart-cut-planner", "video-cuts", "transitions-choice", "subtitles-post-edit", "branding-layer", "mark-complete"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("Category", "Long")]
    public async Task ATalk_IsCutOnce_HoweverOftenTheServerIsKilled()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var id = "";
        foreach (var (state, withinMs) in Plan)
        {
            var before = await LastJob();
            await using var server = await Server();
            if (id.Length == 0) id = await CreateAndStart(server);
            await Wait.Until(async () => IsReached(await LastJob(), before, state), () => $"{state} starts: {server.Process.Error}");
            await Wait.Instant(random.NextMilliseconds(withinMs));
            server.Process.Kill9();
            await server.Process.WaitForExit();
            await Leftovers.WaitUntilNone(_directory.Path);
        }

        await using (var last = await Server())
        {
            var job = await Ended(last, id);
            Assert.True(job.GetProperty("status").GetString() == "completed", $"seed {seed}: {job}");
            Assert.Equal($"dev/default/{id}/renders/base_cuts.mp4", job.GetProperty("artifacts").GetProperty("renders")[0].GetString());
            using var again = await Create(last);
            Assert.Equal((HttpStatusCode.Conflict, id), (again.StatusCode, (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("jobId").GetString()));
            await last.Terminate();
        }

        var record = Assert.Single(await JournalChecker.AssertHolds(_directory.Data, context: $"seed {seed}"));
        Assert.Equal(Made, record.Decoded.OfType<JobEvent.StepCompleted>().Select(e => e.Step));
        var manifest = ManifestChecker.AssertHolds(_directory.Data, record);
        Assert.Equal(("completed", "talk.mp4"), (manifest.GetProperty("status").GetString(), manifest.GetProperty("input").GetProperty("originalFilename").GetString()));
    }

    [Fact]
    public async Task Demo_GoesOnWithItsJob_WhenItWasKilledAndItsServerLives()
    {
        var folder = Path.Combine(_directory.Path, "demo");
        try
        {
            // The talk of these tests, so that none is made.
            Directory.CreateDirectory(Path.Combine(folder, "talk"));
            File.Copy(talk.Video, Path.Combine(folder, "talk", "talk.mp4"));
            await using (var killed = Demo(folder))
            {
                await killed.WaitForText("The server is back.");
                killed.Kill9();
            }

            await using var again = Demo(folder);
            var ended = await again.WaitForExit();

            Assert.True(ended.ExitCode == 0, ended.All);
            Assert.Contains("Duplicate create", ended.Out, StringComparison.Ordinal);
            Assert.DoesNotContain("Kill -9", ended.Out, StringComparison.Ordinal);
            Assert.Equal(JobStatus.Completed, (await Journal.ReadOne(Path.Combine(folder, "data"))).Row.Status);
        }
        finally
        {
            if (File.Exists(Path.Combine(folder, "server.pid"))) Signals.Send(int.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "server.pid")), System.Globalization.CultureInfo.InvariantCulture), Signals.Kill);
        }
    }

    private DispatcherProcess Demo(string folder) => DispatcherProcess.StartOther(
        "bash", _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER_PROGRAM"] = DispatcherProcess.Program }, Path.Combine(Talk.Samples, "talk", "demo.sh"), folder);

    private async Task<ServiceProcess> Server()
    {
        var config = await File.ReadAllTextAsync(Path.Combine(Talk.Samples, "talk", "talk-avocado.conf"));
        return await ServiceProcess.Start(_directory.Path, _directory.Data, config);
    }

    private async Task<string> CreateAndStart(ServiceProcess server)
    {
        var sample = await File.ReadAllTextAsync(Path.Combine(Talk.Samples, "talk", "pipeline.asl.json"));
        // The sample tries a state four times. On a slow machine more of the kills fall in one.
        var patient = sample.Replace("\"MaxAttempts\": 3, \"BackoffRate\": 2.0", "\"MaxAttempts\": 50, \"BackoffRate\": 1.0", StringComparison.Ordinal);
        Assert.NotEqual(sample, patient);
        using var pipeline = new StringContent(patient, MediaTypeHeaderValue.Parse("application/json"));
        using var registered = await server.Client.PutAsync("/api/v1/workflows/talk-avocado/versions/1", pipeline);
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
        using var made = await Create(server);
        var text = await made.Content.ReadAsStringAsync();
        Assert.True(made.StatusCode == HttpStatusCode.Created, text);
        var id = JsonElement.Parse(text).GetProperty("jobId").GetString()!;
        var input = Directory.CreateDirectory(Path.Combine(_directory.Data, "artifacts", "dev", "default", id, "input"));
        File.Copy(talk.Video, Path.Combine(input.FullName, "talk.mp4"));
        using var started = await server.Client.PostAsync($"/jobs/{id}/start?tenantId=default", null);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync());
        return id;
    }

    private async Task<HttpResponseMessage> Create(ServiceProcess server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/jobs")
        {
            Content = JsonContent.Create(new { tenantId = "default", input = new { originalFilename = "talk.mp4", bytes = new FileInfo(talk.Video).Length, mimeType = "video/mp4" } }),
        };
        request.Headers.Add("x-idempotency-key", "the-talk");
        return await server.Client.SendAsync(request);
    }

    private static async Task<JsonElement> Ended(ServiceProcess server, string id)
    {
        JsonElement job = default;
        await Wait.Until(
            async () =>
            {
                job = await server.Client.GetFromJsonAsync<JsonElement>($"/jobs/{id}?tenantId=default");
                return job.GetProperty("status").GetString() is "completed" or "failed";
            },
            () => $"the job has ended: {job}");
        return job;
    }

    /// <summary>True once the state has begun in this life, or is done.</summary>
    private static bool IsReached(JobRecord? now, JobRecord? before, string state)
    {
        if (now is null) return false;
        if (now.Decoded.Any(e => e is JobEvent.StepCompleted done && done.Step == state)) return true;
        return now.Decoded.Skip(before?.Events.Count ?? 0).Any(e => e is JobEvent.StepStarted start && start.Step == state);
    }

    private async Task<JobRecord?> LastJob() => (await Journal.Read(_directory.Data)).LastOrDefault();
}
