-- Admission over the whole cluster: the places of a stage's cap that each node holds, and the time slots of its starts. See docs/admission.md.

-- The last sign of life of a node that has ended: what it held is free only a while after it.
ALTER TABLE {schema}.nodes ADD COLUMN last_seen_at timestamptz;

-- One row a stage: whoever changes anything of it locks it first. next_at: before it nobody starts, for the delay between starts. full_at: when the token bucket is
-- full again (GCRA, ITU-T I.371), for the rate.
CREATE TABLE {schema}.stages (
    stage   text        NOT NULL PRIMARY KEY,
    next_at timestamptz NOT NULL DEFAULT '-infinity',
    full_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

-- held: steps that the node may run at once, never less than do. need: steps that run or could. lasts: how long after a sign of life the node may still act by it.
-- request: number of the node's last request that counts. since: the order in which nodes get the places that cannot be divided; turn_ends: until when it has one.
CREATE TABLE {schema}.stage_shares (
    stage       text        NOT NULL,
    incarnation bigint      NOT NULL,
    request     bigint      NOT NULL,
    lasts       interval    NOT NULL,
    cap         int         NOT NULL,
    held        int         NOT NULL CHECK (held >= 0),
    need        int         NOT NULL CHECK (need >= 0),
    since       timestamptz NOT NULL,
    turn_ends   timestamptz,
    PRIMARY KEY (stage, incarnation)
) WITH (fillfactor = 50);

CREATE FUNCTION {schema}.lock_stage(locked text) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'Dispatcher needs transactions that are READ COMMITTED: set default_transaction_isolation so for its role.';
    END IF;
    PERFORM 1 FROM {schema}.stages s WHERE s.stage = locked FOR UPDATE;
    IF FOUND THEN RETURN; END IF;
    INSERT INTO {schema}.stages (stage) VALUES (locked) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM {schema}.stages s WHERE s.stage = locked FOR UPDATE;
END
$function$;

-- A node keeps some of its places, or fewer than it had, and gets more if it needs them and they are free. What it keeps always:
-- 1. The sum of held grows only by free places, and by work outside that the node has taken over (running above held).
-- 2. Places of a dead node are free once its last sign of life is older than it trusts itself (lasts); those of one that has left, at once.
-- 3. Requests of a node count in their order; one that was overtaken changes nothing.
-- granted: what it holds now; null when the request does not count. fair: its part as long as others want theirs. others_short: some need more than they hold.
CREATE FUNCTION {schema}.share(
    me bigint, node_stage text, node_request bigint, node_lasts interval, node_cap int, node_keep int, node_running int, node_need int,
    OUT granted int, OUT fair int, OUT others_short boolean
) LANGUAGE plpgsql AS $function$
DECLARE
    old_held int := 0; old_need int := 0; has_freed boolean; my_since timestamptz; my_turn_ends timestamptz;
    stage_cap int; used int; places int; wanting int; taking int; need_of_one int; level int; odd int; ahead int;
BEGIN
    PERFORM {schema}.lock_stage(node_stage);
    -- Each statement from here on sees whatever was committed before the lock was had.
    IF NOT EXISTS (SELECT 1 FROM {schema}.nodes n WHERE n.incarnation = me AND n.state = 'alive') THEN RETURN; END IF;

    DELETE FROM {schema}.stage_shares s USING {schema}.nodes n
    WHERE s.stage = node_stage AND n.incarnation = s.incarnation
      AND (n.state = 'left' OR (n.state = 'dead' AND coalesce(n.last_seen_at, n.ended_at) + s.lasts < clock_timestamp()));
    has_freed := FOUND;

    SELECT s.held, s.need INTO old_held, old_need FROM {schema}.stage_shares s WHERE s.stage = node_stage AND s.incarnation = me;
    INSERT INTO {schema}.stage_shares AS s (stage, incarnation, request, lasts, cap, held, need, since)
    VALUES (node_stage, me, node_request, node_lasts, node_cap, node_running, node_need, clock_timestamp())
    ON CONFLICT (stage, incarnation) DO UPDATE
        SET request = excluded.request, lasts = excluded.lasts, cap = excluded.cap, need = excluded.need, held = greatest(least(s.held, node_keep), node_running)
        WHERE s.request < excluded.request
    RETURNING s.held, s.since, s.turn_ends INTO granted, my_since, my_turn_ends;
    IF NOT FOUND THEN RETURN; END IF;

    -- Nodes may differ about the cap while a new configuration is rolled out: the smallest of those that use the stage holds.
    SELECT coalesce(min(s.cap) FILTER (WHERE n.state = 'alive' AND (s.need > 0 OR s.held > 0)), node_cap), sum(s.held),
           coalesce(sum(s.held) FILTER (WHERE n.state <> 'alive'), 0),
           count(*) FILTER (WHERE n.state = 'alive' AND s.need > 0), count(*) FILTER (WHERE n.state = 'alive' AND (s.need > 0 OR s.held > 0))
    INTO stage_cap, used, places, wanting, taking
    FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation WHERE s.stage = node_stage;
    places := greatest(stage_cap - places, 0);

    -- Equal parts, but nobody more than it needs.
    FOR need_of_one IN
        SELECT s.need FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation
        WHERE s.stage = node_stage AND n.state = 'alive' AND s.need > 0 ORDER BY s.need
    LOOP
        EXIT WHEN need_of_one > places / wanting;
        places := places - need_of_one;
        wanting := wanting - 1;
    END LOOP;
    IF wanting = 0 THEN
        -- Everybody has enough. What is left is spread too, so that the next step need not ask.
        fair := node_need + places / greatest(taking, 1);
        my_turn_ends := NULL;
    ELSE
        level := places / wanting;
        odd := places % wanting;
        SELECT count(*) INTO ahead
        FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation
        WHERE s.stage = node_stage AND n.state = 'alive' AND s.need > level AND (s.since, s.incarnation) < (my_since, me);
        IF node_need <= level OR ahead >= odd THEN
            fair := least(node_need, level);
            my_turn_ends := NULL;
        ELSIF my_turn_ends < clock_timestamp() THEN
            -- Its turn with an odd place is over: it goes behind the others.
            fair := level;
            my_since := clock_timestamp();
            my_turn_ends := NULL;
        ELSE
            fair := level + 1;
            my_turn_ends := coalesce(my_turn_ends, clock_timestamp() + interval '1 s');
        END IF;
    END IF;

    has_freed := has_freed OR granted < old_held;
    IF node_need > granted THEN granted := greatest(granted, least(fair, granted + stage_cap - used)); END IF;
    UPDATE {schema}.stage_shares s SET held = granted, since = my_since, turn_ends = my_turn_ends WHERE s.stage = node_stage AND s.incarnation = me;
    others_short := EXISTS (SELECT 1 FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation
                            WHERE s.stage = node_stage AND s.incarnation <> me AND n.state = 'alive' AND s.need > s.held);

    -- Who waits hears of free places; who holds some hears that another begins to wait.
    PERFORM pg_notify('dispatcher_{schema}', 'places:' || s.incarnation || ':' || node_stage)
    FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation
    WHERE s.stage = node_stage AND s.incarnation <> me AND n.state = 'alive'
      AND ((has_freed AND s.need > s.held) OR (node_need > granted AND coalesce(old_need <= old_held, true) AND s.held > 0));
END
$function$;

-- Slots for the next starts, in microseconds from now: at least one, and no more than fall into the time ahead. Null when the node is not alive.
CREATE FUNCTION {schema}.reserve_slots(me bigint, node_stage text, wanted int, delay interval, token interval, burst int, ahead interval)
RETURNS bigint[] LANGUAGE plpgsql AS $function$
DECLARE
    next_start timestamptz; full_again timestamptz; now_at timestamptz; slot timestamptz; slots bigint[] := '{}';
BEGIN
    PERFORM {schema}.lock_stage(node_stage);
    IF NOT EXISTS (SELECT 1 FROM {schema}.nodes n WHERE n.incarnation = me AND n.state = 'alive') THEN RETURN NULL; END IF;
    SELECT s.next_at, s.full_at INTO next_start, full_again FROM {schema}.stages s WHERE s.stage = node_stage;
    now_at := clock_timestamp();
    WHILE cardinality(slots) < wanted LOOP
        slot := greatest(now_at, next_start, CASE WHEN token > interval '0' THEN full_again - token * (burst - 1) END);
        EXIT WHEN cardinality(slots) > 0 AND slot > now_at + ahead;
        slots := slots || (extract(epoch FROM slot - now_at) * 1000000)::bigint;
        next_start := slot + delay;
        full_again := greatest(full_again, slot) + token;
    END LOOP;
    UPDATE {schema}.stages s SET next_at = next_start, full_at = full_again WHERE s.stage = node_stage;
    RETURN slots;
END
$function$;

-- As in migration 4, but it also tells of stages in which a node needs more places than it holds.
CREATE OR REPLACE FUNCTION {schema}.cluster_view() RETURNS json LANGUAGE sql AS $function$
    SELECT json_build_object(
        'leader', (SELECT incarnation FROM {schema}.leases WHERE name = 'coordinator'),
        'leader_epoch', (SELECT epoch FROM {schema}.leases WHERE name = 'coordinator'),
        'nodes', (SELECT coalesce(json_agg(json_build_object(
                      'incarnation', n.incarnation, 'name', n.node_name, 'address', n.address, 'version', n.version, 'started_at', n.started_at, 'wish', n.wish,
                      'silent_ms', extract(epoch FROM clock_timestamp() - h.at) * 1000, 'in_session', {schema}.in_session(n.incarnation), 'facts', h.facts) ORDER BY n.incarnation), '[]')
                  FROM {schema}.nodes n JOIN {schema}.heartbeats h ON h.incarnation = n.incarnation WHERE n.state = 'alive'),
        'owners', (SELECT coalesce(json_agg(incarnation ORDER BY shard), '[]') FROM {schema}.shards),
        'epochs', (SELECT coalesce(json_agg(epoch ORDER BY shard), '[]') FROM {schema}.shards),
        'targets', (SELECT coalesce(json_agg(target ORDER BY shard), '[]') FROM {schema}.shards),
        'registry', (SELECT coalesce(max(version), 0) FROM {schema}.registry),
        'head', (SELECT ordering FROM {schema}.journal ORDER BY ordering DESC LIMIT 1),
        'shards_with_commands', (SELECT coalesce(json_agg(DISTINCT c.shard), '[]') FROM (SELECT shard FROM {schema}.commands WHERE answer IS NULL LIMIT 1000) c),
        'has_late_mail', EXISTS (SELECT 1 FROM {schema}.inbox WHERE at < extract(epoch FROM clock_timestamp() - interval '2 s') * 1000000),
        'short_stages', (SELECT coalesce(json_agg(DISTINCT s.stage), '[]') FROM {schema}.stage_shares s JOIN {schema}.nodes n ON n.incarnation = s.incarnation
                         WHERE n.state = 'alive' AND s.need > s.held));
$function$;

-- As in migration 4, but under the lock that ends a node: a sign of life that is answered is on record when the node is declared dead.
CREATE OR REPLACE FUNCTION {schema}.beat(me bigint, node_facts json) RETURNS json LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT {schema}.is_alive(me) THEN RETURN NULL; END IF;
    INSERT INTO {schema}.heartbeats (incarnation, at, facts) VALUES (me, clock_timestamp(), node_facts)
    ON CONFLICT (incarnation) DO UPDATE SET at = excluded.at, facts = excluded.facts;
    RETURN {schema}.cluster_view();
END
$function$;

-- As in migration 4, but it keeps the time of the last sign of life.
CREATE OR REPLACE FUNCTION {schema}.let_go(node bigint) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    UPDATE {schema}.shards SET incarnation = CASE WHEN incarnation = node THEN NULL ELSE incarnation END, target = CASE WHEN target = node THEN NULL ELSE target END
    WHERE incarnation = node OR target = node;
    UPDATE {schema}.leases SET incarnation = NULL WHERE incarnation = node;
    UPDATE {schema}.nodes n SET last_seen_at = h.at FROM {schema}.heartbeats h WHERE n.incarnation = node AND h.incarnation = node;
    DELETE FROM {schema}.heartbeats WHERE incarnation = node;
    PERFORM {schema}.tell_of_change();
END
$function$;
