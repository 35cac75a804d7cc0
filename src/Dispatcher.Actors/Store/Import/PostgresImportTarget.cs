using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Import;

/// <summary>A schema of PostgreSQL that takes in the rows of another store.</summary>
internal sealed class PostgresImportTarget(PostgresDatabase database, int shardCount)
{
    private const int PartitionLimit = 120;

    private const string WriterOffsetKey = "import_writer_offset";

    /// <summary>Rows are counted in the slot of incarnation 0, which no node has.</summary>
    private const string CountJobs =
        """
        INSERT INTO {schema}.job_counts (tenant, workflow_name, status, slot, jobs)
        SELECT tenant, workflow_name, status, 0, count(*) FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[]) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (tenant, workflow_name, status, slot) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs
        """;

    private const string TermsOfJobs =
        """
        SELECT job_terms.job_id, job_terms.tenant, job_terms.term FROM (
            SELECT job_id, tenant, workflow_name AS term FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[])
            UNION
            SELECT job_id, tenant, json_array_elements_text(terms::json) FROM {schema}.jobs WHERE job_id = ANY ($1::uuid[])) AS known
        JOIN {schema}.job_terms ON job_terms.tenant = known.tenant AND job_terms.term = known.term AND job_terms.job_id = known.job_id
        ORDER BY 1, 2, 3
        """;

    private const string LivingNodes = "SELECT node_name FROM {schema}.nodes WHERE state = 'alive' ORDER BY incarnation DESC LIMIT 1";

    private const string Newest = "SELECT coalesce(max(incarnation), 0) FROM {schema}.nodes";

    private const string InsertNode =
        """
        INSERT INTO {schema}.nodes (incarnation, started_at, state, node_name, address, version) VALUES ($1, $2, $3, 'imported', '', 'imported')
        ON CONFLICT DO NOTHING
        """;

    /// <summary>The next number that the database gives comes after those that were brought along.</summary>
    private const string Continue =
        """
        SELECT setval(pg_get_serial_sequence('{schema}.inbox', 'id'), coalesce((SELECT max(id) FROM {schema}.inbox), 0) + 1, false),
               setval(pg_get_serial_sequence('{schema}.deliveries', 'id'), coalesce((SELECT max(id) FROM {schema}.deliveries), 0) + 1, false),
               setval(pg_get_serial_sequence('{schema}.quota_ledger', 'id'), coalesce((SELECT max(id) FROM {schema}.quota_ledger), 0) + 1, false)
        """;

    private const string ContinueNodes =
        "SELECT setval(pg_get_serial_sequence('{schema}.nodes', 'incarnation'), coalesce((SELECT max(incarnation) FROM {schema}.nodes), 0) + 1, false)";

    /// <summary>The name of a node that may write; null if there is none.</summary>
    public ValueTask<string?> FindLivingNode() => database.Read(async (_, connection) =>
    {
        await using var find = database.Command(connection, LivingNodes);
        return (string?)await find.ExecuteScalarAsync();
    });

    /// <summary>Brings the lives of the other store's writers along, under numbers of their own; the same ones when it is done again.</summary>
    /// <returns>What is added to their numbers.</returns>
    public ValueTask<long> WriteNodes(IReadOnlyList<object?[]> nodes) => InTransaction(async connection =>
    {
        var offset = await ReadWriterOffset(connection);
        foreach (var node in nodes)
        {
            await using var insert = database.Command(connection, InsertNode);
            insert.Add((long)node[0]! + offset);
            insert.Add((long)node[1]!);
            insert.Add((string)node[2]!);
            await insert.ExecuteNonQueryAsync();
        }

        await Execute(connection, ContinueNodes);
        return offset;
    });

    /// <summary>The journal's partitions of the months from one to now, at most those of ten years: what is older lies in the default partition.</summary>
    public ValueTask<bool> MakePartitions(DateTimeOffset from, DateTimeOffset now) => InTransaction(async connection =>
    {
        var months = Math.Clamp(((now.Year - from.Year) * 12) + now.Month - from.Month, 0, PartitionLimit);
        await PostgresPartitions.MakeAhead(database, connection, now.AddMonths(-months), months);
        return true;
    });

