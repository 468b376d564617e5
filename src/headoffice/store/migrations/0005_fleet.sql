-- The fleet: health as it was said, groups of branches with settings and words, releases, log requests, alarms.
CREATE TABLE branch_health (
    branch_id TEXT PRIMARY KEY REFERENCES branch (id),
    at        TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE branch_group (
    name               TEXT PRIMARY KEY,
    settings           TEXT NOT NULL,
    phrasebook_version TEXT,
    phrasebook         TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE group_member (
    branch_name TEXT NOT NULL,
    group_name  TEXT NOT NULL REFERENCES branch_group (name),
    PRIMARY KEY (branch_name, group_name)
) STRICT, WITHOUT ROWID;
CREATE TABLE settings_version (
    n INTEGER NOT NULL
) STRICT;
CREATE TABLE software_release (
    version    TEXT PRIMARY KEY,
    sha256     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    made_at    TEXT NOT NULL,
    stage      TEXT NOT NULL CHECK (stage IN ('none', 'one', 'tenth', 'all', 'halted')),
    halted_why TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE release_piece (
    sha256 TEXT NOT NULL,
    n      INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (sha256, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE release_offer (
    branch_id  TEXT NOT NULL REFERENCES branch (id),
    version    TEXT NOT NULL REFERENCES software_release (version),
    offered_at TEXT NOT NULL,
    state      TEXT NOT NULL,
    problem    TEXT,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (branch_id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_request (
    id          TEXT PRIMARY KEY,
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    asked_at    TEXT NOT NULL,
    received_at TEXT,
    lines       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX log_request_of_branch ON log_request (branch_id, asked_at);
CREATE TABLE fleet_alarm (
    id           TEXT PRIMARY KEY,
    branch_id    TEXT NOT NULL REFERENCES branch (id),
    code         TEXT NOT NULL,
    detail       TEXT NOT NULL,
    began_at     TEXT NOT NULL,
    over_at      TEXT,
    told_at      TEXT,
    over_told_at TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX fleet_alarm_open ON fleet_alarm (branch_id, code) WHERE over_at IS NULL;
CREATE TABLE warning (
    id      TEXT PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    body    TEXT NOT NULL,
    made_at TEXT NOT NULL,
    due_at  TEXT NOT NULL,
    tries   INTEGER NOT NULL,
    sent_at TEXT,
    problem TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX warning_due ON warning (due_at) WHERE sent_at IS NULL;
CREATE TABLE restored_branch (
    branch_id    TEXT PRIMARY KEY REFERENCES branch (id),
    restored_at  TEXT NOT NULL,
    held         INTEGER NOT NULL,
    resumed_from INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO branch_group (name, settings) VALUES ('', '');
INSERT INTO settings_version VALUES (0);
INSERT INTO lock VALUES ('alarms');
