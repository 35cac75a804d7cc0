using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Reads columns of a row as the store's own types. Columns count from 0.</summary>
internal static class PostgresColumns
{
    public static JobId Id(this NpgsqlDataReader row, int column) => new(row.GetFieldValue<Guid>(column));

    public static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static string? TextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static int? Int32OrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static DateTimeOffset Time(this NpgsqlDataReader row, int column) => StoredTime.FromMicroseconds(row.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    /// <summary>How many columns <see cref="PostgresSql.JobColumns"/> has.</summary>
    public const int JobColumnCount = 12;

    /// <summary>A job's row, from the columns of <see cref="PostgresSql.JobColumns"/>.</summary>
    /// <exception cref="StoreException">This program does not know its status.</exception>
    public static JobRow Job(this NpgsqlDataReader row, int first = 0) => new()
    {
        Id = row.Id(first),
        Tenant = row.GetString(first + 1),
        WorkflowName = row.GetString(first + 2),
        WorkflowVersion = row.GetInt32(first + 3),
        Status = StoredText.Status<JobStatus>(row.GetString(first + 4)),
        Priority = row.GetInt32(first + 5),
        CreatedAt = row.Time(first + 6),
        UpdatedAt = row.Time(first + 7),
        WakeAt = row.TimeOrNull(first + 8),
        WaitsFor = row.TextOrNull(first + 9),
        CorrelationId = row.TextOrNull(first + 10),
        Labels = row.IsDBNull(first + 11) ? null : StoredText.DecodeLabels(row.Bytes(first + 11)),
    };

    /// <summary>A job's address, from the last columns of <see cref="PostgresSql.ReadJournal"/>.</summary>
    public static JobAddress Address(this NpgsqlDataReader row) =>
        row.IsDBNull(6)
            ? JobAddress.Unknown
            : new JobAddress(row.GetString(6), row.GetString(7), row.TextOrNull(8)) { Schedule = row.IsDBNull(9) ? null : StoredText.Label(row.Bytes(9), FiringLabels.Schedule) };

    public static StoredEvent Event(this NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.Time(4), row.Bytes(5));
}
