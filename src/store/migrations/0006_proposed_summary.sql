-- The second opinion may propose a summary of minutes.
ALTER TABLE minutes ADD COLUMN proposed_summary TEXT;
