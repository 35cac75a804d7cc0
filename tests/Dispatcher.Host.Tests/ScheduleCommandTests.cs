namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher schedule</c>, against a real server.</summary>
public sealed class ScheduleCommandTests : IAsyncLifetime
{
    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync()
    {
        _served = await ServedDirectory.Start();
        Assert.Equal(0, (await Client.Run("workflow", "register", Client.Write("three.yaml", Samples.Three))).ExitCode);
    }

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task ASchedule_IsMade_Listed_Run_AndDeleted()
    {
        var made = await Client.Run("schedule", "create", "nightly", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--workflow", "three@1", "--input-json", """{"name":"n"}""", "--overlap", "skip");
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.StartsWith("The schedule nightly is due next at ", made.Lines[0], StringComparison.Ordinal);
        Assert.Equal(0, (await Client.Run("schedule", "create", "after", "--workflow", "three", "--depends-on", "nightly")).ExitCode);

        Assert.Equal(["after", "nightly"], (await Client.Run("schedule", "list", "-o", "ids")).Lines);
        var table = await Client.Run("schedule", "list");
        Assert.StartsWith("ID", table.Lines[0], StringComparison.Ordinal);
        Assert.Contains("30 2 * * *", table.Lines[2], StringComparison.Ordinal);
        Assert.Equal("skip", (await Client.Run("schedule", "show", "nightly")).Json.GetProperty("overlap").GetString());
        Assert.Equal(3, (await Client.Run("schedule", "next", "nightly", "-n", "3")).Lines.Count);
        var run = (await Client.Run("schedule", "run", "nightly")).Lines[0];
        Assert.Equal(0, (await Client.Run("job", "watch", run)).ExitCode);
        Assert.Equal(0, (await Client.Run("schedule", "delete", "nightly")).ExitCode);
        Assert.Equal(4, (await Client.Run("schedule", "show", "nightly")).ExitCode);
    }

    [Fact]
    public async Task ASchedule_IsMadeOfAFile_WithOptionsOverIt_AndDescribedAnew()
    {
        Client.Write("nightly.json", """{"cron":"30 2 * * *","workflow":"three","version":1,"input":{"name":"of the file"},"labels":{"team":"ops"},"catch_up":"skip"}""");

        var made = await Client.Run("schedule", "create", "nightly", "--file", "nightly.json", "--catch-up", "all", "--jitter", "1m");

        Assert.True(made.ExitCode == 0, made.Error);
        var shown = (await Client.Run("schedule", "show", "nightly")).Json;
        Assert.Equal(("30 2 * * *", "all", "1m", "ops"), (Text("cron"), Text("catch_up"), Text("jitter"), shown.GetProperty("labels").GetProperty("team").GetString()));
        var again = await Client.Run("schedule", "create", "nightly", "--file", "nightly.json");
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("nightly", again.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Client.Run("schedule", "create", "nightly", "--file", "nightly.json", "--cron", "@daily", "--replace")).ExitCode);
        Assert.Equal("@daily", (await Client.Run("schedule", "show", "nightly")).Json.GetProperty("cron").GetString());

        string? Text(string name) => shown.GetProperty(name).GetString();
    }

    /// <summary>An option stands for what it cannot be together with, too.</summary>
    [Theory]
    [InlineData("""{"at":"2999-01-01T00:00:00Z","cancel_on":[{"event":"completed","schedule":"other"}],"workflow":"three","input":{"name":"n"}}""", "--cron", "@daily", "cron", "@daily")]
    [InlineData("""{"cron":"@daily","workflow":"three","input":{"name":"n"}}""", "--at", "2999-01-01T00:00:00Z", "at", "2999-01-01T00:00:00+00:00")]
    [InlineData("""{"cron":"@daily","workflow":"three","version":7,"params":{"who":"w"}}""", "--pattern", "greeting@1", "pattern", "greeting")]
    [InlineData("""{"cron":"@daily","pattern":"nobody","pattern_version":7,"input":{"name":"n"}}""", "--workflow", "three@1", "workflow", "three")]
    [InlineData("""{"cron":"@daily","pattern":"greeting","input":{"nobody":"n"}}""", "--input-json", "{\"who\":\"w\"}", "pattern", "greeting")]
    public async Task AnOption_GoesOverAFile_ThatSaysItAnotherWay(string file, string option, string value, string field, string shown)
    {
        Assert.Equal(0, (await Client.Run("pattern", "register", "greeting@1", Client.Write("greeting.json", PatternCommandTests.Greeting))).ExitCode);
        Client.Write("schedule.json", file);

        var made = await Client.Run("schedule", "create", "mine", "--file", "schedule.json", option, value);

        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Equal(shown, (await Client.Run("schedule", "show", "mine")).Json.GetProperty(field).GetString());
    }

    [Fact]
    public async Task AChange_SaysWhatBecomesOfTheSchedule()
    {
        await Says("fires when somebody says so", "");
        await Says("is disabled: it does not fire by itself", ""","cron":"@daily","enabled":false""");
        Assert.Equal("The schedule mine is disabled, and paused.", (await Client.Run("schedule", "pause", "mine")).Lines[0]);

        async Task Says(string what, string fields)
        {
            Client.Write("schedule.json", $$$"""{"workflow":"three","input":{"name":"n"}{{{fields}}}}""");
            var made = await Client.Run("schedule", "create", "mine", "--file", "schedule.json", "--replace");
            Assert.Equal(("", $"The schedule mine {what}."), (made.Error, made.Out.Trim()));
        }
    }

    [Fact]
    public async Task ASchedule_IsPaused_Resumed_AndFilledUp_AndItsRunsAreListed()
    {
        Assert.Equal(0, (await Client.Run("schedule", "create", "hourly", "--cron", "0 * * * *", "--workflow", "three", "--input-json", """{"name":"n"}""")).ExitCode);

        Assert.Equal("The schedule hourly is paused.", (await Client.Run("schedule", "pause", "hourly", "--reason", "the disk is full")).Lines[0]);
        Assert.Equal("the disk is full", (await Client.Run("schedule", "show", "hourly")).Json.GetProperty("pause").GetProperty("reason").GetString());
        Assert.StartsWith("The schedule hourly is paused until ", (await Client.Run("schedule", "pause", "hourly", "--until", "2999-01-01T00:00:00Z")).Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("The schedule hourly is due next at ", (await Client.Run("schedule", "resume", "hourly")).Lines[0], StringComparison.Ordinal);

        var filled = await Client.Run("schedule", "backfill", "hourly", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T02:00:00Z");
        Assert.True(filled.ExitCode == 0, filled.Error);
        Assert.Equal("3 times: 3 runs made, 0 found again, 0 that could not be made.", filled.Lines[^1]);
        Assert.Equal("3 times: 0 runs made, 3 found again, 0 that could not be made.", (await Client.Run("schedule", "backfill", "hourly", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T02:00:00Z")).Lines[^1]);
        Assert.Equal(3, (await Client.Run("schedule", "runs", "hourly", "-o", "ids")).Lines.Count);
        var table = await Client.Run("schedule", "runs", "hourly", "--limit", "2");
        Assert.Equal(3, table.Lines.Count);
        Assert.All(table.Lines.Skip(1), line => Assert.Contains("backfill", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nonsense_IsTold()
    {
        var cron = await Client.Run("schedule", "create", "x", "--cron", "61 * * * *", "--workflow", "three");
        Assert.NotEqual(0, cron.ExitCode);
        Assert.Contains("minute, column 1: 61 is above 59", cron.Error, StringComparison.Ordinal);
        var input = await Client.Run("schedule", "create", "x", "--cron", "@daily", "--workflow", "three", "--input-json", """{"count":"many"}""");
        Assert.NotEqual(0, input.ExitCode);
        Assert.Contains("input.count", input.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Client.Run("schedule", "create", "x", "--workflow", "three", "--input-json", "{")).ExitCode);
        Assert.Equal(4, (await Client.Run("schedule", "delete", "nobody")).ExitCode);
        Assert.Equal(4, (await Client.Run("schedule", "pause", "nobody")).ExitCode);

        await Refused("cannot be read", "--file", "missing.json");
        await Refused("is not JSON", "--file", Client.Write("broken.json", "{"));
        await Refused("one JSON object", "--file", Client.Write("list.json", "[]"));
        await Refused("is not JSON", "--file", Client.Write("twice.json", """{"workflow":"three","workflow":"three"}"""));
        await Refused("its id is \"other\"", "--file", Client.Write("other.json", """{"id":"other"}"""));

        async Task Refused(string text, params string[] options)
        {
            var refused = await Client.Run(["schedule", "create", "x", .. options]);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(text, refused.Error, StringComparison.Ordinal);
        }
    }
}
