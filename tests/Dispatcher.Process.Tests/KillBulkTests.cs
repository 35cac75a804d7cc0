using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>The server dies while a command is given to thousands of jobs; afterwards each has had it once, and the list of outcomes says so.</summary>
public sealed class KillBulkTests : IDisposable
{
    private const int Jobs = 3000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EachJob_HasTheCommandOnce_WhenTheServerIsKilledOnTheWay()
    {
        var seed = Seed.Next();
        var chance = new Random(seed);
        var service = await ServiceProcess.Start(_directory.Path, _directory.Data);
        try
        {
            await service.Register("guarded", "name: guarded\nversion: 1\napproval: required\nsteps:\n  - id: wait\n    uses: delay\n    with: { duration: 1h }\n");
            for (var made = 0; made < Jobs; made += 1000)
            {
                using var batch = await service.Client.PostAsJsonAsync("/api/v1/jobs:batch", new { jobs = Enumerable.Repeat(new { workflow = "guarded" }, 1000) });
                Assert.True(batch.IsSuccessStatusCode);
            }

            using var answer = await service.Client.PostAsJsonAsync("/api/v1/jobs:bulk", new { filter = new { workflow = "guarded" }, command = "priority", args = new { priority = 7 } });
            var bulk = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
            await Wait.Instant(chance.NextMilliseconds(150));
            service.Process.Kill9();
            await service.Process.WaitForExit();
            await service.DisposeAsync();
            service = await ServiceProcess.Start(_directory.Path, _directory.Data);

            var totals = (await service.Ended(bulk)).GetProperty("output").GetProperty("totals");
            Assert.Equal((Jobs, Jobs), (totals.GetProperty("targets").GetInt32(), totals.GetProperty("applied").GetInt32()));
            var lines = await service.Client.GetStringAsync($"/api/v1/jobs/{bulk}/artifacts/outcomes.jsonl");
            Assert.Equal(Jobs, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).GetProperty("job").GetString()).Distinct().Count());
            await service.Terminate();
        }
        finally
        {
            await service.DisposeAsync();
        }

        var jobs = await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false, context: $"seed {seed}");
        foreach (var job in jobs.Where(job => job.Row.WorkflowName == "guarded")) Assert.Single(job.Decoded.OfType<JobEvent.PriorityChanged>());
    }
}