    /// <summary>All that is stored of these jobs; of one that is not there nothing.</summary>
    public ValueTask<Dictionary<JobId, ImportedJob>> ReadJobs(IReadOnlyList<JobId> ids) => database.Read(async (_, connection) =>
    {
        var jobs = ids.ToDictionary(id => id, id => new ImportedJob(id));
        for (var i = 0; i < ImportTable.OfJobs.Count; i++)
        {
            var table = ImportTable.OfJobs[i];
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.WalkIndexes));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(table == ImportTable.Terms ? TermsOfJobs : RowsOfJobs(table))).Bind(ids));
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            while (await reader.ReadAsync()) jobs[reader.Id(0)].Rows[i].Add(Row(reader, table.Columns, first: 1));
        }

        return jobs;
    });

    /// <summary>Writes jobs that are not there yet, with their counts, in one transaction.</summary>
    public ValueTask<bool> WriteJobs(IReadOnlyList<ImportedJob> jobs) => InTransaction(async connection =>
    {
        for (var i = 0; i < ImportTable.OfJobs.Count; i++) await Copy(connection, ImportTable.OfJobs[i], i, jobs);
        await using var count = database.Command(connection, CountJobs);
        count.Add(jobs.Select(job => job.Id));
        await count.ExecuteNonQueryAsync();
        return true;
    });

    /// <summary>Writes the rows that are not there yet.</summary>
    public ValueTask<bool> WriteRows(ImportTable table, IReadOnlyList<object?[]> rows) => InTransaction(async connection =>
    {
        var places = string.Join(", ", Enumerable.Range(1, table.Columns.Length).Select(place => $"${place}"));
        var sql = database.Sql($"INSERT INTO {{schema}}.{table.Name} ({table.ColumnList}) VALUES ({places}) ON CONFLICT DO NOTHING");
        await using var batch = new NpgsqlBatch(connection);
        foreach (var row in rows)
        {
            var insert = new NpgsqlBatchCommand(sql);
            for (var i = 0; i < row.Length; i++) insert.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = TypeOf(table.Columns[i].Type), Value = ValueOf(row[i], table.Columns[i].Type) });
            batch.BatchCommands.Add(insert);
        }

        await batch.ExecuteNonQueryAsync();
        return true;
    });

    public ValueTask<List<object?[]>> ReadTable(ImportTable table) => database.Read(async (_, connection) =>
    {
        await using var read = database.Command(connection, $"SELECT {table.ColumnList} FROM {{schema}}.{table.Name}");
        await using var reader = await read.ExecuteReaderAsync();
        var rows = new List<object?[]>();
        while (await reader.ReadAsync()) rows.Add(Row(reader, table.Columns, first: 0));
        return rows;
    });

    public ValueTask<bool> Finish() => InTransaction(async connection =>
    {
        await Execute(connection, Continue);
        return true;
    });

    private async Task<long> ReadWriterOffset(NpgsqlConnection connection)
    {
        await using var read = database.Command(connection, PostgresSql.ReadMeta);
        read.Add(WriterOffsetKey);
        if (await read.ExecuteScalarAsync() is string known) return long.Parse(known, CultureInfo.InvariantCulture);

        await using var find = database.Command(connection, Newest);
        var offset = (long)(await find.ExecuteScalarAsync())!;
        await using var write = database.Command(connection, PostgresSql.WriteMeta);
        write.Add(WriterOffsetKey);
        write.Add(offset.ToString(CultureInfo.InvariantCulture));
        await write.ExecuteNonQueryAsync();
        return offset;
    }

    private async Task Copy(NpgsqlConnection connection, ImportTable table, int place, IReadOnlyList<ImportedJob> jobs)
    {
        var shard = table == ImportTable.Jobs ? ", shard" : "";
        await using var writer = await connection.BeginBinaryImportAsync(
            database.Sql($"COPY {{schema}}.{table.Name} ({table.Job}, {table.ColumnList}{shard}) FROM STDIN (FORMAT BINARY)"));
        foreach (var job in jobs)
        {
            foreach (var row in job.Rows[place])
            {
                await writer.StartRowAsync();
                await writer.WriteAsync(job.Id.Value, NpgsqlDbType.Uuid);
                for (var i = 0; i < row.Length; i++) await Write(writer, row[i], table.Columns[i].Type);
                if (shard.Length > 0) await writer.WriteAsync(ShardSet.ShardOf(job.Id, shardCount), NpgsqlDbType.Integer);
            }
        }

        await writer.CompleteAsync();
    }

    private static Task Write(NpgsqlBinaryImporter writer, object? value, ImportType type) =>
        value is null ? writer.WriteNullAsync() : writer.WriteAsync(ValueOf(value, type), TypeOf(type));

    private static object ValueOf(object? value, ImportType type) =>
        value is null ? DBNull.Value : type == ImportType.Int ? checked((int)(long)value) : value;

    private static NpgsqlDbType TypeOf(ImportType type) => type switch
    {
        ImportType.Int => NpgsqlDbType.Integer,
        ImportType.Long => NpgsqlDbType.Bigint,
        ImportType.Bytes => NpgsqlDbType.Bytea,
        ImportType.Id => NpgsqlDbType.Uuid,
        _ => NpgsqlDbType.Text,
    };

    private static object?[] Row(NpgsqlDataReader reader, ImportColumn[] columns, int first)
    {
        var row = new object?[columns.Length];
        for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(first + i) ? null : Value(reader, first + i, columns[i].Type);
        return row;
    }

    private static object Value(NpgsqlDataReader reader, int column, ImportType type) => type switch
    {
        ImportType.Int => (long)reader.GetInt32(column),
        ImportType.Long => reader.GetInt64(column),
        ImportType.Bytes => reader.Bytes(column),
        ImportType.Id => reader.GetFieldValue<Guid>(column),
        _ => reader.GetString(column),
    };

    private static string RowsOfJobs(ImportTable table) =>
        $"SELECT {table.Job}, {table.ColumnList} FROM {{schema}}.{table.Name} WHERE {table.Job} = ANY ($1::uuid[]) ORDER BY {table.Job}{(table.Key > 0 ? $", {table.Order}" : "")}";

    private async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = database.Command(connection, sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Not fenced, since no node lives while this runs.</summary>
    private ValueTask<TResult> InTransaction<TResult>(Func<NpgsqlConnection, Task<TResult>> write) => database.Read(async (_, connection) =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await write(connection);
        await transaction.CommitAsync();
        return result;
    });
}
