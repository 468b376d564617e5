-- What is wrong with a recording at a branch just now (issue 4).
CREATE TABLE branch_alarm (
    branch_id TEXT NOT NULL REFERENCES branch (id),
    code      TEXT NOT NULL,
    meeting   TEXT NOT NULL,
    since     TEXT NOT NULL,
    PRIMARY KEY (branch_id, code)
) STRICT, WITHOUT ROWID;
