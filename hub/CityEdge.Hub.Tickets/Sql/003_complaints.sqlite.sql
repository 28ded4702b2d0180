-- Where incidents are, as the asset tree stood then. path: the asset and those above it, each between bars, nearest first. A ticket may have several.
CREATE TABLE ticket_places (
    ticket_id TEXT NOT NULL REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    path      TEXT NOT NULL,
    asset     TEXT,
    lat       REAL,
    long      REAL,
    PRIMARY KEY (ticket_id, path)
) STRICT, WITHOUT ROWID;
-- Of tickets from before, only the asset is known. A silent sensor is nobody's complaint.
INSERT INTO ticket_places (ticket_id, path, asset) SELECT id, '|' || asset || '|', asset FROM tickets WHERE asset IS NOT NULL AND incident_key NOT LIKE '%|silence';
CREATE INDEX tickets_category ON tickets (category, live, closed_at);

-- What was told, without who told it. at: when the resident spoke, wall time.
CREATE TABLE complaints (
    id          TEXT PRIMARY KEY,
    channel     TEXT NOT NULL,
    external_id TEXT,
    kind        TEXT NOT NULL,
    category    TEXT NOT NULL,
    text        TEXT NOT NULL,
    site        TEXT NOT NULL,
    asset       TEXT,
    path        TEXT NOT NULL,
    is_area     INTEGER NOT NULL CHECK (is_area IN (0, 1)),
    lat         REAL,
    long        REAL,
    address     TEXT,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    ticket_id   TEXT REFERENCES tickets (id) DEFERRABLE INITIALLY DEFERRED,
    linked      TEXT NOT NULL,
    linked_at   INTEGER,
    CHECK ((ticket_id IS NULL) = (linked_at IS NULL))
) STRICT;
-- The source's number once, however often its export is read.
CREATE UNIQUE INDEX complaints_source ON complaints (channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX complaints_newest ON complaints (at, id);
CREATE INDEX complaints_waiting ON complaints (category, at) WHERE ticket_id IS NULL;
CREATE INDEX complaints_category ON complaints (category, at);
CREATE INDEX complaints_ticket ON complaints (ticket_id, at);

-- Personal data alone, to be deleted without touching what is counted.
CREATE TABLE complaint_reporters (
    complaint_id TEXT PRIMARY KEY REFERENCES complaints (id),
    name         TEXT,
    phone        TEXT,
    received_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX complaint_reporters_age ON complaint_reporters (received_at);

CREATE TABLE complaint_keys (
    key          TEXT PRIMARY KEY,
    complaint_id TEXT NOT NULL REFERENCES complaints (id),
    request      BLOB NOT NULL,  -- SHA-256 of what was sent
    recorded_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a notice was put aside in a flood of alarms, to be told with others; wall time.
ALTER TABLE notices ADD COLUMN gathered_at INTEGER;
CREATE INDEX notices_gathered ON notices (id) WHERE sent_at IS NULL AND gathered_at IS NOT NULL;
