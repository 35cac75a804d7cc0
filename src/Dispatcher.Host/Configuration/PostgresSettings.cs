using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.store.postgres</c></summary>
public sealed record PostgresSettings
{
    private const string ConnectionPath = "dispatcher.store.connection";
    private const string SchemaPath = "dispatcher.store.postgres.schema";

    public string Schema { get; init; } = "dispatcher";

    public int Shards { get; init; } = 128;

    public int MaxConnections { get; init; } = 20;

    public int PreparedStatements { get; init; } = 50;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public int PartitionsAhead { get; init; } = 3;

    internal static PostgresSettings From(CheckedSettings settings) => new()
    {
        Schema = settings.Text(SchemaPath),
        Shards = settings.Integer("dispatcher.store.postgres.shards"),
        MaxConnections = settings.Integer("dispatcher.store.postgres.max-connections"),
        PreparedStatements = settings.Integer("dispatcher.store.postgres.prepared-statements"),
        ConnectTimeout = settings.Duration("dispatcher.store.postgres.connect-timeout"),
        CommandTimeout = settings.Duration("dispatcher.store.postgres.command-timeout"),
        PartitionsAhead = settings.Integer("dispatcher.store.postgres.partitions-ahead"),
    };

    /// <summary>A connection string that makes no sense is told without repeating it, for the password in it.</summary>
    internal static IEnumerable<ConfigurationFault> FaultsIn(CheckedSettings settings)
    {
        if (settings.Text(ConnectionPath) is { Length: > 0 } connection && PostgresConnectionText.FaultIn(connection) is { } fault)
        {
            yield return new ConfigurationFault(
                settings.Values[ConnectionPath].Origin.FileAndLine,
                $"{ConnectionPath} is no connection string: {fault}. Write \"Host=...;Database=...;Username=...;Password=...\".");
        }

        if (!PostgresStoreOptions.IsSchemaName(settings.Text(SchemaPath)))
        {
            yield return new ConfigurationFault(
                settings.Values[SchemaPath].Origin.FileAndLine,
                $"{SchemaPath} is '{settings.Text(SchemaPath)}', which is no usable name: up to 40 lower-case letters, digits and underscores, a letter first.");
        }
    }
}
