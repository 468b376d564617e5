//! A hash of a few machine instructions, for tables that are made of data files and of the listing base. What a client
//! says is only looked up in them, so that nobody can fill one with collisions; a table that takes in what clients say
//! keeps the hash of the standard library.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys no stranger chooses.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;
/// A set whose members no stranger chooses.
pub type QuickSet<T> = HashSet<T, BuildHasherDefault<Quick>>;

/// The hash itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        whole.iter().for_each(|b| self.write_u64(u64::from_le_bytes(*b)));
        let last = rest.iter().fold(0, |n, &b| n << 8 | u64::from(b));
        self.write_u64(last << 3 | rest.len() as u64);
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        // The multiplier is 2^64 over the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
