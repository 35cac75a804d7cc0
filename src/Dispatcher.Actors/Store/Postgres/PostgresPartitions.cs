using System.Globalization;
using Dispatcher.Jobs;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>The journal's partitions: one a month of job ids, made ahead of time; a default one holds what has none.</summary>
internal static class PostgresPartitions
{
    private const string Create = "CREATE TABLE IF NOT EXISTS {schema}.{0} PARTITION OF {schema}.journal FOR VALUES FROM ('{1}') TO ('{2}')";

    private const string Existing =
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '{schema}.journal'::regclass";

    private const string DefaultHas = "SELECT EXISTS (SELECT 1 FROM {schema}.journal_default WHERE job_id >= $1 AND job_id < $2)";

    /// <summary>Makes the partitions of this month and of those ahead that are missing. A month whose jobs lie in the default partition already stays there.</summary>
    public static async Task MakeAhead(PostgresDatabase database, NpgsqlConnection connection, DateTimeOffset now, int ahead)
    {
        var existing = await ReadExisting(database, connection);
        for (var month = 0; month <= ahead; month++)
        {
            var start = MonthOf(now).AddMonths(month);
            if (existing.Contains(NameOf(start))) continue;
            var (from, to) = (JobIdRange.FirstMadeAt(start), JobIdRange.FirstMadeAt(start.AddMonths(1)));
            if (await LiesInDefault(database, connection, from, to)) continue;
            await using var create = new NpgsqlCommand(string.Format(CultureInfo.InvariantCulture, database.Sql(Create), NameOf(start), from, to), connection);
            await create.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The partition of the jobs made in the month: <c>journal_2026_03</c>.</summary>
    public static string NameOf(DateTimeOffset month) => month.UtcDateTime.ToString("'journal_'yyyy'_'MM", CultureInfo.InvariantCulture);

    private static DateTimeOffset MonthOf(DateTimeOffset time) => new(time.UtcDateTime.Year, time.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private static async Task<bool> LiesInDefault(PostgresDatabase database, NpgsqlConnection connection, JobId from, JobId to)
    {
        await using var command = database.Command(connection, DefaultHas);
        command.Add(from);
        command.Add(to);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<HashSet<string>> ReadExisting(PostgresDatabase database, NpgsqlConnection connection)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var command = database.Command(connection, Existing);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) names.Add(reader.GetString(0));
        return names;
    }
}
