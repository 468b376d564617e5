CREATE TABLE receipt (
    day       TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    at        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sound_outbox (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    queued_at    TEXT NOT NULL,
    held         INTEGER NOT NULL DEFAULT 0,
    done_at      TEXT,
    refused      TEXT
) STRICT, WITHOUT ROWID;
