-- The listing base as a history of changes instead of whole snapshots. A snapshot from before cannot be taken apart in
-- SQL: the next import makes a version anew, and branches keep what they show until then.
DROP TABLE listing_version;
CREATE TABLE listing_version (
    n         INTEGER PRIMARY KEY AUTOINCREMENT,
    version   TEXT NOT NULL,
    made_at   TEXT NOT NULL,
    source    TEXT NOT NULL,
    listings  INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE INDEX listing_version_by_hash ON listing_version (version);
CREATE TABLE listing_change (
    ref      TEXT NOT NULL,
    n        INTEGER NOT NULL REFERENCES listing_version (n),
    row_hash TEXT,
    line     TEXT,
    PRIMARY KEY (ref, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_change_by_version ON listing_change (n);
CREATE TABLE listing_row (
    ref      TEXT PRIMARY KEY,
    n        INTEGER NOT NULL,
    row_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lock (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO lock VALUES ('listings');
