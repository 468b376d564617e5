//! The cases of the overlay.
use super::*;
