//! Names of places that are spelt wrong, or that the base does not have: a sure one is used, an unsure one asked
//! back, and no slip is ever answered with another estate.
//!
//! Runs over the invented base and the places of Hong Kong; the shared corpus and the files that `BRANCHBOX_BASES`
//! names (separated by colons) are measured too where they are there. The tables are printed.

#[path = "places/addresses.rs"]
mod addresses;
#[path = "places/slips.rs"]
mod slips;

use branchbox::assistant::{Assistant, Kind, Reply, Session};
use branchbox::listings::Listing;
use jiff::civil::date;
use slips::{Draw, Sounds, Way};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// A base by its name.
struct Base {
    name: String,
    assistant: Assistant,
    listings: Vec<Listing>,
}

fn from_csv(path: &Path) -> Base {
    let mut reader = csv::Reader::from_path(path).expect("the listing file opens");
    let header = reader.headers().expect("it has a header").clone();
    let column = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
    let listings: Vec<Listing> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            Listing::parse(|name| column(name).and_then(|i| record.get(i)).unwrap_or_default())
                .expect("a listing")
        })
        .collect();
    base(&path.file_stem().unwrap_or_default().to_string_lossy(), listings)
}

fn base(name: &str, listings: Vec<Listing>) -> Base {
    Base { name: name.into(), assistant: Assistant::new(listings.clone(), "test".into()), listings }
}

fn bases() -> Vec<Base> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = branchbox::demo::listings::generate(120, 7, date(2026, 11, 22));
    let mut all = vec![base("demo", demo.into_iter().map(|row| row.0).collect())];
    let shared = root.join("../shared/corpus/listings.csv");
    let extra = std::env::var("BRANCHBOX_BASES").unwrap_or_default();
    let extra = extra.split(':').filter(|p| !p.is_empty()).map(PathBuf::from);
    if !shared.exists() {
        println!("the shared corpus is not there and is left out");
    }
    all.extend(std::iter::once(shared).chain(extra).filter(|p| p.exists()).map(|p| from_csv(&p)));
    all
}

/// The names of the places of Hong Kong that the program knows, in small letters.
fn hong_kong() -> HashSet<String> {
    let data: toml::Table = include_str!("../src/language/data/hong_kong.toml").parse().expect("TOML");
    let rows =
        ["districts", "stations", "estates"].into_iter().flat_map(|k| data[k].as_array().expect("rows"));
    rows.flat_map(|r| {
        let names =
            r.as_array().expect("a row").iter().map(|n| n.as_str().unwrap_or_default().to_lowercase());
        names.collect::<Vec<_>>()
    })
    .collect()
}

const PLACE_COLUMNS: [&str; 4] = ["estate_en", "district_en", "mtr_en", "region_en"];

/// The English names of the places that a reply was restricted to.
fn taken(reply: &Reply) -> BTreeSet<String> {
    let where_ = &reply.understood.query["where"];
    PLACE_COLUMNS
        .iter()
        .flat_map(|c| match &where_[*c] {
            serde_json::Value::String(s) => vec![s.clone()],
            serde_json::Value::Array(a) => a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            _ => vec![],
        })
        .collect()
}

fn ask(base: &Base, text: &str) -> Reply {
    base.assistant.ask(&mut Session::default(), text, None, date(2026, 11, 22))
}

/// What became of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fate {
    /// The place that was meant.
    Taken,
    /// Asked back, and the place that was meant is among those named.
    Asked,
    /// Asked back without it.
    AskedOther,
    /// Said not to be here.
    NotFound,
    /// The name was passed over.
    Lost,
    /// Another place, silently.
    Wrong,
}

fn fate(base: &Base, meant: &HashSet<String>, question: &str) -> Fate {
    let reply = ask(base, question);
    match reply.kind {
        Kind::NotFound => Fate::NotFound,
        Kind::Clarify => {
            let named = meant.iter().any(|m| reply.text.contains(m.as_str()));
            if named { Fate::Asked } else { Fate::AskedOther }
        }
        Kind::Results => {
            let taken = taken(&reply);
            match taken.iter().all(|t| meant.contains(t)) {
                _ if taken.is_empty() => Fate::Lost,
                true => Fate::Taken,
                false => Fate::Wrong,
            }
        }
        _ => Fate::Lost,
    }
}

fn is_han(s: &str) -> bool {
    s.chars().all(|c| ('\u{3400}'..='\u{9fff}').contains(&c))
}

/// The places of a base: both names, and every name that counts as the same.
fn places(base: &Base) -> Vec<(String, String)> {
    let mut all = BTreeSet::new();
    for l in &base.listings {
        for (zh, en) in
            [(&l.estate_zh, &l.estate_en), (&l.district_zh, &l.district_en), (&l.mtr_zh, &l.mtr_en)]
        {
            if !(zh.is_empty() && en.is_empty()) {
                all.insert((zh.clone(), en.clone()));
            }
        }
    }
    all.into_iter().collect()
}

