using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Store.Import;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Coordination;

/// <summary>The doctor looks at PostgreSQL through the same contract: the sample is imported, broken there, and each kind of fault is found.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class PostgresDoctorTests(SampleStore sample) : IClassFixture<SampleStore>, IAsyncLifetime
{
    private PostgresData _data = null!;

    public async Task InitializeAsync()
    {
        _data = await PostgresData.CreateNewOnSecond();
        await StoreImport.Run(sample.Path, _data.Options, TimeProvider.System, progress: null, CancellationToken.None);
    }

    public async Task DisposeAsync() => await _data.DisposeAsync();

    [Fact]
    public async Task Check_FindsNothing_WhenTheStoreIsSound()
    {
        var report = await Check();

        Assert.Empty(report.Findings);
        Assert.Equal((7, 0), (report.Jobs, report.Stuck));
    }

    [Theory]
    [InlineData("DELETE FROM {schema}.journal WHERE job_id = '$completed' AND sequence_nr = 3", DoctorProblem.SequenceGap)]
    [InlineData("DELETE FROM {schema}.journal WHERE job_id = '$failed'", DoctorProblem.EventsMissing)]
    [InlineData("DELETE FROM {schema}.jobs WHERE job_id = '$failed'", DoctorProblem.RowMissing, DoctorProblem.CounterWrong, DoctorProblem.StrayRow)]
    [InlineData("UPDATE {schema}.jobs SET status = 'melted' WHERE job_id = '$failed'", DoctorProblem.RowUnreadable, DoctorProblem.CounterWrong)]
    [InlineData("UPDATE {schema}.jobs SET labels = '{\"a\":\"b\"}' WHERE job_id = '$pending'", DoctorProblem.RowDiffers)]
    [InlineData("UPDATE {schema}.jobs SET ended_at = 12 WHERE job_id = '$pending'", DoctorProblem.RowDiffers)]
    [InlineData("UPDATE {schema}.journal SET payload = '{' WHERE job_id = '$completed' AND sequence_nr = 2", DoctorProblem.JobUnreadable)]
    [InlineData("DELETE FROM {schema}.workflows WHERE name = (SELECT workflow_name FROM {schema}.jobs WHERE job_id = '$failed')", DoctorProblem.JobUnreadable)]
    [InlineData("UPDATE {schema}.job_counts SET jobs = jobs + 1 WHERE status = 'failed'", DoctorProblem.CounterWrong)]
    [InlineData("INSERT INTO {schema}.job_counts VALUES ('acme', 'nobody', 'queued', 3, 3)", DoctorProblem.CounterWrong)]
    [InlineData("INSERT INTO {schema}.inbox (job_id, from_job, kind, outcome, payload, at) VALUES ('$stray', '$failed', 'cancel', 'none', '', 0)", DoctorProblem.StrayMessage)]
    [InlineData("INSERT INTO {schema}.inbox (job_id, from_job, kind, outcome, payload, at) VALUES ('$pending', '$failed', 'cancel', 'none', '', 0)", DoctorProblem.RowDiffers, DoctorProblem.SleepingMail)]
    [InlineData("INSERT INTO {schema}.watches VALUES ('$stray', '$stray', 'dependency')", DoctorProblem.StrayRow)]
    [InlineData("DELETE FROM {schema}.job_terms WHERE job_id = '$failed'", DoctorProblem.NotListed)]
    [InlineData("UPDATE {schema}.journal SET writer = 99 WHERE ordering = (SELECT max(ordering) FROM {schema}.journal)", DoctorProblem.UnknownWriter)]
    [InlineData("DELETE FROM {schema}.quota_holds", DoctorProblem.QuotaWrong)]
    [InlineData("UPDATE {schema}.nodes SET state = 'alive'")]
    public async Task Check_FindsWhatIsBroken(string change, params DoctorProblem[] problems)
    {
        await _data.Execute(change
            .Replace("$completed", $"{sample.Completed}", StringComparison.Ordinal)
            .Replace("$failed", $"{sample.Failed}", StringComparison.Ordinal)
            .Replace("$pending", $"{sample.Pending}", StringComparison.Ordinal)
            .Replace("$stray", "00010203-0405-0607-0809-0a0b0c0d0e0f", StringComparison.Ordinal));

        Assert.Equal(problems, (await Check()).Counts.Keys);
    }

    private async Task<DoctorReport> Check()
    {
        await using var store = await PostgresJobStore.OpenReadOnly(_data.Options, TimeProvider.System, NullLogger.Instance);
        var doctor = new StoreDoctor(store, store, SampleStore.Life.Artifacts(sample.Path), TimeProvider.System, new DoctorOptions { IsCluster = true });
        return await doctor.Run(null, CancellationToken.None);
    }
}
