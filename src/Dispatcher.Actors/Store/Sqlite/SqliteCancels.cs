using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store.Sqlite;

/// <summary>What cancels schedules, as it is written within others' transactions. An empty text stands for any schedule.</summary>
internal static class SqliteCancels
{
    private const string AnySchedule = "";

    /// <summary>What the events of a run tell.</summary>
    public static void Tell(SqliteDatabase database, AppendRequest request, string schedule)
    {
        for (var i = 0; i < request.Events.Count; i++)
        {
            if (RunHappenings.TryOf(schedule, request.Events[i], out var happening)) Tell(database, request.Address.Tenant, happening);
        }
    }

    /// <summary>Notes that it has happened, for all whom it cancels.</summary>
    public static void Tell(SqliteDatabase database, string tenant, ScheduleHappening happening)
    {
        var tell = database.Statement(SqliteSql.TellCancels);
        tell.Bind(1, tenant);
        tell.Bind(2, happening.Schedule);
        tell.Bind(3, happening.Event.ToText());
        tell.Bind(4, happening.At);
        tell.Run();
    }

    /// <summary>Changes what a schedule waits for.</summary>
    public static void Put(SqliteDatabase database, StoredSchedule written, StoredSchedule? existing)
    {
        var (gone, added) = ScheduleWriteRules.Cancels(written, existing);
        foreach (var cancel in gone) Run(database, SqliteSql.DeleteCancel, written, cancel);
        foreach (var cancel in added) Run(database, SqliteSql.InsertCancel, written, cancel);
    }

    public static void Delete(SqliteDatabase database, string tenant, string schedule)
    {
        var delete = database.Statement(SqliteSql.DeleteCancels);
        delete.Bind(1, tenant);
        delete.Bind(2, schedule);
        delete.Run();
    }

    /// <summary>Forgets what would have cancelled a schedule, if its times are those of the advance.</summary>
    public static void End(SqliteDatabase database, ScheduleAdvance advance)
    {
        var end = database.Statement(SqliteSql.EndCancels);
        end.Bind(1, advance.Tenant);
        end.Bind(2, advance.Id);
        end.Bind(3, advance.Version);
        end.Bind(4, advance.CreatedAt);
        end.Run();
    }

    /// <summary>The first of the events that cancels as many others as it may; null if there is none.</summary>
    public static ScheduleCancel? FindCrowded(SqliteDatabase database, NewSchedule schedule)
    {
        var crowded = database.Statement(SqliteSql.CrowdedCancel);
        foreach (var cancel in schedule.Definition.CancelOn)
        {
            crowded.Bind(1, schedule.Tenant);
            crowded.Bind(2, cancel.Schedule ?? AnySchedule);
            crowded.Bind(3, cancel.Event.ToText());
            crowded.Bind(4, schedule.Id);
            crowded.Bind(5, schedule.LimitPerEvent - 1);
            var isCrowded = crowded.Step();
            crowded.Reset();
            if (isCrowded) return cancel;
        }

        return null;
    }

    private static void Run(SqliteDatabase database, string sql, StoredSchedule schedule, ScheduleCancel cancel)
    {
        var statement = database.Statement(sql);
        statement.Bind(1, schedule.Tenant);
        statement.Bind(2, cancel.Schedule ?? AnySchedule);
        statement.Bind(3, cancel.Event.ToText());
        statement.Bind(4, schedule.Id);
        statement.Run();
    }
}
