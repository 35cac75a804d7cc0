using System.Text.Json;

namespace Dispatcher.Host.Tests;

/// <summary>The commands that speak to a server, against a real one.</summary>
public sealed class RemoteCommandTests : IAsyncLifetime
{
    private const string Gated = """
        name: gated
        version: 1
        approval: required
        steps:
          - id: work
            uses: noop
        """;

    private const string Failing = """
        name: failing
        version: 1
        steps:
          - id: work
            uses: fail
            with: { class: permanent, message: broken }
        """;

    private const string Nobody = "0199aaaa-0000-7000-8000-000000000000";

    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync() => _served = await ServedDirectory.Start();

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task Job_IsCreatedApprovedAndWatched_OverAServer()
    {
        var id = await Create(Gated, "gated", "--label", "customer=acme");
        Assert.Equal(["pending"], (await Json("job", "show", id)).GetProperty("status").GetString() is { } status ? [status] : []);

        var approved = await Client.Run("job", "approve", id, "--reason", "looks good");
        Assert.Equal(0, approved.ExitCode);

        var watched = await Client.Run("job", "watch", id);
        Assert.Equal(0, watched.ExitCode);
        Assert.Contains(watched.Lines, line => line.EndsWith("job approved by local: looks good", StringComparison.Ordinal));
        Assert.EndsWith("job completed", watched.Lines[^1], StringComparison.Ordinal);
        Assert.Equal([id], (await Client.Run("job", "list", "--label", "customer=acme", "-o", "ids")).Lines);
        Assert.Empty((await Client.Run("job", "list", "--label", "customer=other", "-o", "ids")).Lines);
    }

    [Fact]
    public async Task Watch_Exits1_WhenTheJobFails()
    {
        var id = await Create(Failing, "failing");
        var watched = await Client.Run("job", "watch", id, "-o", "jsonl");
        Assert.Equal(1, watched.ExitCode);
        var events = watched.Lines.Select(line => JsonElement.Parse(line)).Where(e => e.TryGetProperty("seq", out _)).ToList();
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(e => e.GetProperty("seq").GetInt32()));
        Assert.Equal("job.failed", events[^1].GetProperty("type").GetString());
        Assert.Equal(1, (await Client.Run("job", "watch", id)).ExitCode);
    }

    [Fact]
    public async Task Events_AreTheSame_FromTheServerAndFromTheDataDirectory()
    {
        var id = await Create(Failing, "failing");
        await Client.Run("job", "watch", id);
        var remote = (await Json("job", "events", id)).EnumerateArray().Select(e => (e.GetProperty("seq").GetInt32(), e.GetProperty("type").GetString()));
        using var offline = new CommandRun();
        var local = (await offline.Run("job", "events", id, "-o", "json", "--data", Client.Data)).Json.EnumerateArray()
            .Select(e => (e.GetProperty("seq").GetInt32(), e.GetProperty("type").GetString()));
        Assert.Equal(local, remote);
    }

    [Fact]
    public async Task Order_Exits1_AndNamesWhatIsAllowed_WhenTheLawRefuses()
    {
        var id = await Create(Gated, "gated");
        var refused = await Client.Run("job", "pause", id);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("approve", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Client.Run("job", "approve", id, "--if-version", "99")).ExitCode);
    }

    [Theory]
    [InlineData("job", "show", Nobody)]
    [InlineData("job", "events", Nobody)]
    [InlineData("job", "state", Nobody)]
    [InlineData("job", "why", Nobody)]
    [InlineData("job", "graph", Nobody)]
    [InlineData("job", "watch", Nobody)]
    [InlineData("job", "approve", Nobody)]
    [InlineData("job", "cancel", Nobody)]
    [InlineData("job", "create", "no-such-workflow")]
    [InlineData("workflow", "show", "no-such-workflow@1")]
    [InlineData("webhook", "replay", "77")]
    public async Task Command_Exits4_WhenThereIsNoSuchThing(params string[] command)
    {
        var output = await Client.Run(command);
        Assert.Equal((4, ""), (output.ExitCode, output.Out));
        Assert.NotEqual("", output.Error);
    }

    [Fact]
    public async Task Command_Exits3_WhenTheKeyIsMissingOrBadOrNotEnough()
    {
        var viewer = (await Client.OnData("key", "create", "--role", "viewer")).Out.Trim();

        var missing = await Client.Run("job", "list");
        var bad = await Client.Run("job", "list", "--key", viewer[..^3] + "AAA");
        var notEnough = await Client.Run("job", "create", "gated", "--key", viewer);

        Assert.Equal((3, 3, 3), (missing.ExitCode, bad.ExitCode, notEnough.ExitCode));
        Assert.Contains("dispatcher key create", missing.Error, StringComparison.Ordinal);
        Assert.Contains("needs the role submitter", notEnough.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await Client.Run("job", "watch", Nobody)).ExitCode);
        Assert.Equal(0, (await Client.Run("job", "list", "--key", viewer)).ExitCode);
    }

    [Fact]
    public async Task Create_Exits2_AndListsTheFaults_WhenTheInputDoesNotFit()
    {
        await Register(
            """
            name: typed
            version: 1
            input: { type: object, required: [video], properties: { video: { type: string } } }
            steps:
              - { id: work, uses: noop }
            """);
        var refused = await Client.Run("job", "create", "typed", "--input", "vidoe=x");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("video", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_GivesTheFirstJob_WhenTheIdempotencyKeyComesAgain()
    {
        var first = await Create(Gated, "gated", "--idempotency-key", "k1");
        Assert.Equal(first, (await Client.Run("job", "create", "gated", "--idempotency-key", "k1", "-o", "ids")).Lines[0]);
        var other = await Client.Run("job", "create", "gated", "--idempotency-key", "k1", "--priority", "5");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains(first, other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_Exits1_AndSaysSo_WhenTheServerCannotBeReached()
    {
        var output = await Client.Run("job", "list", "--server", "http://127.0.0.1:1");
        Assert.Equal(1, output.ExitCode);
        Assert.Contains("cannot be reached", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registry_ListsAndShows_WhatWasRegistered()
    {
        await Register(Gated);
        Assert.Equal(["gated@1"], (await Client.Run("workflow", "list", "-o", "ids")).Lines);
        var changed = await Client.Run("workflow", "register", Client.Write("other.yaml", Gated.Replace("noop", "delay", StringComparison.Ordinal)));
        Assert.NotEqual(0, changed.ExitCode);
    }

    private async Task<string> Create(string workflow, string name, params string[] options)
    {
        await Register(workflow);
        var created = await Client.Run(["job", "create", name, "-o", "ids", .. options]);
        Assert.Equal((0, ""), (created.ExitCode, created.Error));
        return created.Lines[0];
    }

    private async Task Register(string workflow)
    {
        var registered = await Client.Run("workflow", "register", Client.Write("workflow.yaml", workflow));
        Assert.Equal((0, ""), (registered.ExitCode, registered.Error));
    }

    private async Task<JsonElement> Json(params string[] command) => (await Client.Run([.. command, "-o", "json"])).Json;
}
