using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What cancels schedules, as it is written within others' transactions. An empty text stands for any schedule.</summary>
internal static class PostgresCancels
{
    private const string AnySchedule = "";

    /// <summary>The order in which everybody locks the rows of those that are cancelled.</summary>
    public static IEnumerable<(string Tenant, ScheduleHappening Happening)> Ordered(IEnumerable<(string Tenant, ScheduleHappening Happening)> told) => told
        .OrderBy(one => one.Tenant, StringComparer.Ordinal)
        .ThenBy(one => one.Happening.Event.ToText(), StringComparer.Ordinal)
        .ThenBy(one => one.Happening.Schedule, StringComparer.Ordinal)
        .ThenBy(one => one.Happening.At);

    /// <summary>Notes that these things have happened, for all whom they cancel.</summary>
    public static async Task Tell(PostgresDatabase database, NpgsqlConnection connection, IEnumerable<(string Tenant, ScheduleHappening Happening)> told)
    {
        var ordered = Ordered(told).ToList();
        if (ordered.Count == 0) return;
        await using var command = database.Command(connection, PostgresSql.TellCancels);
        command.Add(ordered.Select(one => one.Tenant).ToArray());
        command.Add(ordered.Select(one => one.Happening.Event.ToText()).ToArray());
        command.Add(ordered.Select(one => one.Happening.Schedule).ToArray());
        command.Add(ordered.Select(one => StoredTime.ToMicroseconds(one.Happening.At)).ToArray());
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Changes what a schedule waits for.</summary>
    public static async Task Put(PostgresDatabase database, NpgsqlConnection connection, StoredSchedule written, StoredSchedule? existing)
    {
        var (gone, added) = ScheduleWriteRules.Cancels(written, existing);
        await Run(database, connection, PostgresSql.DeleteSomeCancels, written, gone);
        await Run(database, connection, PostgresSql.InsertCancels, written, added);
    }

    /// <summary>Tells what has happened by the advances, and forgets what would have cancelled those that are over.</summary>
    public static async Task End(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<ScheduleAdvance> advances)
    {
        foreach (var advance in advances.Where(advance => advance.EndsCancels))
        {
            await using var command = database.Command(connection, PostgresSql.EndCancels);
            command.Add(advance.Tenant);
            command.Add(advance.Id);
            command.Add(advance.Version);
            command.Add(advance.CreatedAt);
            await command.ExecuteNonQueryAsync();
        }

        await Tell(database, connection, advances.Where(advance => advance.Tells is not null).Select(advance => (advance.Tenant, advance.Tells!)));
    }

    /// <summary>The first of the events that cancels as many others as it may; null if there is none.</summary>
    public static async Task<ScheduleCancel?> FindCrowded(PostgresDatabase database, NpgsqlConnection connection, NewSchedule schedule)
    {
        await using var command = database.Command(connection, PostgresSql.CrowdedCancel);
        Bind(command, schedule.Tenant, schedule.Id, schedule.Definition.CancelOn);
        command.Add((long)schedule.LimitPerEvent);
        return await command.ExecuteScalarAsync() is long place ? schedule.Definition.CancelOn[(int)place - 1] : null;
    }

    public static async Task<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> Find(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<ScheduleKey> keys)
    {
        await using var command = database.Command(connection, PostgresSql.FindCancellations);
        command.Add(keys.Select(key => key.Tenant).ToArray());
        command.Add(keys.Select(key => key.Id).ToArray());
        await using var reader = await command.ExecuteReaderAsync();
        var found = new Dictionary<ScheduleKey, ScheduleHappening>();
        while (await reader.ReadAsync())
            found[new ScheduleKey(reader.GetString(0), reader.GetString(1))] = new ScheduleHappening(reader.GetString(2), StoredText.Status<ScheduleEventKind>(reader.GetString(3)), reader.Time(4));
        return found;
    }

    private static async Task Run(PostgresDatabase database, NpgsqlConnection connection, string sql, StoredSchedule schedule, IReadOnlyList<ScheduleCancel> cancels)
    {
        if (cancels.Count == 0) return;
        await using var command = database.Command(connection, sql);
        Bind(command, schedule.Tenant, schedule.Id, cancels);
        await command.ExecuteNonQueryAsync();
    }

    private static void Bind(NpgsqlCommand command, string tenant, string schedule, IReadOnlyList<ScheduleCancel> cancels)
    {
        command.Add(tenant);
        command.Add(schedule);
        command.Add(cancels.Select(cancel => cancel.Schedule ?? AnySchedule).ToArray());
        command.Add(cancels.Select(cancel => cancel.Event.ToText()).ToArray());
    }
}
