//! The names to steer the recogniser with, in the order of their use.

use crate::language::Language;
use crate::language::chinese::to_simplified;
use crate::listings::{Listing, Status};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// The branch's names, the most useful first.
pub struct Prompt {
    /// Chinese and English.
    names: Vec<(String, String)>,
}

/// How much is on offer under a name: available units, the newest listing.
type Use = (usize, Option<Date>);

impl Prompt {
    /// Counts what is on offer.
    pub fn new(listings: &[Arc<Listing>]) -> Self {
        let estates = listings.iter().map(|l| (l, &l.estate_zh, &l.estate_en));
        let districts = listings.iter().map(|l| (l, &l.district_zh, &l.district_en));
        let mut names = ordered(estates);
        for name in ordered(districts) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self { names }
    }

    /// The names in the script of a language; one that has no name in it is left out.
    pub fn names(&self, language: Language) -> Vec<String> {
        let name = |(zh, en): &(String, String)| match language {
            Language::En => en.clone(),
            Language::Cmn => to_simplified(zh),
            Language::Yue => zh.clone(),
        };
        self.names.iter().map(name).filter(|n| !n.is_empty()).collect()
    }
}

fn ordered<'a>(
    rows: impl Iterator<Item = (&'a Arc<Listing>, &'a String, &'a String)>,
) -> Vec<(String, String)> {
    let mut offered: HashMap<(&String, &String), Use> = HashMap::new();
    for (listing, zh, en) in rows {
        let (available, newest) = offered.entry((zh, en)).or_default();
        *available += usize::from(listing.status == Status::Available);
        *newest = (*newest).max(listing.listed_on);
    }
    let mut names: Vec<_> = offered.into_iter().collect();
    names.sort_by_key(|&(name, offered)| (Reverse(offered), name));
    names.into_iter().map(|((zh, en), _)| (zh.clone(), en.clone())).collect()
}
