CREATE TABLE sound (
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    recording   TEXT NOT NULL,
    held        INTEGER NOT NULL,
    sha256      TEXT,
    begun_at    TEXT NOT NULL,
    complete_at TEXT,
    PRIMARY KEY (branch_id, recording)
) STRICT, WITHOUT ROWID;
CREATE TABLE sound_piece (
    branch_id TEXT NOT NULL,
    recording TEXT NOT NULL,
    at        INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (branch_id, recording, at)
) STRICT, WITHOUT ROWID;
