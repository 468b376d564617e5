-- headoffice.db: what head office knows of its branches. Encrypted (SQLCipher), since meetings and the owners' side of
-- the listings are in it. Times are RFC 3339 in UTC. JSON columns hold UTF-8 text. Ids are UUIDs unless said otherwise.

-- A box that was enrolled. A branch whose box is replaced gets a new row: the new box has a sequence of its own.
CREATE TABLE branch (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,          -- as typed by whoever made the code: "Taikoo Shing"
    enrolled_at   TEXT NOT NULL,
    revoked_at    TEXT,                   -- from then on nothing it sends is taken
    revoked_why   TEXT CHECK (revoked_why IN ('removed', 'replaced')),
    acknowledged  INTEGER,                -- last event applied; null before the first
    last_seen     TEXT,                   -- last request with its certificate
    listings      TEXT,                   -- version of the base it said it shows
    waiting       INTEGER,                -- events it said wait in its outbox
    waiting_since TEXT,
    software      TEXT,                   -- version of Branchbox
    trust         TEXT,                   -- hash of the authorities it says it trusts
    clone_noticed_at TEXT,                -- since when two boxes are seen to use its identity
    clone_heard_at TEXT                   -- when the refused one of them last called, to the hour
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX branch_in_service ON branch (name) WHERE revoked_at IS NULL;

-- The authorities that certify, each with its key sealed (headoffice.seal).
CREATE TABLE authority (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL,            -- PEM
    sealed_key  BLOB NOT NULL,            -- XChaCha20-Poly1305: nonce, then the PEM form of the key; empty once retired
    made_at     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('current', 'next', 'retiring', 'retired'))
) STRICT;

