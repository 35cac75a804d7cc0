using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Dispatcher.Web.Tests.Admin;

/// <summary>The operator's endpoints of two servers on one PostgreSQL, in this process.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int _made;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _schema = $"web_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";
    private TestService _one = null!;
    private TestService _two = null!;
    private Api _api = null!;

    public async Task InitializeAsync()
    {
        _one = await Start("one");
        _two = await Start("two");
        _api = new Api(_one.Client());
        await Until(cluster => ShardsOf(cluster, "one") == 8 && ShardsOf(cluster, "two") == 8);
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _two.DisposeAsync();
        await _one.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Cluster_ShowsItsNodes()
    {
        var cluster = await _api.Get("/admin/cluster");

        Assert.Equal(("one", "one", 16, 0), (cluster.Text("self"), cluster.Text("leader"), cluster.Number("shards"), cluster.Number("unowned_shards")));
        Assert.True(cluster.At("is_cluster").GetBoolean());
        Assert.Equal("http://two.example.org:5080", cluster.Text("nodes.1.address"));
        Assert.Equal(0, cluster.At("gone").GetArrayLength());
    }

    [Fact]
    public async Task ANodeThatIsToLeave_StopsItsApplication_AndTellsWhatItLeft()
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _two.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        var order = await _api.Post("/admin/cluster/nodes/two/leave");

        Assert.Equal((HttpStatusCode.OK, "two"), (order.Status, order.Text("node")));
        await stopping.Task.WaitAsync(Patience);
        await _two.DisposeAsync();
        await Until(cluster => ShardsOf(cluster, "one") == 16);
        var cluster = await _api.Get("/admin/cluster");
        Assert.Equal(("two", "left", 0), (cluster.Text("gone.0.name"), cluster.Text("gone.0.state"), cluster.Number("gone.0.shards")));
    }

    [Fact]
    public async Task ANodeThatIsToDrain_LosesItsShards_AndIsFollowed()
    {
        using var answer = await _api.Client.GetAsync("/api/v1/admin/cluster/stream", HttpCompletionOption.ResponseHeadersRead);
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(["state"], new[] { events.Current.EventType });

        Assert.Equal(HttpStatusCode.OK, (await _api.Post("/admin/cluster/nodes/http%3A%2F%2Ftwo.example.org%3A5080/drain")).Status);
        await Until(cluster => ShardsOf(cluster, "one") == 16 && cluster.Text("nodes.1.status") == "draining");
        while (events.Current.EventType != "member-draining") Assert.True(await events.MoveNextAsync());
        while (events.Current.EventType != "shards-moved") Assert.True(await events.MoveNextAsync());

        var last = await _api.Post("/admin/cluster/nodes/self/drain");
        Assert.Equal((HttpStatusCode.Conflict, "node-refused"), (last.Status, last.Text("code")));
        Assert.Equal(HttpStatusCode.OK, (await _api.Post("/admin/cluster/nodes/two/resume")).Status);
        await Until(cluster => ShardsOf(cluster, "two") >= 7);
    }

    [Fact]
    public async Task ANodeThatIsDown_MayWriteNoMore_AndOnesOwnIsRefused()
    {
        var own = await _api.Post("/admin/cluster/nodes/self/down");
        Assert.Equal((HttpStatusCode.Conflict, "node-refused"), (own.Status, own.Text("code")));

        Assert.Equal(HttpStatusCode.OK, (await _api.Post("/admin/cluster/nodes/two/down")).Status);

        await _two.Engine.Node.Cluster!.StoodDown.WaitAsync(Patience);
        // Its server is a node again in a moment, under another incarnation.
        await Until(cluster => cluster.At("gone").EnumerateArray().Any(node => node.GetProperty("state").GetString() == "dead" && node.GetProperty("shards").GetInt32() == 0));
        var gone = await _api.Get("/admin/cluster");
        Assert.Equal(("dead", 8, 0), (gone.Text("gone.0.state"), gone.Number("gone.0.had_shards"), gone.Number("gone.0.shards")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-node"), (await _api.Post("/admin/cluster/nodes/three/down")) is var unknown ? (unknown.Status, unknown.Text("code")) : default);
    }

    [Fact]
    public async Task AServerWhoseNodeIsDown_IsANodeAgain_AndServesJobs()
    {
        using var other = new Api(_two.Client());
        await _api.Register(Support.Workflows.Quick);
        var first = _two.Engine.Node;
        Assert.Equal(HttpStatusCode.OK, (await _api.Post("/admin/cluster/nodes/two/down")).Status);
        await first.Cluster!.StoodDown.WaitAsync(Patience);
        await Until(cluster => ShardsOf(cluster, "two") == 8);

        Assert.NotSame(first, _two.Engine.Node);
        await Until(() => Task.FromResult(_two.Engine.IsReady));
        var id = await other.Create("""{"workflow":"quick"}""");
        using var answer = await other.Client.GetAsync($"/api/v1/jobs/{id}/stream", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var told = new List<string>();
        await foreach (var message in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync()) told.Add(message.Data);
        Assert.Contains(told, data => data.Contains("\"job.completed\"", StringComparison.Ordinal));
    }

    /// <summary>The database goes away between the new node's first word with it and its start; a node that has not started would never stand down.</summary>
    [Fact]
    public async Task AServer_IsANodeAgain_AlsoWhenTheStoreCannotBeReadAtItsStart()
    {
        await Execute($"ALTER TABLE {_schema}.journal RENAME COLUMN payload TO hidden");
        var first = _two.Engine.Node;
        Assert.Equal(HttpStatusCode.OK, (await _api.Post("/admin/cluster/nodes/two/down")).Status);
        await first.Cluster!.StoodDown.WaitAsync(Patience);
        // Two more lives were begun, and could not go on.
        await Until(async () => await Execute($"SELECT count(*) FROM {_schema}.nodes") is >= 4);

        await Execute($"ALTER TABLE {_schema}.journal RENAME COLUMN hidden TO payload");

        await Until(cluster => ShardsOf(cluster, "two") == 8);
        await Until(() => Task.FromResult(_two.Engine.IsReady));
    }

    [Fact]
    public async Task AShard_IsMoved_AndFreedByARebalance()
    {
        var shard = (await _api.Get("/admin/shards")).At("items").EnumerateArray().First(item => item.GetProperty("owner").GetString() == "one").GetProperty("shard").GetInt32();

        var moved = await _api.Post($"/admin/shards/{shard}/move", """{"node":"two"}""");

        Assert.Equal((HttpStatusCode.OK, "one", "two"), (moved.Status, moved.Text("from"), moved.Text("to")));
        await Until(async () => (await _api.Get("/admin/shards")).At("items")[shard] is var item && item.TryGetProperty("owner", out var owner) && owner.GetString() == "two" && item.GetProperty("pinned").GetBoolean());
        Assert.Equal("unknown-shard", (await _api.Post("/admin/shards/16/move", """{"node":"two"}""")).Text("code"));
        Assert.Equal("unknown-node", (await _api.Post("/admin/shards/1/move", """{"node":"three"}""")).Text("code"));
        Assert.Equal(1, (await _api.Post("/admin/shards/rebalance")).Number("freed_pins"));
        await Until(cluster => ShardsOf(cluster, "one") == 8 && ShardsOf(cluster, "two") == 8);
    }

    [Fact]
    public async Task AJob_IsLocatedOnTheNodeThatRunsIt_FromAnyNode_AndTheStoreIsSound()
    {
        await _api.Register(Support.Workflows.Quick);
        using var other = new Api(_two.Client());
        for (var i = 0; i < 10; i++)
        {
            var id = await _api.Create("""{"workflow":"quick"}""");
            var place = await _api.Get($"/admin/jobs/{id}/location");
            Assert.Equal("owned", place.Text("state"));
            Assert.Equal((place.Text("owner"), place.Number("shard")), (await other.Get($"/admin/jobs/{id}/location")) is var same ? (same.Text("owner"), same.Number("shard")) : default);
        }

        var found = await _api.Post("/admin/shards/verify");
        Assert.True(found.At("sound").GetBoolean(), found.ToString());
        Assert.Equal((10, 0), (found.Number("jobs"), found.Number("outside_events")));
    }

    [Fact]
    public async Task AKey_IsGoodAtEveryNode_UntilItIsRevokedAtOne()
    {
        using var other = new Api(_two.Client());
        var key = await _api.Post("/keys", """{"roles":["admin"]}""");
        Assert.Equal(HttpStatusCode.Created, key.Status);
        var bearer = ("Authorization", $"Bearer {key.Text("key")}");
        await Until(async () => (await other.Get("/jobs")).Status == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, (await other.Get("/jobs", bearer)).Status);

        Assert.True((int)(await _api.Send(HttpMethod.Delete, $"/keys/{key.Text("id")}", null, bearer)).Status < 300);

        await Until(async () => (await other.Get("/jobs", bearer)).Status == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task AJobOfAnotherNode_IsAwaitedByTheApplicationOfThisOne()
    {
        using var other = new Api(_two.Client());
        await other.Register(Support.Workflows.Quick);
        var id = JobId.Parse(await other.Create("""{"workflow":"quick"}"""));

        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var ended = await _one.Services.GetRequiredService<IDispatcherClient>().WhenEnded(id, limit.Token);

        Assert.Equal((id, JobStatus.Completed), (ended.Id, ended.Status));
    }

    /// <summary>Both nodes send; neither sends what is the other's, or the receiver would get it twice.</summary>
    [Fact]
    public async Task Callbacks_AreSentOnce_AndReplayedFromAnyNode()
    {
        const int jobs = 24;
        using var other = new Api(_two.Client());
        await using var receiver = await NodeReceiver.Start((await _api.Get("/webhooks/secret")).Text("secret")!);
        await _api.Register(Support.Workflows.Quick);
        var body = JsonSerializer.Serialize(new { workflow = "quick", callback = new { url = receiver.Url, events = new[] { "job.completed" } } });
        var made = new List<string>();
        for (var i = 0; i < jobs; i++) made.Add(await (i % 2 == 0 ? _api : other).Create(body));

        var told = new List<string>();
        for (var i = 0; i < jobs; i++) told.Add((await receiver.Next()).GetProperty("id").GetString()!);
        Assert.Equal(made.Order(StringComparer.Ordinal), told.Select(id => id[..id.LastIndexOf('-')]).Order(StringComparer.Ordinal));
        await Until(async () => (await _api.Get("/webhooks/deliveries?status=delivered&limit=100")).At("deliveries").GetArrayLength() == jobs);
        Assert.False(receiver.HasMore);

        foreach (var delivery in (await _api.Get("/webhooks/deliveries?status=delivered&limit=2")).At("deliveries").EnumerateArray())
        {
            foreach (var api in new[] { _api, other })
            {
                Assert.Equal(HttpStatusCode.Accepted, (await api.Post($"/webhooks/deliveries/{delivery.GetProperty("id")}/replay")).Status);
                Assert.Equal(delivery.GetProperty("webhook_id").GetString(), (await receiver.Next()).GetProperty("id").GetString());
                await Until(async () => (await api.Get("/webhooks/deliveries?status=delivered&limit=100")).At("deliveries").GetArrayLength() == jobs);
            }
        }
    }

    private async Task<TestService> Start(string name)
    {
        var connection = (await PostgresCluster.Shared).ConnectionString;
        return await TestService.Start(Path.Combine(_directory.Path, name), options =>
        {
            options.Postgres = new PostgresStoreOptions { ConnectionString = connection, Schema = _schema, ShardCount = 16, PartitionsAhead = 0, NodeName = name, Address = $"http://{name}.example.org:5080" };
            options.Node = options.Node with
            {
                Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = true },
                Cluster = PatientCluster.Options with { HeartbeatInterval = TimeSpan.FromMilliseconds(200), CrashGrace = TimeSpan.FromMilliseconds(600) },
            };
        });
    }

    private static async Task<long?> Execute(string sql)
    {
        await using var connection = new NpgsqlConnection((await PostgresCluster.Shared).ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as long?;
    }

    private Task Until(Func<Answer, bool> isSo) => Until(async () => isSo(await _api.Get("/admin/cluster")));

    private static async Task Until(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }

    /// <summary>Of a server that begins anew the life that has them: the one before may still be among the members.</summary>
    private static int ShardsOf(Answer cluster, string node) =>
        cluster.At("nodes").EnumerateArray().Where(item => item.GetProperty("name").GetString() == node).Select(item => item.GetProperty("shards").GetInt32()).DefaultIfEmpty(-1).Max();
}
