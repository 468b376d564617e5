-- The tables of the first release.
CREATE TABLE branch (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    enrolled_at   TEXT NOT NULL,
    revoked_at    TEXT,
    revoked_why   TEXT CHECK (revoked_why IN ('removed', 'replaced')),
    acknowledged  INTEGER,
    last_seen     TEXT,
    listings      TEXT,
    waiting       INTEGER,
    waiting_since TEXT,
    software      TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX branch_in_service ON branch (name) WHERE revoked_at IS NULL;
CREATE TABLE certificate (
    fingerprint TEXT PRIMARY KEY,
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    issued_at   TEXT NOT NULL,
    not_after   TEXT NOT NULL,
    pem         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_of_branch ON certificate (branch_id);
CREATE TABLE enrolment_code (
    hash        TEXT PRIMARY KEY,
    branch_name TEXT NOT NULL,
    made_at     TEXT NOT NULL,
    expires_at  TEXT NOT NULL,
    used_at     TEXT,
    used_by_key TEXT,
    fingerprint TEXT REFERENCES certificate (fingerprint)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    seq         INTEGER NOT NULL,
    id          TEXT NOT NULL,
    at          TEXT NOT NULL,
    kind        TEXT NOT NULL,
    body        TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (branch_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE meeting (
    branch_id  TEXT NOT NULL REFERENCES branch (id),
    id         TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seconds    REAL,
    state      TEXT,
    agent      TEXT,
    language   TEXT,
    points     TEXT,
    PRIMARY KEY (branch_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX meeting_by_time ON meeting (started_at);
CREATE TABLE branch_day (
    branch_id TEXT NOT NULL REFERENCES branch (id),
    day       TEXT NOT NULL,
    kind      TEXT NOT NULL,
    events    INTEGER NOT NULL,
    PRIMARY KEY (branch_id, day, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE listing_version (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    version  TEXT NOT NULL,
    made_at  TEXT NOT NULL,
    source   TEXT NOT NULL,
    listings INTEGER NOT NULL,
    snapshot BLOB
) STRICT;
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT
) STRICT;
