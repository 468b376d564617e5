-- Version 4: what the recogniser wrote stays beside a text that was changed.
ALTER TABLE transcript_segment ADD COLUMN heard TEXT CHECK (json_valid(heard));
