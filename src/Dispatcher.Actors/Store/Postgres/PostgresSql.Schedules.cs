namespace Dispatcher.Store.Postgres;

/// <summary>Schedules and patterns.</summary>
internal static partial class PostgresSql
{
    /// <summary>One change of a tenant's schedules after the other, so that no two close a ring together.</summary>
    public const string LockSchedules = "SELECT pg_advisory_xact_lock(hashtext('dispatcher schedules {schema}'), hashtext($1))";

    public const string Leads = "SELECT {schema}.leads($1, $2)";

    public const string FindSchedule = SelectSchedule + " WHERE tenant = $1 AND id = $2";

    /// <summary>Waits for the clock's note of it, and makes the next note wait: neither writes over what the other one wrote.</summary>
    public const string LockSchedule = FindSchedule + " FOR UPDATE";

    public const string ListSchedules = SelectSchedule + " WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";

    public const string FindScheduleCount = "SELECT schedules FROM {schema}.schedule_counts WHERE tenant = $1";

    public const string ChangeScheduleCount =
        "INSERT INTO {schema}.schedule_counts AS c (tenant, schedules) VALUES ($1, $2) ON CONFLICT (tenant) DO UPDATE SET schedules = c.schedules + excluded.schedules";

    public const string KnownSchedules =
        "SELECT tenant, id FROM unnest($1::text[], $2::text[]) AS wanted (wanted_tenant, wanted_id) JOIN {schema}.schedules ON tenant = wanted_tenant AND id = wanted_id";

    public const string DueSchedules = SelectSchedule + " WHERE fire_at <= $1 ORDER BY fire_at LIMIT $2";

    public const string HeldSchedules = SelectSchedule + " WHERE held_due IS NOT NULL AND (held_due, tenant, id) > ($1, $2, $3) ORDER BY held_due, tenant, id LIMIT $4";

    public const string CancelledSchedules = SelectSchedule +
        """
         WHERE (tenant, id) IN (SELECT c.tenant, c.schedule FROM {schema}.schedule_cancels AS c WHERE c.happened_at IS NOT NULL)
            AND next_due > (SELECT min(c.happened_at) FROM {schema}.schedule_cancels AS c WHERE c.tenant = schedules.tenant AND c.schedule = schedules.id)
         LIMIT $1
        """;

    public const string SweptSchedules = SelectSchedule + " WHERE sweep_at <= $1 ORDER BY sweep_at LIMIT $2";

    public const string NextFiring = "SELECT min(fire_at) FROM {schema}.schedules WHERE fire_at IS NOT NULL";

    public const string PutSchedule =
        """
        INSERT INTO {schema}.schedules (tenant, id, definition, version, created_at, updated_at, next_due, fire_at, held_due, archived_at, sweep_at, record)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, $11)
        ON CONFLICT (tenant, id) DO UPDATE SET
            definition = excluded.definition, version = excluded.version, updated_at = excluded.updated_at, next_due = excluded.next_due,
            fire_at = excluded.fire_at, held_due = excluded.held_due, archived_at = NULL, sweep_at = excluded.sweep_at
        """;

    public const string DeleteSchedule = "DELETE FROM {schema}.schedules WHERE tenant = $1 AND id = $2";

    public const string DeleteEdges = "DELETE FROM {schema}.schedule_edges WHERE tenant = $1 AND schedule = $2";

    public const string InsertEdges =
        "INSERT INTO {schema}.schedule_edges (tenant, schedule, depends_on) SELECT $1, $2, unnest($3) ON CONFLICT DO NOTHING";

    public const string ListEdges = "SELECT schedule, depends_on FROM {schema}.schedule_edges WHERE tenant = $1 ORDER BY schedule, depends_on LIMIT $2";

    /// <summary>From the schedules of the list $2; the limit ends the walk.</summary>
    public const string ReachedEdges =
        """
        WITH RECURSIVE reached (schedule, depends_on) AS (
            SELECT schedule, depends_on FROM {schema}.schedule_edges WHERE tenant = $1 AND schedule = ANY ($2)
            UNION
            SELECT next.schedule, next.depends_on FROM reached JOIN {schema}.schedule_edges AS next ON next.tenant = $1 AND next.schedule = reached.depends_on)
        SELECT schedule, depends_on FROM reached LIMIT $3
        """;

