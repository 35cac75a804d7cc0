using System.Text;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>
/// The same random work on the SQLite store and on the simulated one gives the same answers and the same reads: what a simulation proves
/// over the one then holds for the other. A failure names its seed.
/// </summary>
public sealed class StoreModelTests
{
    private const int Jobs = 8;
    private const int Rounds = 60;

    private static readonly string[] Words = ["alpha", "beta", "team=a", "team=b"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task BothStores_AnswerAlike_WhenTheWorkIsTheSame(int seed)
    {
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        await using var sqlite = SqliteJobStore.Open(
            new SqliteStoreOptions { DataDirectory = directory.Path, BatchLimitEvents = 7 }, TimeProvider.System, NullLogger.Instance);
        await using var model = new SimulatedJobStore(new SimulatedDisk());
        var (sqliteFollower, modelFollower) = (new JournalFollower(), new JournalFollower());
        using var sqliteListening = sqlite.Listen(sqliteFollower);
        using var modelListening = model.Listen(modelFollower);

        for (var round = 0; round < Rounds; round++)
        {
            var (requests, expected) = await AppendToModel(model, random);
            var actual = await Task.WhenAll(requests.Select(request => sqlite.Append(request).AsTask()).ToList());
            Assert.Equal(
                $"seed {seed}, round {round}:\n{string.Join('\n', expected.Select(Describe))}",
                $"seed {seed}, round {round}:\n{string.Join('\n', actual.Select(Describe))}");
            Assert.Equal(await Describe(model, random.Next(1, 5)), await Describe(sqlite, random.Next(1, 5)));
            Assert.Equal(modelFollower.Lines, sqliteFollower.Lines);
        }
    }

    /// <summary>Each append is made from what the one before has left, so that it tells the truth about its job; most land.</summary>
    private static async Task<(List<AppendRequest> Requests, List<AppendResult> Results)> AppendToModel(SimulatedJobStore model, Random random)
    {
        var requests = new List<AppendRequest>();
        var results = new List<AppendResult>();
        for (var n = random.Next(1, 12); n > 0; n--)
        {
            requests.Add(await RandomAppend(random, model));
            results.Add(await model.Append(requests[^1]));
        }

        return (requests, results);
    }

    private static async Task<AppendRequest> RandomAppend(Random random, SimulatedJobStore model)
    {
        var id = Id(random.Next(Jobs));
        var inbox = await model.ReadInbox(id);
        var consumed = inbox.Where(_ => random.Next(2) == 0).Select(message => message.Id).ToList();
        var events = random.Next(consumed.Count > 0 ? 0 : 1, 4);
        var current = (await model.ReadEvents(id, 0, int.MaxValue)).Count;
        var expected = Math.Max(0, current + (random.Next(4) == 0 ? random.Next(-2, 4) : 0));
        var row = expected == 0 || random.Next(3) == 0 ? RandomRow(random, id) : null;
        return Append(id, expected, events) with
        {
            Claims = [.. Enumerable.Range(0, random.Next(6) == 0 ? random.Next(1, 3) : 0).Select(n => new Claim($"kind-{n}", $"{random.Next(20)}", $"{random.Next(2)}"))],
            Row = row,
            StatusBefore = (await model.FindJob(id))?.Status ?? JobStatus.None,
            Snapshot = random.Next(8) == 0 ? Snapshot($"after {expected + events}") : null,
            ConsumedMessages = consumed,
            Terms = expected == 0 ? [.. Words.Where(_ => random.Next(2) == 0)] : [],
            Watches = [.. Enumerable.Range(0, random.Next(3) == 0 ? random.Next(1, 4) : 0).Select(_ => new Watch(Id(random.Next(Jobs + 1)), random.Next(2) == 0 ? WatchKind.Child : WatchKind.Dependency))],
            Messages = [.. Enumerable.Range(0, random.Next(4) == 0 ? random.Next(1, 3) : 0).Select(n => new NewMessage(Id(random.Next(Jobs + 1)), MessageKind.Cancel, Encoding.UTF8.GetBytes($"{n}")))],
            EndNote = row?.Status.IsTerminal() == true ? Encoding.UTF8.GetBytes($"note {expected}") : default,
        };
    }

    private static JobRow RandomRow(Random random, JobId id) =>
        Row(
            id,
            random.Next(3) == 0 ? null : Noon.AddTicks(random.Next(-30, 30)),
            (JobStatus)random.Next(1, 12),
            tenant: id.CompareTo(Id(Jobs / 2)) < 0 ? "acme" : "other",
            workflow: id.CompareTo(Id(Jobs / 3)) < 0 ? "render" : "encode");

    private static string Describe(AppendResult result) => result is AppendResult.Appended appended
        ? $"appended {appended.FirstOrdering}, woken {string.Join(' ', appended.Woken)}"
        : result.ToString();

    /// <summary>All that can be read, as text, read in pages; the length of a page must not matter.</summary>
    private static async Task<string> Describe(IJobStore store, int pageLength)
    {
        var lines = new List<string>();
        DueCursor? cursor = null;
        while (await store.ReadDue(Noon.AddTicks(11), cursor, pageLength) is { Count: > 0 } page)
        {
            lines.AddRange(page.Select(due => $"due {due.WakeAt:O} {Describe(due.History)}"));
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        foreach (var query in Queries()) lines.AddRange(await ListAll(store, query, pageLength));
        for (var job = 0; job < Jobs; job++)
        {
            lines.Add(await store.ReadHistory(Id(job)) is { } history ? Describe(history) : "none");
            lines.AddRange((await store.ReadWatches(Id(job), 100)).Select(edge => edge.ToString()));
        }

        lines.AddRange((await store.CountJobs(null)).Select(count => count.ToString()).Order(StringComparer.Ordinal));
        lines.AddRange(await ReadJournal(store, null, pageLength));
        lines.AddRange(await ReadJournal(store, "acme", pageLength));
        lines.Add($"next {await store.NextWakeUp(Noon.AddTicks(-11)):O} last {await store.LastOrdering()}");
        return string.Join('\n', lines);
    }

    private static IEnumerable<JobQuery> Queries()
    {
        foreach (var tenant in new[] { null, "acme", "other" })
        {
            yield return new JobQuery { Tenant = tenant };
            yield return new JobQuery { Tenant = tenant, Status = JobStatus.Running };
            yield return new JobQuery { Tenant = tenant, Status = JobStatus.Failed, WorkflowName = "encode" };
            yield return new JobQuery { Tenant = tenant, WorkflowName = "render", CreatedFrom = Noon.AddMilliseconds(1), CreatedBefore = Noon.AddMilliseconds(6) };
        }

        yield return new JobQuery { Tenant = "acme", Terms = ["alpha"] };
        yield return new JobQuery { Tenant = "other", Terms = ["encode", "team=a", "beta"], Status = JobStatus.Completed };
    }

    private static async Task<List<string>> ListAll(IJobStore store, JobQuery query, int pageLength)
    {
        var lines = new List<string>();
        JobPage page;
        JobId? before = null;
        do
        {
            page = await store.ListJobs(query with { Before = before, Limit = pageLength, ScanLimit = pageLength + 1 });
            lines.AddRange(page.Rows.Select(row => $"{query.Tenant}: {row}"));
            before = page.Next;
        }
        while (before is not null);
        return lines;
    }

    private static async Task<List<string>> ReadJournal(IJobStore store, string? tenant, int pageLength)
    {
        var lines = new List<string>();
        for (var (after, next) = (-1L, 0L); next != after;)
        {
            after = next;
            var page = await store.ReadJournal(after, tenant, pageLength);
            lines.AddRange(page.Entries.Select(entry => $"{tenant}: {entry.Ordering} {entry.JobId} {entry.SequenceNr} {entry.Address}"));
            next = page.Next;
        }

        return lines;
    }

    private static string Describe(JobHistory history) =>
        $"{history.Id} {(history.Snapshot is { } snapshot ? Text(snapshot.Payload) : "-")} {history.SnapshotSequenceNr}: " +
        string.Join(' ', history.Events.Select(@event => $"{@event.SequenceNr}{Text(@event.Payload)}")) +
        string.Concat(history.Inbox.Select(message => $" [{message.Id} {message.To} {message.From} {message.Kind} {message.Outcome} {Text(message.Payload)}]"));
}
