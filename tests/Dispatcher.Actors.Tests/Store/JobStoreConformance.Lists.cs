using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Lists: what passes the filters, newest first, and no page that looks at more than it may.</summary>
public abstract partial class JobStoreConformance
{
    [Theory]
    [InlineData(new[] { "alpha" }, new[] { 5, 2, 1 })]
    [InlineData(new[] { "team=a" }, new[] { 4, 1 })]
    [InlineData(new[] { "alpha", "team=a" }, new[] { 1 })]
    [InlineData(new[] { "team=a", "alpha" }, new[] { 1 })]
    [InlineData(new[] { "größe=日本 \"x\"" }, new[] { 5 })]
    [InlineData(new[] { "Alpha" }, new int[0])]
    [InlineData(new[] { "alph" }, new int[0])]
    public async Task ListJobs_GivesJobsWithEveryTerm(string[] terms, int[] expected)
    {
        await AppendTerms(1, "alpha", "team=a");
        await AppendTerms(2, "alpha", "beta");
        await AppendTerms(3);
        await AppendTerms(4, "team=a");
        await AppendTerms(5, "alpha", "größe=日本 \"x\"");
        await Reopen();

        Assert.Equal(expected.Select(Id), await ListIds(new JobQuery { Tenant = "acme", Terms = terms }));
        Assert.Empty(await ListIds(new JobQuery { Tenant = "other", Terms = terms }));
    }

    [Fact]
    public async Task ListJobs_CombinesTermsWithTheOtherFilters()
    {
        for (var n = 1; n <= 8; n++)
        {
            var row = Row(Id(n), status: n % 2 == 0 ? JobStatus.Failed : JobStatus.Running, workflow: n <= 4 ? "render" : "encode");
            await Appended(Append(Id(n)) with { Row = row, Terms = ["render", "alpha"] });
        }

        var query = new JobQuery { Tenant = "acme", Terms = ["alpha"], WorkflowName = "encode", Status = JobStatus.Failed };
        Assert.Equal([Id(8), Id(6)], await ListIds(query));
        Assert.Equal([Id(6)], await ListIds(query with { CreatedBefore = Noon.AddMilliseconds(8) }));
        Assert.Equal([Id(4), Id(3), Id(2), Id(1)], await ListIds(new JobQuery { Tenant = "acme", WorkflowName = "render" }));
    }

