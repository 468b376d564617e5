-- Version 2: recordings may have been made elsewhere and uploaded.
ALTER TABLE recording ADD COLUMN origin TEXT NOT NULL DEFAULT 'microphone' CHECK (origin IN ('microphone', 'upload'));
