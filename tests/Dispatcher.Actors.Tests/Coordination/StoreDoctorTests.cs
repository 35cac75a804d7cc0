using Dispatcher.Actors.Tests.Steps;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Jobs;
using Dispatcher.Store.Sqlite;
using static Dispatcher.Actors.Tests.Coordination.SampleStore;

namespace Dispatcher.Actors.Tests.Coordination;

/// <summary>Each kind of fault is found in a real store that was broken so, and nothing is found in a sound one.</summary>
public sealed class StoreDoctorTests(SampleStore sample) : IClassFixture<SampleStore>
{
    [Fact]
    public async Task Check_FindsNothing_WhenTheStoreIsSound()
    {
        var report = await sample.Check(_ => { });

        Assert.Empty(report.Findings);
        Assert.True(report.IsHealthy);
        Assert.Equal((7, 0), (report.Jobs, report.Stuck));
        Assert.InRange(report.Events, 25, 100);
    }

    [Fact]
    public async Task Check_FindsAnAccountThatDoesNotAddUp() => Assert.Equal([DoctorProblem.QuotaWrong], await Break(
        "INSERT INTO quota_accounts (tenant, meter, plan, plan_limit, used, reserved, overage, updated_at) VALUES ('acme', 'minutes', 'free', 10, 3, 0, 0, 0)"));

    [Theory]
    [InlineData("DELETE FROM quota_holds")]
    [InlineData("UPDATE quota_holds SET status = 'rolled-back'")]
    [InlineData("UPDATE quota_holds SET status = 'held', amount = 0")]
    public async Task Check_FindsAJobThatWasNotCharged(string change)
    {
        var report = await sample.Check(directory => Run(directory, change));

        Assert.Equal((DoctorProblem.QuotaWrong, sample.Metered), Assert.Single(report.Findings) is var finding ? (finding.Problem, finding.Job) : default);
    }

    [Fact]
    public async Task Check_FindsAGap_WhenAnEventIsGone() =>
        Assert.Equal([DoctorProblem.SequenceGap], await Break($"DELETE FROM journal WHERE job_id = {Sql(sample.Completed)} AND sequence_nr = 3"));

    [Fact]
    public async Task Check_FindsAGap_WhenTheFirstEventIsGone() =>
        Assert.Equal([DoctorProblem.SequenceGap], await Break($"DELETE FROM journal WHERE job_id = {Sql(sample.Completed)} AND sequence_nr = 1"));

    [Fact]
    public async Task Check_FindsAWrongFirstEvent() =>
        Assert.Equal([DoctorProblem.FirstEvent], await Break($"UPDATE journal SET type = 'job.queued' WHERE job_id = {Sql(sample.Failed)} AND sequence_nr = 1"));

    [Fact]
    public async Task Check_FindsARowWithoutEvents() =>
        Assert.Equal([DoctorProblem.EventsMissing], await Break($"DELETE FROM journal WHERE job_id = {Sql(sample.Failed)}"));

    [Fact]
    public async Task Check_FindsEventsWithoutARow() =>
        Assert.Equal([DoctorProblem.RowMissing, DoctorProblem.CounterWrong, DoctorProblem.StrayRow], await Break($"DELETE FROM jobs WHERE job_id = {Sql(sample.Failed)}"));

    [Fact]
    public async Task Check_FindsARowThatCannotBeRead() =>
        Assert.Equal([DoctorProblem.RowUnreadable, DoctorProblem.CounterWrong], await Break($"UPDATE jobs SET status = 'melted' WHERE job_id = {Sql(sample.Failed)}"));

    [Theory]
    [InlineData("priority = 7")]
    [InlineData("waits_for = 'pause'")]
    [InlineData("wake_at = 5")]
    [InlineData("wake_at = wake_at + 1000000")]
    [InlineData("correlation_id = NULL")]
    [InlineData("labels = '{\"a\":\"b\"}'")]
    [InlineData("ended_at = 12")]
    [InlineData("created_at = created_at + 1")]
    [InlineData("workflow_version = 2")]
    public async Task Check_FindsARowThatDiffersFromTheFold(string change)
    {
        var id = change.StartsWith("wake_at = wake_at", StringComparison.Ordinal) ? sample.Sleeping : sample.Pending;
        Assert.Equal([DoctorProblem.RowDiffers], await Break($"UPDATE jobs SET {change} WHERE job_id = {Sql(id)}"));
    }

    [Fact]
    public async Task Check_FindsAStatusThatDiffers_AlsoAmongTheCounters() =>
        Assert.Equal([DoctorProblem.RowDiffers, DoctorProblem.CounterWrong], await Break($"UPDATE jobs SET status = 'paused' WHERE job_id = {Sql(sample.Pending)}"));

