//! The gazetteer of a listing base: its places with their names, the ways these are shortened and written, and the
//! places of Hong Kong that the base does not have.

use super::super::names::{self, hong_kong, joined};
use super::super::quick::{QuickMap, QuickSet};
use super::super::trie::Trie;
use super::super::{fold_str, sounds};
use super::slips::{About, Slips};
use super::{Gazetteer, Place, PlaceKind, Readings, is_named_block};
use crate::listings::Listing;
use std::collections::{HashMap, HashSet};

/// Most ways of reading a name aloud that are kept.
const READINGS: usize = 6;

#[derive(Default)]
pub(super) struct Builder<'a> {
    places: Vec<Place>,
    ids: HashMap<(PlaceKind, String), u32>,
    near: HashMap<u32, HashSet<String>>,
    /// Phases that blocks name: 二期 of 日出晉海二期.
    seen: HashSet<(&'a str, &'a str, &'a str)>,
    /// What listings have in common whose places are the same.
    alike: QuickSet<[&'a str; 10]>,
}

impl<'a> Builder<'a> {
    fn place(&mut self, kind: PlaceKind, zh: &str, en: &str, in_base: bool) -> Option<u32> {
        if zh.is_empty() && en.is_empty() {
            return None;
        }
        let key = (kind, if en.is_empty() { zh.to_owned() } else { en.to_lowercase() });
        if let Some(&id) = self.ids.get(&key) {
            return Some(id);
        }
        let id = self.places.len() as u32;
        self.ids.insert(key, id);
        self.places.push(Place {
            kind,
            name_zh: zh.into(),
            name_en: en.into(),
            in_base,
            estates: Vec::new(),
        });
        Some(id)
    }

    /// Takes in the places of a listing.
    pub fn listing(&mut self, l: &'a Listing) {
        let names = [
            &l.region_zh,
            &l.region_en,
            &l.district_zh,
            &l.district_en,
            &l.mtr_zh,
            &l.mtr_en,
            &l.estate_zh,
            &l.estate_en,
            &l.block_zh,
            &l.block_en,
        ];
        if !self.alike.insert(names.map(String::as_str)) {
            return;
        }
        self.place(PlaceKind::Region, &l.region_zh, &l.region_en, true);
        self.place(PlaceKind::District, &l.district_zh, &l.district_en, true);
        self.place(PlaceKind::Mtr, &l.mtr_zh, &l.mtr_en, true);
        let fresh = !self.ids.contains_key(&(PlaceKind::Estate, l.estate_en.to_lowercase()));
        if let Some(estate) = self.place(PlaceKind::Estate, &l.estate_zh, &l.estate_en, true)
            && fresh
        {
            let names = [&l.district_zh, &l.district_en, &l.region_zh, &l.mtr_zh];
            self.near
                .entry(estate)
                .or_default()
                .extend(names.iter().filter(|n| !n.is_empty()).map(|n| fold_str(n)));
        }
        if !self.seen.insert((&l.estate_en, &l.block_en, &l.block_zh)) {
            return;
        }
        if is_named_block(&l.block_zh, &l.block_en)
            && let Some(block) = self.place(PlaceKind::Block, &l.block_zh, &l.block_en, true)
            && !self.places[block as usize].estates.contains(&l.estate_en)
        {
            self.places[block as usize].estates.push(l.estate_en.clone());
        }
    }

    /// The place of the base that a row of the data file is about.
    fn known(&self, folded: &[String], kind: PlaceKind, zh: &str, en: &str) -> Option<u32> {
        let zh = fold_str(zh);
        // The base may write only one of the two names as the list does. One English name over two Chinese ones
        // that have little in common is two estates.
        let alike = |other: &str| {
            let shared = zh.chars().filter(|c| other.contains(*c)).count();
            zh.is_empty() || other.is_empty() || 2 * shared >= zh.chars().count()
        };
        let found = self.places.iter().zip(folded).position(|(p, other)| {
            p.kind == kind && (*other == zh || (p.name_en.eq_ignore_ascii_case(en) && alike(other)))
        })?;
        Some(found as u32)
    }

    /// The gazetteer.
    pub fn finish(mut self) -> Gazetteer {
        let data = hong_kong();
        let mut extra: Vec<(u32, String)> = Vec::new();
        let mut folded: Vec<String> = self.places.iter().map(|p| fold_str(&p.name_zh)).collect();
        for (kind, rows) in [
            (PlaceKind::Region, &data.regions),
            (PlaceKind::District, &data.districts),
            (PlaceKind::Mtr, &data.stations),
            (PlaceKind::Estate, &data.estates),
        ] {
            for row in rows {
                let [zh, en, others @ ..] = row.as_slice() else { continue };
                let id = match self.known(&folded, kind, zh, en) {
                    Some(id) => Some(id),
                    None => {
                        // A name of its own even where the base has its English name for another.
                        let id = self.places.len() as u32;
                        folded.push(fold_str(zh));
                        self.places.push(Place {
                            kind,
                            name_zh: zh.clone(),
                            name_en: en.clone(),
                            in_base: false,
                            estates: Vec::new(),
                        });
                        Some(id)
                    }
                };
                extra.extend(id.into_iter().flat_map(|id| others.iter().map(move |o| (id, fold_str(o)))));
                extra.extend(id.map(|id| (id, fold_str(zh))));
                extra.extend(id.map(|id| (id, fold_str(en))));
            }
        }
        let mut g = Gazetteer {
            names: Trie::default(),
            joined: QuickMap::default(),
            sounded: QuickMap::default(),
            slips: Slips::default(),
            called: called(&self.places),
            places: self.places,
        };
        let mut full = HashSet::new();
        for (id, place) in g.places.iter().enumerate() {
            let id = id as u32;
            let about = About {
                id,
                alias: false,
                station: place.kind == PlaceKind::Mtr,
                district: place.kind == PlaceKind::District && place.in_base,
                never_sure: place.kind == PlaceKind::Block,
            };
            for name in [&place.name_zh, &place.name_en] {
                let name = fold_str(name);
                if name.is_empty() || !full.insert((id, name.clone())) {
                    continue;
                }
                add_name(&mut g.names, &mut g.joined, &name, id, false);
                let others = names::written(&name).into_iter().chain(names::phased(&name));
                for other in others.filter(|o| *o != name) {
                    if full.insert((id, other.clone())) {
                        add_name(&mut g.names, &mut g.joined, &other, id, false);
                        if other.ends_with('期') {
                            g.slips.add(&other, about);
                        }
                    }
                }
                if place.kind != PlaceKind::Region {
                    g.slips.add(&name, about);
                }
                if name.chars().count() >= 3 && !name.is_ascii() && place.kind != PlaceKind::Block {
                    for spelt in sounds::romanised(&name, READINGS) {
                        let ids = g.sounded.entry(spelt).or_default();
                        if !ids.contains(&(id, false)) {
                            ids.push((id, false));
                        }
                    }
                }
            }
        }
        for (id, near) in &self.near {
            let place = &g.places[*id as usize];
            let near: Vec<String> = near.iter().cloned().collect();
            let short = names::shortened(&fold_str(&place.name_zh), &fold_str(&place.name_en), &near);
            // 荃灣 is the district and never short for 荃灣中心.
            let taken = |name: &String| {
                let mut ids = g.names.get(name).iter();
                ids.any(|i| !i.1 && g.places[i.0 as usize].kind != PlaceKind::Block)
            };
            extra.extend(short.into_iter().filter(|s| !taken(s)).map(|s| (*id, s)));
        }
        extra.sort();
        extra.dedup();
        for (id, name) in extra {
            if full.contains(&(id, name.clone())) || name.is_empty() {
                continue;
            }
            add_name(&mut g.names, &mut g.joined, &name, id, true);
            let station = g.places[id as usize].kind == PlaceKind::Mtr;
            if name.chars().count() >= if name.is_ascii() { 6 } else { 3 } {
                g.slips.add(&name, About { id, alias: true, station, district: false, never_sure: false });
            }
        }
        g
    }
}

/// The folded names of each place by number, in Chinese and in English.
fn called(places: &[Place]) -> Vec<[Option<u32>; 2]> {
    let mut numbers: QuickMap<String, u32> = QuickMap::default();
    let mut number = |name: &str| {
        let next = numbers.len() as u32;
        (!name.is_empty()).then(|| *numbers.entry(fold_str(name)).or_insert(next))
    };
    places.iter().map(|p| [&p.name_zh, &p.name_en].map(|name| number(name))).collect()
}

pub(super) fn add_name(
    trie: &mut Trie<(u32, bool)>,
    all_joined: &mut QuickMap<String, Readings>,
    name: &str,
    id: u32,
    alias: bool,
) {
    trie.insert(name, (id, alias));
    let spelt = joined(name);
    if name.is_ascii() && spelt.len() >= 4 {
        let ids = all_joined.entry(spelt).or_default();
        if !ids.iter().any(|i| i.0 == id) {
            ids.push((id, alias));
        }
    }
}
