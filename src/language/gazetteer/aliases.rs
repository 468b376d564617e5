//! Names that a branch adds to places once the gazetteer is built, and what a name written by hand may have meant.

use super::build::add_name;
use super::{Gazetteer, Place, Readings};
use crate::language::names::joined;
use crate::language::{fold_str, likest};

impl Gazetteer {
    /// Gives the places of a name one more name; `false` where there is no such place. What the new name means beside
    /// (a station, an estate) is told as it is for the old one.
    pub fn add_alias(&mut self, alias: &str, name: &str) -> bool {
        let readings = self.named(name);
        let alias = fold_str(alias);
        for &(id, _) in &readings {
            add_name(&mut self.names, &mut self.joined, &alias, id, true);
        }
        !readings.is_empty()
    }

    /// The places that have exactly this name; those that have it as a full name, where there are any.
    pub fn places_named(&self, name: &str) -> Vec<&Place> {
        self.named(name).iter().map(|r| &self.places[r.0 as usize]).collect()
    }

    /// Names of places that are written much like this one, the likest first.
    pub fn names_like(&self, name: &str) -> Vec<String> {
        let names = self.places.iter().flat_map(|p| [&p.name_zh, &p.name_en]);
        likest(name, names.filter(|n| !n.is_empty()).cloned())
    }

    fn named(&self, name: &str) -> Readings {
        let name = fold_str(name);
        let mut readings = self.names.get(&name).to_vec();
        if readings.is_empty() {
            readings = self.joined.get(&joined(&name)).cloned().unwrap_or_default();
        }
        if readings.iter().any(|r| !r.1) {
            readings.retain(|r| !r.1);
        }
        readings
    }
}
