using System.Text.RegularExpressions;

namespace Dispatcher.Store.Postgres;

/// <summary>Where and how the PostgreSQL store keeps its data.</summary>
public sealed partial record PostgresStoreOptions
{
    /// <summary>Npgsql's connection string: <c>Host=...;Database=...;Username=...</c>. What these options name overrules what stands in it.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The schema of all tables, made if it is missing: several stores can live in one database. Lower-case letters, digits and underscores.</summary>
    public string Schema { get; init; } = "dispatcher";

    /// <summary>Over how many shards jobs are spread. Decided when the database is made; a node with another count is refused.</summary>
    public int ShardCount { get; init; } = 128;

    /// <summary>What people call this node.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>Where this node answers people, as an URL; empty if it does not.</summary>
    public string Address { get; init; } = "";

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one statement may take, a commit of the journal too.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most connections of this node, the writer's own included.</summary>
    public int MaxConnections { get; init; } = 20;

    /// <summary>How many statements a connection keeps prepared. 0 behind a pooler that gives each transaction another connection (PgBouncer, <c>pool_mode = transaction</c>).</summary>
    public int PreparedStatements { get; init; } = 50;

    /// <summary>For how many months after this one the journal's partitions are made in advance.</summary>
    public int PartitionsAhead { get; init; } = 3;

    /// <summary>The most events in one transaction. More gains nothing and makes each answer later.</summary>
    public int BatchLimitEvents { get; init; } = 1000;

    /// <summary>The most bytes in one transaction.</summary>
    public int BatchLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>The most events that wait for their commit; at it, appends stand in line.</summary>
    public int QueueLimitEvents { get; init; } = 100_000;

    /// <summary>The most that <see cref="BatchLimitEvents"/> may be.</summary>
    public static int MostBatchEvents => PostgresOrdering.PlacesInATransaction;

    /// <summary>True for what can be the name of a schema without being quoted.</summary>
    public static bool IsSchemaName(string name) => SchemaName().IsMatch(name);

    /// <exception cref="StoreException">A setting that cannot work, by name, with what it may be.</exception>
    internal void Validate()
    {
        if (!IsSchemaName(Schema))
            throw new StoreException($"The schema '{Schema}' is no usable name: give it up to 40 lower-case letters, digits and underscores, and begin with a letter.");
        Require(ShardCount is >= 1 and <= 4096, nameof(ShardCount), ShardCount, "1 to 4096");
        Require(MaxConnections is >= 2 and <= 1000, nameof(MaxConnections), MaxConnections, "2 to 1000");
        Require(PreparedStatements is >= 0 and <= 1000, nameof(PreparedStatements), PreparedStatements, "0 to 1000");
        Require(PartitionsAhead is >= 0 and <= 24, nameof(PartitionsAhead), PartitionsAhead, "0 to 24");
        Require(BatchLimitEvents is >= 1 and <= PostgresOrdering.PlacesInATransaction, nameof(BatchLimitEvents), BatchLimitEvents, $"1 to {PostgresOrdering.PlacesInATransaction}");
        Require(ConnectTimeout >= TimeSpan.FromSeconds(1), nameof(ConnectTimeout), ConnectTimeout, "a second or more");
        Require(CommandTimeout >= TimeSpan.FromSeconds(1), nameof(CommandTimeout), CommandTimeout, "a second or more");
    }

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds) throw new StoreException($"The PostgreSQL store's {name} is {value}, and may be {allowed}.");
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemaName();
}
