-- Times are microseconds UTC since 1970. Job ids are the 16 bytes of the UUID, which sort by creation time.

-- AUTOINCREMENT: an ordering is never given twice, even after the newest rows were deleted, since readers resume from it.
CREATE TABLE journal (
    ordering    INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id      BLOB    NOT NULL,
    sequence_nr INTEGER NOT NULL,
    writer      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    UNIQUE (job_id, sequence_nr)
) STRICT;

CREATE TABLE jobs (
    job_id           BLOB    NOT NULL PRIMARY KEY,
    tenant           TEXT    NOT NULL,
    workflow_name    TEXT    NOT NULL,
    workflow_version INTEGER NOT NULL,
    status           TEXT    NOT NULL,
    priority         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    wake_at          INTEGER,
    waits_for        TEXT,
    correlation_id   TEXT,
    labels           TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_by_wake_at ON jobs (wake_at, job_id) WHERE wake_at IS NOT NULL;

-- A tenant is a job's for life, so this index costs one insert a job and nothing later.
CREATE INDEX jobs_by_tenant ON jobs (tenant, job_id);

-- Jobs that wait or failed are few among many and are what people look for. The states that every job passes are left out,
-- so a job that runs through never touches this index. SqliteSql.ListJobs repeats the condition word for word.
CREATE INDEX jobs_at_rest ON jobs (tenant, status, job_id) WHERE status NOT IN ('queued', 'running', 'completed');

CREATE TABLE claims (
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    job_id BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    job_id      BLOB    NOT NULL PRIMARY KEY,
    sequence_nr INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    payload     BLOB    NOT NULL
) STRICT;

CREATE TABLE workflows (
    hash       TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    definition TEXT    NOT NULL,
    UNIQUE (name, version)
) STRICT;

-- The fence: only an incarnation that is 'alive' may write.
CREATE TABLE nodes (
    incarnation INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at  INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('alive', 'dead', 'left'))
) STRICT;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The journal as people read it.
CREATE VIEW journal_text AS
SELECT ordering,
       lower(substr(hex(job_id), 1, 8) || '-' || substr(hex(job_id), 9, 4) || '-' || substr(hex(job_id), 13, 4) || '-' ||
             substr(hex(job_id), 17, 4) || '-' || substr(hex(job_id), 21)) AS job_id,
       sequence_nr,
       writer,
       strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000) AS at,
       type,
       CAST(payload AS TEXT) AS payload
FROM journal;
