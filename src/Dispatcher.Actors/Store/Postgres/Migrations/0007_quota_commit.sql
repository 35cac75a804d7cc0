-- As in migration 4, with orders of quota.
DROP FUNCTION {schema}.commit_batch;

-- The group commit: a batch of appends in one call, which is one round trip and one transaction. Each append of a batch is another job's. Arrays of one
-- group belong together; a group that a batch does not need is left out. What it keeps true, and why it may not deadlock:
-- 1. The fence is locked first, so that whoever takes over waits for this batch, and later ones find their right gone.
-- 2. An append in conflict is named and then nothing at all is written: the caller leaves it out and calls again. Whatever others insert between the look and
--    the insert violates a unique key; then too the caller calls again.
-- 3. Locks are taken in one order by everybody: accounts of quota by (tenant, meter), claims by key, then rows of jobs by id, then counters. Watchers are looked up before their rows are locked;
--    if others have come by then, the batch begins again (DR001) instead of locking out of order.
-- 4. Whoever ends a job writes its row first and reads its watches in a later statement; whoever watches it locks its row first, then inserts the watch
--    and looks at the status. So exactly one of the two sees the other, and the watcher is told exactly once.
-- 5. The answers to commands of other nodes are written with the events, so a command has its effect and its answer together, once.
-- 6. Receivers are locked before a message is written, and an owner looks for mail after it has written its row, so no message is left asleep.
-- 7. Accounts are locked before the conflicts are looked for: a job that was made by the same request meanwhile is found, and not taken for one more that there is no quota for.
CREATE FUNCTION {schema}.commit_batch(
    writer bigint, ordering_offset bigint,
    append_job uuid[], append_expected bigint[],
    event_job uuid[] = '{}', event_sequence_nr bigint[] = '{}', event_at bigint[] = '{}', event_type text[] = '{}', event_payload bytea[] = '{}',
    claim_append int[] = '{}', claim_place int[] = '{}', claim_kind text[] = '{}', claim_key text[] = '{}', claim_fingerprint text[] = '{}',
    row_job uuid[] = '{}', row_shard int[] = '{}', row_tenant text[] = '{}', row_workflow_name text[] = '{}', row_workflow_version int[] = '{}',
    row_status text[] = '{}', row_priority int[] = '{}', row_created_at bigint[] = '{}', row_updated_at bigint[] = '{}', row_wake_at bigint[] = '{}',
    row_waits_for text[] = '{}', row_correlation_id text[] = '{}', row_labels text[] = '{}', row_ended_at bigint[] = '{}', row_terms text[] = '{}',
    sleeping_job uuid[] = '{}', ended_job uuid[] = '{}',
    count_tenant text[] = '{}', count_workflow_name text[] = '{}', count_status text[] = '{}', count_jobs bigint[] = '{}',
    term_tenant text[] = '{}', term_text text[] = '{}', term_job uuid[] = '{}',
    snapshot_job uuid[] = '{}', snapshot_sequence_nr bigint[] = '{}', snapshot_version int[] = '{}', snapshot_payload bytea[] = '{}',
    delivery_tenant text[] = '{}', delivery_job uuid[] = '{}', delivery_sequence_nr bigint[] = '{}', delivery_event_type text[] = '{}',
    delivery_url text[] = '{}', delivery_job_status text[] = '{}', delivery_at bigint[] = '{}',
    consumed_id bigint[] = '{}', consumed_job uuid[] = '{}',
    answered_command bigint[] = '{}', answered_with bytea[] = '{}',
    involved_job uuid[] = '{}',
    ending_append int[] = '{}', ending_job uuid[] = '{}', ending_outcome text[] = '{}', ending_note bytea[] = '{}', ending_at bigint[] = '{}',
    watch_append int[] = '{}', watch_watched uuid[] = '{}', watch_watcher uuid[] = '{}', watch_kind text[] = '{}', watch_asks boolean[] = '{}', watch_at bigint[] = '{}',
    message_append int[] = '{}', message_to uuid[] = '{}', message_from uuid[] = '{}', message_kind text[] = '{}', message_payload bytea[] = '{}', message_at bigint[] = '{}',
    quota_append int[] = '{}', quota_kind text[] = '{}', quota_tenant text[] = '{}', quota_meter text[] = '{}', quota_reservation text[] = '{}', quota_amount bigint[] = '{}',
    quota_raw text[] = '{}', quota_expires_at bigint[] = '{}', quota_job uuid[] = '{}', quota_at bigint[] = '{}',
    OUT alive boolean, OUT first_ordering bigint,
    OUT stale_append int[], OUT stale_actual bigint[],
    OUT taken_append int[], OUT taken_place int[], OUT taken_by uuid[], OUT taken_as text[], OUT taken_actual bigint[],
    OUT woken_append int[], OUT woken_job uuid[],
    OUT short_append int[], OUT short_plan text[], OUT short_limit bigint[], OUT short_used bigint[], OUT short_reserved bigint[], OUT short_needed bigint[], OUT short_upgrade text[]
) LANGUAGE plpgsql
-- Each statement is planned once a connection, and always by its indexes: a plan from when the tables were empty must serve when they are full.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $function$
DECLARE
    involved uuid[] := involved_job;
    answered int;
    letter_from uuid[]; letter_kind text[]; letter_outcome text[]; letter_payload bytea[]; letter_at bigint[];
