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

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task BothStores_AnswerAlike_WhenTheWorkIsTheSame(int seed)
    {
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        await using var sqlite = SqliteJobStore.Open(
            new SqliteStoreOptions { DataDirectory = directory.Path, BatchLimitEvents = 7 }, TimeProvider.System, NullLogger.Instance);
        await using var model = new SimulatedJobStore(new SimulatedDisk());

        for (var round = 0; round < Rounds; round++)
        {
            var requests = Enumerable.Range(0, random.Next(1, 12)).Select(_ => RandomAppend(random, model)).ToList();
            var expected = await AppendAll(model, requests);
            var actual = await AppendAll(sqlite, requests);
            Assert.True(
                expected.SequenceEqual(actual),
                $"seed {seed}, round {round}:\n{string.Join('\n', expected)}\nbut\n{string.Join('\n', actual)}");
            Assert.Equal(await Describe(model, random.Next(1, 5)), await Describe(sqlite, random.Next(1, 5)));
        }
    }

    private static async Task<AppendResult[]> AppendAll(IJobStore store, IEnumerable<AppendRequest> requests)
    {
        var answers = requests.Select(request => store.Append(request).AsTask()).ToList();
        return await Task.WhenAll(answers);
    }

    private static AppendRequest RandomAppend(Random random, SimulatedJobStore model)
    {
        var id = Id(random.Next(Jobs));
        var events = random.Next(1, 4);
        var claims = random.Next(6) == 0 ? random.Next(1, 3) : 0;
        var current = model.ReadEvents(id, 0, int.MaxValue).GetAwaiter().GetResult().Count;
        var expected = Math.Max(0, current + (random.Next(4) == 0 ? random.Next(-2, 4) : 0));
        return Append(id, expected, events) with
        {
            Claims = [.. Enumerable.Range(0, claims).Select(n => new Claim($"kind-{n}", $"{random.Next(20)}"))],
            Row = random.Next(3) == 0 ? RandomRow(random, id) : null,
            Snapshot = random.Next(8) == 0 ? Snapshot($"after {expected + events}") : null,
        };
    }

    private static JobRow RandomRow(Random random, JobId id) =>
        Row(
            id,
            random.Next(3) == 0 ? null : Noon.AddTicks(random.Next(-30, 30)),
            (JobStatus)random.Next(1, 12),
            tenant: id.CompareTo(Id(Jobs / 2)) < 0 ? "acme" : "other");

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

        foreach (var tenant in new[] { null, "acme", "other" })
        {
            JobId? before = null;
            do
            {
                var page = await store.ListJobs(new JobQuery { Tenant = tenant, Before = before, Limit = pageLength });
                lines.AddRange(page.Rows.Select(row => $"{tenant}: {row}"));
                before = page.Next;
            }
            while (before is not null);
        }

        for (var job = 0; job < Jobs; job++) lines.Add(await store.ReadHistory(Id(job)) is { } history ? Describe(history) : "none");
        lines.Add($"next {await store.NextWakeUp(Noon.AddTicks(-11)):O}");
        return string.Join('\n', lines);
    }

    private static string Describe(JobHistory history) =>
        $"{history.Id} {(history.Snapshot is { } snapshot ? Text(snapshot.Payload) : "-")} {history.SnapshotSequenceNr}: " +
        string.Join(' ', history.Events.Select(@event => $"{@event.SequenceNr}{Text(@event.Payload)}"));
}
