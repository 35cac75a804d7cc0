namespace Dispatcher.Host.Tests.Database;

/// <summary>The commands that work on a data directory work on a database as well.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class PostgresCommandTests : IAsyncLifetime
{
    private DatabaseRun _database = null!;

    private CommandRun Commands => _database.Commands;

    public async Task InitializeAsync() => _database = await DatabaseRun.Create();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Run_LeavesItsJobInTheDatabase_WhereAllReadersFindIt()
    {
        var ran = await Commands.OnData("run", Commands.Write("three.yaml", Samples.Three), "--json");
        Assert.True(ran.ExitCode == 0, ran.Error);
        var id = ran.Json.GetProperty("job_id").GetString()!;

        Assert.Equal([id], (await Commands.OnData("job", "list", "-o", "ids")).Lines);
        Assert.Contains("completed", (await Commands.OnData("job", "show", id[..13])).Out, StringComparison.Ordinal);
        Assert.NotEmpty((await Commands.OnData("job", "events", id)).Lines);
        Assert.Equal("ended", (await Commands.OnData("job", "why", id, "-o", "json")).Json.GetProperty("reason").GetString());
        var doctor = await Commands.OnData("doctor");
        Assert.True(doctor.ExitCode == 0, doctor.Out + doctor.Error);
        Assert.StartsWith($"the database {_database.Name} on 127.0.0.1:", doctor.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Commands.Data, "dispatcher.db")));
    }

    [Fact]
    public async Task Resume_GoesOn_WhereARunWasStopped()
    {
        var stopped = await Commands.RunAndStop("waiting");
        Assert.Contains("dispatcher resume", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("--store \"Host=127.0.0.1;", stopped.Error, StringComparison.Ordinal);

        Commands.OpenGate();
        var resumed = await Commands.OnData("resume");

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains("completed", (await Commands.OnData("job", "list")).Out, StringComparison.Ordinal);
        Assert.Contains($"all jobs in the database {_database.Name}", (await Commands.OnData("resume")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsMadeListedAndRevoked()
    {
        Assert.Equal(4, (await Commands.OnData("key", "list")).ExitCode);
        var made = await Commands.OnData("key", "create", "--role", "admin", "-o", "json");
        var id = made.Json.GetProperty("id").GetString()!;
        Assert.Equal(0, (await Commands.OnData("key", "revoke", id)).ExitCode);
        Assert.Contains("revoked", (await Commands.OnData("key", "list")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_NamesPgDump()
    {
        var refused = await Commands.OnData("backup", Path.Combine(Commands.Directory, "copy"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("pg_dump --schema=dispatcher", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Option_GoesBeforeTheVariable_AndAnEmptyOneMeansTheDataDirectory()
    {
        Assert.Equal(0, (await Commands.OnData("run", Commands.Write("three.yaml", Samples.Three), "--store", "")).ExitCode);
        Assert.True(File.Exists(Path.Combine(Commands.Data, "dispatcher.db")));
        Assert.Single((await Commands.OnData("job", "list", "-o", "ids", "--store", "")).Lines);
        Assert.Equal(4, (await Commands.OnData("job", "list")).ExitCode);
    }

    [Fact]
    public async Task Config_ShowsTheConnection_WithoutItsPassword()
    {
        Commands.Set(Configuration.SettingsEnvironment.StoreVariable, _database.With(connection => connection.Password = "s3cr3t"));
        var shown = await Commands.Run("config");
        Assert.DoesNotContain("s3cr3t", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"Database={_database.Name}", shown.Out, StringComparison.Ordinal);
        Assert.Contains("environment variable DISPATCHER_STORE", shown.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_EndsCleanly_WhenItIsAskedToLeaveItsCluster()
    {
        await using var serve = await ServeRun.Start(Commands);
        Commands.Set("DISPATCHER_SERVER", serve.Address.ToString());

        var order = await Commands.Run("pbm", serve.Address.Authority, "cluster", "leave");

        Assert.True(order.ExitCode == 0, order.Error);
        Assert.Equal(0, await serve.Ended.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(0L, await _database.Execute("SELECT count(*) FROM dispatcher.nodes WHERE state = 'alive'"));
        var offline = await Commands.Run("cluster-sharding", "verify", "--store", _database.Connection);
        Assert.True(offline.ExitCode == 0, offline.Out + offline.Error);
    }

    [Fact]
    public async Task Server_TakesJobs_AndCommandsOnTheMachineFindIt()
    {
        await using (var serve = await ServeRun.Start(Commands))
        {
            using var client = serve.Client();
            using var yaml = new StringContent(Samples.Three, System.Text.Encoding.UTF8, "application/yaml");
            using var registered = await client.PutAsync("/api/v1/workflows/three/versions/1", yaml);
            Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
            Commands.Set("DISPATCHER_SERVER", serve.Address.ToString());
            var created = await Commands.Run("job", "create", "three", "--watch");
            Assert.True(created.ExitCode == 0, created.Error);

            var key = await Commands.OnData("key", "create", "--role", "admin");
            Assert.Equal(0, key.ExitCode);
            using var refused = await client.GetAsync("/api/v1/jobs");
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
            var second = await Commands.OnData("serve", "--urls", "http://127.0.0.1:0");
            Assert.Contains("in use by the process", second.Error, StringComparison.Ordinal);
        }

        Assert.Single((await Commands.OnData("job", "list", "-o", "ids")).Lines);
        Assert.Equal(0L, await _database.Execute("SELECT count(*) FROM dispatcher.nodes WHERE state = 'alive'"));
    }
}
