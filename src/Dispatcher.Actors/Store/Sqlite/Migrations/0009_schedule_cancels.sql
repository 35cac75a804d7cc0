-- Events after which a schedule does not fire any more, and when they happened, which is written in the transaction of the event. An empty text in `watched` stands for any other schedule.
CREATE TABLE schedule_cancels (
    tenant      TEXT NOT NULL,
    watched     TEXT NOT NULL,
    event       TEXT NOT NULL,
    schedule    TEXT NOT NULL,
    happened_at INTEGER,
    happened_to TEXT,
    PRIMARY KEY (tenant, watched, event, schedule)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedule_cancels_by_schedule ON schedule_cancels (tenant, schedule, happened_at);

CREATE INDEX schedule_cancels_happened ON schedule_cancels (happened_at) WHERE happened_at IS NOT NULL;
