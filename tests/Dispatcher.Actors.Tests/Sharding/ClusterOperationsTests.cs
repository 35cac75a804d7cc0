using Dispatcher.Actors.Tests.Store.Postgres;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Sharding;

/// <summary>What operators do to a cluster, with several nodes in this process on one PostgreSQL.</summary>
[Collection(SecondPostgresCollection.Name)]
public sealed class ClusterOperationsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestCluster.Create();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task APinnedShard_Moves_StaysThroughABalance_AndIsFreedByARebalance()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        var view = await nodes[0].Store.ReadCluster();
        var foreign = Enumerable.Range(0, 16).Where(shard => view.Owners[shard] != nodes[1].Incarnation).Take(4).ToList();

        foreach (var shard in foreign) Assert.True(await nodes[0].Store.Pin(shard, nodes[1].Incarnation));
        await _cluster.Data.Until($"(SELECT count(*) = 4 FROM {Schema}.shards WHERE incarnation = {nodes[1].Incarnation} AND shard IN ({string.Join(',', foreign)}))");
        var third = await _cluster.Start();
        await _cluster.Data.Until($"(SELECT count(*) > 3 FROM {Schema}.shards WHERE incarnation = {third.Incarnation}) AND (SELECT count(*) = 16 FROM {Schema}.shards WHERE incarnation = target)");
        Assert.All(foreign, shard => Assert.Equal(nodes[1].Incarnation, nodes[0].Store.ReadCluster().AsTask().Result.Owners[shard]));

        await nodes[0].Store.WishRebalance();
        await _cluster.Data.Until($"NOT EXISTS (SELECT FROM {Schema}.rebalance_wishes) AND (SELECT max(n) - min(n) <= 1 FROM (SELECT count(*) AS n FROM {Schema}.shards WHERE incarnation = target GROUP BY incarnation) c) AND (SELECT count(*) = 16 FROM {Schema}.shards WHERE incarnation = target)");
        Assert.Empty((await nodes[0].Store.ReadCluster()).Pins);
    }

    [Fact]
    public async Task Pin_IsRefused_ForANodeOrAShardThatIsNotThere()
    {
        var node = await _cluster.Start();

        Assert.False(await node.Store.Pin(16, node.Incarnation));
        Assert.False(await node.Store.Pin(0, node.Incarnation + 1000));
        Assert.False(await node.Store.Wish(node.Incarnation + 1000, NodeWish.Drain));
        Assert.True(await node.Store.Wish(node.Incarnation, NodeWish.None));
    }

    [Fact]
    public async Task ANodeThatIsToDrain_LosesItsShardsAndStays_UntilItIsResumed()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);

        Assert.True(await nodes[0].Store.Wish(nodes[1].Incarnation, NodeWish.Drain));
        await _cluster.Data.Until($"(SELECT count(*) = 16 FROM {Schema}.shards WHERE incarnation = {nodes[0].Incarnation})");
        Assert.False(nodes[1].Node.Cluster!.AskedToLeave.IsCompleted);

        await nodes[0].Store.Wish(nodes[1].Incarnation, NodeWish.None);
        await _cluster.WhenSettled(nodes: 2);
    }

    [Fact]
    public async Task ANodeThatIsToLeave_HearsOfIt()
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);

        await nodes[0].Store.Wish(nodes[1].Incarnation, NodeWish.Leave);

        await nodes[1].Node.Cluster!.AskedToLeave.WaitAsync(Patience);
        Assert.False(nodes[0].Node.Cluster!.AskedToLeave.IsCompleted);
    }

    [Fact]
    public async Task Gone_TellsWhatADeadNodeHadAndLeft()
    {
        var node = await _cluster.Start();
        var id = await Sleep(node);
        await _cluster.Data.Until($"EXISTS (SELECT FROM {Schema}.jobs WHERE job_id = '{id}')");
        var reader = await _cluster.Data.Open();

        Assert.True(await reader.DeclareDead(node.Incarnation));

        var gone = Assert.Single(await reader.ReadGone(10));
        Assert.Equal((node.Incarnation, "dead", 16, 16, 1L, 0L), (gone.Incarnation, gone.State, gone.Had, gone.Shards, gone.Jobs, gone.Commands));
        Assert.NotNull(gone.EndedAt);
        await reader.DisposeAsync();
        await node.Node.Cluster!.StoodDown.WaitAsync(Patience);
    }

    [Fact]
    public async Task Check_FindsNothing_AfterShardsHaveMovedUnderWork()
    {
        var nodes = await _cluster.StartAll(3);
        await _cluster.WhenSettled(nodes: 3);
        for (var i = 0; i < 20; i++) await Sleep(nodes[i % 3], "1ms");
        await nodes[1].Leave();
        for (var i = 0; i < 20; i++) await Sleep(nodes[0], "1ms");
        await _cluster.Data.Until($"NOT EXISTS (SELECT FROM {Schema}.jobs WHERE status <> 'completed')");

        var check = await Check(nodes[0].Store);

        Assert.True(check.IsSound, string.Join('\n', check.Faults));
        Assert.Equal((40L, 16, 0L), (check.Jobs, check.Shards, check.Outside));
        Assert.Equal((long)(await _cluster.Data.Execute("SELECT count(*) FROM {schema}.journal"))!, check.Events);
    }

    [Theory]
    [InlineData("two-writers", "UPDATE {schema}.journal SET writer = (SELECT max(incarnation) FROM {schema}.nodes WHERE incarnation <> writer) WHERE sequence_nr = 2")]
    [InlineData("sequence-gap", "DELETE FROM {schema}.journal WHERE sequence_nr = 2")]
    [InlineData("sequence-gap", "UPDATE {schema}.journal SET sequence_nr = sequence_nr + 1000")]
    [InlineData("journal-order", "UPDATE {schema}.journal SET ordering = (SELECT max(ordering) + 1 FROM {schema}.journal) WHERE sequence_nr = 2")]
    [InlineData("dead-owner", "UPDATE {schema}.nodes SET state = 'dead' WHERE incarnation = (SELECT incarnation FROM {schema}.shards WHERE shard = 0)")]
    [InlineData("dead-coordinator", "UPDATE {schema}.nodes SET state = 'dead' WHERE incarnation = (SELECT incarnation FROM {schema}.leases)")]
    [InlineData("epoch-differs", "UPDATE {schema}.shards SET epoch = epoch + 1 WHERE shard = 0")]
    [InlineData("unanswered-command", "INSERT INTO {schema}.commands (shard, job_id, sender, at, kind, payload) SELECT 0, job_id, 1, clock_timestamp() - interval '2 minutes', 'x', '' FROM {schema}.jobs")]
    public async Task Check_FindsWhatIsWrong(string problem, string damage)
    {
        var nodes = await _cluster.StartAll(2);
        await _cluster.WhenSettled(nodes: 2);
        await Sleep(nodes[0], "1ms");
        await _cluster.Data.Until($"NOT EXISTS (SELECT FROM {Schema}.jobs WHERE status <> 'completed')");
        // Nobody works on it any more, as if all processes had been killed.
        foreach (var node in nodes) node.Crash();

        await _cluster.Data.Execute(damage);

        var check = await Check(nodes[0].Store);
        Assert.True(check.Counts.ContainsKey(problem), $"{string.Join(", ", check.Counts)}\n{string.Join('\n', check.Faults)}");
        Assert.Contains(check.Faults, fault => fault.Problem == problem && fault.Detail.Length > 10);
    }

    [Fact]
    public async Task Check_CallsAProcessOutsideTheClusterOne_AndTellsWhenItWroteBesideAnOwner()
    {
        var node = await _cluster.Start();
        await Sleep(node, "1ms");
        await _cluster.Data.Until($"NOT EXISTS (SELECT FROM {Schema}.jobs WHERE status <> 'completed')");
        var last = (long)(await _cluster.Data.Execute("SELECT max(sequence_nr) FROM {schema}.journal"))!;

        await _cluster.Data.Execute($"UPDATE {{schema}}.journal SET writer = 999999 WHERE sequence_nr = {last}");
        var after = await Check(node.Store);
        await _cluster.Data.Execute($"UPDATE {{schema}}.journal SET writer = 999999 WHERE sequence_nr = {last - 1}; UPDATE {{schema}}.journal SET writer = {node.Incarnation} WHERE sequence_nr = {last}");
        var between = await Check(node.Store);

        Assert.True(after.IsSound);
        Assert.Equal(1, after.Outside);
        Assert.Equal(["two-writers"], between.Counts.Keys);
    }

    [Fact]
    public async Task TheDatabasesShardOfAJob_IsOurs()
    {
        await _cluster.Start();
        var ids = new IdGenerator(TimeProvider.System);
        for (var i = 0; i < 200; i++)
        {
            var id = ids.NextJobId();
            Assert.Equal(ShardSet.ShardOf(id, 127), await _cluster.Data.Execute($"SELECT {{schema}}.shard_of('{id}', 127)"));
        }
    }

    [Fact]
    public async Task Actors_AreListedAsATree_WithJobsUnderTheirShards()
    {
        var node = await _cluster.Start();
        // Not so long that it would leave memory meanwhile.
        var id = await Sleep(node, "20s");
        await node.Gateway.Inspect(id);

        var shallow = await node.Node.Actors.List("/", depth: 2, limit: 100);
        var jobs = await node.Node.Actors.List("/system/sharding/jobs/", depth: 2, limit: 100);
        var cut = await node.Node.Actors.List("/", depth: 9, limit: 2);

        Assert.Contains("/system/wake-ups", shallow.Paths);
        Assert.DoesNotContain("/system/cluster/member", shallow.Paths);
        var shard = ShardSet.ShardOf(id, 16);
        Assert.Equal(["/system/sharding/jobs", $"/system/sharding/jobs/{shard}", $"/system/sharding/jobs/{shard}/{id}"], jobs.Paths);
        Assert.Equal((2, true), (cut.Paths.Count, cut.IsCut));
    }

    private string Schema => _cluster.Data.Options.Schema;

    private static Task<ClusterCheck> Check(IClusterOperations store) => store.CheckCluster(TimeSpan.FromMinutes(1), 100, CancellationToken.None).AsTask();

    private static async Task<JobId> Sleep(TestNode node, string time = "1h")
    {
        var spec = await node.Register($"steps: [ {{ id: a, uses: delay, with: {{ duration: {time} }} }} ]");
        return Assert.IsType<CommandReply.Done>(await node.Gateway.Submit(spec, TestCluster.Ada)).JobId;
    }
}
