-- Events after which a schedule does not fire any more, and when they happened, which is written in the transaction of the event. An empty text in `watched` stands for any other schedule.
CREATE TABLE {schema}.schedule_cancels (
    tenant      text COLLATE "C" NOT NULL,
    watched     text COLLATE "C" NOT NULL,
    event       text COLLATE "C" NOT NULL,
    schedule    text COLLATE "C" NOT NULL,
    happened_at bigint,
    happened_to text,
    PRIMARY KEY (tenant, watched, event, schedule)
);

CREATE INDEX schedule_cancels_by_schedule ON {schema}.schedule_cancels (tenant, schedule, happened_at);

CREATE INDEX schedule_cancels_happened ON {schema}.schedule_cancels (happened_at) WHERE happened_at IS NOT NULL;

-- What has happened to schedules, in the order of (tenant, event, schedule), so that no two calls wait for each other. Whoever changes what is waited for holds the tenant's lock alone
-- until it has committed, and these hold it together: so an event and the wish to be cancelled by it see each other, or the event was first.
CREATE FUNCTION {schema}.tell_schedules(told_tenant text[], told_event text[], told_schedule text[], told_at bigint[]) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('dispatcher schedules {schema}'), hashtext(t.tenant))
    FROM (SELECT DISTINCT told.tenant COLLATE "C" AS tenant FROM unnest(told_tenant) AS told (tenant) ORDER BY 1) t;
    -- In statements of their own, which see what was committed before the lock was had.
    FOR i IN 1 .. cardinality(told_tenant) LOOP
        UPDATE {schema}.schedule_cancels c SET happened_at = told_at[i], happened_to = told_schedule[i]
        WHERE c.tenant = told_tenant[i] AND c.watched IN ('', told_schedule[i]) AND c.event = told_event[i] AND c.schedule <> told_schedule[i]
            AND (c.happened_at IS NULL OR c.happened_at > told_at[i]);
    END LOOP;
    RETURN cardinality(told_tenant);
END
$function$;
