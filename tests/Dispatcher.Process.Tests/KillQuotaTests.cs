using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Dispatcher.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The server dies again and again while jobs reserve and are charged; afterwards the account is exact: each job that completed once, the others nothing.</summary>
public sealed class KillQuotaTests : IDisposable
{
    private const int Batches = 4;
    private const int JobsInABatch = 150;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TheAccount_IsExact_HoweverOftenTheServerIsKilled()
    {
        var seed = Seed.Next();
        await RunAndKill(seed, () => ServiceProcess.Start(_directory.Path, _directory.Data));
        await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: true, context: $"seed {seed}");
        await using var store = SqliteJobStore.OpenReadOnly(_directory.Data, NullLogger.Instance);
        await AssertHealthy(new StoreDoctor(store, store, null, TimeProvider.System, new DoctorOptions()), seed);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task TheAccount_IsExact_OnPostgresToo()
    {
        var seed = Seed.Next();
        var database = await PostgresCluster.Start("-c max_connections=50");
        try
        {
            await RunOn(database.ConnectionString, seed);
        }
        finally
        {
            database.Stop();
        }
    }

    private async Task RunOn(string connection, int seed)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER_STORE"] = connection };
        await RunAndKill(seed, () => ServiceProcess.Start(_directory.Path, _directory.Data, environment: environment));
        await using var store = await PostgresJobStore.OpenReadOnly(new PostgresStoreOptions { ConnectionString = connection }, TimeProvider.System, NullLogger.Instance);
        JournalChecker.AssertHolds(await Journal.Read(store), [], context: $"seed {seed}");
        await AssertHealthy(new StoreDoctor(store, store, null, TimeProvider.System, new DoctorOptions { IsCluster = true }), seed);
    }

    private static async Task RunAndKill(int seed, Func<Task<ServiceProcess>> start)
    {
        var chance = new Random(seed);
        var service = await start();
        try
        {
            const string steps = "steps:\n  - id: wait\n    uses: delay\n    with: { duration: 100ms }\n";
            await service.Register("metered", $"name: metered\nversion: 1\nquota: {{ meter: minutes, estimate: 3, actual: 2 }}\n{steps}");
            await service.Register("broken", $"name: broken\nversion: 1\nquota: {{ meter: minutes, estimate: 3 }}\n{steps}  - id: fail\n    uses: fail\n    needs: [wait]\n    with: {{ class: permanent }}\n");
            using var set = await service.Client.PutAsJsonAsync("/api/v1/quota/minutes", new { plan = "free", limit = 1_000_000 });
            Assert.True(set.IsSuccessStatusCode);
            for (var n = 0; n < Batches; n++)
            {
                _ = Submit(service, n);
                await Wait.Instant(chance.NextMilliseconds(400));
                service.Process.Kill9();
                await service.Process.WaitForExit();
                await service.DisposeAsync();
                service = await start();
                // Whatever the first request came to, the same keys give each job once.
                Assert.True(await Submit(service, n));
            }

            var jobs = await AllEnded(service);
            var account = await service.Client.GetFromJsonAsync<JsonElement>("/api/v1/quota/minutes");
            var completed = jobs.Count(job => job.GetProperty("status").GetString() == "completed");
            Assert.Equal((Batches * JobsInABatch, Batches * JobsInABatch / 2), (jobs.Count, completed));
            Assert.Equal((completed * 2, 0, 0), (account.GetProperty("used").GetInt32(), account.GetProperty("reserved").GetInt32(), account.GetProperty("overage").GetInt32()));
            await service.Terminate();
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    /// <summary>Each job was charged, or gave back what it held, and the sums are those of the ledger.</summary>
    private static async Task AssertHealthy(StoreDoctor doctor, int seed)
    {
        var report = await doctor.Run(null, CancellationToken.None);
        Assert.True(report.IsHealthy, $"seed {seed}: {string.Join(" ", report.Findings.Select(finding => finding.Detail))}");
    }

    private static async Task<bool> Submit(ServiceProcess service, int batch)
    {
        try
        {
            var jobs = Enumerable.Range(0, JobsInABatch).Select(n => new { workflow = n % 2 == 0 ? "metered" : "broken", idempotency_key = $"{batch}/{n}" });
            using var answer = await service.Client.PostAsJsonAsync("/api/v1/jobs:batch", new { jobs });
            var results = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results");
            return results.EnumerateArray().All(result => result.GetProperty("status").GetInt32() is 200 or 201);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private static async Task<List<JsonElement>> AllEnded(ServiceProcess service)
    {
        List<JsonElement> jobs = [];
        await Wait.Until(
            async () => (jobs = await ReadJobs(service)).All(job => job.GetProperty("status").GetString() is "completed" or "failed"),
            () => $"all of {jobs.Count} jobs have ended");
        return jobs;
    }

    private static async Task<List<JsonElement>> ReadJobs(ServiceProcess service)
    {
        var jobs = new List<JsonElement>();
        string? next = null;
        do
        {
            var page = await service.Client.GetFromJsonAsync<JsonElement>($"/api/v1/jobs?limit=200{(next is null ? "" : $"&cursor={next}")}");
            jobs.AddRange(page.GetProperty("jobs").EnumerateArray());
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);
        return jobs;
    }
}