    [Theory]
    [InlineData("payload = '{'")]
    [InlineData("type = 'job.melted'")]
    [InlineData("payload = '{\"step\":\"nobody\"}', type = 'step.skipped'")]
    public async Task Check_FindsAnEventThatCannotBeRead(string change) =>
        Assert.Equal([DoctorProblem.JobUnreadable], await Break($"UPDATE journal SET {Blob(change)} WHERE job_id = {Sql(sample.Completed)} AND sequence_nr = 2"));

    [Fact]
    public async Task Check_FindsAWorkflowThatIsGone() =>
        Assert.Equal([DoctorProblem.JobUnreadable], await Break($"DELETE FROM workflows WHERE name = (SELECT workflow_name FROM jobs WHERE job_id = {Sql(sample.Failed)})"));

    [Fact]
    public async Task Check_FindsABrokenInvariant_WhenAnEventLeadsToAStateThatMustNotBe()
    {
        var scheduled = "'job.scheduled', CAST('{\"start_at\":\"2030-01-01T00:00:00Z\"}' AS BLOB)";
        var problems = await Break($"INSERT INTO journal (job_id, sequence_nr, writer, at, type, payload) VALUES ({Sql(sample.Pending)}, 2, 2, 0, {scheduled})");
        Assert.Equal([DoctorProblem.RowDiffers, DoctorProblem.InvariantBroken], problems);
    }

    [Fact]
    public async Task Check_FindsASnapshotThatDiffers()
    {
        var change = "payload = CAST(json_set(CAST(payload AS TEXT), '$.priority', 9) AS BLOB)";
        Assert.Equal([DoctorProblem.SnapshotDiffers], await Break($"UPDATE snapshots SET {change} WHERE job_id = {Sql(sample.Completed)}"));
    }

    [Fact]
    public async Task Check_FindsAStuckJob_WhenNothingWillWakeIt()
    {
        var report = await sample.Check(copy => Run(copy, $"UPDATE jobs SET wake_at = NULL, waits_for = NULL WHERE job_id = {Sql(sample.Pending)}"));

        Assert.Equal([DoctorProblem.RowDiffers, DoctorProblem.Stuck], report.Counts.Keys);
        Assert.Equal(1, report.Stuck);
    }

    [Theory]
    [InlineData("DELETE FROM watches")]
    [InlineData("UPDATE jobs SET status = 'completed', wake_at = NULL, waits_for = NULL, ended_at = 1 WHERE job_id = $sleeping")]
    public async Task Check_FindsALostWakeUp_WhenNoMessageCanComeAnyMore(string change)
    {
        var report = await sample.Check(copy => Run(copy, change.Replace("$sleeping", Sql(sample.Sleeping), StringComparison.Ordinal)));

        Assert.Contains(report.Findings, finding => finding.Problem == DoctorProblem.LostWakeUp && finding.Job == sample.Waiting);
        Assert.InRange(report.Stuck, 1, 2);
    }

    [Fact]
    public async Task Check_FindsAnOverdueJob_OnlyBesideAServer()
    {
        var tomorrow = new FixedTime(TimeProvider.System.GetUtcNow().AddDays(2));

        Assert.True((await sample.Check(_ => { }, new DoctorOptions(), tomorrow)).IsHealthy);
        var live = await Check(sample.Path, new DoctorOptions { IsLive = true }, new LateTime(TimeSpan.FromDays(2)));

        Assert.Equal((DoctorProblem.Overdue, sample.Sleeping), (Assert.Single(live.Findings).Problem, live.Findings[0].Job!.Value));
    }

    [Theory]
    [InlineData("UPDATE job_counts SET jobs = jobs + 1 WHERE status = 'failed'")]
    [InlineData("DELETE FROM job_counts WHERE status = 'failed'")]
    [InlineData("INSERT INTO job_counts VALUES ('acme', 'nobody', 'queued', 3)")]
    public async Task Check_FindsAWrongCounter(string change) => Assert.Equal([DoctorProblem.CounterWrong], await Break(change));

    [Fact]
    public async Task Check_FindsAMessageForNobody() =>
        Assert.Equal([DoctorProblem.StrayMessage], await Break($"INSERT INTO inbox (job_id, from_job, kind, outcome, payload, at) VALUES (x'00', {Sql(sample.Failed)}, 'cancel', 'none', x'', 0)".Replace("x'00'", "x'000102030405060708090a0b0c0d0e0f'", StringComparison.Ordinal)));

    [Fact]
    public async Task Check_FindsMailThatWakesNobody() =>
        Assert.Equal([DoctorProblem.RowDiffers, DoctorProblem.SleepingMail], await Break($"INSERT INTO inbox (job_id, from_job, kind, outcome, payload, at) VALUES ({Sql(sample.Pending)}, {Sql(sample.Failed)}, 'cancel', 'none', x'', 0)"));

