using System.Net;
using System.Net.Http.Json;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>The disk of a server fills up under load, and gets room again.</summary>
public sealed class FullDiskServiceTests : IDisposable
{
    private const int DiskKibibytes = 6 * 1024;
    private const int InputCharacters = 20_000;
    private const int RefusalsToSee = 50;
    private const long MemoryLimitBytes = 600L << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Requests_AreRefusedWithTheReason_AndNothingAcknowledgedIsLost_WhenTheDiskIsFull()
    {
        using var disk = new SmallDisk(DiskKibibytes);
        var service = await ServiceProcess.Start(_directory.Path, disk.Data);
        var acknowledged = new List<string>();
        try
        {
            await service.Register("quick", "name: quick\nversion: 1\nsteps:\n  - id: one\n    uses: noop\n");
            acknowledged.AddRange(await Fill(service));
            Assert.NotEmpty(acknowledged);
            Assert.True(ResidentBytes(service.Process.Id) < MemoryLimitBytes, $"{ResidentBytes(service.Process.Id)} bytes in memory");
            disk.Grow(64 * 1024);
            var later = "";
            await Wait.Until(
                async () =>
                {
                    using var answer = await service.TrySubmit(Job());
                    later = answer.StatusCode == HttpStatusCode.Created ? await IdOf(answer) : "";
                    return later.Length > 0;
                },
                () => "the service takes jobs again");
            foreach (var id in (string[])[.. acknowledged, later]) Assert.Equal("completed", (await service.Ended(id)).GetProperty("status").GetString());
            Assert.Equal(0, (await service.Terminate()).ExitCode);
        }
        finally
        {
            await service.DisposeAsync();
        }

        await JournalChecker.AssertHolds(disk.Data, acknowledged, mustHaveEnded: false);
    }

    [Fact]
    public async Task Orders_ToAJobThatIsThere_AreRefusedWithTheReason_AndWorkAgain_WhenTheDiskHasRoom()
    {
        using var disk = new SmallDisk(DiskKibibytes);
        await using var service = await ServiceProcess.Start(_directory.Path, disk.Data, "dispatcher.contracts.job-orchestrator = on");
        await service.Register("quick", "name: quick\nversion: 1\nsteps:\n  - id: one\n    uses: noop\n");
        await service.Register("nap", "name: nap\nversion: 1\nsteps:\n  - id: one\n    uses: delay\n    with: { duration: 1h }\n");
        var id = await service.Submit(new { workflow = "nap" });
        await Fill(service);

        // A few small writes may have room still.
        var given = 0;
        while (await Order(service, id, given++ % 2 == 0 ? "pause" : "resume") == HttpStatusCode.OK)
        {
        }

        // A contract's own words say so too.
        while (await OrderOfContract(service, given++) == HttpStatusCode.Created)
        {
        }

        disk.Grow(64 * 1024);
        foreach (var order in (string[])["pause", "resume", "cancel"])
            await Wait.Until(async () => await Order(service, id, order) == HttpStatusCode.OK, () => $"the job takes {order} again");
        Assert.Equal("cancelled", (await service.Ended(id)).GetProperty("status").GetString());
        Assert.Equal(0, (await service.Terminate()).ExitCode);
    }

    /// <summary>Makes jobs until the disk is full.</summary>
    /// <returns>Those that were taken.</returns>
    private static async Task<List<string>> Fill(ServiceProcess service)
    {
        var acknowledged = new List<string>();
        var refusals = 0;
        while (refusals < RefusalsToSee)
        {
            using var answer = await service.TrySubmit(Job());
            if (answer.StatusCode == HttpStatusCode.Created) acknowledged.Add(await IdOf(answer));
            else refusals += await AssertRefused(answer);
        }

        return acknowledged;
    }

    private static async Task<HttpStatusCode> Order(ServiceProcess service, string id, string order)
    {
        using var answer = await service.Client.PostAsync($"/api/v1/jobs/{id}/{order}", content: null);
        if (answer.StatusCode != HttpStatusCode.OK) await AssertRefused(answer);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> OrderOfContract(ServiceProcess service, int number)
    {
        using var answer = await service.Client.PostAsJsonAsync(
            "/api/workflows/orchestrator", new { job_id = number, name = "flow", steps = new[] { new { name = "a", task_type = "t", handler = "noop" } } });
        if (answer.StatusCode != HttpStatusCode.Created) await AssertRefused(answer);
        return answer.StatusCode;
    }

    private static object Job() => new { workflow = "quick", input = new { text = new string('x', InputCharacters) } };

    private static async Task<int> AssertRefused(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{(int)answer.StatusCode} {text}");
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("\"code\":\"disk-full\"", text, StringComparison.Ordinal);
        Assert.Contains("disk is full", text, StringComparison.Ordinal);
        return 1;
    }

    private static async Task<string> IdOf(HttpResponseMessage answer) =>
        System.Text.Json.JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;

    private static long ResidentBytes(int process)
    {
        using var found = System.Diagnostics.Process.GetProcessById(process);
        return found.WorkingSet64;
    }
}
