using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store.Sqlite;

/// <summary>Schedules and patterns.</summary>
public sealed partial class SqliteJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<ScheduleWrite> PutSchedule(NewSchedule schedule) => Write(schedule, static (database, schedule) =>
    {
        var existing = SqliteReader.FindSchedule(database, schedule.Tenant, schedule.Id);
        var known = SqliteReader.FindKnown(database, ScheduleWriteRules.KeysOfOthers(schedule));
        var reached = SqliteReader.ReadReachedEdges(database, schedule.Tenant, schedule.Definition.DependsOn, ScheduleWriteRules.EdgesRead);
        var count = existing is null ? CountSchedules(database, schedule.Tenant) : 0;
        if (ScheduleWriteRules.Refuse(schedule, existing, count, known, reached, SqliteCancels.FindCrowded(database, schedule)) is { } refusal) return refusal;

        var written = ScheduleWriteRules.Written(schedule, existing);
        Put(database, written, schedule.SweepAt);
        PutEdges(database, written);
        SqliteCancels.Tell(database, schedule.Tenant, ScheduleWriteRules.HappeningOf(schedule, existing));
        SqliteCancels.Put(database, written, existing);
        if (existing is null) ChangeCount(database, schedule.Tenant, 1);
        return new ScheduleWrite.Done(written, existing is null);
    });

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<ScheduleWrite> DeleteSchedule(string tenant, string id, long? version, DateTimeOffset at) =>
        Write<(string Tenant, string Id, long? Version, DateTimeOffset At), ScheduleWrite>((tenant, id, version, at), static (database, given) =>
        {
            if (SqliteReader.FindSchedule(database, given.Tenant, given.Id) is not { } existing) return ScheduleWrite.NotFound.Instance;
            if (given.Version is { } expected && expected != existing.Version) return new ScheduleWrite.Conflict(existing);
            RunOf(database, SqliteSql.DeleteSchedule, given.Tenant, given.Id);
            RunOf(database, SqliteSql.DeleteEdges, given.Tenant, given.Id);
            SqliteCancels.Delete(database, given.Tenant, given.Id);
            SqliteCancels.Tell(database, given.Tenant, new ScheduleHappening(given.Id, ScheduleEventKind.Deleted, given.At));
            ChangeCount(database, given.Tenant, -1);
            return new ScheduleWrite.Done(existing, IsNew: false);
        });

    public ValueTask<StoredSchedule?> FindSchedule(string tenant, string id) => _readers.Read((tenant, id), static (reader, key) => reader.FindSchedule(key.tenant, key.id));

    public ValueTask<IReadOnlySet<ScheduleKey>> FindKnown(IReadOnlyList<ScheduleKey> keys)
    {
        ReadValidation.Validate(keys);
        return _readers.Read<IReadOnlyList<ScheduleKey>, IReadOnlySet<ScheduleKey>>(keys, static (reader, keys) => reader.FindKnown(keys));
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ListSchedules(string tenant, string? after, int limit) =>
        _readers.Read<(string Tenant, string? After, int Limit), IReadOnlyList<StoredSchedule>>((tenant, after, limit), static (reader, page) => reader.ListSchedules(page.Tenant, page.After, page.Limit));

    public ValueTask<IReadOnlyList<ScheduleEdge>> ReadScheduleEdges(string tenant, int limit) =>
        _readers.Read<(string Tenant, int Limit), IReadOnlyList<ScheduleEdge>>((tenant, limit), static (reader, page) => reader.ReadScheduleEdges(page.Tenant, page.Limit));

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadDueSchedules(DateTimeOffset now, int limit) => ReadTimed(SqliteSql.DueSchedules, now, limit);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadSweptSchedules(DateTimeOffset now, int limit) => ReadTimed(SqliteSql.SweptSchedules, now, limit);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadCancelledSchedules(int limit) => _readers.Read<int, IReadOnlyList<StoredSchedule>>(limit, static (reader, limit) => reader.ReadCancelledSchedules(limit));

    public ValueTask<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> FindCancellations(IReadOnlyList<ScheduleKey> keys)
    {
        ReadValidation.Validate(keys);
        return _readers.Read<IReadOnlyList<ScheduleKey>, IReadOnlyDictionary<ScheduleKey, ScheduleHappening>>(keys, static (reader, keys) => reader.FindCancellations(keys));
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadHeldSchedules(StoredSchedule? after, int limit) =>
        _readers.Read<(StoredSchedule? After, int Limit), IReadOnlyList<StoredSchedule>>((after, limit), static (reader, page) => reader.ReadHeldSchedules(page.After, page.Limit));

    public ValueTask<DateTimeOffset?> NextFiring() => _readers.Read(0, static (reader, _) => reader.NextFiring());

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> AdvanceSchedules(long? term, IReadOnlyList<ScheduleAdvance> advances) => Write(advances, static (database, advances) =>
    {
        foreach (var advance in advances)
        {
            var update = database.Statement(SqliteSql.AdvanceSchedule);
            update.Bind(1, advance.Tenant);
            update.Bind(2, advance.Id);
            update.Bind(3, advance.Version);
            update.Bind(4, advance.Next?.Due);
            update.Bind(5, advance.Next?.FireAt);
            update.Bind(6, advance.HeldDue);
            update.Bind(7, StoredScheduleText.Encode(advance.Record));
            update.Bind(8, advance.ArchivedAt);
            update.Bind(9, advance.SweepAt);
            update.Bind(10, advance.CreatedAt);
            update.Run();
            if (advance.EndsCancels) SqliteCancels.End(database, advance);
            if (advance.Tells is { } happening) SqliteCancels.Tell(database, advance.Tenant, happening);
        }

        return true;
    });

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<WorkflowRegistration> RegisterPattern(string tenant, PatternDefinition pattern, DateTimeOffset now) =>
        Write((tenant, pattern, now), static (database, given) =>
        {
            var definition = SchedulingCodec.Encode(given.pattern);
            if (SqliteReader.FindPattern(database, given.tenant, given.pattern.Id, given.pattern.Version) is { } known)
                return SchedulingCodec.Encode(known.Pattern) == definition ? WorkflowRegistration.Same : WorkflowRegistration.Different;
            var insert = database.Statement(SqliteSql.InsertPattern);
            insert.Bind(1, given.tenant);
            insert.Bind(2, given.pattern.Id);
            insert.Bind(3, given.pattern.Version);
            insert.Bind(4, definition);
            insert.Bind(5, given.now);
            insert.Run();
            return WorkflowRegistration.Registered;
        });

    public ValueTask<RegisteredPattern?> FindPattern(string tenant, string id, int? version) =>
        _readers.Read((tenant, id, version), static (reader, key) => reader.FindPattern(key.tenant, key.id, key.version));

    public ValueTask<IReadOnlyList<RegisteredPattern>> ListPatterns(string tenant, string? id, (string Id, int Version)? after, int limit) =>
        _readers.Read<(string Tenant, string? Id, (string, int)? After, int Limit), IReadOnlyList<RegisteredPattern>>(
            (tenant, id, after, limit), static (reader, page) => reader.ListPatterns(page.Tenant, page.Id, page.After, page.Limit));

    private ValueTask<IReadOnlyList<StoredSchedule>> ReadTimed(string sql, DateTimeOffset now, int limit) =>
        _readers.Read<(string Sql, DateTimeOffset Now, int Limit), IReadOnlyList<StoredSchedule>>((sql, now, limit), static (reader, query) => reader.ReadTimedSchedules(query.Sql, query.Now, query.Limit));

    private static long CountSchedules(SqliteDatabase database, string tenant)
    {
        var find = database.Statement(SqliteSql.FindScheduleCount);
        find.Bind(1, tenant);
        var count = find.Step() ? find.Int64(0) : 0;
        find.Reset();
        return count;
    }

    private static void ChangeCount(SqliteDatabase database, string tenant, int change)
    {
        var statement = database.Statement(SqliteSql.ChangeScheduleCount);
        statement.Bind(1, tenant);
        statement.Bind(2, change);
        statement.Run();
    }

    private static void Put(SqliteDatabase database, StoredSchedule schedule, DateTimeOffset? sweepAt)
    {
        var put = database.Statement(SqliteSql.PutSchedule);
        put.Bind(1, schedule.Tenant);
        put.Bind(2, schedule.Id);
        put.Bind(3, SchedulingCodec.Encode(schedule.Definition));
        put.Bind(4, schedule.Version);
        put.Bind(5, schedule.CreatedAt);
        put.Bind(6, schedule.UpdatedAt);
        put.Bind(7, schedule.Next?.Due);
        put.Bind(8, schedule.Next?.FireAt);
        put.Bind(9, schedule.HeldDue);
        put.Bind(10, sweepAt);
        put.Bind(11, StoredScheduleText.Encode(schedule.Record));
        put.Run();
    }

    private static void PutEdges(SqliteDatabase database, StoredSchedule schedule)
    {
        RunOf(database, SqliteSql.DeleteEdges, schedule.Tenant, schedule.Id);
        foreach (var dependency in schedule.Definition.DependsOn)
        {
            var insert = database.Statement(SqliteSql.InsertEdge);
            insert.Bind(1, schedule.Tenant);
            insert.Bind(2, schedule.Id);
            insert.Bind(3, dependency);
            insert.Run();
        }
    }

    private static void RunOf(SqliteDatabase database, string sql, string tenant, string id)
    {
        var statement = database.Statement(sql);
        statement.Bind(1, tenant);
        statement.Bind(2, id);
        statement.Run();
    }
}
