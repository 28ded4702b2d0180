-- Times are Unix milliseconds UTC. `at` is event time, `recorded_at` and `created` are wall time.

CREATE TABLE tickets (
    id           TEXT PRIMARY KEY,
    no           TEXT NOT NULL UNIQUE,
    incident_key TEXT NOT NULL,
    live         INTEGER NOT NULL CHECK (live IN (0, 1)),
    published    INTEGER NOT NULL CHECK (published IN (0, 1)),
    state        TEXT NOT NULL,
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 5),
    category     TEXT NOT NULL,
    site         TEXT NOT NULL,
    asset        TEXT,
    rule         TEXT NOT NULL,
    title_zh     TEXT NOT NULL,
    title_en     TEXT NOT NULL,
    origin       TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    raised_at    INTEGER NOT NULL,
    opened_at    INTEGER,
    closed_at    INTEGER,
    outcome      TEXT,
    first_complaint_at INTEGER,
    reopen_count INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    last_hash    BLOB NOT NULL,
    body         TEXT NOT NULL,  -- the folded ticket, JSON; the columns above are for indexes and reports
    CHECK ((live = 0) = (closed_at IS NOT NULL AND outcome IS NOT NULL))
) STRICT;

-- The promise "one live ticket per incident" is kept here, not by reading first.
CREATE UNIQUE INDEX tickets_one_live ON tickets (incident_key) WHERE live = 1;
CREATE INDEX tickets_finished ON tickets (incident_key, closed_at) WHERE live = 0;
CREATE INDEX tickets_newest ON tickets (raised_at, id);
CREATE INDEX tickets_state ON tickets (state, raised_at);
CREATE INDEX tickets_site ON tickets (site, raised_at);

CREATE TABLE ticket_events (
    ticket_id   TEXT NOT NULL REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    seq         INTEGER NOT NULL,
    type        TEXT NOT NULL,
    actor       TEXT NOT NULL,
    role        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    state_from  TEXT,
    state_to    TEXT NOT NULL,
    payload     TEXT NOT NULL,
    prev_hash   BLOB NOT NULL,
    hash        BLOB NOT NULL,
    PRIMARY KEY (ticket_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ticket_events_no_update BEFORE UPDATE ON ticket_events
BEGIN SELECT RAISE(ABORT, 'ticket_events is append-only: write a new line instead'); END;
CREATE TRIGGER ticket_events_no_delete BEFORE DELETE ON ticket_events
BEGIN SELECT RAISE(ABORT, 'ticket_events is append-only: write a new line instead'); END;

CREATE TABLE alarms (
    id           TEXT PRIMARY KEY,
    rule         TEXT NOT NULL,
    rule_version INTEGER NOT NULL,
    point        TEXT NOT NULL,
    no_data      INTEGER NOT NULL,
    site         TEXT NOT NULL,
    asset        TEXT,
    incident_key TEXT NOT NULL,
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 5),
    active       INTEGER NOT NULL CHECK (active IN (0, 1)),
    raised_at    INTEGER NOT NULL,
    cleared_at   INTEGER,
    value        REAL,
    reason       TEXT NOT NULL,
    dispatch     INTEGER NOT NULL,
    arrived_at   INTEGER NOT NULL,
    verify_since INTEGER,
    verify_for   INTEGER NOT NULL,
    ticket_id    TEXT REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    episode      INTEGER NOT NULL DEFAULT 0,
    superseded   INTEGER NOT NULL DEFAULT 0,
    CHECK ((active = 1) = (cleared_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX alarms_one_active ON alarms (rule, point, no_data) WHERE active = 1;
CREATE INDEX alarms_newest ON alarms (raised_at, id);
CREATE INDEX alarms_point ON alarms (point, raised_at);
CREATE INDEX alarms_ticket ON alarms (ticket_id, rule, point, raised_at);

-- Every transition once: applying it again finds its row and changes nothing. Severity is part of it: a hold that
-- ends and a reading at the same millisecond may step it twice.
CREATE TABLE alarm_changes (
    alarm_id    TEXT NOT NULL,
    change      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    severity    INTEGER NOT NULL,
    value       REAL,
    reason      TEXT NOT NULL,
    arrived_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (alarm_id, change, at, severity)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_deadlines (
    ticket_id TEXT NOT NULL REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    kind      INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    anchor    TEXT NOT NULL,
    PRIMARY KEY (ticket_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_deadlines_due ON ticket_deadlines (anchor, due, ticket_id, kind);

CREATE TABLE ticket_numbers (
    day  TEXT NOT NULL,
    site TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (day, site)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id TEXT NOT NULL REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    seq       INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    sent_at   INTEGER,
    UNIQUE (ticket_id, seq)
) STRICT;
CREATE INDEX notices_unsent ON notices (id) WHERE sent_at IS NULL;

CREATE TABLE command_keys (
    ticket_id   TEXT NOT NULL,
    key         TEXT NOT NULL,
    command     TEXT NOT NULL,
    result      TEXT NOT NULL,  -- the ticket as it was answered, JSON
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (ticket_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_keys_age ON command_keys (recorded_at);

CREATE TABLE rule_cursor (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE rule_snapshots (
    position INTEGER PRIMARY KEY,
    data     BLOB NOT NULL
) STRICT;