/// The slips of a name, each in a question.
fn questions(zh: &str, en: &str, sounds: &(Sounds, Sounds), draw: &mut Draw) -> Vec<(Way, String, String)> {
    let mut out = Vec::new();
    if is_han(zh) && zh.chars().count() >= 2 {
        for (way, slip) in slips::chinese(zh, &sounds.0, &sounds.1, draw) {
            let question = format!("想問下{slip}有冇盤放緊");
            out.push((way, slip, question));
        }
    }
    if en.is_ascii() && en.len() >= 6 {
        for (way, slip) in slips::english(en, draw) {
            let question = format!("any flats for sale in {slip}?");
            out.push((way, slip, question));
        }
    }
    out
}

#[test]
fn a_slip_is_taken_rightly_or_asked_back_and_never_bent() {
    let sounds = (Sounds::cantonese(), Sounds::mandarin());
    let verbose = std::env::var("BRANCHBOX_VERBOSE").is_ok();
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for base in &bases() {
        let mut table: BTreeMap<(bool, Way), BTreeMap<Fate, usize>> = BTreeMap::new();
        let mut draw = Draw(1);
        let here = places(base);
        let known: HashSet<String> =
            here.iter().flat_map(|p| [p.0.to_lowercase(), p.1.to_lowercase()]).chain(hong_kong()).collect();
        for (zh, en) in &here {
            let meant: HashSet<String> = here
                .iter()
                .filter(|p| (!zh.is_empty() && p.0 == *zh) || p.1 == *en)
                .flat_map(|p| [p.0.clone(), p.1.clone()])
                .collect();
            for _ in 0..2 {
                for (way, slip, question) in questions(zh, en, &sounds, &mut draw) {
                    // What is now another place's name, or one with a word of two letters, is no slip any more.
                    let name = slip.to_lowercase();
                    let rest = name.rsplit_once(' ').filter(|r| r.1.len() <= 2).map_or("", |r| r.0);
                    // "九龍還有冇盤": one ordinary word after a place.
                    let bare = name.strip_suffix(['還', '細', '大', '新', '中']).unwrap_or_default();
                    if known.contains(bare) {
                        continue;
                    }
                    if known.contains(&name) || known.contains(rest) {
                        continue;
                    }
                    let fate = fate(base, &meant, &question);
                    let short = zh.chars().count() < 3 && is_han(&slip);
                    *table.entry((short, way)).or_default().entry(fate).or_default() += 1;
                    if !short && way != Way::DropOfThree {
                        all += 1;
                        right += usize::from(fate == Fate::Taken);
                    }
                    if fate == Fate::Wrong {
                        wrong.push(format!(
                            "{}: {slip} for {zh} {en}: {:?}",
                            base.name,
                            taken(&ask(base, &question))
                        ));
                    } else if verbose && fate != Fate::Taken {
                        println!("  {}: {way:?} {slip} for {zh} {en}: {fate:?}", base.name);
                    }
                }
            }
        }
        println!("{}:", base.name);
        for ((short, way), fates) in table {
            println!("  {}{way:?}: {fates:?}", if short { "two characters, " } else { "" });
        }
    }
    println!(
        "one slip, three characters or more: {right}/{all} = {:.1} % taken rightly",
        right as f64 * 100.0 / all as f64
    );
    println!("wrong: {}\n{}", wrong.len(), wrong.join("\n"));
    assert!(wrong.is_empty(), "a slip was answered with another place: {}", wrong.join("; "));
    assert!(right * 100 >= all * 90, "{right} of {all} slips were taken rightly");
}

#[test]
fn a_place_that_the_base_lacks_is_not_found() {
    let sounds = (Sounds::cantonese(), Sounds::mandarin());
    let mut bent = Vec::new();
    let mut missed = Vec::new();
    let mut slipped: BTreeMap<Fate, usize> = BTreeMap::new();
    for base in &bases() {
        let here: HashSet<String> =
            places(base).into_iter().flat_map(|p| [p.0, p.1.to_lowercase()]).collect();
        let known: HashSet<String> = hong_kong();
        let data: toml::Table = include_str!("../src/language/data/hong_kong.toml").parse().expect("TOML");
        let estates = data["estates"].as_array().expect("rows");
        let mut draw = Draw(2);
        for row in estates {
            let name = |i: usize| row[i].as_str().unwrap_or_default();
            let (zh, en) = (name(0), name(1));
            let blocks = base.listings.iter().any(|l| l.block_zh == zh || l.block_en == en);
            if blocks
                || row.as_array().expect("a row").iter().any(|n| {
                    here.contains(n.as_str().unwrap_or_default())
                        || here.contains(&n.as_str().unwrap_or_default().to_lowercase())
                })
            {
                continue;
            }
            for question in [
                format!("{zh}有冇兩房"),
                format!("想睇{zh}嘅盤"),
                format!("any 2 bedroom flats in {en}?"),
                format!("{en}有冇兩房租"),
                format!("What's for rent at {}", en.to_lowercase()),
            ] {
                let reply = ask(base, &question);
                if reply.kind != Kind::NotFound {
                    missed.push(format!(
                        "{}: {question}: {:?} {}",
                        base.name, reply.kind, reply.understood.query
                    ));
                }
            }
            for (_, slip, question) in questions(zh, en, &sounds, &mut draw).into_iter().step_by(3) {
                let reply = ask(base, &question);
                let taken = taken(&reply);
                let fate = match reply.kind {
                    Kind::Results if !taken.is_empty() => Fate::Wrong,
                    Kind::Results => Fate::Lost,
                    Kind::Clarify => Fate::AskedOther,
                    Kind::NotFound => Fate::NotFound,
                    _ => Fate::Lost,
                };
                // A slip that is itself the exact name of another place, or of one with a plain word, is that place.
                let bare = slip.to_lowercase().replace('邨', "村");
                let bare = bare.strip_prefix("on ").unwrap_or(&bare);
                if fate == Fate::Wrong && !here.contains(bare) && !known.contains(bare) {
                    bent.push(format!("{}: {slip} for {zh} {en}: {taken:?}", base.name));
                }
                *slipped.entry(fate).or_default() += 1;
            }
        }
    }
    println!("slips of absent names: {slipped:?}");
    println!("bent: {}\n{}", bent.len(), bent.join("\n"));
    println!("missed: {}\n{}", missed.len(), missed.join("\n"));
    // A slip may happen to be what another place is called in short; hardly one in a thousand is.
    let all: usize = slipped.values().sum();
    assert!(bent.len() * 1000 <= all, "{} of {all} slips of absent places were bent", bent.len());
    assert!(missed.is_empty(), "absent places were not said to be absent: {}", missed.join("; "));
}

