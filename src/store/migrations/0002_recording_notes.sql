-- What happened during a recording: gaps, pauses, markers (issue 4).
CREATE TABLE recording_gap (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('microphone', 'overrun', 'pause')),
    at_sample    INTEGER NOT NULL,
    began_at     TEXT NOT NULL,
    length_ms    INTEGER,
    samples      INTEGER NOT NULL,
    reason       TEXT,
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE recording_marker (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    at_sample    INTEGER NOT NULL,
    noted_at     TEXT NOT NULL,
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;
