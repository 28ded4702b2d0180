-- How an alarm stands at the desk; null: as active says, acknowledged by nobody. Why it is not offered to the ticket room, and by which alarm or window; null when nothing suppresses it.
ALTER TABLE alarms ADD COLUMN standing TEXT;
ALTER TABLE alarms ADD COLUMN suppressed TEXT;
ALTER TABLE alarms ADD COLUMN suppressed_by TEXT;
ALTER TABLE alarms ADD COLUMN chattering INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN acked_at INTEGER;
ALTER TABLE alarms ADD COLUMN acked_by TEXT;

-- Keyed on identity, not on the occurrence: a shelf survives flapping. Times are wall time.
CREATE TABLE shelves (
    rule   TEXT NOT NULL,
    point  TEXT NOT NULL,
    until  INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (rule, point)
) STRICT, WITHOUT ROWID;

-- from_ms is event time, at is wall time.
CREATE TABLE maintenance (
    id        TEXT PRIMARY KEY,
    asset     TEXT,
    point     TEXT,
    rule      TEXT,
    from_ms   INTEGER NOT NULL,
    length_ms INTEGER NOT NULL,
    rrule     TEXT,
    reason    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm_acts (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    alarm  TEXT NOT NULL,
    rule   TEXT NOT NULL,
    point  TEXT NOT NULL,
    until  INTEGER,
    actor  TEXT NOT NULL,
    reason TEXT,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX alarm_acts_alarm ON alarm_acts (rule, point, id);
CREATE TRIGGER alarm_acts_no_update BEFORE UPDATE ON alarm_acts
BEGIN SELECT RAISE(ABORT, 'alarm_acts is append-only: write a new line instead'); END;
