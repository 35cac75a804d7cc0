using System.Collections.Immutable;
using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Import;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Import;

/// <summary>An embedded store comes to PostgreSQL whole, at once or in several goes, or is refused with a reason.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class StoreImportTests : IAsyncLifetime
{
    private const int Jobs = 450;

    private readonly TemporaryDirectory _directory = new();
    private PostgresData _target = null!;

    public async Task InitializeAsync()
    {
        _target = await PostgresData.CreateNewOnSecond();
        await using var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path, Synchronous = SqliteSynchronous.Off }, TimeProvider.System, NullLogger.Instance);
        await Task.WhenAll(Enumerable.Range(1, Jobs).Select(n => store.Append(First(n)).AsTask()));
        await Task.WhenAll(Enumerable.Range(1, Jobs).Where(n => n % 3 == 0).Select(n => store.Append(Second(n)).AsTask()));
        await store.RegisterWorkflow("acme", Workflow(), Noon);
        await store.AddKey(new StoredKey("k1", "acme", "Büro", ["admin", "viewer"], new byte[] { 1, 2, 3 }, Noon, Noon.AddDays(1), null));
        await store.SetQuota("acme", "minutes", new QuotaPlan("free", 100, "ask"), Noon);
        await store.Give(new QuotaOrder.Reserve("acme", "minutes", "open", 10, Noon.AddHours(1)), Noon);
        await store.Give(new QuotaOrder.Reserve("acme", "minutes", "used", 20, null), Noon);
        await store.Give(new QuotaOrder.Settle("acme", "minutes", "used", 12, 11.4m), Noon);
        await store.AddWebhookSecret(new WebhookSecret("s1", "acme", new byte[] { 9 }, Noon, null), Noon);
    }

    public async Task DisposeAsync()
    {
        _directory.Dispose();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task Import_BringsAllThatReadersSee()
    {
        var report = await Import();
        Assert.Equal((Jobs, 0), (report.Jobs, report.AlreadyThere));

        await using var source = SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance);
        await using var store = await _target.Open();
        Assert.Equal(await Describe(source), await Describe(store));
        Assert.Empty(await store.CompareCounts());
        Assert.Empty(await store.ReadStrays(10));
    }

    [Fact]
    public async Task Import_BringsQuota_WhichGoesOn()
    {
        await Import();
        await using var source = SqliteJobStore.OpenReadOnly(_directory.Path, NullLogger.Instance);
        await using var store = await _target.Open();
        Assert.Equal(await source.FindQuota("acme", "minutes", Noon), await store.FindQuota("acme", "minutes", Noon));
        Assert.Equal(await source.FindHold("acme", "minutes", "used"), await store.FindHold("acme", "minutes", "used"));
        Assert.Equal(await source.ListQuotaEntries("acme", "minutes", null, 10), await store.ListQuotaEntries("acme", "minutes", null, 10));

        Assert.IsType<QuotaResult.Done>(await store.Give(new QuotaOrder.Settle("acme", "minutes", "open", 5, null), Noon));
        Assert.Equal(QuotaEntryKind.Committed, (await store.ListQuotaEntries("acme", "minutes", null, 1))[0].Kind);
        Assert.Empty(await store.CheckQuotas(10));
    }

    [Fact]
    public async Task ImportedJobs_GoOn_UnderANewIncarnation()
    {
        await Import();
        await using var store = await _target.Open();
        var last = (await store.ReadJournal(0, null, 10_000)).Next;
        var writers = (await store.ReadEvents(Id(1), 0, 10)).Select(@event => @event.Writer);

        Assert.All(writers, writer => Assert.True(writer < store.Incarnation));
        var appended = Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1), expected: 2) with { Messages = [new NewMessage(Id(2), MessageKind.Cancel, default)] }));
        Assert.True(appended.FirstOrdering > last);
        Assert.IsType<AppendResult.Conflict>(await store.Append(Append(Id(1), expected: 2)));
        Assert.IsType<AppendResult.Conflict>(await store.Append(Append(Id(900)) with { Claims = [new Claim("idempotency", "acme/1")] }));
        var inbox = await store.ReadInbox(Id(2));
        Assert.Equal(inbox.Select(message => message.Id).Order(), inbox.Select(message => message.Id));
    }

    [Fact]
    public async Task Import_GoesOn_WhereItWasInterrupted()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Import(new Progress(_ => stop.Cancel()), stop.Token));
        var halfway = await _target.Execute("SELECT count(*) FROM {schema}.jobs");
        Assert.InRange((long)halfway!, 1, Jobs - 1);

        var report = await Import();
        Assert.Equal((Jobs, (long)halfway), (report.Jobs, report.AlreadyThere));

        var again = await Import();
        Assert.Equal((Jobs, Jobs, report.Digest), (again.Jobs, again.AlreadyThere, again.Digest));
        await using var store = await PostgresJobStore.OpenReadOnly(_target.Options, TimeProvider.System, NullLogger.Instance);
        Assert.Empty(await store.CompareCounts());
    }

    [Fact]
    public async Task Import_RefusesATarget_WithJobsOfItsOwn()
    {
        await using (var store = await _target.Open()) await store.Append(Append(Id(2000)));

        var failure = await Assert.ThrowsAsync<StoreException>(() => Import());
        Assert.Contains($"jobs of its own, {Id(2000)} for one", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await _target.Execute("SELECT count(*) FROM {schema}.journal"));
    }

    [Theory]
    [InlineData("UPDATE {schema}.journal SET payload = 'x' WHERE job_id = '$job' AND sequence_nr = 1")]
    [InlineData("UPDATE {schema}.jobs SET priority = 7 WHERE job_id = '$job'")]
    [InlineData("DELETE FROM {schema}.claims WHERE job_id = '$job'")]
    [InlineData("DELETE FROM {schema}.job_terms WHERE job_id = '$job'")]
    [InlineData("DELETE FROM {schema}.snapshots WHERE job_id = '$job'")]
    public async Task Import_RefusesATarget_WithAnotherHistoryOfAJob(string change)
    {
        await Import();
        await _target.Execute(change.Replace("$job", $"{Id(3)}", StringComparison.Ordinal));

        Assert.Contains($"another history of the job {Id(3)}", (await Assert.ThrowsAsync<StoreException>(() => Import())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_RefusesATarget_WithAnotherKeyUnderTheSameId()
    {
        await Import();
        await _target.Execute("UPDATE {schema}.api_keys SET roles = 'admin'");

        Assert.Contains("another row in api_keys under the key k1", (await Assert.ThrowsAsync<StoreException>(() => Import())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_RefusesATarget_OnWhichANodeWorks()
    {
        await using var node = await _target.Open();

        Assert.Contains("The node test works on the target", (await Assert.ThrowsAsync<StoreException>(() => Import())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_RefusesASource_ThatIsInUseOrIsNotThere()
    {
        await using (SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance))
            Assert.Contains($"The process {Environment.ProcessId} works in", (await Assert.ThrowsAsync<StoreException>(() => Import())).Message, StringComparison.Ordinal);

        var failure = await Assert.ThrowsAsync<StoreException>(() => StoreImport.Run("/nowhere/dispatcher.db", _target.Options, TimeProvider.System, null, CancellationToken.None));
        Assert.StartsWith("There is no database /nowhere/dispatcher.db", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A job with all that may belong to one.</summary>
    private static AppendRequest First(int n) => Append(Id(n), events: 2) with
    {
        Row = Row(Id(n), n % 5 == 0 ? Noon : null, workflow: n % 2 == 0 ? "render" : "encode") with
        {
            CorrelationId = "größe 日本",
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "a\0b"),
        },
        Address = new JobAddress("acme", n % 2 == 0 ? "render" : "encode", null),
        Claims = [new Claim("idempotency", $"acme/{n}", "fingerprint")],
        Terms = ["alpha", "team=a\0b"],
        Snapshot = n % 3 == 0 ? Snapshot($"state {n}") : null,
        Watches = n > 1 ? [new Watch(Id(n - 1), WatchKind.Dependency)] : [],
        Deliveries = [new NewDelivery(1, "job.started", "https://example.test")],
    };

    private static AppendRequest Second(int n) => Append(Id(n), expected: 2) with
    {
        Row = Row(Id(n), status: JobStatus.Failed, workflow: n % 2 == 0 ? "render" : "encode") with { UpdatedAt = Noon.AddHours(1) },
        StatusBefore = JobStatus.Running,
    };

    private Task<ImportReport> Import(IProgress<ImportProgress>? progress = null, CancellationToken cancellation = default) =>
        StoreImport.Run(_directory.Path, _target.Options, TimeProvider.System, progress, cancellation);

    /// <summary>What readers see, as text. The writers' numbers are the target's own, when it had nodes before.</summary>
    private static async Task<string> Describe<TStore>(TStore store) where TStore : IJobStore, IAccessStore, IDeliveryStore
    {
        var lines = new List<string>();
        foreach (var entry in (await store.ReadJournal(0, null, 10_000)).Entries) lines.Add($"{entry with { Payload = default }} {Text(entry.Payload)}");
        foreach (var query in new[] { new JobQuery { Limit = 1000 }, new JobQuery { Tenant = "acme", Terms = ["alpha", "encode"], Limit = 1000 }, new JobQuery { Tenant = "acme", Status = JobStatus.Failed, Limit = 1000 } })
            lines.AddRange((await store.ListJobs(query)).Rows.Select(row => $"{row with { Labels = null }} {(row.Labels is { } labels ? string.Join(',', labels) : "")}"));
        for (var n = 1; n <= Jobs; n++)
        {
            var history = (await store.ReadHistory(Id(n)))!;
            lines.Add($"{history.SnapshotSequenceNr} {Text(history.Snapshot?.Payload ?? default)} {string.Join(' ', history.Events.Select(e => $"{e.Ordering} {e.SequenceNr} {e.Type} {e.At:O} {Text(e.Payload)}"))}");
            lines.Add(string.Join(' ', history.Inbox.Select(message => $"{message with { Payload = default }}")) + string.Join(' ', await store.ReadWatches(Id(n), 10)));
        }

        lines.AddRange((await store.CountJobs(null)).Select(count => $"{count}").Order(StringComparer.Ordinal));
        lines.AddRange((await store.ListDeliveries("acme", null, null, null, 1000)).Select(delivery => $"{delivery}"));
        lines.AddRange((await store.ListRegistered("acme", null, null, 10)).Select(workflow => $"{workflow}"));
        lines.Add($"{await store.FindWorkflow("aa")}");
        lines.AddRange((await store.ReadKeys()).Select(key => $"{key with { Roles = [], Hash = default }} {string.Join(',', key.Roles)} {Convert.ToHexString(key.Hash.Span)}"));
        lines.AddRange((await store.ReadWebhookSecrets("acme")).Select(secret => $"{secret with { Secret = default }} {Convert.ToHexString(secret.Secret.Span)}"));
        return string.Join('\n', lines);
    }

    private sealed class Progress(Action<ImportProgress> report) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => report(value);
    }
}
