-- Points say how sure they are and whether they are asserted; what agents say of them is kept.
ALTER TABLE minutes_point ADD COLUMN standing TEXT NOT NULL DEFAULT 'asserted' CHECK (standing IN ('asserted', 'offered', 'replaced'));
ALTER TABLE minutes_point ADD COLUMN until INTEGER;
ALTER TABLE minutes_point ADD COLUMN origin TEXT NOT NULL DEFAULT 'extracted' CHECK (origin IN ('extracted', 'proposed'));
ALTER TABLE minutes_point ADD COLUMN confidence TEXT NOT NULL DEFAULT 'sure' CHECK (confidence IN ('sure', 'likely', 'unsure'));
ALTER TABLE minutes_point ADD COLUMN act TEXT CHECK (json_valid(act));

CREATE TABLE minutes_review (
    recording_id TEXT NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    point        TEXT NOT NULL,
    verdict      TEXT NOT NULL CHECK (verdict IN ('accepted', 'corrected', 'struck', 'reopened', 'added')),
    agent        TEXT NOT NULL,
    at           TEXT NOT NULL,
    heard        INTEGER NOT NULL,
    origin       TEXT NOT NULL CHECK (origin IN ('extracted', 'proposed', 'agent')),
    was          TEXT CHECK (json_valid(was)),
    corrected    TEXT CHECK (json_valid(corrected)),
    PRIMARY KEY (recording_id, n)
) STRICT, WITHOUT ROWID;
