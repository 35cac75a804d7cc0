-- Schedules with what was fired so far, who depends on whom, and patterns.
CREATE TABLE {schema}.schedules (
    tenant      text   COLLATE "C" NOT NULL,
    id          text   COLLATE "C" NOT NULL,
    definition  text   NOT NULL,
    version     bigint NOT NULL,
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL,
    next_due    bigint,
    fire_at     bigint,
    held_due    bigint,
    archived_at bigint,
    sweep_at    bigint,
    record      text   NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE INDEX schedules_by_firing ON {schema}.schedules (fire_at) WHERE fire_at IS NOT NULL;

CREATE INDEX schedules_held ON {schema}.schedules (held_due, tenant, id) WHERE held_due IS NOT NULL;

CREATE INDEX schedules_swept ON {schema}.schedules (sweep_at) WHERE sweep_at IS NOT NULL;

-- An edge outlives the schedule that it leads to: whoever depends on a deleted one waits.
CREATE TABLE {schema}.schedule_edges (
    tenant     text COLLATE "C" NOT NULL,
    schedule   text COLLATE "C" NOT NULL,
    depends_on text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, schedule, depends_on)
);

-- How many a tenant has: asked for each new one, and never counted.
CREATE TABLE {schema}.schedule_counts (
    tenant    text   COLLATE "C" NOT NULL PRIMARY KEY,
    schedules bigint NOT NULL
);

CREATE TABLE {schema}.patterns (
    tenant        text   COLLATE "C" NOT NULL,
    id            text   COLLATE "C" NOT NULL,
    version       int    NOT NULL,
    definition    text   NOT NULL,
    registered_at bigint NOT NULL,
    PRIMARY KEY (tenant, id, version)
);
