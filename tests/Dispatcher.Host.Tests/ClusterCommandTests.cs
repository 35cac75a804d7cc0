using System.Text.Json;

namespace Dispatcher.Host.Tests;

/// <summary>The commands of a cluster against a real server on a data directory: one member, which is alone.</summary>
public sealed class ClusterCommandTests : IAsyncLifetime
{
    private const string Sleeping = """
        name: sleeping
        version: 1
        steps:
          - id: wait
            uses: delay
            with: { duration: 60s }
        """;

    private const string Nobody = "0199aaaa-0000-7000-8000-000000000000";

    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync() => _served = await ServedDirectory.Start();

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task Show_IsARowForEachMember_AndTheirNumber()
    {
        var shown = await Client.Run("cluster", "show");

        Assert.Equal(0, shown.ExitCode);
        Assert.StartsWith($"{Environment.MachineName} | [coordinator] | up |  | ", shown.Lines[0], StringComparison.Ordinal);
        Assert.Equal("Count: 1 nodes", shown.Lines[1]);
        Assert.Equal(shown.Lines[0], (await Client.Run("cluster", "leader")).Lines[0]);
        Assert.Contains((await Client.Run("cluster", "status")).Lines, line => line == "  store       a data directory: this node is alone");
        Assert.Equal([$"{Environment.MachineName} [coordinator](jobs) | shards: 1 | entities: 0"], (await Client.Run("cluster-sharding", "region-stats", "-r", "jobs")).Lines);
    }

    [Theory]
    [InlineData("cluster", "show")]
    [InlineData("cluster", "status")]
    [InlineData("cluster", "leader")]
    [InlineData("cluster-sharding", "list-regions")]
    [InlineData("cluster-sharding", "region-stats")]
    [InlineData("cluster-sharding", "list-shards")]
    [InlineData("cluster-sharding", "verify")]
    [InlineData("actor", "hierarchy")]
    [InlineData("log", "peek")]
    public async Task Command_AnswersInJson_WhenItIsAskedTo(params string[] command)
    {
        var output = await Client.Run([.. command, "-o", "json"]);

        Assert.Equal((0, ""), (output.ExitCode, output.Error));
        Assert.NotEqual(JsonValueKind.Undefined, output.Json.ValueKind);
    }

    [Theory]
    [InlineData("cluster", "leave")]
    [InlineData("cluster", "drain", "self")]
    [InlineData("cluster", "down", "self")]
    [InlineData("cluster-sharding", "move", "0", "self")]
    [InlineData("cluster-sharding", "rebalance")]
    public async Task Change_Exits1_OnANodeThatIsAlone(params string[] command)
    {
        var output = await Client.Run(command);

        Assert.Equal((1, ""), (output.ExitCode, output.Out));
        Assert.Contains("needs PostgreSQL", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Locate_NamesTheNode_AlsoByTheBeginningOfTheId()
    {
        var id = await Create();

        var located = await Client.Run("cluster-sharding", "locate", id[..13]);

        Assert.Contains(located.Lines, line => line.StartsWith($"  owner     {Environment.MachineName} (incarnation ", StringComparison.Ordinal));
        Assert.Equal([Environment.MachineName], (await Client.Run("cluster-sharding", "locate", id, "-o", "ids")).Lines);
        Assert.Equal(4, (await Client.Run("cluster-sharding", "locate", Nobody)).ExitCode);
        Assert.Contains((await Client.Run("actor", "hierarchy", "-d", "5")).Lines, line => line == $"/system/sharding/jobs/0/{id}");
    }

    [Fact]
    public async Task Verify_WorksOnTheServer_AndOnTheDataBesideIt()
    {
        // One that has ended: a job that is still on its way to its sleep adds events between the two looks.
        await Client.Run("workflow", "register", Client.Write("workflow.yaml", "name: quick\nversion: 1\nsteps: [ { id: a, uses: noop } ]\n"));
        Assert.Equal(0, (await Client.Run("job", "watch", (await Client.Run("job", "create", "quick", "-o", "ids")).Lines[0])).ExitCode);

        var remote = await Client.Run("cluster-sharding", "verify");
        var local = await Client.OnData("cluster-sharding", "verify");

        Assert.Equal(0, remote.ExitCode);
        Assert.StartsWith("Sound: 1 jobs, ", remote.Out, StringComparison.Ordinal);
        Assert.Equal(remote.Out, local.Out);
        using var empty = new CommandRun();
        Assert.Equal(4, (await empty.OnData("cluster-sharding", "verify")).ExitCode);
    }

    [Fact]
    public async Task Tail_ShowsWhatComes_UntilItIsInterrupted()
    {
        Client.Set(Remote.RemoteOptions.KeyVariable, (await Client.OnData("key", "create", "--role", "cluster-admin")).Out.Trim());
        using var signals = new Composition.StopSignals();
        var log = await Client.OnServer(signals, ("the roles viewer was made by", signals.Interrupt), meanwhile: () => Client.OnData("key", "create", "--role", "viewer"), "log", "tail", "-n", "1000");
        Assert.Equal(0, log.ExitCode);
        Assert.Contains(log.Lines, line => line.Contains("No keys", StringComparison.Ordinal));

        Client.Set(Remote.RemoteOptions.KeyVariable, (await Client.OnData("key", "create", "--role", "monitor")).Out.Trim());
        using var again = new Composition.StopSignals();
        var cluster = await Client.OnServer(again, ("is up with 1 shard", again.Interrupt), meanwhile: null, "cluster", "tail");
        Assert.Equal(0, cluster.ExitCode);
        Assert.Equal(3, (await Client.Run("log", "peek")).ExitCode);
    }

    [Fact]
    public async Task Key_OfTheMachine_IsGivenByItsOperatorAlone()
    {
        var admin = (await Client.OnData("key", "create", "--role", "admin")).Out.Trim();
        var cluster = (await Client.OnData("key", "create", "--role", "cluster-admin")).Out.Trim();

        Assert.Equal(3, (await Client.Run("cluster", "show", "--key", admin)).ExitCode);
        Assert.Equal(3, (await Client.Run("key", "create", "--role", "cluster-admin", "--key", admin)).ExitCode);
        Assert.Equal(0, (await Client.Run("cluster", "show", "--key", cluster)).ExitCode);
        Assert.Equal(3, (await Client.Run("job", "list", "--key", cluster)).ExitCode);
        Assert.Equal(2, (await Client.OnData("key", "create", "--role", "cluster-admin,viewer")).ExitCode);
    }

    private async Task<string> Create()
    {
        await Client.Run("workflow", "register", Client.Write("workflow.yaml", Sleeping));
        return (await Client.Run("job", "create", "sleeping", "-o", "ids")).Lines[0];
    }
}