BEGIN
    PERFORM 1 FROM {schema}.nodes WHERE incarnation = writer AND state = 'alive' FOR SHARE;
    alive := FOUND;
    IF NOT alive THEN RETURN; END IF;

    IF cardinality(quota_append) > 0 THEN
        PERFORM 1 FROM {schema}.quota_accounts q WHERE (q.tenant, q.meter) IN (SELECT o.tenant, o.meter FROM unnest(quota_tenant, quota_meter) AS o (tenant, meter))
        ORDER BY q.tenant, q.meter FOR UPDATE;
    END IF;

    SELECT array_agg(a.place), array_agg(a.actual) INTO stale_append, stale_actual
    FROM (SELECT append.place, append.expected,
                 coalesce((SELECT j.sequence_nr FROM {schema}.journal j WHERE j.job_id = append.job ORDER BY j.sequence_nr DESC LIMIT 1), 0) AS actual
          FROM unnest(append_job, append_expected) WITH ORDINALITY AS append (job, expected, place)) a
    WHERE a.actual <> a.expected;
    IF cardinality(claim_key) > 0 THEN
        SELECT array_agg(t.append), array_agg(t.place), array_agg(t.job_id), array_agg(t.fingerprint), array_agg(t.actual)
        INTO taken_append, taken_place, taken_by, taken_as, taken_actual
        FROM (SELECT DISTINCT ON (c.append) c.append, c.place, held.job_id, held.fingerprint,
                     coalesce((SELECT j.sequence_nr FROM {schema}.journal j WHERE j.job_id = append_job[c.append] ORDER BY j.sequence_nr DESC LIMIT 1), 0) AS actual
              FROM unnest(claim_append, claim_place, claim_kind, claim_key) AS c (append, place, kind, key)
              JOIN {schema}.claims held ON held.kind = c.kind AND held.key = c.key
              ORDER BY c.append, c.place) t;
    END IF;
    IF stale_append IS NOT NULL OR taken_append IS NOT NULL THEN RETURN; END IF;

    IF cardinality(quota_append) > 0 THEN
        SELECT * INTO short_append, short_plan, short_limit, short_used, short_reserved, short_needed, short_upgrade
        FROM {schema}.give_quota_orders(quota_append, quota_kind, quota_tenant, quota_meter, quota_reservation, quota_amount, quota_raw, quota_expires_at, quota_job, quota_at);
        IF short_append IS NOT NULL THEN RETURN; END IF;
    END IF;

    IF cardinality(claim_key) > 0 THEN
        INSERT INTO {schema}.claims (kind, key, job_id, fingerprint)
        SELECT c.kind, c.key, append_job[c.append], c.fingerprint FROM unnest(claim_append, claim_kind, claim_key, claim_fingerprint) AS c (append, kind, key, fingerprint);
    END IF;

    first_ordering := (pg_current_xact_id()::text::bigint + ordering_offset) << 16;
    INSERT INTO {schema}.journal (ordering, job_id, sequence_nr, writer, at, type, payload)
    SELECT first_ordering + e.place - 1, e.job, e.sequence_nr, commit_batch.writer, e.at, e.type, e.payload
    FROM unnest(event_job, event_sequence_nr, event_at, event_type, event_payload) WITH ORDINALITY AS e (job, sequence_nr, at, type, payload, place);

    -- Rows of other jobs, with those of the batch, in the order of their ids.
    IF cardinality(ending_job) > 0 THEN
        involved := involved || coalesce((SELECT array_agg(DISTINCT w.watcher) FROM {schema}.watches w WHERE w.watched = ANY (ending_job)), '{}');
    END IF;
    IF cardinality(involved) > 0 THEN
        involved := involved || row_job;
        PERFORM 1 FROM {schema}.jobs j WHERE j.job_id = ANY (involved) ORDER BY j.job_id FOR NO KEY UPDATE;
    END IF;

    IF cardinality(row_job) > 0 THEN
        INSERT INTO {schema}.jobs (job_id, shard, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at,
                                   wake_at, waits_for, correlation_id, labels, ended_at, terms)
        SELECT * FROM unnest(row_job, row_shard, row_tenant, row_workflow_name, row_workflow_version, row_status, row_priority, row_created_at, row_updated_at,
                             row_wake_at, row_waits_for, row_correlation_id, row_labels, row_ended_at, row_terms)
        ON CONFLICT (job_id) DO UPDATE SET
            status = excluded.status, priority = excluded.priority, updated_at = excluded.updated_at, wake_at = excluded.wake_at, waits_for = excluded.waits_for,
            correlation_id = excluded.correlation_id, labels = excluded.labels, ended_at = excluded.ended_at;
        INSERT INTO {schema}.job_counts (tenant, workflow_name, status, slot, jobs)
        SELECT c.tenant, c.workflow_name, c.status, commit_batch.writer % 16, c.jobs
        FROM unnest(count_tenant, count_workflow_name, count_status, count_jobs) AS c (tenant, workflow_name, status, jobs)
        ON CONFLICT (tenant, workflow_name, status, slot) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs;
    END IF;
    IF cardinality(term_job) > 0 THEN
        INSERT INTO {schema}.job_terms (tenant, term, job_id) SELECT * FROM unnest(term_tenant, term_text, term_job) ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(snapshot_job) > 0 THEN
        INSERT INTO {schema}.snapshots (job_id, sequence_nr, version, payload)
        SELECT * FROM unnest(snapshot_job, snapshot_sequence_nr, snapshot_version, snapshot_payload)
        ON CONFLICT (job_id) DO UPDATE SET sequence_nr = excluded.sequence_nr, version = excluded.version, payload = excluded.payload;
    END IF;
    IF cardinality(delivery_job) > 0 THEN
        INSERT INTO {schema}.deliveries (tenant, job_id, sequence_nr, event_type, url, job_status, status, attempts, created_at, next_at)
        SELECT d.tenant, d.job, d.sequence_nr, d.event_type, d.url, d.job_status, 'pending', 0, d.at, d.at
        FROM unnest(delivery_tenant, delivery_job, delivery_sequence_nr, delivery_event_type, delivery_url, delivery_job_status, delivery_at)
             AS d (tenant, job, sequence_nr, event_type, url, job_status, at);
    END IF;

    IF cardinality(consumed_id) > 0 THEN
        DELETE FROM {schema}.inbox i USING unnest(consumed_id, consumed_job) AS c (id, job) WHERE i.id = c.id AND i.job_id = c.job;
    END IF;
    IF cardinality(answered_command) > 0 THEN
        -- A command takes effect once: whoever comes second with its answer writes nothing.
        UPDATE {schema}.commands c SET answer = a.answer FROM unnest(answered_command, answered_with) AS a (id, answer) WHERE c.id = a.id AND c.answer IS NULL;
        GET DIAGNOSTICS answered = ROW_COUNT;
        IF answered <> cardinality(answered_command) THEN
            RAISE EXCEPTION 'A command was answered already.' USING ERRCODE = 'DR002';
        END IF;
    END IF;
    IF cardinality(ended_job) > 0 THEN
        DELETE FROM {schema}.inbox i WHERE i.job_id = ANY (ended_job);
    END IF;
    IF cardinality(sleeping_job) > 0 THEN
        UPDATE {schema}.jobs j SET wake_at = 0
        WHERE j.job_id = ANY (sleeping_job) AND EXISTS (SELECT 1 FROM {schema}.inbox i WHERE i.job_id = j.job_id);
    END IF;

    IF cardinality(watch_watched) > 0 THEN
        INSERT INTO {schema}.watches (watched, watcher, kind)
        SELECT * FROM unnest(watch_watched, watch_watcher, watch_kind) ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(ending_job) > 0 THEN
        IF EXISTS (SELECT 1 FROM {schema}.watches w WHERE w.watched = ANY (ending_job) AND w.watcher <> ALL (involved)) THEN
            RAISE EXCEPTION 'A watcher came while its job ended.' USING ERRCODE = 'DR001';
        END IF;
    END IF;
    IF cardinality(involved) = 0 THEN RETURN; END IF;

    SELECT array_agg(l.append ORDER BY l.append, l.part, l.place), array_agg(l.receiver ORDER BY l.append, l.part, l.place),
           array_agg(l.sender ORDER BY l.append, l.part, l.place), array_agg(l.kind ORDER BY l.append, l.part, l.place),
           array_agg(l.outcome ORDER BY l.append, l.part, l.place), array_agg(l.payload ORDER BY l.append, l.part, l.place),
           array_agg(l.at ORDER BY l.append, l.part, l.place)
    INTO woken_append, woken_job, letter_from, letter_kind, letter_outcome, letter_payload, letter_at
    FROM (
        SELECT w.append, 1 AS part, w.place, w.watcher AS receiver, w.watched AS sender, 'job-ended' AS kind,
               coalesce(watched.status, 'cancelled') AS outcome, ''::bytea AS payload, w.at
        FROM unnest(watch_append, watch_watched, watch_watcher, watch_asks, watch_at) WITH ORDINALITY AS w (append, watched, watcher, asks, at, place)
        LEFT JOIN {schema}.jobs watched ON watched.job_id = w.watched
        WHERE w.asks AND coalesce(watched.status, 'cancelled') IN ('completed', 'failed', 'cancelled')
        UNION ALL
        SELECT m.append, 2, m.place, m.receiver, m.sender, m.kind, 'none', m.payload, m.at
        FROM unnest(message_append, message_to, message_from, message_kind, message_payload, message_at) WITH ORDINALITY AS m (append, receiver, sender, kind, payload, at, place)
        UNION ALL
        SELECT e.append, 3, row_number() OVER (PARTITION BY e.job ORDER BY w.watcher), w.watcher, e.job, 'job-ended', e.outcome, e.note, e.at
        FROM unnest(ending_append, ending_job, ending_outcome, ending_note, ending_at) AS e (append, job, outcome, note, at)
        JOIN LATERAL (SELECT DISTINCT watcher FROM {schema}.watches WHERE watched = e.job) w ON true
    ) l
    JOIN {schema}.jobs receiver ON receiver.job_id = l.receiver AND receiver.status NOT IN ('completed', 'failed', 'cancelled');
    IF woken_job IS NOT NULL THEN
        INSERT INTO {schema}.inbox (job_id, from_job, kind, outcome, payload, at)
        SELECT * FROM unnest(woken_job, letter_from, letter_kind, letter_outcome, letter_payload, letter_at);
        UPDATE {schema}.jobs j SET wake_at = 0 WHERE j.job_id = ANY (woken_job) AND j.wake_at IS DISTINCT FROM 0;
    END IF;
END
$function$;
