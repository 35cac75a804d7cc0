namespace Dispatcher.Host.Tests.Database;

/// <summary><c>dispatcher db</c></summary>
[Collection(DatabaseCollection.Name)]
public sealed class DatabaseCommandTests : IAsyncLifetime
{
    private DatabaseRun _database = null!;

    private CommandRun Commands => _database.Commands;

    public async Task InitializeAsync() => _database = await DatabaseRun.Create();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Status_SaysWhatIsMissing_AndMigrateMakesIt()
    {
        var before = await Commands.Run("db", "status");
        Assert.Equal(1, before.ExitCode);
        Assert.Contains("is not there yet: run `dispatcher db migrate`", before.Out, StringComparison.Ordinal);
        Assert.Contains("was brought from schema 0 to", (await Commands.Run("db", "migrate")).Out, StringComparison.Ordinal);
        Assert.Contains("nothing to do", (await Commands.Run("db", "migrate")).Out, StringComparison.Ordinal);

        var after = await Commands.Run("db", "status", "--json");

        Assert.Equal(0, after.ExitCode);
        Assert.Equal(("dispatcher", "128", 0), (Text("schema"), Text("shards"), after.Json.GetProperty("jobs").GetInt32()));
        Assert.Equal(after.Json.GetProperty("version").GetInt32(), after.Json.GetProperty("known_version").GetInt32());
        string? Text(string name) => after.Json.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Import_BringsJobsOfRealRuns_AndTheOpenOnesGoOn()
    {
        Assert.Equal(0, (await OnFiles("run", Commands.Write("three.yaml", Samples.Three))).ExitCode);
        Assert.Equal(1, (await OnFiles("run", Commands.Write("failing.yaml", Samples.Failing))).ExitCode);
        var open = await LeaveOpen();
        var ids = (await OnFiles("job", "list", "-o", "ids")).Lines;
        Assert.Equal(3, ids.Count);
        var histories = await Histories(ids, "--store", "");

        var imported = await Commands.Run("db", "import", Commands.Data, "--json");

        Assert.True(imported.ExitCode == 0, imported.Error);
        Assert.Equal((3, 0), (imported.Json.GetProperty("jobs").GetInt32(), imported.Json.GetProperty("already_there").GetInt32()));
        Assert.Equal(histories, await Histories(ids));
        var again = await Commands.Run("db", "import", Path.Combine(Commands.Data, "dispatcher.db"), "--json");
        Assert.Equal(3, again.Json.GetProperty("already_there").GetInt32());
        Assert.Equal(imported.Json.GetProperty("digest").GetString(), again.Json.GetProperty("digest").GetString());

        Commands.OpenGate();
        await using (await ServeRun.Start(Commands))
        {
            Commands.Set("DISPATCHER_SERVER", "");
            var watched = await Commands.Run("job", "watch", open, "--server", Remote.RunningServer.Find(Commands.Data)!.Address.ToString());
            Assert.True(watched.ExitCode == 0, watched.Error);
        }

        Assert.Equal(0, (await Commands.OnData("doctor")).ExitCode);
    }

    [Fact]
    public async Task Import_SaysWhatToDo_WhenThereIsNothing()
    {
        var missing = await Commands.Run("db", "import", "nothing-here");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("nothing-here", missing.Error, StringComparison.Ordinal);
    }

    /// <summary>A job whose run is stopped while a step waits.</summary>
    private async Task<string> LeaveOpen()
    {
        await Commands.RunAndStop("waiting", "--store", "");
        return Assert.Single((await OnFiles("job", "list", "-o", "ids", "--workflow", "waiting")).Lines);
    }

    private Task<CommandRun.Output> OnFiles(params string[] command) => Commands.OnData([.. command, "--store", ""]);

    private async Task<string> Histories(IEnumerable<string> ids, params string[] more)
    {
        var text = new System.Text.StringBuilder();
        foreach (var id in ids) text.Append((await Commands.OnData(["job", "events", id, "-o", "json", .. more])).Out);
        return text.ToString();
    }
}
