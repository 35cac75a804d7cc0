using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Schedules and patterns.</summary>
public sealed partial class PostgresJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<ScheduleWrite> PutSchedule(NewSchedule schedule) => Write(async (database, connection) =>
    {
        await Scalar(connection, PostgresSql.LockSchedules, command => command.Add(schedule.Tenant));
        var existing = await LockSchedule(connection, schedule.Tenant, schedule.Id);
        var hasDependencies = !schedule.Definition.DependsOn.IsEmpty;
        var hasCancels = !schedule.Definition.CancelOn.IsEmpty;
        var known = hasDependencies || hasCancels ? await KnownSchedules(connection, ScheduleWriteRules.KeysOfOthers(schedule)) : [];
        var reached = hasDependencies ? await ReachedEdges(connection, schedule) : [];
        var count = existing is null && await Scalar(connection, PostgresSql.FindScheduleCount, command => command.Add(schedule.Tenant)) is long found ? found : 0;
        var crowded = hasCancels ? await PostgresCancels.FindCrowded(database, connection, schedule) : null;
        if (ScheduleWriteRules.Refuse(schedule, existing, count, known, reached, crowded) is { } refusal) return refusal;

        var written = ScheduleWriteRules.Written(schedule, existing);
        await Scalar(connection, PostgresSql.PutSchedule, command => Bind(command, written, schedule.SweepAt));
        await Scalar(connection, PostgresSql.DeleteEdges, command => Key(command, schedule.Tenant, schedule.Id));
        if (hasDependencies)
        {
            await Scalar(connection, PostgresSql.InsertEdges, command =>
            {
                Key(command, schedule.Tenant, schedule.Id);
                command.Add(schedule.Definition.DependsOn.ToArray());
            });
        }

        await PostgresCancels.Tell(database, connection, [(schedule.Tenant, ScheduleWriteRules.HappeningOf(schedule, existing))]);
        await PostgresCancels.Put(database, connection, written, existing);
        if (existing is null) await ChangeCount(connection, schedule.Tenant, 1);
        return new ScheduleWrite.Done(written, existing is null);
    });

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<ScheduleWrite> DeleteSchedule(string tenant, string id, long? version, DateTimeOffset at) => Write<ScheduleWrite>(async (database, connection) =>
    {
        await Scalar(connection, PostgresSql.LockSchedules, command => command.Add(tenant));
        if (await LockSchedule(connection, tenant, id) is not { } existing) return ScheduleWrite.NotFound.Instance;
        if (version is { } expected && expected != existing.Version) return new ScheduleWrite.Conflict(existing);
        await Scalar(connection, PostgresSql.DeleteSchedule, command => Key(command, tenant, id));
        await Scalar(connection, PostgresSql.DeleteEdges, command => Key(command, tenant, id));
        await Scalar(connection, PostgresSql.DeleteCancels, command => Key(command, tenant, id));
        await PostgresCancels.Tell(database, connection, [(tenant, new ScheduleHappening(id, ScheduleEventKind.Deleted, at))]);
        await ChangeCount(connection, tenant, -1);
        return new ScheduleWrite.Done(existing, IsNew: false);
    });

    public ValueTask<StoredSchedule?> FindSchedule(string tenant, string id) => _database.Read((_, connection) => FindSchedule(connection, tenant, id));

    public ValueTask<IReadOnlySet<ScheduleKey>> FindKnown(IReadOnlyList<ScheduleKey> keys)
    {
        ReadValidation.Validate(keys);
        return _database.Read<IReadOnlySet<ScheduleKey>>(async (_, connection) => await KnownSchedules(connection, keys));
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ListSchedules(string tenant, string? after, int limit) => Rows(
        PostgresSql.ListSchedules,
        command =>
        {
            Key(command, tenant, after ?? "");
            command.Add((long)limit);
        },
        Schedule);

    public ValueTask<IReadOnlyList<ScheduleEdge>> ReadScheduleEdges(string tenant, int limit) =>
        _database.Read<IReadOnlyList<ScheduleEdge>>(async (_, connection) => await All(
            connection,
            PostgresSql.ListEdges,
            command =>
            {
                command.Add(tenant);
                command.Add((long)limit);
            },
            Edge));

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadDueSchedules(DateTimeOffset now, int limit) => Rows(PostgresSql.DueSchedules, command => Timed(command, now, limit), Schedule);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadSweptSchedules(DateTimeOffset now, int limit) => Rows(PostgresSql.SweptSchedules, command => Timed(command, now, limit), Schedule);

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadCancelledSchedules(int limit) => Rows(PostgresSql.CancelledSchedules, command => command.Add((long)limit), Schedule);

    public ValueTask<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>> FindCancellations(IReadOnlyList<ScheduleKey> keys)
    {
        ReadValidation.Validate(keys);
        return _database.Read<IReadOnlyDictionary<ScheduleKey, ScheduleHappening>>((_, connection) => PostgresCancels.Find(_database, connection, keys));
    }

    public ValueTask<IReadOnlyList<StoredSchedule>> ReadHeldSchedules(StoredSchedule? after, int limit) => Rows(
        PostgresSql.HeldSchedules,
        command =>
        {
            command.Add(after?.HeldDue is { } due ? StoredTime.ToMicroseconds(due) : long.MinValue);
            Key(command, after?.Tenant ?? "", after?.Id ?? "");
            command.Add((long)limit);
        },
        Schedule);

    public ValueTask<DateTimeOffset?> NextFiring() =>
        Ask(PostgresSql.NextFiring, static _ => { }, static value => value is long at ? StoredTime.FromMicroseconds(at) : (DateTimeOffset?)null);

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<bool> AdvanceSchedules(long? term, IReadOnlyList<ScheduleAdvance> advances) => Write(async (database, connection) =>
    {
        if (term is { } number && !await Leads(connection, number)) return false;
        // In one order everywhere, so that two such writes wait for each other and never deadlock.
        var ordered = advances.OrderBy(advance => advance.Tenant, StringComparer.Ordinal).ThenBy(advance => advance.Id, StringComparer.Ordinal).ToList();
        if (ordered.Count == 0) return true;
        // Before any row: whoever has the lock of a tenant alone waits for rows that are written here.
        foreach (var tenant in ordered.Where(advance => advance.EndsCancels || advance.Tells is not null).Select(advance => advance.Tenant).Distinct(StringComparer.Ordinal))
            await Scalar(connection, PostgresSql.LockSchedules, command => command.Add(tenant));
        await using var batch = new NpgsqlBatch(connection);
        foreach (var advance in ordered)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql(PostgresSql.AdvanceSchedule))
                .Bind(advance.Tenant)
                .Bind(advance.Id)
                .Bind(advance.Version)
                .Bind(advance.Next?.Due)
                .Bind(advance.Next?.FireAt)
                .Bind(advance.HeldDue)
                .Bind(StoredScheduleText.Encode(advance.Record))
                .Bind(advance.ArchivedAt)
                .Bind(advance.SweepAt)
                .Bind(advance.CreatedAt));
        }

        await batch.ExecuteNonQueryAsync();
        await PostgresCancels.End(database, connection, ordered);
        return true;
    });

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<WorkflowRegistration> RegisterPattern(string tenant, PatternDefinition pattern, DateTimeOffset now) => Write(async (database, connection) =>
    {
        var definition = SchedulingCodec.Encode(pattern);
        await using var insert = database.Command(connection, PostgresSql.InsertPattern);
        Key(insert, tenant, pattern.Id);
        insert.Add(pattern.Version);
        insert.Add(definition);
        insert.Add(now);
        if (await insert.ExecuteNonQueryAsync() == 1) return WorkflowRegistration.Registered;
        var known = await FindPattern(connection, tenant, pattern.Id, pattern.Version);
        return known is not null && SchedulingCodec.Encode(known.Pattern) == definition ? WorkflowRegistration.Same : WorkflowRegistration.Different;
    });

    public ValueTask<RegisteredPattern?> FindPattern(string tenant, string id, int? version) => _database.Read((_, connection) => FindPattern(connection, tenant, id, version));

    public ValueTask<IReadOnlyList<RegisteredPattern>> ListPatterns(string tenant, string? id, (string Id, int Version)? after, int limit) => Rows(
        id is null ? PostgresSql.ListPatterns : PostgresSql.ListPatternVersions,
        command =>
        {
            Key(command, tenant, id ?? after?.Id ?? "");
            command.Add(after?.Version ?? 0);
            command.Add((long)limit);
        },
        Pattern);

    private Task<object?> ChangeCount(NpgsqlConnection connection, string tenant, long change) => Scalar(connection, PostgresSql.ChangeScheduleCount, command =>
    {
        command.Add(tenant);
        command.Add(change);
    });

    private async Task<bool> Leads(NpgsqlConnection connection, long term) => await Scalar(connection, PostgresSql.Leads, command =>
    {
        command.Add(Incarnation);
        command.Add(term);
    }) is true;

    private Task<StoredSchedule?> FindSchedule(NpgsqlConnection connection, string tenant, string id) =>
        First(connection, PostgresSql.FindSchedule, command => Key(command, tenant, id), Schedule);

    private Task<StoredSchedule?> LockSchedule(NpgsqlConnection connection, string tenant, string id) =>
        First(connection, PostgresSql.LockSchedule, command => Key(command, tenant, id), Schedule);

    private Task<RegisteredPattern?> FindPattern(NpgsqlConnection connection, string tenant, string id, int? version) => First(
        connection,
        version is null ? PostgresSql.FindNewestPattern : PostgresSql.FindPattern,
        command =>
        {
            Key(command, tenant, id);
            if (version is { } number) command.Add(number);
        },
        Pattern);

    private async Task<HashSet<ScheduleKey>> KnownSchedules(NpgsqlConnection connection, IReadOnlyList<ScheduleKey> keys) =>
        [.. await All(connection, PostgresSql.KnownSchedules, command =>
        {
            command.Add(keys.Select(key => key.Tenant).ToArray());
            command.Add(keys.Select(key => key.Id).ToArray());
        }, static row => new ScheduleKey(row.GetString(0), row.GetString(1)))];

    private Task<List<ScheduleEdge>> ReachedEdges(NpgsqlConnection connection, NewSchedule schedule) => All(
        connection,
        PostgresSql.ReachedEdges,
        command =>
        {
            command.Add(schedule.Tenant);
            command.Add(schedule.Definition.DependsOn.ToArray());
            command.Add((long)ScheduleWriteRules.EdgesRead);
        },
        Edge);

    private static ScheduleEdge Edge(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1));

    private async Task<object?> Scalar(NpgsqlConnection connection, string sql, Action<NpgsqlCommand> bind)
    {
        await using var command = _database.Command(connection, sql);
        bind(command);
        return await command.ExecuteScalarAsync();
    }

    private async Task<T?> First<T>(NpgsqlConnection connection, string sql, Action<NpgsqlCommand> bind, Func<NpgsqlDataReader, T> read) where T : class =>
        await All(connection, sql, bind, read) is [var first, ..] ? first : null;

    private async Task<List<T>> All<T>(NpgsqlConnection connection, string sql, Action<NpgsqlCommand> bind, Func<NpgsqlDataReader, T> read)
    {
        await using var command = _database.Command(connection, sql);
        bind(command);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }

    private static void Key(NpgsqlCommand command, string tenant, string id)
    {
        command.Add(tenant);
        command.Add(id);
    }

    private static void Timed(NpgsqlCommand command, DateTimeOffset now, int limit)
    {
        command.Add(now);
        command.Add((long)limit);
    }

    private static void Bind(NpgsqlCommand command, StoredSchedule schedule, DateTimeOffset? sweepAt)
    {
        Key(command, schedule.Tenant, schedule.Id);
        command.Add(SchedulingCodec.Encode(schedule.Definition));
        command.Add(schedule.Version);
        command.Add((DateTimeOffset?)schedule.CreatedAt);
        command.Add((DateTimeOffset?)schedule.UpdatedAt);
        command.Add(schedule.Next?.Due);
        command.Add(schedule.Next?.FireAt);
        command.Add(schedule.HeldDue);
        command.Add(sweepAt);
        command.Add(StoredScheduleText.Encode(schedule.Record));
    }

    private static StoredSchedule Schedule(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        SchedulingCodec.DecodeSchedule(row.GetString(2)),
        row.GetInt64(3),
        row.Time(4),
        row.Time(5),
        StoredScheduleText.Next(row.TimeOrNull(6), row.TimeOrNull(7)),
        row.TimeOrNull(8),
        row.TimeOrNull(9),
        StoredScheduleText.DecodeRecord(row.GetString(10)));

    private static RegisteredPattern Pattern(NpgsqlDataReader row) => new(SchedulingCodec.DecodePattern(row.GetString(0)), row.Time(1));
}
