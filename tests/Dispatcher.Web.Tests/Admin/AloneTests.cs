using System.Net;
using System.Net.ServerSentEvents;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Tests.Admin;

/// <summary>The operator's endpoints of a server on a data directory: one member, and nothing to change.</summary>
public sealed class AloneTests : ServiceTest
{
    private const string Nobody = "0199aaaa-0000-7000-8000-000000000000";

    private readonly BlockHandler _block = new();

    protected override void Configure(Hosting.DispatcherOptions options) => options.Handlers.Add(_block);

    public override async Task DisposeAsync()
    {
        _block.Release();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Cluster_HasOneMember_WhichOwnsTheOneShard()
    {
        var cluster = await Api.Get("/admin/cluster");

        Assert.Equal((Environment.MachineName, 1, 0), (cluster.Text("self"), cluster.Number("shards"), cluster.Number("unowned_shards")));
        Assert.False(cluster.At("is_cluster").GetBoolean());
        var node = Assert.Single(cluster.At("nodes").EnumerateArray());
        Assert.Equal((cluster.Number("incarnation"), "up", true, true, 1), (node.GetProperty("incarnation").GetInt64(), node.GetProperty("status").GetString(), node.GetProperty("is_leader").GetBoolean(), node.GetProperty("is_self").GetBoolean(), node.GetProperty("shards").GetInt32()));
        Assert.Equal(cluster.Text("self"), (await Api.Get("/admin/shards")).Text("items.0.owner"));
    }

    [Theory]
    [InlineData("/admin/cluster/nodes/self/leave", null)]
    [InlineData("/admin/cluster/nodes/self/drain", null)]
    [InlineData("/admin/cluster/nodes/self/resume", null)]
    [InlineData("/admin/cluster/nodes/self/down", null)]
    [InlineData("/admin/shards/0/move", """{"node":"self"}""")]
    [InlineData("/admin/shards/rebalance", null)]
    public async Task Change_IsRefused(string path, string? body)
    {
        var refused = await Api.Post(path, body);

        Assert.Equal((HttpStatusCode.Conflict, "no-cluster"), (refused.Status, refused.Text("code")));
    }

    [Fact]
    public async Task Job_IsLocatedHere_AndOneThatIsNotThereIsNot()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");

        var place = await Api.Get($"/admin/jobs/{id}/location");

        Assert.Equal((Environment.MachineName, "owned", 0), (place.Text("owner"), place.Text("state"), place.Number("shard")));
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Get($"/admin/jobs/{Nobody}/location")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Get("/admin/jobs/none/location")).Status);
    }

    [Fact]
    public async Task Actors_ShowTheStepsThatRun()
    {
        await Api.Register("name: blocked\nversion: 1\nsteps: [{ id: one, uses: test.block }]\n");
        var id = await Api.Create("""{"workflow":"blocked"}""");
        await _block.Entered;

        var found = await Api.Get($"/admin/actors?start=/system/sharding/jobs/0/{id}&depth=1");

        Assert.Equal($"""["/system/sharding/jobs/0/{id}","/system/sharding/jobs/0/{id}/one"]""", found.At("paths").GetRawText());
        Assert.Contains("/system/wake-ups", (await Api.Get("/admin/actors?depth=2")).At("paths").EnumerateArray().Select(path => path.GetString()));
        Assert.Equal("invalid-request", (await Api.Get("/admin/actors?depth=0")).Text("code"));
        Assert.Equal("invalid-request", (await Api.Get("/admin/actors?start=system")).Text("code"));
    }

    [Fact]
    public async Task Verify_FindsNothing()
    {
        await Api.Register(Support.Workflows.Quick);
        await Until(await Api.Create("""{"workflow":"quick"}"""), "completed");

        var found = await Api.Post("/admin/shards/verify");

        Assert.True(found.At("sound").GetBoolean(), found.ToString());
        Assert.Equal(1, found.Number("jobs"));
        Assert.True(found.Number("events") > 3);
    }

    [Fact]
    public async Task Log_ShowsItsNewestLines_AndFollows()
    {
        await Api.Register(Support.Workflows.Quick);
        var page = await Api.Get("/admin/log?limit=1000");
        var lines = page.At("lines").EnumerateArray().ToList();
        Assert.Contains(lines, line => line.GetProperty("message").GetString()!.Contains("No keys", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => line.GetProperty("number").GetInt32()));
        Assert.Equal("invalid-request", (await Api.Get("/admin/log?limit=1001")).Text("code"));

        using var answer = await Api.Client.GetAsync("/api/v1/admin/log/stream?limit=1", HttpCompletionOption.ResponseHeadersRead);
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("line", events.Current.EventType);
        Write("Dispatcher.Test", LogLevel.Warning, "with password=swordfish");
        Write("Somebody.Else", LogLevel.Critical, "of the application around");
        Write("Microsoft.Test", LogLevel.Information, "of the framework");
        Write("Microsoft.Test", LogLevel.Warning, "a warning of the framework");
        // What the server itself has to say may come between: that the machine is slow, for example.
        var told = new List<string>();
        do
        {
            Assert.True(await events.MoveNextAsync());
            told.Add(events.Current.Data);
        }
        while (!told[^1].Contains("a warning of the framework", StringComparison.Ordinal));
        Assert.Single(told, line => line.Contains("with password=[hidden]", StringComparison.Ordinal));
        Assert.DoesNotContain(told, line => line.Contains("of the application around", StringComparison.Ordinal) || line.Contains("\"of the framework", StringComparison.Ordinal));
    }

    private void Write(string category, LogLevel level, string message) =>
        Service.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category).Log(level, 1, message, null, static (text, _) => text);

    [Fact]
    public async Task ClusterStream_BeginsWithTheMembers()
    {
        using var answer = await Api.Client.GetAsync("/api/v1/admin/cluster/stream", HttpCompletionOption.ResponseHeadersRead);
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync());
        Assert.Equal("state", events.Current.EventType);
        Assert.Contains("is up with 1 shard, and coordinates", events.Current.Data, StringComparison.Ordinal);
    }
}