    /// <summary>What has happened, for all whom it cancels: arrays of tenants, events, schedules and times.</summary>
    public const string TellCancels = "SELECT {schema}.tell_schedules($1, $2, $3, $4)";

    public const string InsertCancels =
        "INSERT INTO {schema}.schedule_cancels (tenant, watched, event, schedule) SELECT $1, watched, event, $2 FROM unnest($3::text[], $4::text[]) AS c (watched, event) ON CONFLICT DO NOTHING";

    public const string DeleteSomeCancels =
        "DELETE FROM {schema}.schedule_cancels AS c USING unnest($3::text[], $4::text[]) AS gone (watched, event) WHERE c.tenant = $1 AND c.watched = gone.watched AND c.event = gone.event AND c.schedule = $2";

    public const string DeleteCancels = "DELETE FROM {schema}.schedule_cancels WHERE tenant = $1 AND schedule = $2";

    /// <summary>Places in the list of those that cancel as many others as they may.</summary>
    public const string CrowdedCancel =
        """
        SELECT place FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS wanted (watched, event, place)
        WHERE (SELECT count(*) FROM (SELECT 1 FROM {schema}.schedule_cancels AS c
               WHERE c.tenant = $1 AND c.watched = wanted.watched AND c.event = wanted.event AND c.schedule <> $2 LIMIT $5) AS others) >= $5
        ORDER BY place LIMIT 1
        """;

    /// <summary>Only where the schedule is as the clock has noted it.</summary>
    public const string EndCancels =
        """
        DELETE FROM {schema}.schedule_cancels WHERE tenant = $1 AND schedule = $2
            AND EXISTS (SELECT 1 FROM {schema}.schedules WHERE tenant = $1 AND id = $2 AND version = $3 AND created_at = $4 AND next_due IS NULL)
        """;

    public const string FindCancellations =
        """
        SELECT DISTINCT ON (c.tenant, c.schedule) c.tenant, c.schedule, c.happened_to, c.event, c.happened_at
        FROM unnest($1::text[], $2::text[]) AS wanted (wanted_tenant, wanted_id)
        JOIN {schema}.schedule_cancels AS c ON c.tenant = wanted_tenant AND c.schedule = wanted_id
        WHERE c.happened_at IS NOT NULL ORDER BY c.tenant, c.schedule, c.happened_at
        """;

    public const string AdvanceSchedule =
        """
        UPDATE {schema}.schedules SET
            next_due = CASE WHEN version = $3 THEN $4 ELSE next_due END, fire_at = CASE WHEN version = $3 THEN $5 ELSE fire_at END,
            archived_at = CASE WHEN version = $3 THEN $8 ELSE archived_at END, sweep_at = CASE WHEN version = $3 THEN $9 ELSE sweep_at END,
            held_due = CASE WHEN version = $3 OR $6 IS NULL THEN $6 ELSE held_due END, record = $7
        WHERE tenant = $1 AND id = $2 AND created_at = $10
        """;

    public const string InsertPattern =
        "INSERT INTO {schema}.patterns (tenant, id, version, definition, registered_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

    public const string FindPattern = SelectPattern + " WHERE tenant = $1 AND id = $2 AND version = $3";

    public const string FindNewestPattern = SelectPattern + " WHERE tenant = $1 AND id = $2 ORDER BY version DESC LIMIT 1";

    public const string ListPatterns = SelectPattern + " WHERE tenant = $1 AND (id, version) > ($2, $3) ORDER BY id, version LIMIT $4";

    public const string ListPatternVersions = SelectPattern + " WHERE tenant = $1 AND id = $2 AND version > $3 ORDER BY version LIMIT $4";

    private const string SelectSchedule =
        "SELECT tenant, id, definition, version, created_at, updated_at, next_due, fire_at, held_due, archived_at, record FROM {schema}.schedules";

    private const string SelectPattern = "SELECT definition, registered_at FROM {schema}.patterns";
}
