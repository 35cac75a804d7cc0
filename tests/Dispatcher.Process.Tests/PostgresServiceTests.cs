using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>A server on a real PostgreSQL, of which one or the other is killed under load.</summary>
[Trait("Category", "Long")]
public sealed class PostgresServiceTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int Clients = 8;
    private const int Kills = 5;
    private const int RefusalsToSee = 40;
    private const string Workflow = "name: steps\nversion: 1\nsteps:\n  - { id: one, uses: noop }\n  - { id: nap, uses: delay, needs: [one], with: { duration: 30ms } }\n  - { id: two, uses: noop, needs: [nap] }\n";

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Id by idempotency key, of what was acknowledged.</summary>
    private readonly ConcurrentDictionary<string, string> _accepted = new(StringComparer.Ordinal);

    private PostgresCluster _database = null!;
    private int _asked;

    /// <summary>As it comes, so that a commit is on the disk.</summary>
    public async Task InitializeAsync() => _database = await PostgresCluster.Start("-c max_connections=50");

    public Task DisposeAsync()
    {
        _database.Stop();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Jobs_EndOnce_WhenTheServerIsKilledAgainAndAgain()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var service = await Start();
            // A node whose signs of life do not come through in time, as on a machine that stands still, may refuse.
            var load = Load(service, AssertRefused);
            var enough = _accepted.Count + random.Next(1, 80);
            await Wait.Until(() => _accepted.Count >= enough, () => $"{enough} jobs are accepted");
            await Wait.Instant(random.NextMilliseconds(30));
            service.Process.Kill9();
            await load;
            log.WriteLine($"killed after {_accepted.Count} jobs");
        }

        await EndAll($"seed {seed}");
    }

    [Fact]
    public async Task Requests_AreRefusedWithTheReason_AndAllAcceptedJobsEnd_WhenTheDatabaseCrashes()
    {
        await using (var service = await Start())
        {
            var refusals = 0;
            var load = Load(service, answer =>
            {
                AssertRefused(answer);
                Interlocked.Increment(ref refusals);
            });
            await Wait.Until(() => _accepted.Count >= 100, () => "jobs are accepted");
            await _database.Crash();
            await Wait.Until(() => Volatile.Read(ref refusals) >= RefusalsToSee, () => "requests are refused");
            using (var read = await service.Client.GetAsync("/api/v1/jobs")) AssertRefused(read);
            var before = _accepted.Count;
            await _database.Restart();
            await Wait.Until(() => _accepted.Count >= before + 100, () => "jobs are accepted again");
            log.WriteLine($"{refusals} refusals, {_accepted.Count} jobs");
            service.Process.Kill9();
            await load;
        }

        await EndAll("");
    }

    /// <summary>Many crashes while jobs go on, and the same server throughout.</summary>
    [Fact]
    public async Task Jobs_GoOn_WithoutARestart_WhenTheDatabaseCrashesAgainAndAgain()
    {
        await using var service = await Start();
        using var stop = new CancellationTokenSource();
        var load = Load(service, AssertRefused, stop.Token);
        for (var crash = 0; crash < 4; crash++)
        {
            var enough = _accepted.Count + 60;
            await Wait.Until(() => _accepted.Count >= enough, () => $"{enough} jobs are accepted");
            await _database.Crash();
            await _database.Restart();
        }

        await stop.CancelAsync();
        await load;
        foreach (var id in _accepted.Values) Assert.Equal("completed", (await service.Ended(id)).GetProperty("status").GetString());
        Assert.Equal(0, (await service.Terminate()).ExitCode);
        await AssertHolds("");
    }

    private Task<ServiceProcess> Start() => Prepare(ServiceProcess.Start(
        _directory.Path, _directory.Data, environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER_STORE"] = _database.ConnectionString }));

    private static async Task<ServiceProcess> Prepare(Task<ServiceProcess> starting)
    {
        var service = await starting;
        await service.Register("steps", Workflow);
        return service;
    }

    /// <summary>Clients that make one job after the other, each with a key of its own, until the server is gone.</summary>
    private Task Load(ServiceProcess service, Action<HttpResponseMessage> refused, CancellationToken stop = default) =>
        Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            try
            {
                while (!stop.IsCancellationRequested) await Ask(service, $"key-{Interlocked.Increment(ref _asked)}", refused);
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                // Killed.
            }
        }));

    private async Task Ask(ServiceProcess service, string key, Action<HttpResponseMessage> refused)
    {
        using var answer = await service.TrySubmit(new { workflow = "steps", idempotency_key = key });
        // Durable, and not decided yet.
        if (answer.StatusCode == HttpStatusCode.Accepted) return;
        if (answer.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
        {
            refused(answer);
            return;
        }

        var id = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
        Assert.Equal(id, _accepted.GetOrAdd(key, id));
    }

    /// <summary>A last life: every request is given again until it is taken, so that each key has one job; all end.</summary>
    private async Task EndAll(string context)
    {
        await using var service = await Start();
        foreach (var keys in Enumerable.Range(1, _asked).Chunk(Clients))
            await Task.WhenAll(keys.Select(n => AskUntilTaken(service, $"key-{n}")));
        foreach (var id in _accepted.Values) Assert.Equal("completed", (await service.Ended(id)).GetProperty("status").GetString());
        Assert.Equal(0, (await service.Terminate()).ExitCode);
        var jobs = await AssertHolds(context);
        Assert.Equal(_asked, jobs.Count);
    }

    private async Task AskUntilTaken(ServiceProcess service, string key)
    {
        await Ask(service, key, AssertRefused);
        await Wait.Until(
            async () =>
            {
                if (!_accepted.ContainsKey(key)) await Ask(service, key, AssertRefused);
                return _accepted.ContainsKey(key);
            },
            () => $"{key} is taken");
    }

    private async Task<IReadOnlyList<JobRecord>> AssertHolds(string context)
    {
        await using var store = await PostgresJobStore.OpenReadOnly(new PostgresStoreOptions { ConnectionString = _database.ConnectionString }, TimeProvider.System, NullLogger.Instance);
        var jobs = JournalChecker.AssertHolds(await Journal.Read(store), _accepted.Values, context: context);
        Assert.All(jobs, job => Assert.Equal(JobStatus.Completed, job.Row.Status));
        Assert.Empty(await store.CompareCounts());
        return jobs;
    }

    private static void AssertRefused(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        var problem = JsonElement.Parse(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
        Assert.Equal("unavailable", problem.GetProperty("code").GetString());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
    }
}
