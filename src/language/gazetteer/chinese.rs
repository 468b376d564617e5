//! A Chinese name and how far a stretch of text is from it, character by character.

use super::super::names::hong_kong;
use super::super::quick::QuickMap;
use super::super::shapes::alike;
use super::super::sounds::{Closeness, closeness};
use super::slips::About;

/// A Chinese name.
pub(super) struct Chinese {
    pub chars: Vec<char>,
    pub masks: Vec<u128>,
    /// How many characters come before the common ending (花園).
    pub core: usize,
    pub about: About,
    pub name: u32,
}

/// How far a stretch of text is from a name.
pub(super) struct Off {
    /// The first character that is off.
    pub at: usize,
    pub cost: f32,
    pub sure: bool,
}

impl Chinese {
    /// Where the name may begin: within one of where it would with a shared character in its place.
    pub fn starts(&self, places: &QuickMap<char, Vec<usize>>, out: &mut Vec<usize>) {
        out.clear();
        for (q, c) in self.chars.iter().enumerate() {
            for &at in places.get(c).into_iter().flatten() {
                out.extend(at.saturating_sub(q + 1)..=(at + 1).saturating_sub(q));
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    /// How far a stretch of text is from the name, and whether it is surely a slip; None where it is too far.
    pub fn compare(&self, said: &[char], masks: &[u128]) -> Option<Off> {
        let (n, m) = (self.chars.len(), said.len());
        if n == m {
            let close = |i: usize| -> Closeness {
                if said[i] == self.chars[i] {
                    Closeness::Same
                } else {
                    let sound = masks[i] & self.masks[i] != 0;
                    match if sound { closeness(said[i], self.chars[i]) } else { Closeness::Other } {
                        Closeness::Other if alike(said[i], self.chars[i]) => Closeness::Near,
                        close => close,
                    }
                }
            };
            let (mut off, mut wrong) = ([0; 2], 0);
            for i in (0..n).filter(|&i| said[i] != self.chars[i]) {
                *off.get_mut(wrong)? = i;
                wrong += 1;
            }
            let tail: String = said[self.core..].iter().collect();
            if self.core < n && !self.ends_in(&tail) && hong_kong().tails_zh.contains(&tail) {
                return None;
            }
            return match &off[..wrong] {
                [i] => self.one_off(*i, said[*i], close(*i)),
                [i, j]
                    if n >= 3 && *j == i + 1 && said[*i] == self.chars[*j] && said[*j] == self.chars[*i] =>
                {
                    Some(Off { at: *i, cost: 0.8, sure: true })
                }
                [i, j] if n >= 3 => {
                    let worst = close(*i).max(close(*j));
                    let other = self.another(*i, said[*i]) || self.another(*j, said[*j]);
                    (worst == Closeness::Homophone && !other).then_some(Off {
                        at: *i,
                        cost: 0.6,
                        sure: n >= 4,
                    })
                }
                _ => None,
            };
        }
        // One character left out, or one too many.
        let (long, short) = if n > m { (self.chars.as_slice(), said) } else { (said, self.chars.as_slice()) };
        let at = (0..short.len()).find(|&i| long[i] != short[i]).unwrap_or(short.len());
        if long[at + 1..] != short[at..] || n < 3 {
            return None;
        }
        if n > m {
            return (n >= 4).then(|| {
                let tail = at >= self.core;
                let sure = !self.another(at, ' ') && (tail || n >= 5 || self.core == n);
                Off { at: at.min(m - 1), cost: if tail { 0.7 } else { 1.0 }, sure }
            });
        }
        // A character too many at an end is only the next word; a number or an ending inside makes another name.
        (at > 0 && at < n && !is_telling(said[at])).then_some(Off { at, cost: 1.0, sure: n >= 4 })
    }

    pub fn ends_in(&self, tail: &str) -> bool {
        self.chars[self.core..].iter().copied().eq(tail.chars())
    }

    /// Whether another character at `i` makes another name: a number, a direction, or another ending.
    pub fn another(&self, i: usize, said: char) -> bool {
        let ending = |c: char| hong_kong().endings_zh.iter().any(|e| e.chars().eq([c]));
        let own = self.chars[i];
        (is_telling(own) && (said == ' ' || is_telling(said)))
            || (i + 1 == self.chars.len() && ending(own) && ending(said))
    }

    pub fn one_off(&self, i: usize, said: char, close: Closeness) -> Option<Off> {
        let n = self.chars.len();
        if is_telling(self.chars[i]) && is_telling(said) {
            return None;
        }
        let other = self.another(i, said);
        let (cost, sure) = match close {
            Closeness::Same => return None,
            Closeness::Homophone => (0.3, !other),
            Closeness::Near if n >= 3 => (0.6, !other),
            // A wrong character in the common ending leaves what sets the name apart.
            Closeness::Other if n >= 4 && i >= self.core && !other => (1.0, true),
            Closeness::Other if n >= 4 && self.core >= 3 && !other => (1.4, true),
            _ => return None,
        };
        Some(Off { at: i, cost, sure })
    }
}

/// Whether the character tells one name from another of the same kind (第一, 第二; 東, 西).
fn is_telling(c: char) -> bool {
    hong_kong().telling_zh.contains(c)
}
