using Dispatcher.Jobs;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Store.Import;

/// <summary>An embedded store as it is read to be moved: a file of SQLite that nobody writes, all of it as of one instant.</summary>
internal sealed class SqliteImportSource : IDisposable
{
    private const string Ids =
        """
        SELECT job_id FROM (SELECT job_id FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT ?2)
        UNION
        SELECT job_id FROM (SELECT DISTINCT job_id FROM journal WHERE job_id > ?1 ORDER BY job_id LIMIT ?2)
        ORDER BY job_id LIMIT ?2
        """;

    private const string Exists = "SELECT 1 FROM jobs WHERE job_id = ?1 UNION ALL SELECT 1 FROM journal WHERE job_id = ?1 LIMIT 1";

    private const string TermsOfJob =
        """
        SELECT tenant, term FROM job_terms
        WHERE tenant = (SELECT tenant FROM jobs WHERE job_id = ?1) AND job_id = ?1 AND term IN (
            SELECT workflow_name FROM jobs WHERE job_id = ?1 UNION ALL SELECT value FROM json_each((SELECT terms FROM jobs WHERE job_id = ?1)))
        ORDER BY tenant, term
        """;

    private const string Nodes = "SELECT incarnation, started_at, CASE state WHEN 'alive' THEN 'dead' ELSE state END FROM nodes ORDER BY incarnation";

    private readonly SqliteDatabase _database;

    private SqliteImportSource(SqliteDatabase database) => _database = database;

    /// <param name="path">A database file, or a data directory that has one.</param>
    /// <exception cref="StoreException">There is none, it is in use, or another version wrote it.</exception>
    public static SqliteImportSource Open(string path)
    {
        var file = Directory.Exists(path) ? DataDirectory.DatabaseFile(path) : path;
        if (!File.Exists(file)) throw new StoreException($"There is no database {file}: name the data directory of an embedded Dispatcher, or a backup of its database.");
        var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (DataDirectory.Holder(directory) is { } holder)
            throw new StoreException($"The process {holder} works in {directory}: stop it, or what it does from now on would be lost. A backup can be imported beside it.");

        var database = SqliteDatabase.Open(file, readOnly: true);
        try
        {
            SqliteMigrations.Require(database);
            database.Execute("BEGIN");
            return new SqliteImportSource(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public long CountJobs() => _database.QueryInt64("SELECT count(*) FROM jobs") ?? 0;

    /// <summary>When its first job was made; null without jobs.</summary>
    public JobId? FirstJob() => ReadIds(after: null, 1) is [var first] ? first : null;

    public bool Contains(JobId id)
    {
        var statement = _database.Statement(Exists);
        statement.Bind(1, id);
        var exists = statement.Step();
        statement.Reset();
        return exists;
    }

    /// <summary>The next jobs in the order of their ids, until there are enough of them or of their events.</summary>
    /// <param name="writerOffset">What is added to the numbers of incarnations.</param>
    public List<ImportedJob> ReadPage(JobId? after, int jobLimit, int eventLimit, long writerOffset)
    {
        var page = new List<ImportedJob>();
        var events = 0;
        foreach (var id in ReadIds(after, jobLimit))
        {
            var job = ReadJob(id, writerOffset);
            page.Add(job);
            if ((events += job.Events) >= eventLimit) break;
        }

        return page;
    }

    /// <summary>Incarnation, start and state of every life; what did not say that it left is dead by now.</summary>
    public List<object?[]> ReadNodes() => Rows(_database.Statement(Nodes), [new("incarnation"), new("started_at"), new("state", ImportType.Text)]);

    public List<object?[]> ReadTable(ImportTable table) =>
        Rows(_database.Statement($"SELECT {table.ColumnList} FROM {table.Name} ORDER BY {table.Order}"), table.Columns);

    public void Dispose() => _database.Dispose();

    private List<JobId> ReadIds(JobId? after, int limit)
    {
        var statement = _database.Statement(Ids);
        statement.Bind(1, after ?? default);
        statement.Bind(2, limit);
        var ids = new List<JobId>();
        while (statement.Step()) ids.Add(statement.Id(0));
        statement.Reset();
        return ids;
    }

    private ImportedJob ReadJob(JobId id, long writerOffset)
    {
        var job = new ImportedJob(id);
        for (var i = 0; i < ImportTable.OfJobs.Count; i++)
        {
            var table = ImportTable.OfJobs[i];
            var statement = _database.Statement(table == ImportTable.Terms ? TermsOfJob : RowsOfJob(table));
            statement.Bind(1, id);
            job.Rows[i].AddRange(Rows(statement, table.Columns));
            if (table.WriterColumn < 0) continue;
            foreach (var row in job.Rows[i]) row[table.WriterColumn] = (long)row[table.WriterColumn]! + writerOffset;
        }

        return job;
    }

    private static string RowsOfJob(ImportTable table) =>
        $"SELECT {table.ColumnList} FROM {table.Name} WHERE {table.Job} = ?1{(table.Key > 0 ? $" ORDER BY {table.Order}" : "")}";

    private static List<object?[]> Rows(SqliteStatement statement, ImportColumn[] columns)
    {
        var rows = new List<object?[]>();
        while (statement.Step())
        {
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++) row[i] = statement.IsNull(i) ? null : Value(statement, i, columns[i].Type);
            rows.Add(row);
        }

        statement.Reset();
        return rows;
    }

    /// <summary>As PostgreSQL keeps it: what its text cannot hold is replaced, as it is when a node writes it.</summary>
    private static object Value(SqliteStatement statement, int column, ImportType type) => type switch
    {
        ImportType.Text => PostgresText.Clean(statement.Text(column)),
        ImportType.Json => PostgresText.Clean(statement.Text(column)).Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal),
        ImportType.Bytes => statement.Bytes(column).ToArray(),
        ImportType.Id => statement.Id(column).Value,
        _ => statement.Int64(column),
    };
}
