using System.Text.RegularExpressions;
using Dispatcher.Host.Configuration;

namespace Dispatcher.Host.Tests.Database;

/// <summary>A node works with the rights that docs/operations.md gives its role, word for word, and no others.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class LeastPrivilegeTests : IAsyncLifetime
{
    private DatabaseRun _database = null!;

    private CommandRun Commands => _database.Commands;

    public async Task InitializeAsync() => _database = await DatabaseRun.Create();

    public async Task DisposeAsync()
    {
        await _database.Execute("DROP OWNED BY dispatcher_node");
        await _database.Execute("DROP ROLE dispatcher_node");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Node_Works_WithTheGrantsOfTheManual_AfterAMigrationByTheOwner()
    {
        await _database.Execute("CREATE ROLE dispatcher_node LOGIN");
        Assert.Equal(0, (await Commands.Run("db", "migrate")).ExitCode);
        await _database.Execute(Grants());
        Commands.Set(SettingsEnvironment.StoreVariable, _database.With(connection => connection.Username = "dispatcher_node"));

        var ran = await Commands.OnData("run", Commands.Write("three.yaml", Samples.Three));
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Equal(0, (await Commands.OnData("key", "create", "--role", "admin")).ExitCode);
        await using (var serve = await ServeRun.Start(Commands, config: "dispatcher.retention { completed-after = 1 m, sweep-interval = 1 s }"))
            Assert.DoesNotContain("permission", serve.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Commands.OnData("doctor")).ExitCode);
        Assert.Equal(0, (await Commands.Run("db", "status")).ExitCode);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => DatabaseRun.Execute(Commands.Environment[SettingsEnvironment.StoreVariable], "CREATE TABLE dispatcher.mine (x int)"));
    }

    /// <summary>The manual's block, without the making of roles and databases.</summary>
    private static string Grants()
    {
        var manual = File.ReadAllText(Path.Combine(ContainerFilesTests.Root, "docs", "operations.md"));
        var block = Regex.Match(manual, "```sql\n-- the rights of a node\n(?<sql>.*?)```", RegexOptions.Singleline, TimeSpan.FromMinutes(1));
        Assert.True(block.Success);
        return block.Groups["sql"].Value;
    }
}
