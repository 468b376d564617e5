-- records.db: what the branch keeps about people and about its own work. Encrypted (SQLCipher); one per branch.
-- Times are RFC 3339 in UTC. JSON columns hold UTF-8 text. Ids are UUIDs unless said otherwise.
-- The owner of every table is named; a change here needs a step under migrations/ and the test compares the two.

-- Facts about this box that are not configuration: its identity at head office, the version of the base it has taken.
CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The owner's side of a listing (listings.db holds the public side, and names the row here that belongs to it). Rows
-- of a new base come first and those of the old one go last, so a crash between the two files leaves a pair that fits.
-- The hash is kept here and not in the public file, where it would let somebody try telephone numbers against it.
CREATE TABLE listing_private (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again
    ref              TEXT NOT NULL,
    row_hash         BLOB NOT NULL CHECK (length(row_hash) = 32),   -- SHA-256 of both sides (listings::wire::row_hash)
    owner_name       TEXT NOT NULL,
    owner_phone      TEXT NOT NULL,
    bottom_price_hkd INTEGER,             -- lowest price or monthly rent the owner would take, HKD
    negotiation_note TEXT NOT NULL
) STRICT;

-- One meeting, from the press of the button. The sound itself is in recordings/<id>/ as encrypted segments.
CREATE TABLE recording (
    id            TEXT PRIMARY KEY,
    started_at    TEXT NOT NULL,
    stopped_at    TEXT,                   -- null while it runs
    state         TEXT NOT NULL CHECK (state IN ('recording', 'finished', 'broken_off')),
    agent         TEXT NOT NULL,          -- who pressed the button, as the page was told
    microphone    TEXT NOT NULL,          -- the device's stable name
    samples       INTEGER NOT NULL DEFAULT 0,   -- 16 kHz mono samples on disk
    broken_off_at INTEGER,                -- sample after the last good frame, where a crash or power cut ended it
    problem       TEXT,                   -- what went wrong, in a sentence, or null
    origin        TEXT NOT NULL DEFAULT 'microphone' CHECK (origin IN ('microphone', 'upload'))   -- where it was made
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_by_time ON recording (started_at);

-- The permit to record: consent comes before the first sample (PDPO, data protection principle 1).
CREATE TABLE recording_permit (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    given_at     TEXT NOT NULL,
    noted_by     TEXT NOT NULL,           -- the agent who noted that everybody in the room agreed
    consent      TEXT NOT NULL CHECK (consent IN ('spoken', 'written'))
) STRICT, WITHOUT ROWID;

-- The key of one recording. Deleting the row deletes the recording for good, wherever copies of its segments are.
CREATE TABLE recording_key (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    key          BLOB NOT NULL CHECK (length(key) = 32)
) STRICT, WITHOUT ROWID;

-- Where a recording does not simply go on. A lost microphone and lost sound are silence of the same length in the
-- recording; a pause is not in it at all.
CREATE TABLE recording_gap (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,        -- 0, 1, 2 … in the order they began
    kind         TEXT NOT NULL CHECK (kind IN ('microphone', 'overrun', 'pause')),
    at_sample    INTEGER NOT NULL,        -- position in the recording
    began_at     TEXT NOT NULL,           -- start of the recording and the time passed since: a clock that jumps is no matter
    length_ms    INTEGER,                 -- null while it lasts, and for a pause that a crash ended
    samples      INTEGER NOT NULL,        -- silence that stands for it; 0 for a pause
    reason       TEXT,                    -- what the driver said, or null
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;

-- Moments that an agent marked as important.
CREATE TABLE recording_marker (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    at_sample    INTEGER NOT NULL,        -- position in the recording
    noted_at     TEXT NOT NULL,
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;

-- What was said. `kind` keeps every second accounted for: speech, no_speech (nothing was decoded), or failed.
CREATE TABLE transcript_segment (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,        -- 0, 1, 2 … in time order
    start_ms     INTEGER NOT NULL,        -- from the beginning of the recording
    end_ms       INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('speech', 'no_speech', 'failed')),
    language     TEXT,                    -- yue, cmn, en; null where nothing was decoded
    text         TEXT NOT NULL,           -- empty unless kind is speech; the reason where it failed
    -- JSON: what the recogniser wrote and what was changed of it (transcripts::Heard); null where the text is that
    heard        TEXT CHECK (json_valid(heard)),
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;

-- One row when a transcript is complete.
CREATE TABLE transcript (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    model        TEXT NOT NULL,           -- name in models/manifest.toml
    language     TEXT,                    -- the one most spoken
    finished_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The minutes of a recording: points, each borne out by segments of its transcript.
CREATE TABLE minutes (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    language     TEXT NOT NULL,
    summary      TEXT NOT NULL,
    made_at      TEXT NOT NULL,
    proposed_summary TEXT                 -- the second opinion's, or null
) STRICT, WITHOUT ROWID;
CREATE TABLE minutes_point (
    recording_id TEXT NOT NULL REFERENCES minutes (recording_id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    type         TEXT NOT NULL,           -- preference, offer, objection, decision, action, appointment
    slot         TEXT,
    value        TEXT,                    -- JSON
    polarity     TEXT,                    -- want or avoid, for a preference
    text         TEXT NOT NULL,           -- the point in words
    segments     TEXT NOT NULL CHECK (json_array_length(segments) > 0),   -- JSON list of transcript_segment.n
    at_ms        INTEGER NOT NULL,
    -- asserted; offered to be confirmed; or replaced: changed or taken back, in segment `until`
    standing     TEXT NOT NULL DEFAULT 'asserted' CHECK (standing IN ('asserted', 'offered', 'replaced')),
    until        INTEGER,
    origin       TEXT NOT NULL DEFAULT 'extracted' CHECK (origin IN ('extracted', 'proposed')),   -- proposed: by the second opinion
    confidence   TEXT NOT NULL DEFAULT 'sure' CHECK (confidence IN ('sure', 'likely', 'unsure')),
    act          TEXT CHECK (json_valid(act)),   -- JSON: what is to be done (minutes::Act), for an action
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;

-- What agents said of the points, in order. Only ever added to: a redo and a later review change no row. The points
-- stand in it in full, so that a review outlives the extraction it was given on.
CREATE TABLE minutes_review (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,        -- 0, 1, 2 … in the order they were given
    point        TEXT NOT NULL,           -- the point's id: the same as long as the meeting is kept
    verdict      TEXT NOT NULL CHECK (verdict IN ('accepted', 'corrected', 'struck', 'reopened', 'added')),
    agent        TEXT NOT NULL,           -- who, as the page was told
    at           TEXT NOT NULL,
    heard        INTEGER NOT NULL,        -- how many segments the transcript had then
    origin       TEXT NOT NULL CHECK (origin IN ('extracted', 'proposed', 'agent')),   -- the point's
    was          TEXT CHECK (json_valid(was)),          -- JSON: the point as it was; null where it was added
    corrected    TEXT CHECK (json_valid(corrected)),    -- JSON: the point as corrected or added; null otherwise
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;

-- A question answered at the kiosk: how it was read and what came of it, without the client's words.
CREATE TABLE interaction (
    id           TEXT PRIMARY KEY,        -- UUID v7: sorts by time
    at           TEXT NOT NULL,
    channel      TEXT NOT NULL,           -- kiosk, …
    language     TEXT NOT NULL,
    kind         TEXT NOT NULL,           -- the reply's kind (CONTRACT.md)
    refs         TEXT NOT NULL,           -- JSON list of the listings shown
    base_version TEXT NOT NULL,           -- the listing base that answered
    understood   TEXT NOT NULL            -- JSON: words (of the query, not the client's), query, matched (place, how), trigger
) STRICT, WITHOUT ROWID;

-- Work that must be done once, in the background, even after a restart.
CREATE TABLE job (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,             -- transcribe, minutes, second_opinion
    subject    TEXT NOT NULL,             -- the recording's id
    state      TEXT NOT NULL CHECK (state IN ('queued', 'waiting', 'running', 'done', 'failed')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    not_before TEXT NOT NULL,
    detail     TEXT,                      -- what it waits for or why it failed, in a sentence
    UNIQUE (kind, subject)
) STRICT;

-- What head office has not acknowledged yet. `seq` has no gap: it is given inside the transaction of the change.
CREATE TABLE outbox (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    id   TEXT NOT NULL UNIQUE,
    at   TEXT NOT NULL,
    kind TEXT NOT NULL,                   -- meeting, minutes, minutes_reviewed, interaction, health, alarm
    body TEXT NOT NULL                    -- JSON
) STRICT;

-- What head office has acknowledged, by the day in Hong Kong on which it did: for the manager, who asks what arrived.
CREATE TABLE receipt (
    day       TEXT PRIMARY KEY,           -- YYYY-MM-DD
    first_seq INTEGER NOT NULL,           -- of the events acknowledged that day, both included
    last_seq  INTEGER NOT NULL,
    at        TEXT NOT NULL               -- the latest acknowledgement
) STRICT, WITHOUT ROWID;

-- Meetings whose sound goes to head office. Empty unless the branch's policy sends sound (`uplink.sound`).
CREATE TABLE sound_outbox (
    recording_id TEXT PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    queued_at    TEXT NOT NULL,
    held         INTEGER NOT NULL DEFAULT 0,   -- bytes of the FLAC file that head office holds, as far as we know
    done_at      TEXT,                    -- when head office had all of it
    refused      TEXT                     -- why head office will not take it, in a sentence
) STRICT, WITHOUT ROWID;

-- Who did what, for the auditor. Never updated, never deleted from by the program.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,                -- an agent's name, or the part of the program
    action  TEXT NOT NULL,                -- recording.started, listings.replaced …
    subject TEXT NOT NULL,                -- an id, never a name or a telephone number
    detail  TEXT                          -- JSON
) STRICT;
