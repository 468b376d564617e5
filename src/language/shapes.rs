//! Which characters look alike, for slips of the hand-writing pad and of the eye: 宇睛軒 is 宇晴軒. The pairs are a data
//! file that says how it was made.
//!
//! Like a sound-alike, a look-alike is a hint and never an answer.

use super::chinese::canonical;
use std::collections::HashSet;
use std::sync::OnceLock;

const PAIRS: &str = include_str!("data/look_alikes.txt");

/// Whether two canonical characters look alike.
pub fn alike(a: char, b: char) -> bool {
    static ALIKE: OnceLock<HashSet<(char, char)>> = OnceLock::new();
    let alike = ALIKE.get_or_init(|| {
        let mut alike = HashSet::new();
        for line in PAIRS.lines().filter(|l| !l.starts_with('#')) {
            let mut chars = line.chars().map(canonical);
            let Some(first) = chars.next() else { continue };
            alike.extend(chars.map(|other| (first.min(other), first.max(other))));
        }
        alike
    });
    alike.contains(&(a.min(b), a.max(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes() {
        for (a, b) in [('晴', '睛'), ('瓏', '朧'), ('太', '大'), ('園', '圓')] {
            assert!(alike(canonical(a), canonical(b)), "{a} {b}");
        }
        assert!(!alike('邨', '村'));
    }
}
