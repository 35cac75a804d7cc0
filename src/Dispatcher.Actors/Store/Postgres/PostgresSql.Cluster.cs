namespace Dispatcher.Store.Postgres;

/// <summary>The cluster: functions of migrations 4 and 5, and commands.</summary>
internal static partial class PostgresSql
{
    public const string MakeCluster =
        """
        INSERT INTO {schema}.leases (name, incarnation, epoch) VALUES ('coordinator', NULL, 0) ON CONFLICT DO NOTHING;
        INSERT INTO {schema}.shards (shard) SELECT generate_series(0, (SELECT value::int FROM {schema}.meta WHERE key = 'shard_count') - 1) ON CONFLICT DO NOTHING
        """;

    public const string JoinSession = "SELECT pg_try_advisory_lock(hashtext('dispatcher node {schema}'), $1)";

    public const string Beat = "SELECT {schema}.beat($1, $2)::text";

    public const string ReadCluster = "SELECT {schema}.cluster_view()::text";

    public const string TakeLead = "SELECT {schema}.take_lead($1)";

    public const string ReadClock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    public const string DeclareDead = "SELECT {schema}.declare_dead($1, make_interval(secs => $2), make_interval(secs => $3), $4)";

    public const string Assign = "SELECT {schema}.assign($1, $2, $3, $4)";

    public const string Acquire = "SELECT shard, epoch FROM {schema}.acquire($1, $2)";

    public const string Release = "SELECT {schema}.release($1, $2)";

    public const string Leave = "SELECT {schema}.leave($1)";

    public const string Wish = "WITH wished AS (UPDATE {schema}.nodes SET wish = $2 WHERE incarnation = $1 AND state = 'alive' RETURNING 1) SELECT {schema}.tell_of_change()::text FROM wished";

    public const string GiveCommand =
        """
        INSERT INTO {schema}.commands (shard, job_id, sender, kind, payload)
        SELECT $1, $2, $3, $4, $5 WHERE {schema}.is_alive($3) RETURNING id
        """;

    public const string ReadCommands =
        "SELECT id, job_id, sender, kind, payload FROM {schema}.commands WHERE answer IS NULL AND shard = ANY ($1) ORDER BY id LIMIT $2";

    public const string AnswerCommand = "UPDATE {schema}.commands SET answer = $2 WHERE id = $1 AND answer IS NULL";

    public const string TakeAnswers = "DELETE FROM {schema}.commands WHERE sender = $1 AND answer IS NOT NULL RETURNING id, answer";

    /// <summary>Their sender has ended, or has given up long ago.</summary>
    public const string SweepCommands = "DELETE FROM {schema}.commands WHERE answer IS NOT NULL AND at < clock_timestamp() - interval '1 h'";

    public const string LateMail =
        "SELECT job_id FROM {schema}.inbox WHERE at < extract(epoch FROM clock_timestamp() - interval '2 s') * 1000000 ORDER BY id LIMIT $1";

    public const string SharePlaces = "SELECT granted, fair, others_short FROM {schema}.share($1, $2, $3, make_interval(secs => $4), $5, $6, $7, $8)";

    public const string ReserveSlots =
        "SELECT {schema}.reserve_slots($1, $2, $3, make_interval(secs => $4), make_interval(secs => $5), $6, make_interval(secs => $7))";

    public const string Hint = "SELECT pg_notify('dispatcher_{schema}', hint) FROM unnest($1) AS hint";
}