    [Theory]
    [InlineData("INSERT INTO watches VALUES (x'000102030405060708090a0b0c0d0e0f', x'000102030405060708090a0b0c0d0e0f', 'dependency')")]
    [InlineData("INSERT INTO claims (kind, key, job_id) VALUES ('idempotency', 'default/stray', x'000102030405060708090a0b0c0d0e0f')")]
    [InlineData("INSERT INTO job_terms VALUES ('default', 'stray', x'000102030405060708090a0b0c0d0e0f')")]
    [InlineData("INSERT INTO snapshots VALUES (x'000102030405060708090a0b0c0d0e0f', 1, 1, x'00')")]
    public async Task Check_FindsARowOfNoJob(string change) => Assert.Equal([DoctorProblem.StrayRow], await Break(change));

    [Fact]
    public async Task Check_FindsAJobThatNoListFinds() => Assert.Equal([DoctorProblem.NotListed], await Break($"DELETE FROM job_terms WHERE job_id = {Sql(sample.Failed)}"));

    [Fact]
    public async Task Check_FindsWritersOutOfOrder() =>
        Assert.Equal([DoctorProblem.WriterOrder], await Break("UPDATE journal SET writer = 1 WHERE ordering = (SELECT max(ordering) FROM journal)"));

    [Fact]
    public async Task Check_FindsAnUnknownWriter() =>
        Assert.Equal([DoctorProblem.UnknownWriter], await Break("UPDATE journal SET writer = 99 WHERE ordering = (SELECT max(ordering) FROM journal)"));

    [Fact]
    public async Task Check_FindsTwoWritersAlive() => Assert.Equal([DoctorProblem.TwoWriters], await Break("UPDATE nodes SET state = 'alive'"));

    [Fact]
    public async Task Check_FindsAFileThatIsGone() => Assert.Equal([DoctorProblem.ArtifactMissing], await Break(copy => File.Delete(FileOf(copy))));

    [Fact]
    public async Task Check_FindsAFileThatHasChanged() => Assert.Equal([DoctorProblem.ArtifactSize], await Break(copy => File.AppendAllText(FileOf(copy), "more")));

    [Fact]
    public async Task Check_FindsDamage_WhenBytesOfTheFileWereOverwritten()
    {
        var problems = await Break(copy =>
        {
            long page, pageBytes;
            using (var database = SqliteDatabase.Open(DataDirectory.DatabaseFile(copy), readOnly: true))
                (page, pageBytes) = (database.QueryInt64("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs_by_tenant'")!.Value, database.QueryInt64("PRAGMA page_size")!.Value);
            using var file = File.OpenWrite(DataDirectory.DatabaseFile(copy));
            file.Seek((page - 1) * pageBytes, SeekOrigin.Begin);
            file.Write(new byte[pageBytes]);
        });
        Assert.Equal([DoctorProblem.DatabaseDamaged], problems);
    }

    [Fact]
    public async Task Check_FindsNothing_BesideAServerThatWrites()
    {
        using var directory = new TemporaryDirectory();
        await using var life = Life.Open(directory.Path);
        await life.Node.Start();
        var spec = await life.Register("steps: [ { id: a, uses: noop, for_each: [1, 2, 3, 4, 5] }, { id: b, uses: delay, with: { duration: 5ms }, needs: [a] }, { id: c, uses: test.write, needs: [b] } ]") with { IdempotencyKey = null };
        var ends = new List<Task>();
        for (var i = 0; i < 300; i++)
        {
            var id = life.Node.Gateway.NextJobId();
            ends.Add(life.Node.Feed.WhenEnded(id));
            _ = life.Node.Gateway.Submit(spec, Principal.Engine, id);
        }

        var all = Task.WhenAll(ends);
        var checks = 0;
        do
        {
            var report = await Check(directory.Path, new DoctorOptions { Quick = true, IsLive = true });
            Assert.Empty(report.Findings);
            checks++;
        }
        while (!all.IsCompleted || checks < 2);

        Assert.Equal(300, (await Check(directory.Path, new DoctorOptions { IsLive = true })).Jobs);
    }

    [Fact]
    public void Advice_IsThereForEachProblem() => Assert.All(Enum.GetValues<DoctorProblem>(), problem =>
    {
        var (meaning, action) = DoctorAdvice.Of(problem);
        Assert.EndsWith(".", meaning, StringComparison.Ordinal);
        Assert.EndsWith(".", action, StringComparison.Ordinal);
    });

    private Task<IEnumerable<DoctorProblem>> Break(string sql) => Break(copy => Run(copy, sql));

    private async Task<IEnumerable<DoctorProblem>> Break(Action<string> change) => (await sample.Check(change)).Counts.Keys;

    private string FileOf(string copy) => Directory.EnumerateFiles(Path.Combine(copy, "artifacts"), "a.txt", SearchOption.AllDirectories).Single(file => file.Contains(sample.WithFile.ToString(), StringComparison.Ordinal));

    /// <summary>The text of a payload as the blob that the table wants.</summary>
    private static string Blob(string change) => System.Text.RegularExpressions.Regex.Replace(change, "payload = ('[^']*')", "payload = CAST($1 AS BLOB)", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));

    private sealed class LateTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
