namespace Dispatcher.Store.Postgres;

/// <summary>What operators ask: migration 6.</summary>
internal static partial class PostgresSql
{
    /// <summary>What a dead node left is asked for only if there is something: then the open jobs are read.</summary>
    public const string Gone =
        """
        WITH ended AS (
            SELECT * FROM {schema}.nodes WHERE state <> 'alive' ORDER BY ended_at DESC NULLS LAST, incarnation DESC LIMIT $1),
        epochs AS (
            SELECT shard, incarnation, lead(at) OVER later AS next_at FROM {schema}.shard_epochs WINDOW later AS (PARTITION BY shard ORDER BY epoch)),
        newest AS (SELECT shard, incarnation FROM epochs WHERE next_at IS NULL),
        orphans AS (
            SELECT newest.incarnation, array_agg(newest.shard) AS shards
            FROM newest JOIN {schema}.shards ON shards.shard = newest.shard WHERE shards.incarnation IS NULL GROUP BY 1)
        SELECT ended.incarnation, node_name, address, version, state, started_at, ended_at,
               (SELECT count(*)::int FROM epochs WHERE epochs.incarnation = ended.incarnation AND coalesce(next_at >= ended_at, true)), coalesce(cardinality(orphans.shards), 0),
               CASE WHEN orphans.shards IS NULL THEN 0 ELSE (
                   SELECT count(*) FROM (SELECT FROM {schema}.jobs WHERE jobs.ended_at IS NULL AND jobs.shard = ANY (orphans.shards) LIMIT $2) AS open) END,
               CASE WHEN orphans.shards IS NULL THEN 0 ELSE (
                   SELECT count(*) FROM (SELECT FROM {schema}.commands WHERE answer IS NULL AND commands.shard = ANY (orphans.shards) LIMIT $2) AS open) END
        FROM ended LEFT JOIN orphans ON orphans.incarnation = ended.incarnation
        ORDER BY ended.ended_at DESC NULLS LAST, ended.incarnation DESC
        """;

    public const string Pin =
        """
        WITH pinned AS (
            INSERT INTO {schema}.shard_pins (shard, incarnation)
            SELECT shards.shard, nodes.incarnation FROM {schema}.shards, {schema}.nodes WHERE shards.shard = $1 AND nodes.incarnation = $2 AND nodes.state = 'alive'
            ON CONFLICT (shard) DO UPDATE SET incarnation = excluded.incarnation RETURNING 1)
        SELECT {schema}.tell_of_change()::text FROM pinned
        """;

    public const string WishRebalance =
        """
        WITH freed AS (DELETE FROM {schema}.shard_pins), wished AS (INSERT INTO {schema}.rebalance_wishes DEFAULT VALUES RETURNING 1)
        SELECT {schema}.tell_of_change()::text FROM wished
        """;

    public const string EndRebalance = "DELETE FROM {schema}.rebalance_wishes WHERE id <= $1";

    /// <summary>Each event beside the one before it, and the epoch of its shard into which it falls.</summary>
    private const string Examined =
        """
        WITH events AS (
            SELECT e.job_id, e.sequence_nr, e.ordering, e.writer,
                   lag(e.sequence_nr, 1, 0::bigint) OVER earlier AS last_nr, lag(e.ordering, 1, 0::bigint) OVER earlier AS last_ordering,
                   lag(e.writer) OVER earlier AS last_writer
            FROM {schema}.journal e WINDOW earlier AS (PARTITION BY e.job_id ORDER BY e.sequence_nr)),
        members AS (SELECT DISTINCT incarnation FROM {schema}.shard_epochs),
        examined AS (
            SELECT events.*, o.shard, o.epoch, o.incarnation AS owner, members.incarnation IS NOT NULL AS is_member,
                   last_writer <> writer AND last_nr > 0 AND EXISTS (
                       SELECT FROM {schema}.shard_epochs b WHERE b.shard = o.shard AND b.epoch = o.epoch AND b.ordering < last_ordering) AS shares_epoch
            FROM events
            LEFT JOIN LATERAL (
                SELECT s.shard, s.epoch, s.incarnation FROM {schema}.shard_epochs s
                WHERE s.shard = {schema}.shard_of(events.job_id, $1) AND s.ordering < events.ordering ORDER BY s.ordering DESC LIMIT 1) o ON true
            LEFT JOIN members ON members.incarnation = events.writer)
        """;

