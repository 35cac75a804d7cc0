using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Tests.Shared;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests.Contracts;

/// <summary>The Workflow Coordinator's contract in the real program, with the sample's provider as a process of its own and real clips; both are killed, and the bill is exact.</summary>
[Trait("Category", "Long")]
public sealed class KillCoordinatorTests(ITestOutputHelper log) : IDisposable
{
    private const int Scenes = 4;
    private const int Kills = 6;
    private const string Campaign = "0b6e2c52-2a5e-4a39-9a9c-5f6f3a2d1c00";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task AJob_IsPaidOncePerScene_HoweverOftenTheServerIsKilled()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await MakeImages();
        var address = LastingPort.TakeAddress();
        var provider = await Provider(address);
        var number = 0L;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await Server(address);
            if (kill == 0) number = await CreateAndApprove(server);
            await Wait.Instant(TimeSpan.FromMilliseconds(random.Next(kill == 0 ? 1200 : 900)));
            var bill = await Bill(address);
            server.Process.Kill9();
            await server.Process.WaitForExit();
            log.WriteLine($"killed the server with {bill.GetProperty("starts")} orders on the bill");
            if (kill != Kills / 2) continue;
            // The provider, too: it knows its orders and goes on with their clips.
            provider.Kill9();
            await provider.DisposeAsync();
            provider = await Provider(address);
        }

        await using (provider)
        {
            await using (var last = await Server(address))
            {
                var job = await Ended(last, number);
                Assert.True(job.GetProperty("status").GetString() == "completed", $"seed {seed}: {job}");
                Assert.Equal("completed", job.GetProperty("current_stage").GetString());
                await AssertPaidOnce(last, address, number, job.GetProperty("estimated_cost").GetDecimal(), seed);
                await AssertVideo(last, number);
                last.Process.Terminate();
                await last.Process.WaitForExit();
            }

            var record = Assert.Single(await JournalChecker.AssertHolds(_directory.Data, context: $"seed {seed}"));
            Assert.Equal(JobStatus.Completed, record.Row.Status);
        }
    }

    /// <summary>Each scene has one line on the bill, under the key of its place, and shows the order of that line.</summary>
    private async Task AssertPaidOnce(ServiceProcess server, Uri provider, long number, decimal estimate, int seed)
    {
        var bill = await Bill(provider);
        var items = bill.GetProperty("items").EnumerateArray().ToList();
        Assert.True(items.Count == Scenes, $"seed {seed}: {bill}");
        Assert.Equal(estimate, bill.GetProperty("total").GetDecimal());
        var scenes = await server.Client.GetFromJsonAsync<JsonElement>($"/api/v3/jobs/{number}/scenes");
        for (var scene = 0; scene < Scenes; scene++)
        {
            var item = Assert.Single(items, item => item.GetProperty("key").GetString()!.Split('/') is [.., "render", var place, _, "1"] && place == $"{scene}");
            Assert.Equal(item.GetProperty("id").GetString(), scenes.GetProperty("scenes")[scene].GetProperty("provider_id").GetString());
        }
    }

    /// <summary>Frame for frame the clips of the scenes in their order, each another one and four seconds long.</summary>
    private async Task AssertVideo(ServiceProcess server, long number)
    {
        var clips = new List<IReadOnlyList<string>>();
        for (var scene = 1; scene <= Scenes; scene++) clips.Add(await Frames(server, $"/api/v3/videos/{number}/clips/scene_{scene}.mp4"));
        Assert.All(clips, clip => Assert.InRange(clip.Count, 95, 105));
        Assert.Equal(Scenes, clips.Select(clip => clip[0]).Distinct().Count());
        Assert.Equal(clips.SelectMany(clip => clip), await Frames(server, $"/api/v3/videos/{number}/combined"));
        Assert.True((await server.Client.GetByteArrayAsync($"/api/v3/videos/{number}/thumbnail")).Length > 500);
    }

    /// <summary>The pictures of a video, each by its hash.</summary>
    private async Task<IReadOnlyList<string>> Frames(ServiceProcess server, string path)
    {
        var file = Path.Combine(_directory.Path, "shown.mp4");
        await File.WriteAllBytesAsync(file, await server.Client.GetByteArrayAsync(path));
        var ffmpeg = DispatcherProcess.StartOther(
            "ffmpeg", _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal), "-v", "error", "-nostdin", "-i", file, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-");
        await using (ffmpeg)
        {
            var ended = await ffmpeg.WaitForExit();
            Assert.True(ended.ExitCode == 0, ended.ToString());
            return [.. ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).Select(line => line.Split(',')[^1].Trim())];
        }
    }

    private async Task MakeImages()
    {
        var folder = Path.Combine(_directory.Path, "files", "default", "campaigns", Campaign);
        Directory.CreateDirectory(folder);
        for (var i = 0; i <= Scenes; i++)
        {
            var ffmpeg = DispatcherProcess.StartOther(
                "ffmpeg", folder, new Dictionary<string, string?>(StringComparer.Ordinal), "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=1", "-vf", $"hue=h={i * 60}", "-frames:v", "1", $"{i}.png");
            await using (ffmpeg) Assert.Equal(0, (await ffmpeg.WaitForExit()).ExitCode);
        }
    }

    private async Task<DispatcherProcess> Provider(Uri address)
    {
        var process = DispatcherProcess.StartOther(
            Path.Combine(AppContext.BaseDirectory, "sample-provider"), _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal),
            "--urls", address.GetLeftPart(UriPartial.Authority), "--data", Path.Combine(_directory.Path, "provider"), "--delay-ms", "900");
        await process.WaitForText("The provider listens on ");
        return process;
    }

    private async Task<ServiceProcess> Server(Uri provider)
    {
        var server = await ServiceProcess.Start(_directory.Path, _directory.Data, $$"""
            dispatcher {
              contracts.workflow-coordinator = on
              files.directory = "{{Path.Combine(_directory.Path, "files")}}"
              provider { url = "{{provider.GetLeftPart(UriPartial.Authority)}}", poll-initial = 100 ms, poll-max = 500 ms, max-polls = 1000 }
              render.start-delay = 200 ms
            }
            """);
        var sample = await File.ReadAllTextAsync(Workflow());
        // The sample orders a scene anew three times at the most, and more of the kills may fall in one.
        var patient = sample.Replace("max_attempts: 4, backoff: exponential, initial: 2s", "max_attempts: 50, backoff: constant, initial: 500ms", StringComparison.Ordinal);
        Assert.NotEqual(sample, patient);
        await server.Register("video-scenes", patient);
        return server;
    }

    private static async Task<long> CreateAndApprove(ServiceProcess server)
    {
        using var made = await server.Client.PostAsJsonAsync("/api/v3/jobs/from-image-pairs", new { campaign_id = Campaign, clip_duration = 4 });
        var job = JsonElement.Parse(await made.Content.ReadAsStringAsync());
        var number = job.GetProperty("job_id").GetInt64();
        using var approved = await server.Client.PostAsync($"/api/v3/jobs/{number}/approve", null);
        Assert.True(approved.IsSuccessStatusCode, await approved.Content.ReadAsStringAsync());
        return number;
    }

    private static async Task<JsonElement> Ended(ServiceProcess server, long number)
    {
        JsonElement job = default;
        await Wait.Until(
            async () =>
            {
                job = await server.Client.GetFromJsonAsync<JsonElement>($"/api/v3/jobs/{number}");
                return job.GetProperty("status").GetString() is "completed" or "failed";
            },
            () => $"the job has ended: {job}");
        return job;
    }

    private Task<JsonElement> Bill(Uri provider) => _client.GetFromJsonAsync<JsonElement>(new Uri(provider, "/bill"))!;

    private static string Workflow([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "samples", "scenes", "coordinator.yaml");
}
