//! How many letters two words are apart, with one word kept ready to be compared with thousands, and what rules most
//! of those thousands out before: their letters.
//!
//! The optimal string alignment distance (a letter other, one too many, one left out, two neighbours that changed
//! places) with one bit a letter: Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances",
//! Nordic Journal of Computing 10 (2003).

use super::super::names::hong_kong;

/// A word of up to 64 ASCII letters, ready to be compared.
pub struct Said {
    /// Where each letter stands.
    at: Box<[u64; 128]>,
    length: usize,
}

impl Said {
    /// Makes a word ready; `None` where it is empty, too long or not ASCII.
    pub fn new(word: &str) -> Option<Self> {
        let mut at = Box::new([0; 128]);
        if word.is_empty() || word.len() > 64 {
            return None;
        }
        for (i, b) in word.bytes().enumerate() {
            *at.get_mut(usize::from(b))? |= 1 << i;
        }
        Some(Self { at, length: word.len() })
    }

    /// The distance to another word.
    pub fn distance(&self, other: &str) -> usize {
        let last = 1u64 << (self.length - 1);
        let (mut up, mut down, mut same, mut before) = (u64::MAX, 0u64, 0u64, 0u64);
        let mut distance = self.length;
        for b in other.bytes() {
            let here = self.at.get(usize::from(b)).copied().unwrap_or_default();
            let swapped = ((!same & here) << 1) & before;
            same = (((here & up).wrapping_add(up)) ^ up) | here | down | swapped;
            let (right, left) = (down | !(same | up), same & up);
            distance += usize::from(right & last != 0);
            distance -= usize::from(left & last != 0);
            let right = (right << 1) | 1;
            up = (left << 1) | !(same | right);
            down = right & same;
            before = here;
        }
        distance
    }
}

/// Which letters occur, and how often each (some share a count). A letter that is wrong changes two counts by one, one
/// too many or left out changes one, two that changed places none.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    letters: u32,
    counts: [u8; 16],
}

impl Shape {
    /// The shape of a word.
    pub fn of(spelt: &str) -> Self {
        let mut shape = Self { letters: letters(spelt), ..Self::default() };
        for b in spelt.bytes() {
            let count = &mut shape.counts[usize::from(b % 16)];
            *count = count.saturating_add(1);
        }
        shape
    }

    /// Whether another may be `most` wrong letters away.
    pub fn within(&self, most: usize, other: &Self) -> bool {
        let apart =
            || self.counts.iter().zip(&other.counts).map(|(x, y)| u16::from(x.abs_diff(*y))).sum::<u16>();
        (self.letters ^ other.letters).count_ones() as usize <= 2 * most && usize::from(apart()) <= 2 * most
    }
}

/// The most letters that may be wrong in a name of so many: what the comparison of names lets pass at its widest.
pub fn most_slips(length: usize) -> usize {
    match length {
        0..=6 => 1,
        7..=10 => 2,
        _ => 3,
    }
}

/// Which letters occur.
pub fn letters(s: &str) -> u32 {
    s.bytes().fold(0, |set, b| set | 1 << (b % 32))
}

/// A Latin name as it sounds however Cantonese is spelt: "tsuen" and "chuen", "koo" and "ku" are the same.
pub fn key(spelt: &str) -> String {
    let mut s = spelt.to_owned();
    for (from, to) in &hong_kong().spellings {
        if s.contains(from.as_str()) {
            s = s.replace(from.as_str(), to);
        }
    }
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn it_is_the_distance_that_the_table_gives() {
        let mut seed = 1u64;
        let mut next = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        // Few letters, so that words are near each other; lengths up to the very last bit.
        let mut word =
            |most: usize| -> String { (0..1 + next(most)).map(|_| char::from(b"abcz3"[next(5)])).collect() };
        for most in [3, 8, 20, 64] {
            for _ in 0..500 {
                let (a, b) = (word(most), word(most));
                let said = Said::new(&a).expect("it is short enough");
                assert_eq!(said.distance(&b), strsim::osa_distance(&a, &b), "{a} {b}");
            }
        }
        assert!(Said::new("").is_none() && Said::new(&"a".repeat(65)).is_none() && Said::new("é").is_none());
    }
}
