//! Asking back about a name that was not surely recognised: what is kept of the question while the client decides,
//! and what the next turn makes of it. A yes, a number or a name goes on with the question as it was asked; a no
//! says that there is no such place here; anything else is a question of its own.

use super::reading::Reading;
use crate::language::{Folded, Place, PlaceMatch, fold_str};
use serde::Deserialize;
use std::sync::OnceLock;

/// A question that waits for the client to say which place was meant.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The question, one of its places unsure.
    pub reading: Reading,
    /// The places that were named, in order.
    pub options: Vec<Place>,
}

/// What the turn after the question back says.
#[derive(Debug)]
pub enum Said {
    /// The question, its place settled.
    Meant(Box<Reading>),
    /// None of those that were named.
    None,
    /// Yes, to several at once.
    Unclear,
    /// Something else.
    Other,
}

#[derive(Deserialize)]
struct Replies {
    yes: Vec<String>,
    no: Vec<String>,
    polite: Vec<String>,
}

fn replies() -> &'static Replies {
    static REPLIES: OnceLock<Replies> = OnceLock::new();
    REPLIES.get_or_init(|| {
        let mut replies: Replies =
            toml::from_str(include_str!("confirm.toml")).expect("confirm.toml is well formed");
        for list in [&mut replies.yes, &mut replies.no, &mut replies.polite] {
            list.iter_mut().for_each(|s| *s = fold_str(s));
            list.sort_by_key(|s| std::cmp::Reverse(s.len()));
        }
        replies
    })
}

/// The first place that was not surely recognised. A question by reference needs none.
pub fn doubtful(r: &Reading) -> Option<&PlaceMatch> {
    r.places.iter().chain(&r.not_places).find(|m| !m.sure).filter(|_| r.refs.is_empty())
}

/// The question with its doubtful place settled.
pub fn settled(r: &Reading, place: &Place) -> Reading {
    let mut r = r.clone();
    if let Some(m) = r.places.iter_mut().chain(&mut r.not_places).find(|m| !m.sure) {
        *m = PlaceMatch { place: place.clone(), also: Vec::new(), sure: true, ..m.clone() };
    }
    r
}

impl Pending {
    /// What this turn says to the question back.
    pub fn said(&self, text: &Folded, turn: &Reading) -> Said {
        let meant = |place: &Place| Said::Meant(Box::new(settled(&self.reading, place)));
        let bare = !turn.has_conds()
            && turn.fields.is_empty()
            && turn.parts.is_empty()
            && turn.refs.is_empty()
            && turn.op.is_none()
            && turn.best.is_none()
            && turn.order.is_none();
        if bare && turn.not_places.is_empty() {
            match turn.places.as_slice() {
                [m] => {
                    let asked = self.options.iter().find(|o| o.name_en == m.place.name_en);
                    return match asked {
                        Some(option) => meant(option),
                        None if m.sure => meant(&m.place),
                        None => Said::Other,
                    };
                }
                [] => {}
                _ => return Said::Other,
            }
            let last = self.options.len().checked_sub(1);
            if let Some(n) = turn.ordinal().filter(|_| turn.places.is_empty()) {
                let option = if n == usize::MAX { last } else { Some(n) }.and_then(|n| self.options.get(n));
                return option.map_or(Said::Unclear, meant);
            }
        }
        match (answers(text), self.options.as_slice()) {
            (Some(false), _) => Said::None,
            (Some(true), [only]) => meant(only),
            (Some(true), _) => Said::Unclear,
            (None, _) => Said::Other,
        }
    }
}

/// Whether a text is a yes or a no and nothing more.
fn answers(text: &Folded) -> Option<bool> {
    let plain: String = text.chars.iter().map(|c| if c.is_alphanumeric() { *c } else { ' ' }).collect();
    let mut rest = plain.trim_start();
    let mut said: Option<bool> = None;
    while !rest.is_empty() {
        let starts = |list: &[String]| {
            let word = list.iter().find(|w| {
                rest.strip_prefix(w.as_str()).is_some_and(|after| {
                    !w.ends_with(|c: char| c.is_ascii_alphabetic())
                        || !after.starts_with(|c: char| c.is_ascii_alphanumeric())
                })
            })?;
            Some(word.len())
        };
        let r = replies();
        // The longest of them: 唔係呀 before 係, "not that one" before "no".
        let kinds = [(starts(&r.no), Some(false)), (starts(&r.yes), Some(true)), (starts(&r.polite), None)];
        let (length, meaning) = kinds.into_iter().filter_map(|(l, m)| Some((l?, m))).max_by_key(|k| k.0)?;
        // A no beside a yes ("no, that is wrong", 唔係, 錯咗) is a no.
        said = match (said, meaning) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (before, None) => before,
            (_, yes) => yes,
        };
        rest = rest[length..].trim_start();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;

    #[test]
    fn a_yes_is_all_of_the_reply() {
        for (text, answer) in [
            ("係", Some(true)),
            ("係呀，唔該", Some(true)),
            ("是的", Some(true)),
            ("Yes please!", Some(true)),
            ("唔係", Some(false)),
            ("no, wrong", Some(false)),
            ("不是。", Some(false)),
            ("係咪有車位", None),
            ("yes, with a car park", None),
            ("north", None),
            ("", None),
        ] {
            assert_eq!(answers(&fold(text)), answer, "{text}");
        }
    }
}
