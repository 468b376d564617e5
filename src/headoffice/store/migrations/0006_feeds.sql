-- Tokens of companies' own systems that send listings.
CREATE TABLE feed_token (
    hash       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    made_at    TEXT NOT NULL,
    revoked_at TEXT,
    used_at    TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_token_in_service ON feed_token (name) WHERE revoked_at IS NULL;
