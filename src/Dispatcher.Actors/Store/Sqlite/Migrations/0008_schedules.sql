-- Schedules with what was fired so far, who depends on whom, and patterns.
CREATE TABLE schedules (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    definition  TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    next_due    INTEGER,
    fire_at     INTEGER,
    held_due    INTEGER,
    archived_at INTEGER,
    sweep_at    INTEGER,
    record      TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_by_firing ON schedules (fire_at) WHERE fire_at IS NOT NULL;

CREATE INDEX schedules_held ON schedules (held_due) WHERE held_due IS NOT NULL;

CREATE INDEX schedules_swept ON schedules (sweep_at) WHERE sweep_at IS NOT NULL;

-- An edge outlives the schedule that it leads to: whoever depends on a deleted one waits.
CREATE TABLE schedule_edges (
    tenant     TEXT NOT NULL,
    schedule   TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    PRIMARY KEY (tenant, schedule, depends_on)
) STRICT, WITHOUT ROWID;

-- How many a tenant has: asked for each new one, and never counted.
CREATE TABLE schedule_counts (
    tenant    TEXT    NOT NULL PRIMARY KEY,
    schedules INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE patterns (
    tenant        TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    definition    TEXT    NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id, version)
) STRICT, WITHOUT ROWID;
