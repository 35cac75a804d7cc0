using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>Two nodes on one database: what one of them does to the jobs of the other, at the same time. Nothing is lost, and nobody's batch fails.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresRacingNodesTests : IAsyncLifetime
{
    private PostgresData _data = null!;
    private PostgresJobStore _one = null!;
    private PostgresJobStore _other = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.Create();
        _one = await _data.Open();
        _other = await _data.Open();
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Claims_GoToOneJobEach_WhenTwoNodesWantThem(int seed)
    {
        const int keys = 60, appends = 400;
        var random = new Random(seed);
        var requests = Enumerable.Range(0, appends).Select(n => Append(Id(n)) with
        {
            Claims = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(keys)).Distinct().Select(key => new Claim("idempotency", $"{key}"))],
        }).ToList();
        var results = await AppendAll(requests.Select((request, n) => (n % 2 == 0 ? _one : _other, request)));

        Assert.All(results, result => Assert.True(result is AppendResult.Appended or AppendResult.Conflict, $"seed {seed}: {result}"));
        var winners = new Dictionary<Claim, JobId>();
        foreach (var (request, result) in requests.Zip(results))
            if (result is AppendResult.Appended)
                foreach (var claim in request.Claims) Assert.True(winners.TryAdd(claim, request.JobId), $"seed {seed}: {claim} was given twice");
        foreach (var conflict in results.OfType<AppendResult.Conflict>()) Assert.Equal(winners[conflict.Claim!], conflict.ClaimedBy);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Watch_IsAnsweredExactlyOnce_WhenTheEndIsAnotherNodes(int seed)
    {
        const int pairs = 150;
        var random = new Random(seed);
        await Land(Enumerable.Range(0, pairs).Select(n => (_one, Append(Id(n)) with { Row = Row(Id(n)) })));

        var turns = Enumerable.Range(0, pairs).SelectMany(n => new[] { (_one, Ending(Id(n), expected: 1)), (_other, Watching(Id(pairs + n), Id(n))) });
        await Land(turns.OrderBy(_ => random.Next()));

        Assert.Equal((long)pairs, await _data.Execute("SELECT count(*) FROM {schema}.inbox"));
        Assert.Equal((long)pairs, await _data.Execute("SELECT count(DISTINCT job_id) FROM {schema}.inbox"));
        await AssertNoMailSleeps(seed);
    }

    /// <summary>The parent's end locks the child and the child's end the parent: the two orders that would lock each other out.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ParentsAndChildren_NeverBlockEachOther_WhenBothEnd(int seed)
    {
        const int pairs = 150;
        var random = new Random(seed);
        await Land(Enumerable.Range(0, pairs).Select(n => (_one, Append(Id(n)) with { Row = Row(Id(n)) })));
        await Land(Enumerable.Range(0, pairs).Select(n => (_other, Append(Id(pairs + n)) with { Row = Row(Id(pairs + n)), ChildOf = Id(n) })));

        var turns = Enumerable.Range(0, pairs).SelectMany(n => new[]
        {
            (_one, Ending(Id(n), expected: 1) with { Messages = [new NewMessage(Id(pairs + n), MessageKind.Cancel, default)] }),
            (_other, Ending(Id(pairs + n), expected: 1)),
        });
        await Land(turns.OrderBy(_ => random.Next()));

        Assert.Equal(0L, await _data.Execute("SELECT count(*) FROM {schema}.inbox"));
        // A batch that a deadlock has undone is tried again. The server's own count is no help: it is late, and other tests lock each other out on purpose.
        Assert.Equal((0, 0), (_one.Commits!.Retries, _other.Commits!.Retries));
        await AssertCountsAreRight();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Message_WakesItsReceiver_WhenThatGoesToSleepMeanwhile(int seed)
    {
        const int jobs = 20, rounds = 30;
        var random = new Random(seed);
        await Land(Enumerable.Range(0, jobs).Select(n => (_one, Append(Id(n)) with { Row = Row(Id(n)) })));
        await Land([(_other, Append(Id(jobs)) with { Row = Row(Id(jobs)) })]);

        for (var round = 1; round <= rounds; round++)
        {
            var sender = Append(Id(jobs), expected: round) with { Messages = [.. Enumerable.Range(0, 5).Select(_ => new NewMessage(Id(random.Next(jobs)), MessageKind.Cancel, default))] };
            var sleepers = Enumerable.Range(0, jobs).Select(n => (_one, Append(Id(n), expected: round) with { Row = Row(Id(n), Noon.AddDays(1)), StatusBefore = JobStatus.Running }));
            await Land(sleepers.Append((_other, sender)));
            await AssertNoMailSleeps(seed);
        }

        Assert.Equal(5L * rounds, await _data.Execute("SELECT count(*) FROM {schema}.inbox"));
    }

    /// <summary>Whatever two nodes believe, the numbers of a job have no gap: one of them is told that the job is elsewhere.</summary>
    [Fact]
    public async Task Append_LetsOneWin_WhenTwoNodesWriteTheSameJob()
    {
        const int rounds = 50;
        for (var round = 0; round < rounds; round++)
        {
            var results = await AppendAll([(_one, Append(Id(1), round)), (_other, Append(Id(1), round)), (_one, Append(Id(2), round))]);
            Assert.Single(results.Take(2), result => result is AppendResult.Appended);
            Assert.Single(results.Take(2), result => result == new AppendResult.Conflict(round + 1, null, null));
            Assert.IsType<AppendResult.Appended>(results[2]);
        }

        Assert.Equal((long)rounds, await _data.Execute($"SELECT max(sequence_nr) FROM {{schema}}.journal WHERE job_id = '{Id(1)}'"));
    }

    private static AppendRequest Watching(JobId watcher, JobId watched) =>
        Append(watcher) with { Row = Row(watcher, status: JobStatus.Waiting), Watches = [new Watch(watched, WatchKind.Dependency)] };

    private static AppendRequest Ending(JobId id, long expected) =>
        Append(id, expected) with { Row = Row(id, status: JobStatus.Completed), StatusBefore = JobStatus.Running };

    private static async Task<AppendResult[]> AppendAll(IEnumerable<(PostgresJobStore Store, AppendRequest Request)> turns) =>
        await Task.WhenAll(turns.Select(turn => turn.Store.Append(turn.Request).AsTask()).ToList());

    private static async Task Land(IEnumerable<(PostgresJobStore Store, AppendRequest Request)> turns) =>
        Assert.All(await AppendAll(turns), result => Assert.IsType<AppendResult.Appended>(result));

    private async Task AssertNoMailSleeps(int seed)
    {
        var asleep = await _data.Execute("SELECT count(*) FROM {schema}.jobs j WHERE wake_at IS DISTINCT FROM 0 AND EXISTS (SELECT 1 FROM {schema}.inbox i WHERE i.job_id = j.job_id)");
        Assert.True(asleep is 0L, $"seed {seed}: {asleep} jobs sleep over their mail");
    }

    private async Task AssertCountsAreRight() => Assert.Equal(0L, await _data.Execute(
        """
        SELECT count(*) FROM (SELECT tenant, workflow_name, status, count(*) AS jobs FROM {schema}.jobs GROUP BY 1, 2, 3) counted
        FULL JOIN (SELECT tenant, workflow_name, status, sum(jobs) AS jobs FROM {schema}.job_counts GROUP BY 1, 2, 3) kept USING (tenant, workflow_name, status)
        WHERE coalesce(counted.jobs, 0) <> coalesce(kept.jobs, 0)
        """));
}
