namespace Dispatcher.Store.Sqlite;

/// <summary>Schedules and patterns.</summary>
internal static partial class SqliteSql
{
    public const string FindSchedule = SelectSchedule + " WHERE tenant = ?1 AND id = ?2";

    public const string HasSchedule = "SELECT 1 FROM schedules WHERE tenant = ?1 AND id = ?2";

    public const string ListSchedules = SelectSchedule + " WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

    public const string FindScheduleCount = "SELECT schedules FROM schedule_counts WHERE tenant = ?1";

    public const string ChangeScheduleCount =
        "INSERT INTO schedule_counts (tenant, schedules) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET schedules = schedules + excluded.schedules";

    public const string DueSchedules = SelectSchedule + " WHERE fire_at <= ?1 ORDER BY fire_at LIMIT ?2";

    public const string HeldSchedules = SelectSchedule + " WHERE held_due IS NOT NULL AND (held_due, tenant, id) > (?1, ?2, ?3) ORDER BY held_due, tenant, id LIMIT ?4";

    public const string CancelledSchedules = SelectSchedule +
        """
         WHERE (tenant, id) IN (SELECT c.tenant, c.schedule FROM schedule_cancels AS c WHERE c.happened_at IS NOT NULL)
            AND next_due > (SELECT min(c.happened_at) FROM schedule_cancels AS c WHERE c.tenant = schedules.tenant AND c.schedule = schedules.id)
         LIMIT ?1
        """;

    public const string SweptSchedules = SelectSchedule + " WHERE sweep_at <= ?1 ORDER BY sweep_at LIMIT ?2";

    public const string NextFiring = "SELECT min(fire_at) FROM schedules WHERE fire_at IS NOT NULL";

    public const string PutSchedule =
        """
        INSERT INTO schedules (tenant, id, definition, version, created_at, updated_at, next_due, fire_at, held_due, archived_at, sweep_at, record)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, ?10, ?11)
        ON CONFLICT (tenant, id) DO UPDATE SET
            definition = excluded.definition, version = excluded.version, updated_at = excluded.updated_at, next_due = excluded.next_due,
            fire_at = excluded.fire_at, held_due = excluded.held_due, archived_at = NULL, sweep_at = excluded.sweep_at
        """;

    public const string DeleteSchedule = "DELETE FROM schedules WHERE tenant = ?1 AND id = ?2";

    public const string DeleteEdges = "DELETE FROM schedule_edges WHERE tenant = ?1 AND schedule = ?2";

    public const string InsertEdge = "INSERT INTO schedule_edges (tenant, schedule, depends_on) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    public const string ListEdges = "SELECT schedule, depends_on FROM schedule_edges WHERE tenant = ?1 ORDER BY schedule, depends_on LIMIT ?2";

    /// <summary>From the schedules of the list ?2; the limit ends the walk.</summary>
    public const string ReachedEdges =
        """
        WITH RECURSIVE reached (schedule, depends_on) AS (
            SELECT schedule, depends_on FROM schedule_edges WHERE tenant = ?1 AND schedule IN (SELECT value FROM json_each(?2))
            UNION
            SELECT next.schedule, next.depends_on FROM reached JOIN schedule_edges AS next ON next.tenant = ?1 AND next.schedule = reached.depends_on
            LIMIT ?3)
        SELECT schedule, depends_on FROM reached
        """;

    public const string TellCancels =
        """
        UPDATE schedule_cancels SET happened_at = ?4, happened_to = ?2
        WHERE tenant = ?1 AND watched IN ('', ?2) AND event = ?3 AND schedule <> ?2 AND (happened_at IS NULL OR happened_at > ?4)
        """;

    public const string InsertCancel = "INSERT INTO schedule_cancels (tenant, watched, event, schedule) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

    public const string DeleteCancel = "DELETE FROM schedule_cancels WHERE tenant = ?1 AND watched = ?2 AND event = ?3 AND schedule = ?4";

    public const string DeleteCancels = "DELETE FROM schedule_cancels WHERE tenant = ?1 AND schedule = ?2";

    /// <summary>A row if the event cancels more than ?5 others.</summary>
    public const string CrowdedCancel = "SELECT 1 FROM schedule_cancels WHERE tenant = ?1 AND watched = ?2 AND event = ?3 AND schedule <> ?4 LIMIT 1 OFFSET ?5";

    /// <summary>Only where the schedule is as the clock has noted it.</summary>
    public const string EndCancels =
        """
        DELETE FROM schedule_cancels WHERE tenant = ?1 AND schedule = ?2
            AND EXISTS (SELECT 1 FROM schedules WHERE tenant = ?1 AND id = ?2 AND version = ?3 AND created_at = ?4 AND next_due IS NULL)
        """;

    public const string FindCancellation =
        "SELECT happened_to, event, happened_at FROM schedule_cancels WHERE tenant = ?1 AND schedule = ?2 AND happened_at IS NOT NULL ORDER BY happened_at LIMIT 1";

    public const string AdvanceSchedule =
        """
        UPDATE schedules SET
            next_due = CASE WHEN version = ?3 THEN ?4 ELSE next_due END, fire_at = CASE WHEN version = ?3 THEN ?5 ELSE fire_at END,
            archived_at = CASE WHEN version = ?3 THEN ?8 ELSE archived_at END, sweep_at = CASE WHEN version = ?3 THEN ?9 ELSE sweep_at END,
            held_due = CASE WHEN version = ?3 OR ?6 IS NULL THEN ?6 ELSE held_due END, record = ?7
        WHERE tenant = ?1 AND id = ?2 AND created_at = ?10
        """;

    public const string InsertPattern = "INSERT INTO patterns (tenant, id, version, definition, registered_at) VALUES (?1, ?2, ?3, ?4, ?5)";

    public const string FindPattern = SelectPattern + " WHERE tenant = ?1 AND id = ?2 AND version = ?3";

    public const string FindNewestPattern = SelectPattern + " WHERE tenant = ?1 AND id = ?2 ORDER BY version DESC LIMIT 1";

    public const string ListPatterns = SelectPattern + " WHERE tenant = ?1 AND (id, version) > (?2, ?3) ORDER BY id, version LIMIT ?4";

    public const string ListPatternVersions = SelectPattern + " WHERE tenant = ?1 AND id = ?2 AND version > ?3 ORDER BY version LIMIT ?4";

    private const string SelectSchedule =
        "SELECT tenant, id, definition, version, created_at, updated_at, next_due, fire_at, held_due, archived_at, record FROM schedules";

    private const string SelectPattern = "SELECT definition, registered_at FROM patterns";
}
