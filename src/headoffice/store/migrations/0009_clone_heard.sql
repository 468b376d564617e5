-- The alarm of a cloned box is over when the second box is not heard of any more.
ALTER TABLE branch ADD COLUMN clone_heard_at TEXT;
UPDATE branch SET clone_heard_at = clone_noticed_at;
