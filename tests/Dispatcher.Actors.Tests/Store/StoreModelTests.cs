using System.Text;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>
/// The same random work on a store and on the simulated one gives the same answers and the same reads: what a simulation proves over the one then holds
/// for the other. Places in the journal and numbers of messages are compared by their rank, since a store may leave gaps. A failure names its seed.
/// </summary>
public abstract class StoreModelTests
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
        await using var store = await OpenStore(batchLimitEvents: 7);
        await using var model = new SimulatedJobStore(new SimulatedDisk());
        var (storeFollower, modelFollower) = (new JournalFollower(), new JournalFollower());
        using var storeListening = store.ListenToOwn(storeFollower);
        using var modelListening = model.Listen(modelFollower);

        for (var round = 0; round < Rounds; round++)
        {
            var (requests, expected) = await AppendToModel(model, random);
            var actual = await AppendToStore(store, requests);
            var (storeRanks, modelRanks) = (await Ranks.Of(store), await Ranks.Of(model));
            Assert.Equal(
                $"seed {seed}, round {round}:\n{string.Join('\n', expected.Select(result => Describe(result, modelRanks)))}",
                $"seed {seed}, round {round}:\n{string.Join('\n', actual.Select(result => Describe(result, storeRanks)))}");
            Assert.Equal(await Describe(model, random.Next(1, 5), modelRanks), await Describe(store, random.Next(1, 5), storeRanks));
            Assert.Equal(Heard(modelFollower, modelRanks), Heard(storeFollower, storeRanks));
        }
    }

    protected abstract Task<IJobStore> OpenStore(int batchLimitEvents);

    /// <summary>
    /// All at once, so that they share batches; but what consumes messages waits until they are there, to tell their numbers. A job that is recovered comes
    /// alone: between appends of different jobs in one batch a store may choose the order, and by it tell the recovered job of another one's end, or not.
    /// </summary>
    private static async Task<List<AppendResult>> AppendToStore(IJobStore store, List<(AppendRequest Request, IReadOnlyList<int> Consumed)> requests)
    {
        var answers = new List<Task<AppendResult>>();
        foreach (var (request, consumed) in requests)
        {
            var isRecovery = request.StatusBefore.IsTerminal() && request.Row?.Status.IsTerminal() == false;
            if (isRecovery || consumed.Count > 0) await Task.WhenAll(answers);
            var inbox = consumed.Count > 0 ? await store.ReadInbox(request.JobId) : [];
            answers.Add(store.Append(request with { ConsumedMessages = [.. consumed.Select(place => inbox[place].Id)] }).AsTask());
            if (isRecovery) await answers[^1];
        }

        return [.. await Task.WhenAll(answers)];
    }

    /// <summary>Each append is made from what the one before has left, so that it tells the truth about its job; most land.</summary>
    private static async Task<(List<(AppendRequest Request, IReadOnlyList<int> Consumed)> Requests, List<AppendResult> Results)> AppendToModel(SimulatedJobStore model, Random random)
    {
        var requests = new List<(AppendRequest Request, IReadOnlyList<int> Consumed)>();
        var results = new List<AppendResult>();
        for (var n = random.Next(1, 12); n > 0; n--)
        {
            var request = await RandomAppend(random, model);
            var inbox = (await model.ReadInbox(request.JobId)).Select(message => message.Id).ToList();
            requests.Add((request, [.. request.ConsumedMessages.Select(id => inbox.IndexOf(id))]));
            results.Add(await model.Append(request));
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

    private static List<string> Heard(JournalFollower follower, Ranks ranks) =>
        [.. follower.Heard.Select(append => $"{ranks[append.FirstOrdering]} {append.JobId} {append.FirstSequenceNr} {append.Events.Count} {append.Address}")];

    private static string Describe(AppendResult result, Ranks ranks) => result is AppendResult.Appended appended
        ? $"appended {ranks[appended.FirstOrdering]}, woken {string.Join(' ', appended.Woken.Order())}"
        : result.ToString();

    /// <summary>All that can be read, as text, read in pages; the length of a page must not matter.</summary>
    private static async Task<string> Describe(IJobStore store, int pageLength, Ranks ranks)
    {
        var lines = new List<string>();
        DueCursor? cursor = null;
        while (await store.ReadDue(Noon.AddTicks(11), cursor, pageLength) is { Count: > 0 } page)
        {
            lines.AddRange(page.Select(due => $"due {due.WakeAt:O} {Describe(due.History)}"));
            cursor = new DueCursor(page[^1].WakeAt, page[^1].History.Id);
        }

        foreach (var query in Queries()) lines.AddRange(await ListAll(store, query, pageLength));
        var together = await store.ReadHistories([.. Enumerable.Range(0, Jobs).Select(job => Id(job))]);
        for (var job = 0; job < Jobs; job++)
        {
            lines.Add(await store.ReadHistory(Id(job)) is { } history ? Describe(history) : "none");
            lines.Add(together[job] is { } same ? Describe(same) : "none");
            lines.AddRange((await store.ReadWatches(Id(job), 100)).Select(edge => edge.ToString()));
        }

        lines.AddRange((await store.CountJobs(null)).Select(count => count.ToString()).Order(StringComparer.Ordinal));
        lines.AddRange(await ReadJournal(store, null, pageLength, ranks));
        lines.AddRange(await ReadJournal(store, "acme", pageLength, ranks));
        lines.Add($"next {await store.NextWakeUp(Noon.AddTicks(-11)):O} last {ranks[await store.LastOrdering()]}");
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

    private static async Task<List<string>> ReadJournal(IJobStore store, string? tenant, int pageLength, Ranks ranks)
    {
        var lines = new List<string>();
        for (var (after, next) = (-1L, 0L); next != after;)
        {
            after = next;
            var page = await store.ReadJournal(after, tenant, pageLength);
            lines.AddRange(page.Entries.Select(entry => $"{tenant}: {ranks[entry.Ordering]} {entry.JobId} {entry.SequenceNr} {entry.Address}"));
            next = page.Next;
        }

        return lines;
    }

    private static string Describe(JobHistory history) =>
        $"{history.Id} {(history.Snapshot is { } snapshot ? Text(snapshot.Payload) : "-")} {history.SnapshotSequenceNr}: " +
        string.Join(' ', history.Events.Select(@event => $"{@event.SequenceNr}{Text(@event.Payload)}")) +
        string.Concat(history.Inbox.Select((message, place) => $" [{place} {message.To} {message.From} {message.Kind} {message.Outcome} {Text(message.Payload)}]"));

    /// <summary>Places in the journal as they follow each other, from 1; 0 stays 0.</summary>
    private sealed class Ranks(Dictionary<long, int> ranks)
    {
        public int this[long ordering] => ordering == 0 ? 0 : ranks[ordering];

        public static async Task<Ranks> Of(IJobStore store)
        {
            var page = await store.ReadJournal(0, null, int.MaxValue);
            return new Ranks(page.Entries.Select((entry, place) => (entry.Ordering, Rank: place + 1)).ToDictionary(entry => entry.Ordering, entry => entry.Rank));
        }
    }
}
