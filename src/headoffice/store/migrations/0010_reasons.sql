-- Why a release halted becomes a code and the branch's name, and why a picture is not here a code with its values beside
-- the sentence, so that a page can say it in its reader's language.
ALTER TABLE software_release ADD COLUMN halted_branch TEXT;
UPDATE software_release SET halted_why = 'by_hand' WHERE halted_why = 'by hand';
UPDATE software_release SET
    halted_branch = substr(halted_why, 1, length(halted_why) - length(' could not take it')),
    halted_why = 'failed'
WHERE halted_why LIKE '% could not take it';
UPDATE software_release SET
    halted_branch = substr(halted_why, 1, length(halted_why) - length(' took it and has not been heard of since')),
    halted_why = 'silent'
WHERE halted_why LIKE '% took it and has not been heard of since';
ALTER TABLE media_reference ADD COLUMN reason TEXT;
