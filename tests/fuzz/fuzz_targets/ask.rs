//! libFuzzer hands over bytes; [`drive`] makes a conversation of them and panics where a promise is broken.
#![no_main]

#[path = "../drive.rs"]
mod drive;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drive::drive(bytes));
