-- What tenants may use of meters, and what they use. Times are microseconds UTC since 1970.

-- The check is the promise: whatever goes wrong elsewhere, no commit breaks it.
CREATE TABLE quota_accounts (
    tenant     TEXT    NOT NULL,
    meter      TEXT    NOT NULL,
    plan       TEXT    NOT NULL,
    plan_limit INTEGER NOT NULL,
    used       INTEGER NOT NULL CHECK (used >= 0),
    reserved   INTEGER NOT NULL CHECK (reserved >= 0),
    overage    INTEGER NOT NULL CHECK (overage >= 0),
    upgrade    TEXT,
    period     TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, meter),
    CHECK (used + reserved <= plan_limit)
) STRICT, WITHOUT ROWID;

-- raw: what was used before it was rounded up, as a decimal number.
CREATE TABLE quota_holds (
    tenant      TEXT    NOT NULL,
    meter       TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    amount      INTEGER NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('held', 'committed', 'rolled-back', 'expired')),
    expires_at  INTEGER,
    job_id      BLOB,
    charged     INTEGER NOT NULL,
    overage     INTEGER NOT NULL,
    raw         TEXT,
    created_at  INTEGER NOT NULL,
    closed_at   INTEGER,
    PRIMARY KEY (tenant, meter, reservation)
) STRICT, WITHOUT ROWID;

-- What is over: anywhere, and in an account.
CREATE INDEX quota_holds_due ON quota_holds (expires_at) WHERE status = 'held' AND expires_at IS NOT NULL;
CREATE INDEX quota_holds_due_of_account ON quota_holds (tenant, meter, expires_at, reservation) WHERE status = 'held' AND expires_at IS NOT NULL;

-- plan_limit, used and reserved as they were after what happened.
CREATE TABLE quota_ledger (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    meter       TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    reservation TEXT,
    job_id      BLOB,
    amount      INTEGER NOT NULL,
    charged     INTEGER NOT NULL,
    overage     INTEGER NOT NULL,
    raw         TEXT,
    plan_limit  INTEGER NOT NULL,
    used        INTEGER NOT NULL,
    reserved    INTEGER NOT NULL
) STRICT;

CREATE INDEX quota_ledger_by_account ON quota_ledger (tenant, meter, id);