    [Fact]
    public async Task ListJobs_FindsAJobByItsWorkflow_WhenItHasNoTerms()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2), workflow: "encode"));

        Assert.Equal([Id(2)], await ListIds(new JobQuery { Tenant = "acme", WorkflowName = "encode" }));
        Assert.Equal([Id(2)], await ListIds(new JobQuery { Tenant = "acme", Terms = ["encode"] }));
    }

    [Fact]
    public async Task ListJobs_KeepsTheTermsOfTheFirstAppend()
    {
        await AppendTerms(1, "alpha");
        await Appended(Append(Id(1), expected: 1) with { Row = Row(Id(1), status: JobStatus.Completed), StatusBefore = JobStatus.Running });

        Assert.Equal([Id(1)], await ListIds(new JobQuery { Tenant = "acme", Terms = ["alpha", "render"], Status = JobStatus.Completed }));
    }

    [Fact]
    public async Task ListJobs_NeverFails_ByATermWithHalfACharacter()
    {
        await AppendTerms(1, "broken \ud83d", "whole");

        Assert.Equal([Id(1)], await ListIds(new JobQuery { Tenant = "acme", Terms = ["whole"] }));
    }

    [Theory]
    [InlineData(null, null, new[] { 5, 4, 3, 2, 1 })]
    [InlineData(3, null, new[] { 5, 4, 3 })]
    [InlineData(null, 3, new[] { 2, 1 })]
    [InlineData(2, 4, new[] { 3, 2 })]
    [InlineData(4, 2, new int[0])]
    public async Task ListJobs_TakesTimes_ToTheMillisecond(int? from, int? before, int[] expected)
    {
        for (var n = 1; n <= 5; n++) await AppendRow(Row(Id(n)));

        foreach (var tenant in new[] { null, "acme" })
        {
            var query = new JobQuery
            {
                Tenant = tenant,
                CreatedFrom = from is { } first ? Noon.AddMilliseconds(first).AddTicks(9) : null,
                CreatedBefore = before is { } end ? Noon.AddMilliseconds(end).AddTicks(9) : null,
            };
            Assert.Equal(expected.Select(Id), await ListIds(query));
        }

        Assert.Empty(await ListIds(new JobQuery { CreatedBefore = DateTimeOffset.MinValue }));
        Assert.Equal(5, (await ListIds(new JobQuery { CreatedFrom = DateTimeOffset.MinValue, CreatedBefore = DateTimeOffset.MaxValue })).Count);
    }

    [Fact]
    public async Task ListJobs_FollowsEachMove_OfAStatus()
    {
        foreach (var status in Enum.GetValues<JobStatus>().Where(status => status != JobStatus.None))
        {
            var number = (int)status;
            await AppendRow(Row(Id(number), status: JobStatus.Queued));
            await Appended(Append(Id(number), expected: 1) with { Row = Row(Id(number), status: status), StatusBefore = JobStatus.Queued });
        }

        await Appended(Append(Id((int)JobStatus.Failed), expected: 2) with { Row = Row(Id((int)JobStatus.Failed)), StatusBefore = JobStatus.Failed });

        foreach (var status in Enum.GetValues<JobStatus>().Where(status => status != JobStatus.None))
        {
            int[] expected = status switch
            {
                JobStatus.Failed => [],
                JobStatus.Running => [(int)JobStatus.Failed, (int)JobStatus.Running],
                _ => [(int)status],
            };
            Assert.Equal(expected.Select(Id), await ListIds(new JobQuery { Tenant = "acme", Status = status }));
            Assert.Equal(expected.Select(Id), await ListIds(new JobQuery { Status = status }));
        }
    }

    /// <summary>Each page says how far it looked, so the number of pages tells what one of them cost.</summary>
    [Theory]
    [InlineData(JobStatus.Completed, null, null)]
    [InlineData(JobStatus.Queued, null, null)]
    [InlineData(null, "encode", "common")]
    [InlineData(JobStatus.Pending, "encode", null)]
    [InlineData(null, null, "common,rare")]
    public async Task ListJobs_LooksAtNoMoreThanItsScanLimit_WhenFewPass(JobStatus? status, string? workflow, string? terms)
    {
        const int jobs = 40, scanLimit = 7;
        var stored = workflow is null ? JobStatus.Running : JobStatus.Pending;
        await AppendAll([.. Enumerable.Range(1, jobs).Select(n => Append(Id(n)) with
        {
            Row = Row(Id(n), status: n == 3 ? status ?? stored : stored, workflow: n == 3 && workflow is not null ? workflow : "render"),
            Terms = n == 3 ? ["common", "rare"] : ["common"],
        })]);

        var query = new JobQuery { Tenant = "acme", Status = status, WorkflowName = workflow, Terms = terms?.Split(',') ?? [], ScanLimit = scanLimit };
        var (found, cursors) = (new List<JobId>(), new List<JobId>());
        var page = await Store.ListJobs(query);
        for (; page.Next is { } next; page = await Store.ListJobs(query with { Before = next }))
        {
            found.AddRange(page.Rows.Select(row => row.Id));
            cursors.Add(next);
        }

        found.AddRange(page.Rows.Select(row => row.Id));
        Assert.Equal([Id(3)], found);
        Assert.Equal([34, 27, 20, 13, 6], cursors.Select(id => Enumerable.Range(1, jobs).First(n => Id(n) == id)));
    }

    [Fact]
    public async Task FindJobs_GivesThoseThatExist()
    {
        await AppendRow(Row(Id(1)));
        await AppendRow(Row(Id(2)));

        Assert.Equal([Id(1), Id(2)], (await Store.FindJobs([Id(2), Id(9), Id(1)])).Select(row => row.Id).Order());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.FindJobs([.. Enumerable.Range(0, 1001).Select(Id)]));
    }

    [Fact]
    public async Task FindNewest_GivesTheNewestThatFits_OfEachQuery()
    {
        await Run(1, "a", JobStatus.Completed, Noon);
        await Run(2, "A", JobStatus.Completed, Noon);
        await Run(3, "a", JobStatus.Failed, Noon.AddMinutes(1));
        await Run(4, "b", JobStatus.Running, Noon);

        var found = await Store.FindNewest(
        [
            Of("a"), Of("A"), Of("b"), Of("c"), Of("a") with { Status = JobStatus.Completed }, Of("a") with { ChangedAfter = Noon }, Of("a") with { Status = JobStatus.Completed, ChangedAfter = Noon },
            Of("a") with { Tenant = "other" },
        ]);

        Assert.Equal([Id(3), Id(2), Id(4), null, Id(1), Id(3), null, null], found.Select(row => row?.Id));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.FindNewest([.. Enumerable.Repeat(Of("a"), 1001)]));

        static NewestJobQuery Of(string value) => new("acme", "run", value);

        async Task Run(int n, string value, JobStatus status, DateTimeOffset at) => await Appended(Append(Id(n)) with
        {
            Row = Row(Id(n)) with { Status = status, UpdatedAt = at, Labels = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("run", value) },
            Terms = [$"run={value.ToLowerInvariant()}"],
        });
    }

    [Fact]
    public async Task ListJobs_RefusesWhatItCannotDo()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ListJobs(new JobQuery { Limit = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ListJobs(new JobQuery { Limit = 1001 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ListJobs(new JobQuery { ScanLimit = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.ListJobs(new JobQuery { Terms = ["alpha"] }));
    }

    private Task AppendTerms(int n, params string[] terms) => Appended(Append(Id(n)) with { Row = Row(Id(n)), Terms = terms });

    private async Task<List<JobId>> ListIds(JobQuery query) => [.. (await Store.ListJobs(query)).Rows.Select(row => row.Id)];
}