/// A full address, however it is written, finds its listing and no other.
#[test]
fn every_way_of_writing_an_address_finds_its_flat() {
    let (mut right, mut all) = (0, 0);
    let mut wrong = Vec::new();
    for base in &bases() {
        let mut table: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        // Every listing of the invented base; of another a share of them, spread over it.
        let step = if base.name == "demo" { 1 } else { (base.listings.len() / 100).max(1) };
        for l in base.listings.iter().step_by(step) {
            let twins = base.listings.iter().filter(|o| {
                (&o.estate_en, &o.block_en, o.floor, &o.unit) == (&l.estate_en, &l.block_en, l.floor, &l.unit)
            });
            if twins.count() > 1 {
                continue;
            }
            for (way, address) in addresses::renderings(l) {
                let english = address.is_ascii();
                let question = if english {
                    format!("How big is {address}?")
                } else {
                    format!("{address}實用面積幾大")
                };
                let reply = ask(base, &question);
                let refs: Vec<_> = reply.listings.iter().map(|r| r.listing.reference.as_str()).collect();
                let found = reply.kind == Kind::Answer && refs == [l.reference.as_str()];
                let row = table.entry(way).or_default();
                row.0 += usize::from(found);
                row.1 += 1;
                if !found {
                    wrong.push(format!(
                        "{}: {way}: {question}: {:?} {}",
                        base.name, reply.kind, reply.understood.query
                    ));
                }
            }
        }
        let (r, a) = table.values().fold((0, 0), |s, v| (s.0 + v.0, s.1 + v.1));
        println!("{}: {r}/{a} = {:.2} %", base.name, r as f64 * 100.0 / a as f64);
        for (way, (r, a)) in table.iter().filter(|t| t.1.0 < t.1.1) {
            println!("  {way}: {r}/{a}");
        }
        right += r;
        all += a;
    }
    println!("addresses: {right}/{all}\n{}", wrong.join("\n"));
    assert!(right * 1000 >= all * 995, "{right} of {all} addresses were found");
}

/// The question back, and what a yes, a name and a no make of it.
#[test]
fn a_name_that_is_not_sure_is_asked_back_and_settled() {
    let base = &bases()[0];
    let today = date(2026, 11, 22);
    let meant = taken(&ask(base, "黃埔花園有冇兩房"));
    let settle = |reply: &str| {
        let mut session = Session::default();
        let asked = base.assistant.ask(&mut session, "埔花園有冇兩房", None, today);
        assert_eq!(asked.kind, Kind::Clarify, "{}", asked.text);
        assert!(asked.text.contains("你係咪想搵黃埔花園"), "{}", asked.text);
        assert!(asked.listings.iter().all(|l| l.listing.estate_zh == "黃埔花園" && l.listing.bedrooms == 2));
        base.assistant.ask(&mut session, reply, None, today)
    };
    for yes in ["係", "係呀，唔該", "是的", "yes", "第一個", "黃埔花園"] {
        let reply = settle(yes);
        assert_eq!((reply.kind, taken(&reply)), (Kind::Results, meant.clone()), "{yes}");
        assert_eq!(reply.understood.query["where"]["bedrooms"], 2, "{yes}");
    }
    assert_eq!(settle("唔係").kind, Kind::NotFound);
    // What is refused stays refused, though it names the place; a person who is wanted is fetched.
    assert_eq!(settle("黃埔花園業主電話幾多").kind, Kind::Refuse);
    assert_eq!(settle("黃埔花園，我想搵個同事傾").kind, Kind::Handoff);
    // Anything else is a question of its own.
    assert_eq!(taken(&settle("沙田第一城有冇三房")).into_iter().collect::<Vec<_>>(), ["City One Shatin"]);
}
