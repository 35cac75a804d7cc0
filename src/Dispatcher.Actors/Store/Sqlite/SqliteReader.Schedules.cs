using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store.Sqlite;

/// <summary>Schedules and patterns.</summary>
internal sealed partial class SqliteReader
{
    public StoredSchedule? FindSchedule(string tenant, string id) => FindSchedule(database, tenant, id);

    public static StoredSchedule? FindSchedule(SqliteDatabase database, string tenant, string id)
    {
        var statement = database.Statement(SqliteSql.FindSchedule);
        statement.Bind(1, tenant);
        statement.Bind(2, id);
        return Schedules(statement) is [var found] ? found : null;
    }

    public HashSet<ScheduleKey> FindKnown(IReadOnlyList<ScheduleKey> keys) => FindKnown(database, keys);

    public static HashSet<ScheduleKey> FindKnown(SqliteDatabase database, IReadOnlyList<ScheduleKey> keys)
    {
        var known = new HashSet<ScheduleKey>();
        var statement = database.Statement(SqliteSql.HasSchedule);
        foreach (var key in keys)
        {
            statement.Bind(1, key.Tenant);
            statement.Bind(2, key.Id);
            if (statement.Step()) known.Add(key);
            statement.Reset();
        }

        return known;
    }

    public List<StoredSchedule> ListSchedules(string tenant, string? after, int limit)
    {
        var statement = database.Statement(SqliteSql.ListSchedules);
        statement.Bind(1, tenant);
        statement.Bind(2, after ?? "");
        statement.Bind(3, limit);
        return Schedules(statement);
    }

    public List<StoredSchedule> ReadTimedSchedules(string sql, DateTimeOffset now, int limit)
    {
        var statement = database.Statement(sql);
        statement.Bind(1, now);
        statement.Bind(2, limit);
        return Schedules(statement);
    }

    public List<StoredSchedule> ReadHeldSchedules(StoredSchedule? after, int limit)
    {
        var statement = database.Statement(SqliteSql.HeldSchedules);
        if (after?.HeldDue is { } due) statement.Bind(1, due);
        else statement.Bind(1, long.MinValue);
        statement.Bind(2, after?.Tenant ?? "");
        statement.Bind(3, after?.Id ?? "");
        statement.Bind(4, limit);
        return Schedules(statement);
    }

    public List<StoredSchedule> ReadCancelledSchedules(int limit)
    {
        var statement = database.Statement(SqliteSql.CancelledSchedules);
        statement.Bind(1, limit);
        return Schedules(statement);
    }

    public Dictionary<ScheduleKey, ScheduleHappening> FindCancellations(IReadOnlyList<ScheduleKey> keys)
    {
        var found = new Dictionary<ScheduleKey, ScheduleHappening>();
        var statement = database.Statement(SqliteSql.FindCancellation);
        foreach (var key in keys)
        {
            statement.Bind(1, key.Tenant);
            statement.Bind(2, key.Id);
            if (statement.Step()) found[key] = new ScheduleHappening(statement.Text(0), StoredText.Status<ScheduleEventKind>(statement.Text(1)), statement.Time(2));
            statement.Reset();
        }

        return found;
    }

    public DateTimeOffset? NextFiring()
    {
        var statement = database.Statement(SqliteSql.NextFiring);
        var next = statement.Step() ? statement.TimeOrNull(0) : null;
        statement.Reset();
        return next;
    }

    public List<ScheduleEdge> ReadScheduleEdges(string tenant, int limit)
    {
        var statement = database.Statement(SqliteSql.ListEdges);
        statement.Bind(1, tenant);
        statement.Bind(2, limit);
        return Edges(statement);
    }

    /// <summary>Who depends on whom among these schedules, their dependencies, those of these and so on.</summary>
    public static List<ScheduleEdge> ReadReachedEdges(SqliteDatabase database, string tenant, IReadOnlyList<string> from, int limit)
    {
        if (from.Count == 0) return [];
        var statement = database.Statement(SqliteSql.ReachedEdges);
        statement.Bind(1, tenant);
        statement.BindText(2, StoredText.EncodeTerms(from));
        statement.Bind(3, limit);
        return Edges(statement);
    }

    private static List<ScheduleEdge> Edges(SqliteStatement statement)
    {
        var edges = new List<ScheduleEdge>();
        while (statement.Step()) edges.Add(new ScheduleEdge(statement.Text(0), statement.Text(1)));
        statement.Reset();
        return edges;
    }

    public RegisteredPattern? FindPattern(string tenant, string id, int? version) => FindPattern(database, tenant, id, version);

    public static RegisteredPattern? FindPattern(SqliteDatabase database, string tenant, string id, int? version)
    {
        var statement = database.Statement(version is null ? SqliteSql.FindNewestPattern : SqliteSql.FindPattern);
        statement.Bind(1, tenant);
        statement.Bind(2, id);
        if (version is { } number) statement.Bind(3, number);
        return Patterns(statement) is [var found] ? found : null;
    }

    public List<RegisteredPattern> ListPatterns(string tenant, string? id, (string Id, int Version)? after, int limit)
    {
        var statement = database.Statement(id is null ? SqliteSql.ListPatterns : SqliteSql.ListPatternVersions);
        statement.Bind(1, tenant);
        statement.Bind(2, id ?? after?.Id ?? "");
        statement.Bind(3, after?.Version ?? 0);
        statement.Bind(4, limit);
        return Patterns(statement);
    }

    private static List<StoredSchedule> Schedules(SqliteStatement statement)
    {
        var schedules = new List<StoredSchedule>();
        while (statement.Step())
        {
            schedules.Add(new StoredSchedule(
                statement.Text(0),
                statement.Text(1),
                SchedulingCodec.DecodeSchedule(statement.Text(2)),
                statement.Int64(3),
                statement.Time(4),
                statement.Time(5),
                StoredScheduleText.Next(statement.TimeOrNull(6), statement.TimeOrNull(7)),
                statement.TimeOrNull(8),
                statement.TimeOrNull(9),
                StoredScheduleText.DecodeRecord(statement.Text(10))));
        }

        statement.Reset();
        return schedules;
    }

    private static List<RegisteredPattern> Patterns(SqliteStatement statement)
    {
        var patterns = new List<RegisteredPattern>();
        while (statement.Step()) patterns.Add(new RegisteredPattern(SchedulingCodec.DecodePattern(statement.Text(0)), statement.Time(1)));
        statement.Reset();
        return patterns;
    }
}
