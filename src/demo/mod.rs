//! An invented branch to look at: its listings, and head office, box and (where there is none) a microphone started
//! together as the processes that they are.

pub mod listings;
pub mod orchestra;
