//! An invented branch to look at: listings, and everything started together.
pub mod listings;
