CREATE TABLE media_reference (
    reference    TEXT PRIMARY KEY,
    sha256       TEXT,
    due_at       TEXT NOT NULL,
    tries        INTEGER NOT NULL,
    problem      TEXT,
    unused_since TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX media_due ON media_reference (due_at) WHERE sha256 IS NULL;
CREATE INDEX media_reference_by_hash ON media_reference (sha256);
CREATE TABLE media_use (
    listing   TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (listing, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_use_by_reference ON media_use (reference);
CREATE TABLE media (
    sha256  TEXT PRIMARY KEY,
    bytes   INTEGER NOT NULL,
    format  TEXT NOT NULL,
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE media_piece (
    sha256 TEXT NOT NULL,
    n      INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (sha256, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE feed_lease (
    name        TEXT PRIMARY KEY,
    taken_by    TEXT NOT NULL,
    taken_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE feed_imported (
    id     TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    report TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lock VALUES ('media');
