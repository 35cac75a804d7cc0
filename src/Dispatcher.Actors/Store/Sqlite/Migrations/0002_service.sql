-- What a service needs beside the engine: messages between jobs, watches, lists that stay fast, counters, a registry a tenant, keys, callbacks.

-- A message is here from the commit of its cause to the commit of its effect. AUTOINCREMENT: a number is never given twice, so a message that was
-- consumed is never mistaken for another.
CREATE TABLE inbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id   BLOB    NOT NULL,
    from_job BLOB    NOT NULL,
    kind     TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    payload  BLOB    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE INDEX inbox_by_job ON inbox (job_id, id);

CREATE TABLE watches (
    watched BLOB NOT NULL,
    watcher BLOB NOT NULL,
    kind    TEXT NOT NULL,
    PRIMARY KEY (watched, watcher, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX watches_by_watcher ON watches (watcher);

-- ended_at is written only when a job ends or is recovered, so an index on it costs one insert and one delete a job, whatever happens in between.
ALTER TABLE jobs ADD COLUMN ended_at INTEGER;

-- The terms beside the workflow's name, as a JSON array: what deleting the job has to delete.
ALTER TABLE jobs ADD COLUMN terms TEXT;

UPDATE jobs SET ended_at = updated_at WHERE status IN ('completed', 'failed', 'cancelled');

-- ended_at stands in it too, so that the list reads nothing else.
CREATE INDEX jobs_open ON jobs (tenant, job_id, ended_at) WHERE ended_at IS NULL;

-- Each job has its workflow's name as a term, and whatever else it is found by.
CREATE TABLE job_terms (
    tenant TEXT NOT NULL,
    term   TEXT NOT NULL,
    job_id BLOB NOT NULL,
    PRIMARY KEY (tenant, term, job_id)
) STRICT, WITHOUT ROWID;

INSERT INTO job_terms (tenant, term, job_id) SELECT tenant, workflow_name, job_id FROM jobs;

UPDATE jobs SET terms = (SELECT json_group_array(DISTINCT lower(label.key || '=' || label.value)) FROM json_each(jobs.labels) AS label)
WHERE labels IS NOT NULL;

INSERT INTO job_terms (tenant, term, job_id)
SELECT jobs.tenant, term.value, jobs.job_id FROM jobs, json_each(jobs.terms) AS term WHERE jobs.terms IS NOT NULL
ON CONFLICT DO NOTHING;

CREATE TABLE job_counts (
    tenant        TEXT    NOT NULL,
    workflow_name TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    jobs          INTEGER NOT NULL,
    PRIMARY KEY (tenant, workflow_name, status)
) STRICT, WITHOUT ROWID;

INSERT INTO job_counts (tenant, workflow_name, status, jobs) SELECT tenant, workflow_name, status, count(*) FROM jobs GROUP BY 1, 2, 3;

-- The fingerprint tells whether a second request with the same key asks for the same.
ALTER TABLE claims ADD COLUMN fingerprint TEXT;

CREATE INDEX claims_by_job ON claims (job_id);

-- Definitions are stored by their hash alone; which of them a tenant calls by which name and version is its own affair.
CREATE TABLE definitions (
    hash       TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    definition TEXT    NOT NULL
) STRICT;

INSERT INTO definitions (hash, name, version, definition) SELECT hash, name, version, definition FROM workflows;

CREATE TABLE workflow_versions (
    tenant        TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    hash          TEXT    NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, name, version)
) STRICT, WITHOUT ROWID;

-- Until now a definition was everybody's and its time was not kept: the time at which the database was made stands for it.
INSERT INTO workflow_versions (tenant, name, version, hash, registered_at)
SELECT 'default', name, version, hash, coalesce((SELECT min(applied_at) FROM schema_versions), 0) FROM workflows;

DROP TABLE workflows;

ALTER TABLE definitions RENAME TO workflows;

CREATE TABLE api_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    roles      TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_secrets (
    id         TEXT    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    secret     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_secrets_by_tenant ON webhook_secrets (tenant, created_at, id);

CREATE TABLE deliveries (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant           TEXT    NOT NULL,
    job_id           BLOB    NOT NULL,
    sequence_nr      INTEGER NOT NULL,
    event_type       TEXT    NOT NULL,
    url              TEXT    NOT NULL,
    job_status       TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    attempts         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    next_at          INTEGER,
    last_attempt_at  INTEGER,
    last_status_code INTEGER,
    last_error       TEXT
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_at, id) WHERE next_at IS NOT NULL;

CREATE INDEX deliveries_by_tenant ON deliveries (tenant, id);

CREATE INDEX deliveries_by_status ON deliveries (tenant, status, id);

CREATE INDEX deliveries_by_job ON deliveries (job_id, id);
