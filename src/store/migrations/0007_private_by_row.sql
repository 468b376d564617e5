-- The owner's side row by row instead of by the whole base, so that a change of a hundred listings writes a hundred
-- rows. What is there belongs to a base that names no rows: the next one makes them anew.
ALTER TABLE listing_private RENAME TO listing_private_by_base;
CREATE TABLE listing_private (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    ref              TEXT NOT NULL,
    row_hash         BLOB NOT NULL CHECK (length(row_hash) = 32),
    owner_name       TEXT NOT NULL,
    owner_phone      TEXT NOT NULL,
    bottom_price_hkd INTEGER,
    negotiation_note TEXT NOT NULL
) STRICT;
INSERT INTO listing_private (ref, row_hash, owner_name, owner_phone, bottom_price_hkd, negotiation_note)
    SELECT ref, zeroblob(32), owner_name, owner_phone, bottom_price_hkd, negotiation_note FROM listing_private_by_base;
DROP TABLE listing_private_by_base;
