using System.Globalization;
using System.Reflection;
using Dispatcher.Kernel;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Brings a schema to what this program knows: numbered scripts, each applied once, with its record. Scripts with one number belong together. Several nodes
/// may start at once: one of them does it, the others wait and find it done.
/// </summary>
internal static class PostgresMigrations
{
    private const string ResourceInfix = ".Store.Postgres.Migrations.";

    private const string Lock = "SELECT pg_advisory_xact_lock(hashtext('dispatcher migrations'), hashtext('{schema}'))";

    private const string HasVersions = "SELECT to_regclass('{schema}.schema_versions') IS NOT NULL";

    private const string CreateVersions =
        """
        CREATE SCHEMA IF NOT EXISTS {schema};
        CREATE TABLE IF NOT EXISTS {schema}.schema_versions (version int PRIMARY KEY, applied_at bigint NOT NULL, applied_by text NOT NULL)
        """;

    private static readonly IReadOnlyList<(int Version, string Sql)> Scripts = Load();

    /// <summary>The schema of this program.</summary>
    public static int Newest => Scripts[^1].Version;

    /// <summary>What the program calls itself in the database.</summary>
    public static string ProgramVersion { get; } = typeof(PostgresMigrations).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    /// <summary>Applies what is missing, in the given transaction; asks for no right to change the schema when nothing is.</summary>
    /// <param name="upTo">For tests: the version that the program had.</param>
    /// <exception cref="StoreVersionException">The schema is newer than this program.</exception>
    public static async Task Apply(PostgresDatabase database, NpgsqlConnection connection, DateTimeOffset now, int upTo = int.MaxValue)
    {
        await Execute(database, connection, Lock);
        var current = await CurrentVersion(database, connection) ?? 0;
        await RefuseNewer(database, connection, current);
        if (current >= Math.Min(Newest, upTo)) return;

        if (current == 0) await Execute(database, connection, CreateVersions);
        foreach (var (version, sql) in Scripts.Where(script => script.Version > current && script.Version <= upTo))
        {
            await Execute(database, connection, sql);
            await Record(database, connection, version, now);
        }
    }

    /// <summary>For a reader, which changes nothing.</summary>
    /// <exception cref="StoreVersionException">The schema is newer or older than this program, or not there.</exception>
    public static async Task Require(PostgresDatabase database, NpgsqlConnection connection)
    {
        var current = await CurrentVersion(database, connection) ??
            throw new StoreVersionException($"There is no schema {database.Schema} in the database: no Dispatcher has started with it yet.");
        await RefuseNewer(database, connection, current);
        if (current < Newest)
        {
            throw new StoreVersionException(
                $"The database has schema {current}, and this program reads schema {Newest}. " +
                "Start a server of this version once: it brings the schema up to date.");
        }
    }

    /// <summary>The newest version that was applied; null when none was.</summary>
    public static async Task<int?> CurrentVersion(PostgresDatabase database, NpgsqlConnection connection)
    {
        if (!await Query<bool>(database, connection, HasVersions)) return null;
        var version = await Query<int>(database, connection, "SELECT coalesce(max(version), 0) FROM {schema}.schema_versions");
        return version == 0 ? null : version;
    }

    private static async Task RefuseNewer(PostgresDatabase database, NpgsqlConnection connection, int current)
    {
        if (current <= Newest) return;
        var program = await Query<string>(database, connection, "SELECT applied_by FROM {schema}.schema_versions ORDER BY version DESC LIMIT 1");
        throw new StoreVersionException(
            $"The database has schema {current}, written by Dispatcher {program}; " +
            $"this is Dispatcher {ProgramVersion}, which knows schemas up to {Newest}. " +
            $"Run Dispatcher {program} or newer, or restore a backup from before the upgrade.");
    }

    private static async Task Record(PostgresDatabase database, NpgsqlConnection connection, int version, DateTimeOffset now)
    {
        await using var record = database.Command(connection, "INSERT INTO {schema}.schema_versions (version, applied_at, applied_by) VALUES ($1, $2, $3)");
        record.Add(version);
        record.Add(now);
        record.Add(ProgramVersion);
        await record.ExecuteNonQueryAsync();
    }

    private static async Task Execute(PostgresDatabase database, NpgsqlConnection connection, string sql)
    {
        await using var command = database.Command(connection, sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> Query<T>(PostgresDatabase database, NpgsqlConnection connection, string sql)
    {
        await using var command = database.Command(connection, sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static List<(int Version, string Sql)> Load()
    {
        var assembly = typeof(PostgresMigrations).Assembly;
        var scripts = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(ResourceInfix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .GroupBy(Number)
            .Select(parts => (parts.Key, string.Join('\n', parts.Select(name => Read(assembly, name)))))
            .ToList();
        for (var i = 0; i < scripts.Count; i++) Check.That(scripts[i].Key == i + 1);
        Check.That(scripts.Count > 0);
        return scripts;
    }

    private static int Number(string resource)
    {
        var start = resource.IndexOf(ResourceInfix, StringComparison.Ordinal) + ResourceInfix.Length;
        return int.Parse(resource.AsSpan(start, 4), CultureInfo.InvariantCulture);
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
