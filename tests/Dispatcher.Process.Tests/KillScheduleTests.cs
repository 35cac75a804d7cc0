using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Process.Tests;

/// <summary>The server dies again and again around the times at which schedules are due; each due time is one run all the same.</summary>
[Trait("Category", "Long")]
public sealed class KillScheduleTests : IDisposable
{
    private const int Lives = 6;
    private const int Schedules = 5;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EachDueTime_IsOneRun_WhenTheServerIsKilledAroundIt()
    {
        var seed = Seed.Next();
        var chance = new Random(seed);
        var address = LastingPort.TakeAddress();
        var service = await ServiceProcess.Start(_directory.Path, _directory.Data, address: address);
        try
        {
            await service.Register("naps", SmallWorkflows.Naps(1, 5));
            for (var i = 0; i < Schedules; i++)
                await Make(service, new { id = $"s{i}", cron = "* * * * * *", workflow = "naps", catch_up = "all" });

            for (var life = 1; life < Lives; life++)
            {
                await FiredSince(service, await Fired(service), 2);
                // Around a whole second: that is when they are due.
                var now = TimeProvider.System.GetUtcNow();
                await Wait.Instant(TimeSpan.FromMilliseconds(1000 - now.Millisecond) + chance.NextMilliseconds(60) - TimeSpan.FromMilliseconds(20));
                service.Process.Kill9();
                await service.Process.WaitForExit();
                await service.DisposeAsync();
                service = await ServiceProcess.Start(_directory.Path, _directory.Data, address: address);
                await service.WhenReady();
            }

            await FiredSince(service, await Fired(service), 2);
            for (var i = 0; i < Schedules; i++) (await service.Client.PostAsync($"/api/v1/schedules/s{i}/pause", null)).EnsureSuccessStatusCode();
            for (var i = 0; i < Schedules; i++) await AssertOnceEach(service, $"s{i}", seed);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    private static async Task Make(ServiceProcess service, object schedule)
    {
        using var answer = await service.Client.PostAsJsonAsync("/api/v1/schedules", schedule);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<long> Fired(ServiceProcess service) =>
        (await service.Client.GetFromJsonAsync<JsonElement>("/api/v1/schedules/s0")).GetProperty("firings").GetProperty("fired").GetInt64();

    private static Task FiredSince(ServiceProcess service, long before, int more) =>
        Wait.Until(async () => await Fired(service) >= before + more, () => $"schedules fire: {before}");

    /// <summary>From the first due time to the last none is left out and none is there twice, though the server was away for some of them.</summary>
    private static async Task AssertOnceEach(ServiceProcess service, string id, int seed)
    {
        var dues = new List<DateTimeOffset>();
        for (var path = $"/api/v1/schedules/{id}/runs?limit=200"; path.Length > 0;)
        {
            var page = await service.Client.GetFromJsonAsync<JsonElement>(path);
            dues.AddRange(page.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("due").GetDateTimeOffset()));
            path = page.TryGetProperty("next", out var next) ? $"/api/v1/schedules/{id}/runs?limit=200&cursor={next.GetString()}" : "";
        }

        dues.Sort();
        // Each life waits for two.
        Assert.True(dues.Count >= 2 * Lives, $"{id}, seed {seed}: only {dues.Count} runs");
        Assert.True(
            dues.SequenceEqual(Enumerable.Range(0, dues.Count).Select(second => dues[0].AddSeconds(second))),
            $"{id}, seed {seed}: {string.Join(", ", dues.Select(due => due.ToString("mm:ss", System.Globalization.CultureInfo.InvariantCulture)))}");
    }
}
