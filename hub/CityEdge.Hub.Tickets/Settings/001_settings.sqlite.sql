-- What the desk goes by, each change a new row: SLA book, operating mode, responsibility catalogue. Times are wall time, Unix ms.
CREATE TABLE desk_settings (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    reason  TEXT,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_settings_kind ON desk_settings (kind, version);
CREATE TRIGGER desk_settings_no_update BEFORE UPDATE ON desk_settings
BEGIN SELECT RAISE(ABORT, 'desk_settings is append-only: write a new version instead'); END;
CREATE TRIGGER desk_settings_no_delete BEFORE DELETE ON desk_settings
BEGIN SELECT RAISE(ABORT, 'desk_settings is append-only: write a new version instead'); END;
