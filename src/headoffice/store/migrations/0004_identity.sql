-- The authorities move into the store, their keys sealed; a branch has several certificates, one after the other.
CREATE TABLE authority (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL,
    sealed_key  BLOB NOT NULL,
    made_at     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('current', 'next', 'retiring', 'retired'))
) STRICT;
ALTER TABLE certificate ADD COLUMN authority INTEGER REFERENCES authority (n);
ALTER TABLE certificate ADD COLUMN key_hash TEXT;
ALTER TABLE certificate ADD COLUMN seen_at TEXT;
ALTER TABLE certificate ADD COLUMN superseded_at TEXT;
ALTER TABLE branch ADD COLUMN trust TEXT;
ALTER TABLE branch ADD COLUMN clone_noticed_at TEXT;
INSERT INTO lock VALUES ('authority');