-- A certificate that the authority gave out. What is not here is not let in, whatever signed it.
CREATE TABLE certificate (
    fingerprint TEXT PRIMARY KEY,         -- SHA-256 of the DER form, hexadecimal
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    issued_at   TEXT NOT NULL,
    not_after   TEXT NOT NULL,
    pem         TEXT NOT NULL,
    authority   INTEGER REFERENCES authority (n),
    key_hash    TEXT,                     -- SHA-256 of the public key: the same key asked again gets the same one
    seen_at     TEXT,                     -- first request with it
    superseded_at TEXT                    -- a newer one of the branch was seen
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_of_branch ON certificate (branch_id);

-- One-time codes. Only a hash of the code is kept.
CREATE TABLE enrolment_code (
    hash        TEXT PRIMARY KEY,
    branch_name TEXT NOT NULL,
    made_at     TEXT NOT NULL,
    expires_at  TEXT NOT NULL,
    used_at     TEXT,
    used_by_key TEXT,                     -- SHA-256 of the public key it served for: the same box may ask again
    fingerprint TEXT REFERENCES certificate (fingerprint)
) STRICT, WITHOUT ROWID;

-- The ledger: every event of every branch, once, in its order, as it was sent.
CREATE TABLE event (
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    seq         INTEGER NOT NULL,
    id          TEXT NOT NULL,
    at          TEXT NOT NULL,            -- when it happened in the branch
    kind        TEXT NOT NULL,            -- meeting, minutes, interaction, health; unknown kinds are kept too
    body        TEXT NOT NULL,            -- JSON
    received_at TEXT NOT NULL,
    PRIMARY KEY (branch_id, seq)
) STRICT, WITHOUT ROWID;

-- Meetings as the page shows them: drawn from the events, in the transaction that keeps them.
CREATE TABLE meeting (
    branch_id  TEXT NOT NULL REFERENCES branch (id),
    id         TEXT NOT NULL,             -- the recording's id at the branch
    started_at TEXT NOT NULL,
    seconds    REAL,                      -- null where only the minutes have come so far
    state      TEXT,                      -- finished or broken_off
    agent      TEXT,
    language   TEXT,                      -- of the minutes
    points     TEXT,                      -- JSON list of type, slot, value, polarity, at; null before the minutes
    PRIMARY KEY (branch_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX meeting_by_time ON meeting (started_at);

-- How much happened, per branch and day (Hong Kong): drawn from the events like `meeting`.
CREATE TABLE branch_day (
    branch_id TEXT NOT NULL REFERENCES branch (id),
    day       TEXT NOT NULL,              -- 2026-11-20
    kind      TEXT NOT NULL,              -- the event's kind
    events    INTEGER NOT NULL,
    PRIMARY KEY (branch_id, day, kind)
) STRICT, WITHOUT ROWID;

-- What is wrong with a recording at a branch just now: drawn from the events like `meeting`. It goes when the branch
-- says that it is over, and with the end of the meeting.
CREATE TABLE branch_alarm (
    branch_id TEXT NOT NULL REFERENCES branch (id),
    code      TEXT NOT NULL,              -- microphone-lost, digital-silence …
    meeting   TEXT NOT NULL,              -- id of the recording
    since     TEXT NOT NULL,
    PRIMARY KEY (branch_id, code)
) STRICT, WITHOUT ROWID;

-- Versions of the listing base. The one with the highest n is what branches are to show.
CREATE TABLE listing_version (
    n         INTEGER PRIMARY KEY AUTOINCREMENT,
    version   TEXT NOT NULL,              -- hash of the content
    made_at   TEXT NOT NULL,
    source    TEXT NOT NULL,              -- the imported file's name
    listings  INTEGER NOT NULL,           -- how many
    signature TEXT NOT NULL               -- of the authority, hexadecimal
) STRICT;
CREATE INDEX listing_version_by_hash ON listing_version (version);

-- What each version changed, row by row: the history, and what a difference is made of.
CREATE TABLE listing_change (
    ref      TEXT NOT NULL,
    n        INTEGER NOT NULL REFERENCES listing_version (n),
    row_hash TEXT,                        -- SHA-256 of the line, hexadecimal; null where the listing went
    line     TEXT,                        -- the row as it travels, public and private side; null where it went
    PRIMARY KEY (ref, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_change_by_version ON listing_change (n);

-- The base now: which change each listing was last touched by.
CREATE TABLE listing_row (
    ref      TEXT PRIMARY KEY,
    n        INTEGER NOT NULL,
    row_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Held by whoever makes a new version, so that two processes do not make one from the same base.
CREATE TABLE lock (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO lock VALUES ('listings');
INSERT INTO lock VALUES ('authority');

-- How a branch said it stands: the last health report, JSON.
CREATE TABLE branch_health (
    branch_id TEXT PRIMARY KEY REFERENCES branch (id),
    at        TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Groups of branches. The one named '' is every branch; where several set the same, the last by name wins.
CREATE TABLE branch_group (
    name               TEXT PRIMARY KEY,
    settings           TEXT NOT NULL,     -- TOML, keys of a box's own configuration file
    phrasebook_version TEXT,              -- hash of the scripts and words; null where the group has none
    phrasebook         TEXT               -- scripts and words, JSON
) STRICT, WITHOUT ROWID;
CREATE TABLE group_member (
    branch_name TEXT NOT NULL,            -- by name, so that a box that is replaced stays in its groups
    group_name  TEXT NOT NULL REFERENCES branch_group (name),
    PRIMARY KEY (branch_name, group_name)
) STRICT, WITHOUT ROWID;

-- Counts up with every change of any group's settings or members: what boxes compare. One row.
CREATE TABLE settings_version (
    n INTEGER NOT NULL
) STRICT;

-- Versions of Branchbox that boxes are offered, and their files in pieces of a megabyte, so that every head-office
-- process has them.
CREATE TABLE software_release (
    version    TEXT PRIMARY KEY,
    sha256     TEXT NOT NULL,             -- of the file, hexadecimal
    bytes      INTEGER NOT NULL,
    made_at    TEXT NOT NULL,
    stage      TEXT NOT NULL CHECK (stage IN ('none', 'one', 'tenth', 'all', 'halted')),
    halted_why TEXT,                      -- by_hand, failed or silent; null where it goes on
    halted_branch TEXT                    -- the branch that failed or is silent, by its name
) STRICT, WITHOUT ROWID;
CREATE TABLE release_piece (
    sha256 TEXT NOT NULL,
    n      INTEGER NOT NULL,              -- from 0
    bytes  BLOB NOT NULL,
    PRIMARY KEY (sha256, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE release_offer (
    branch_id  TEXT NOT NULL REFERENCES branch (id),
    version    TEXT NOT NULL REFERENCES software_release (version),
    offered_at TEXT NOT NULL,
    state      TEXT NOT NULL,             -- offered, downloading, downloaded, failed, running
    problem    TEXT,                      -- the box's sentence
    changed_at TEXT NOT NULL,             -- of the state
    PRIMARY KEY (branch_id, version)
) STRICT, WITHOUT ROWID;

-- Requests for a branch's log. Deleted after 14 days.
CREATE TABLE log_request (
    id          TEXT PRIMARY KEY,
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    asked_at    TEXT NOT NULL,
    received_at TEXT,
    lines       TEXT                      -- with what could be personal left out by the box
) STRICT, WITHOUT ROWID;
CREATE INDEX log_request_of_branch ON log_request (branch_id, asked_at);

-- What was or is wrong with a branch, from head office's point of view.
CREATE TABLE fleet_alarm (
    id           TEXT PRIMARY KEY,
    branch_id    TEXT NOT NULL REFERENCES branch (id),
    code         TEXT NOT NULL,           -- offline, disk, microphone …: headoffice::alarms
    detail       TEXT NOT NULL,           -- a figure or a time, or ''
    began_at     TEXT NOT NULL,
    over_at      TEXT,
    told_at      TEXT,                    -- when a warning of its beginning was queued, and of its end
    over_told_at TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX fleet_alarm_open ON fleet_alarm (branch_id, code) WHERE over_at IS NULL;

-- Warnings on their way to people. A process takes a row by moving its due_at on before it sends.
CREATE TABLE warning (
    id      TEXT PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    body    TEXT NOT NULL,                -- JSON
    made_at TEXT NOT NULL,
    due_at  TEXT NOT NULL,
    tries   INTEGER NOT NULL,
    sent_at TEXT,
    problem TEXT                          -- why the last try failed
) STRICT, WITHOUT ROWID;
CREATE INDEX warning_due ON warning (due_at) WHERE sent_at IS NULL;

-- Branches that may be ahead of the ledger since it was restored from a backup.
CREATE TABLE restored_branch (
    branch_id    TEXT PRIMARY KEY REFERENCES branch (id),
    restored_at  TEXT NOT NULL,
    held         INTEGER NOT NULL,      -- last event in the restored ledger
    resumed_from INTEGER           -- where it went on: what lies between is lost; null while it was not ahead
) STRICT, WITHOUT ROWID;
INSERT INTO branch_group (name, settings) VALUES ('', '');
INSERT INTO settings_version VALUES (0);
INSERT INTO lock VALUES ('alarms');
INSERT INTO lock VALUES ('media');
-- Tokens of companies' own systems that send listings. Only a hash of the token is kept.
CREATE TABLE feed_token (
    hash       TEXT PRIMARY KEY,          -- SHA-256, hexadecimal
    name       TEXT NOT NULL,             -- of the system, as whoever made the token typed it
    made_at    TEXT NOT NULL,
    revoked_at TEXT,
    used_at    TEXT                       -- last
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_token_in_service ON feed_token (name) WHERE revoked_at IS NULL;

-- Pictures as feeds call them: each is fetched once, by whichever process takes the row by moving its due_at on.
CREATE TABLE media_reference (
    reference    TEXT PRIMARY KEY,        -- an address, or the name of a file in the feed folder's media/
    sha256       TEXT,                    -- what was fetched; null until then
    due_at       TEXT NOT NULL,           -- when it is fetched, or tried again
    tries        INTEGER NOT NULL,
    problem      TEXT,                    -- why the last try failed
    unused_since TEXT,                    -- since when no listing names it
    reason       TEXT                     -- the problem as a code with its values, JSON; null for one of an older version
) STRICT, WITHOUT ROWID;
CREATE INDEX media_due ON media_reference (due_at) WHERE sha256 IS NULL;
CREATE INDEX media_reference_by_hash ON media_reference (sha256);

-- Which listings of the newest version name which pictures.
CREATE TABLE media_use (
    listing   TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (listing, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_use_by_reference ON media_use (reference);

-- Pictures by their content, and their bytes in pieces of a megabyte, so that every head-office process has them.
CREATE TABLE media (
    sha256  TEXT PRIMARY KEY,             -- hexadecimal
    bytes   INTEGER NOT NULL,
    format  TEXT NOT NULL,                -- jpeg, png, webp
    width   INTEGER NOT NULL,             -- pixels
    height  INTEGER NOT NULL,
    made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE media_piece (
    sha256 TEXT NOT NULL,
    n      INTEGER NOT NULL,              -- from 0
    bytes  BLOB NOT NULL,
    PRIMARY KEY (sha256, n)
) STRICT, WITHOUT ROWID;

-- Which process looks after the watched folder: one at a time, until its lease runs out.
CREATE TABLE feed_lease (
    name        TEXT PRIMARY KEY,
    taken_by    TEXT NOT NULL,            -- made up by the process at its start
    taken_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Files of the watched folder that were imported and not moved away yet: written with the version that they became, so
-- that a crash in between imports none twice.
CREATE TABLE feed_imported (
    id     TEXT PRIMARY KEY,              -- SHA-256 over name, time and content, hexadecimal
    name   TEXT NOT NULL,
    report TEXT NOT NULL,                 -- what is written beside it
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sound of meetings, where a branch's policy sends it: FLAC files in pieces, each sealed (`headoffice::seal`).
CREATE TABLE sound (
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    recording   TEXT NOT NULL,            -- the meeting's id at the branch
    held        INTEGER NOT NULL,         -- bytes that are here
    sha256      TEXT,                     -- of the whole file, hexadecimal, once it is
    begun_at    TEXT NOT NULL,
    complete_at TEXT,                     -- when all of it was here
    PRIMARY KEY (branch_id, recording)
) STRICT, WITHOUT ROWID;
CREATE TABLE sound_piece (
    branch_id TEXT NOT NULL,
    recording TEXT NOT NULL,
    at        INTEGER NOT NULL,           -- byte of the file at which it begins
    bytes     BLOB NOT NULL,
    PRIMARY KEY (branch_id, recording, at)
) STRICT, WITHOUT ROWID;

-- Who did what, for the auditor. Never updated, never deleted from by the program.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,                -- console, command line, or the part of the program
    action  TEXT NOT NULL,                -- branch.enrolled, listings.imported …
    subject TEXT NOT NULL,                -- an id or a version
    detail  TEXT                          -- JSON
) STRICT;
