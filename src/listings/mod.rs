//! The listing base: what is on offer, where it came from, and how a new version takes the place of the old.
//!
//! `model` says what a listing is, `import` reads files into listings, `base` is the file `listings.db` and its
//! atomic replacement, `wire` is a base or a change of it on its way from head office, `pictures` are photos and floor plans; `phrasebook` is what the branch itself has to
//! say beside the base, replaced whole in the same manner. Answering questions about listings is the
//! room next door (`assistant`).

pub mod base;
pub mod cell;
pub mod freshness;
pub mod import;
pub mod model;
pub mod phrasebook;
pub mod pictures;
pub mod wire;

pub use cell::{Deal, FloorBand, Furnished, KeyStatus, Parking, Pets, Premium, Status, Tenancy, YesNo};
pub use model::{
    COLUMNS, Listing, OPTIONAL_COLUMNS, PRIVATE_COLUMNS, Pictures, PrivateFacts, Problem, PublicListing,
    Terms,
};
