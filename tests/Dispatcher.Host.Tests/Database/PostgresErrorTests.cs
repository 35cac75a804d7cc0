using Dispatcher.Tests.Shared;

namespace Dispatcher.Host.Tests.Database;

/// <summary>A database that cannot be used is told in one sentence, with what to do.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class PostgresErrorTests : IAsyncLifetime
{
    private DatabaseRun _database = null!;

    public async Task InitializeAsync() => _database = await DatabaseRun.Create();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public Task Serve_SaysWhatToDo_WhenNothingListens() =>
        Refuses(1, "see that the server runs", "serve", "--store", _database.With(connection => connection.Port = 1));

    [Fact]
    public async Task Serve_SaysWhatToDo_WhenThePasswordIsWrong()
    {
        const string role = PostgresCluster.RoleWithPassword;
        await _database.Execute($"DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await Refuses(1, "correct Username and Password", "serve", "--store", _database.With(connection => (connection.Username, connection.Password) = (role, "s3cr3t")));
    }

    [Fact]
    public Task Serve_SaysWhatToDo_WhenThereIsNoSuchDatabase() =>
        Refuses(1, "make it with createdb", "serve", "--store", _database.With(connection => connection.Database = "nowhere"));

    [Fact]
    public async Task Serve_SaysWhatToDo_WhenTheSchemaIsNewer()
    {
        await Migrate();
        await _database.Execute("INSERT INTO dispatcher.schema_versions VALUES (9999, 0, '99.0.0')");
        await Refuses(1, "Run Dispatcher 99.0.0 or newer", "serve");
        await Refuses(1, "Run Dispatcher 99.0.0 or newer", "job", "list");
        await Refuses(1, "Run Dispatcher 99.0.0 or newer", "db", "migrate");
    }

    [Fact]
    public async Task Serve_SaysWhatToDo_WhenTheNumberOfShardsDiffers()
    {
        await Migrate();
        _database.Commands.Set("DISPATCHER__STORE__POSTGRES__SHARDS", "64");
        await Refuses(1, "set this node to 128", "serve");
        await Refuses(1, "set this node to 128", "db", "migrate");
    }

    [Fact]
    public async Task Serve_SaysWhatToDo_WhenTheRoleMayNotMakeTheSchema()
    {
        await _database.Execute("DO $$ BEGIN CREATE ROLE may_nothing LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await Refuses(1, "run `dispatcher db migrate` as the owner", "serve", "--store", _database.With(connection => connection.Username = "may_nothing"));
    }

    [Theory]
    [InlineData("Host=db;Nonsense=1;Password=s3cr3t")]
    [InlineData("postgres://me:s3cr3t@db/jobs")]
    [InlineData("Database=jobs;Password=s3cr3t")]
    public async Task Connection_IsRefused_WhenItIsNone(string connection)
    {
        await Refuses(2, "is no connection string", "serve", "--store", connection);
        _database.Commands.Set(Configuration.SettingsEnvironment.StoreVariable, connection);
        await Refuses(2, "is no connection string", "job", "list");
    }

    [Fact]
    public async Task Schema_IsRefused_WhenItIsNoName()
    {
        _database.Commands.Set("DISPATCHER__STORE__POSTGRES__SCHEMA", "drop table");
        await Refuses(2, "dispatcher.store.postgres.schema", "serve");
    }

    [Fact]
    public Task Db_IsRefused_WhenNoDatabaseIsNamed() => Refuses(2, "No database is named", "db", "status", "--store", "");

    private async Task Migrate() => Assert.Equal(0, (await _database.Commands.Run("db", "migrate")).ExitCode);

    private async Task Refuses(int exitCode, string advice, params string[] command)
    {
        var output = await _database.Commands.Run(command);
        Assert.Equal((exitCode, ""), (output.ExitCode, output.Out));
        Assert.Contains(advice, output.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", output.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("A fault of Dispatcher itself", output.Error, StringComparison.Ordinal);
    }
}
