using System.Globalization;
using System.Reflection;
using Dispatcher.Kernel;

namespace Dispatcher.Store.Sqlite;

/// <summary>Brings a database to the schema that this program knows: numbered scripts, each applied once, with its record.</summary>
internal static class SqliteMigrations
{
    private const string ResourceInfix = ".Store.Sqlite.Migrations.";

    private const string CreateVersions =
        """
        CREATE TABLE IF NOT EXISTS schema_versions (
            version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL, applied_by TEXT NOT NULL
        ) STRICT
        """;

    private static readonly IReadOnlyList<(int Version, string Sql)> Scripts = Load();

    /// <summary>The schema of this program.</summary>
    public static int Newest => Scripts[^1].Version;

    private static string ProgramVersion { get; } = typeof(SqliteMigrations).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    /// <summary>Applies what is missing; nothing when the database is up to date.</summary>
    /// <param name="upTo">For tests: the version that the program had.</param>
    /// <exception cref="StoreVersionException">The database is newer than this program.</exception>
    public static void Apply(SqliteDatabase database, DateTimeOffset now, int upTo = int.MaxValue)
    {
        database.Execute(SqliteSql.BeginImmediate);
        try
        {
            database.Execute(CreateVersions);
            var current = CurrentVersion(database);
            RefuseNewer(database, current);
            foreach (var (version, sql) in Scripts.Where(script => script.Version > current && script.Version <= upTo))
            {
                database.Execute(sql);
                Record(database, version, now);
            }

            database.Execute(SqliteSql.Commit);
        }
        catch
        {
            database.RollBack();
            throw;
        }
    }

    /// <summary>For a reader, which cannot change the schema.</summary>
    /// <exception cref="StoreVersionException">The database is newer or older than this program, or was never written by one.</exception>
    public static void Require(SqliteDatabase database)
    {
        if (database.QueryInt64("SELECT 1 FROM sqlite_schema WHERE name = 'schema_versions'") is null)
            throw new StoreVersionException("The database is empty: no Dispatcher has started in this data directory yet.");
        var current = CurrentVersion(database);
        RefuseNewer(database, current);
        if (current < Newest)
        {
            throw new StoreVersionException(
                $"The database has schema {current}, and this program reads schema {Newest}. " +
                "Start the server of this version once: it brings the schema up to date.");
        }
    }

    private static int CurrentVersion(SqliteDatabase database) =>
        (int)(database.QueryInt64("SELECT max(version) FROM schema_versions") ?? 0);

    private static void RefuseNewer(SqliteDatabase database, int current)
    {
        if (current <= Newest) return;
        var statement = database.Statement("SELECT applied_by FROM schema_versions ORDER BY version DESC LIMIT 1");
        statement.Step();
        var program = statement.Text(0);
        statement.Reset();
        throw new StoreVersionException(
            $"The database has schema {current}, written by Dispatcher {program}; " +
            $"this is Dispatcher {ProgramVersion}, which knows schemas up to {Newest}. " +
            $"Run Dispatcher {program} or newer, or restore a backup from before the upgrade.");
    }

    private static void Record(SqliteDatabase database, int version, DateTimeOffset now)
    {
        var statement = database.Statement("INSERT INTO schema_versions (version, applied_at, applied_by) VALUES (?1, ?2, ?3)");
        statement.Bind(1, version);
        statement.Bind(2, StoredTime.ToMicroseconds(now));
        statement.Bind(3, ProgramVersion);
        statement.Run();
    }

    private static List<(int Version, string Sql)> Load()
    {
        var assembly = typeof(SqliteMigrations).Assembly;
        var scripts = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(ResourceInfix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (Number(name), Read(assembly, name)))
            .ToList();
        for (var i = 0; i < scripts.Count; i++) Check.That(scripts[i].Item1 == i + 1);
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
