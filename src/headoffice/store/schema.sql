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
    software      TEXT                    -- version of Branchbox
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX branch_in_service ON branch (name) WHERE revoked_at IS NULL;

-- A certificate that the authority gave out. What is not here is not let in, whatever signed it.
CREATE TABLE certificate (
    fingerprint TEXT PRIMARY KEY,         -- SHA-256 of the DER form, hexadecimal
    branch_id   TEXT NOT NULL REFERENCES branch (id),
    issued_at   TEXT NOT NULL,
    not_after   TEXT NOT NULL,
    pem         TEXT NOT NULL
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
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    version  TEXT NOT NULL,               -- hash of the content
    made_at  TEXT NOT NULL,
    source   TEXT NOT NULL,               -- the imported file's name
    listings INTEGER NOT NULL,            -- how many
    snapshot BLOB                         -- as it travels; null once it is old
) STRICT;

-- Who did what, for the auditor. Never updated, never deleted from by the program.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,                -- console, command line, or the part of the program
    action  TEXT NOT NULL,                -- branch.enrolled, listings.imported …
    subject TEXT NOT NULL,                -- an id or a version
    detail  TEXT                          -- JSON
) STRICT;
