using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Counters: moved by the appends themselves, and always what a recount would give.</summary>
public abstract partial class JobStoreConformance
{
    [Fact]
    public async Task Counts_FollowAJob_ThroughItsLife()
    {
        await AppendRow(Row(Id(1), status: JobStatus.Queued));
        Assert.Equal([new JobCount("acme", "render", JobStatus.Queued, 1)], await Store.CountJobs("acme"));

        await Appended(Append(Id(1), expected: 1) with { Row = Row(Id(1)), StatusBefore = JobStatus.Queued });
        await Appended(Append(Id(1), expected: 2) with { Row = Row(Id(1)) with { Priority = 9 }, StatusBefore = JobStatus.Running });
        await Appended(Append(Id(1), expected: 3) with { StatusBefore = JobStatus.Running });
        Assert.Equal([new JobCount("acme", "render", JobStatus.Running, 1)], await Store.CountJobs("acme"));

        await End(Id(1), expected: 4, JobStatus.Failed);
        Assert.Equal([new JobCount("acme", "render", JobStatus.Failed, 1)], await Store.CountJobs("acme"));
    }

    [Fact]
    public async Task Counts_AreKept_ByTenantAndWorkflow()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2)));
        await AppendRow(Row(Id(3), workflow: "encode"));
        await AppendRow(Row(Id(4), tenant: "other"));
        await Reopen();

        JobCount[] acme = [new("acme", "encode", JobStatus.Running, 1), new("acme", "render", JobStatus.Running, 2)];
        Assert.Equal(acme, (await Store.CountJobs("acme")).OrderBy(count => count.WorkflowName, StringComparer.Ordinal));
        Assert.Equal(3, (await Store.CountJobs(null)).Count);
        Assert.Empty(await Store.CountJobs("nobody"));
    }

    [Fact]
    public async Task Counts_DoNotMove_ByARefusedAppend()
    {
        var claim = new Claim("idempotency", "1");
        await Appended(Append(Id(1)) with { Row = Row(Id(1)), Claims = [claim] });

        await AppendAll(
            Append(Id(2)) with { Row = Row(Id(2)), Claims = [claim] },
            Ending(Id(1), expected: 7),
            Append(Id(1)) with { Row = Row(Id(1)) });

        Assert.Equal([new JobCount("acme", "render", JobStatus.Running, 1)], await Store.CountJobs(null));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Counts_EqualARecount_AfterRandomMoves(int seed)
    {
        const int jobs = 60, rounds = 15;
        var random = new Random(seed);
        var statuses = new JobStatus[jobs];
        var numbers = new long[jobs];
        for (var round = 0; round < rounds; round++)
        {
            var moves = Enumerable.Range(0, jobs).Where(_ => random.Next(3) == 0).ToDictionary(job => job, _ => (JobStatus)random.Next(1, 12));
            await AppendAll([.. moves.Select(move => Append(Id(move.Key), numbers[move.Key]) with
            {
                Row = Row(Id(move.Key), status: move.Value, tenant: $"t{move.Key % 3}", workflow: $"w{move.Key % 2}"),
                StatusBefore = statuses[move.Key],
            })]);
            foreach (var (job, status) in moves) (statuses[job], numbers[job]) = (status, numbers[job] + 1);

            Assert.Equal(await Recount(), (await Store.CountJobs(null)).OrderBy(count => count.ToString(), StringComparer.Ordinal));
        }
    }

    private async Task<IEnumerable<JobCount>> Recount() =>
        (await Store.ListJobs(new JobQuery { Limit = 1000 })).Rows
            .GroupBy(row => (row.Tenant, row.WorkflowName, row.Status))
            .Select(rows => new JobCount(rows.Key.Tenant, rows.Key.WorkflowName, rows.Key.Status, rows.Count()))
            .OrderBy(count => count.ToString(), StringComparer.Ordinal);
}