    private const string IsGap = "sequence_nr <> last_nr + 1";

    private const string IsOutOfOrder = "ordering <= last_ordering";

    /// <summary>A member that did not own the shard; or the owner itself, once another process has written within its epoch.</summary>
    private const string HasTwoWriters = "((is_member AND writer IS DISTINCT FROM owner) OR (writer = owner AND shares_epoch))";

    public const string ExamineJournal =
        Examined + $" SELECT count(*) FILTER (WHERE last_nr = 0), count(*), count(*) FILTER (WHERE NOT is_member), count(*) FILTER (WHERE {IsGap}), count(*) FILTER (WHERE {IsOutOfOrder}), count(*) FILTER (WHERE {HasTwoWriters}) FROM examined";

    public const string FaultsOfJournal =
        Examined +
        $$"""
         SELECT CASE WHEN {{IsGap}} THEN 'sequence-gap' WHEN {{IsOutOfOrder}} THEN 'journal-order' ELSE 'two-writers' END, {schema}.shard_of(job_id, $1), job_id,
               CASE WHEN {{IsGap}} THEN format('Event %s stands where event %s should.', sequence_nr, last_nr + 1)
                    WHEN {{IsOutOfOrder}} THEN format('Event %s stands before event %s in the journal.', sequence_nr, last_nr)
                    WHEN writer = owner THEN format('Event %s is of incarnation %s and event %s of %s, within epoch %s.', sequence_nr, writer, last_nr, last_writer, epoch)
                    WHEN owner IS NULL THEN format('Event %s was written by incarnation %s, and the shard had no owner yet.', sequence_nr, writer)
                    ELSE format('Event %s was written by incarnation %s in epoch %s, which belongs to %s.', sequence_nr, writer, epoch, owner) END
        FROM examined WHERE {{IsGap}} OR {{IsOutOfOrder}} OR {{HasTwoWriters}} LIMIT $2
        """;

    /// <summary>What belongs to whom, and who waits.</summary>
    public const string FaultsOfOwnership =
        """
        WITH newest AS (SELECT DISTINCT ON (shard) shard, epoch, incarnation FROM {schema}.shard_epochs ORDER BY shard, epoch DESC)
        SELECT 'dead-owner', shards.shard, NULL::uuid, format('The shard belongs to incarnation %s, which is %s.', shards.incarnation, coalesce(nodes.state, 'not known'))
        FROM {schema}.shards LEFT JOIN {schema}.nodes ON nodes.incarnation = shards.incarnation
        WHERE shards.incarnation IS NOT NULL AND nodes.state IS DISTINCT FROM 'alive'
        UNION ALL
        SELECT 'epoch-differs', shards.shard, NULL, format('The shard is at epoch %s of incarnation %s, and its newest epoch is %s of %s.',
               shards.epoch, coalesce(shards.incarnation::text, 'nobody'), coalesce(newest.epoch, 0), coalesce(newest.incarnation::text, 'nobody'))
        FROM {schema}.shards LEFT JOIN newest ON newest.shard = shards.shard
        WHERE shards.epoch <> coalesce(newest.epoch, 0) OR (shards.incarnation IS NOT NULL AND shards.incarnation IS DISTINCT FROM newest.incarnation)
        UNION ALL
        SELECT 'dead-coordinator', NULL, NULL, format('Incarnation %s coordinates, and is %s.', leases.incarnation, coalesce(nodes.state, 'not known'))
        FROM {schema}.leases LEFT JOIN {schema}.nodes ON nodes.incarnation = leases.incarnation
        WHERE leases.name = 'coordinator' AND leases.incarnation IS NOT NULL AND nodes.state IS DISTINCT FROM 'alive'
        UNION ALL
        SELECT 'unanswered-command', commands.shard, job_id, format('Command %s (%s) of incarnation %s waits for an answer since %s.', id, kind, sender, at)
        FROM {schema}.commands JOIN {schema}.shards ON shards.shard = commands.shard
        WHERE answer IS NULL AND at < clock_timestamp() - make_interval(secs => $1) AND shards.incarnation IS NOT NULL
        """;

    public const string CountEpochs = "SELECT count(*) FROM {schema}.shard_epochs";

    public const string ShardCount = "SELECT value::int FROM {schema}.meta WHERE key = 'shard_count'";
}
