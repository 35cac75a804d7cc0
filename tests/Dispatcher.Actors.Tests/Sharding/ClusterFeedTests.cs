using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.Feed;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Sharding.TestCluster;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>Whoever follows events on one node of a cluster sees what all nodes write, and may go on at another node.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class ClusterFeedTests : IAsyncLifetime
{
    private static readonly FeedScope.OfTenant Everything = new("default");

    private TestCluster _cluster = null!;
    private IReadOnlyList<TestNode> _nodes = null!;

    public async Task InitializeAsync()
    {
        _cluster = await Create();
        _nodes = await _cluster.StartAll(3);
        await _cluster.WhenSettled(nodes: 3);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Subscriber_SeesTheJobsOfAllNodes_OnceAndInOrder()
    {
        const int jobs = 60;
        using var subscription = await _nodes[0].Node.Events.Subscribe(Everything);

        await Submit(jobs);
        var seen = new List<FeedEvent>();
        while (Ended(seen) < jobs) seen.AddRange(await Next(subscription));

        await AssertIsJournal(seen);
        Assert.Equal(3L, await _cluster.Data.Execute("SELECT count(DISTINCT writer) FROM {schema}.journal"));
    }

    [Fact]
    public async Task Subscriber_GoesOnAtAnotherNode_WithoutGapOrRepeat()
    {
        const int jobs = 120;
        var submitting = Submit(jobs);
        var (seen, position) = (new List<FeedEvent>(), 0L);
        for (var turn = 0; Ended(seen) < jobs; turn++)
        {
            using var subscription = await _nodes[turn % 3].Node.Events.Subscribe(Everything, position);
            for (var batches = 0; batches < 3 && Ended(seen) < jobs; batches++) seen.AddRange(await Next(subscription));
            position = subscription.Position;
        }

        await submitting;
        await AssertIsJournal(seen);
    }

    [Fact]
    public async Task Follower_OfOneJob_SeesItToItsEnd_OnAnyNode()
    {
        var spec = await _nodes[0].Register("steps: [ { id: a, uses: delay, with: { seconds: 1 } } ]");
        var id = await Accept(_nodes[0], spec);
        var scope = new FeedScope.OfJob(id, new JobAddress("default", "test", null));

        var seen = await Task.WhenAll(_nodes.Select(node => FollowToTheEnd(node, scope)));

        var written = await _nodes[0].Store.ReadEvents(id, 0, 1000);
        Assert.All(seen, events => Assert.Equal(written.Select(@event => (@event.SequenceNr, @event.Type)), events.Select(given => (given.SequenceNr, given.Type))));
    }

    [Fact]
    public async Task Nodes_AreToldOfCommits_OnlyWhileSomebodyFollowsThere()
    {
        await using var listener = await _cluster.Data.Connect();
        var heard = new List<string>();
        listener.Notification += (_, notification) => heard.Add(notification.Payload);
        await _cluster.Data.Execute(listener, "LISTEN dispatcher_{schema}");
        await Submit(jobs: 30);
        await _cluster.Data.Until("(SELECT count(*) = 30 FROM {schema}.jobs WHERE status = 'completed')");
        await _cluster.Data.Execute(listener, "SELECT 1");
        Assert.DoesNotContain(heard, hint => hint.StartsWith("journal", StringComparison.Ordinal));

        using var subscription = await _nodes[0].Node.Events.Subscribe(Everything);
        var toFollower = $"journal:{_nodes[0].Incarnation}:";
        for (var round = 0; round < 10_000 && !heard.Contains(toFollower, StringComparer.Ordinal); round++)
        {
            await Submit(jobs: 3);
            await _cluster.Data.Execute(listener, "SELECT pg_sleep(0.01)");
        }

        Assert.Contains(toFollower, heard);
        Assert.DoesNotContain(heard, hint => hint.StartsWith("journal", StringComparison.Ordinal) && hint != toFollower);
    }

    private static async Task<List<FeedEvent>> FollowToTheEnd(TestNode node, FeedScope scope)
    {
        using var subscription = await node.Node.Events.Subscribe(scope);
        var seen = new List<FeedEvent>();
        while (Ended(seen) == 0) seen.AddRange(await Next(subscription));
        return seen;
    }

    private static async Task<IReadOnlyList<FeedEvent>> Next(FeedSubscription subscription)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var batch = await subscription.Read(patience.Token);
        Assert.False(batch.IsReload || batch.IsClosed, $"{batch}");
        return batch.Events;
    }

    private async Task Submit(int jobs)
    {
        var spec = await _nodes[0].Register("steps: [ { id: a, uses: noop }, { id: b, uses: noop, needs: [a] } ]");
        for (var i = 0; i < jobs; i++) await Accept(_nodes[i % 3], spec);
    }

    private static async Task<JobId> Accept(TestNode node, JobSpec spec) => Assert.IsType<CommandReply.Done>(await node.Gateway.Submit(spec, Ada)).JobId;

    private static int Ended(List<FeedEvent> seen) => seen.Count(given => given.EndsJob);

    private async Task AssertIsJournal(List<FeedEvent> seen)
    {
        var written = (await _nodes[0].Store.ReadJournal(0, null, 100_000)).Entries.Select(entry => (entry.Ordering, entry.JobId, entry.SequenceNr));
        Assert.Equal(written, seen.Select(given => (given.Ordering, given.JobId, given.SequenceNr)));
        Assert.All(seen.GroupBy(given => given.JobId), job => Assert.Equal(Enumerable.Range(1, job.Count()).Select(n => (long)n), job.Select(given => given.SequenceNr)));
    }
}
