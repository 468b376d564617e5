//! Questions with known answers: the conversations of the shared corpus, where it is there, and tables of our own over
//! an invented base of estates that the corpus does not have.

#[path = "questions/judge.rs"]
mod judge;

use branchbox::assistant::{Assistant, Session};
use branchbox::listings::Listing;
use jiff::civil::date;
use judge::Row;
use std::path::Path;

/// The share of the shared conversations that must stay right.
const FLOOR: f64 = 0.95;
/// The same for our own.
const OWN_FLOOR: f64 = 0.3;

fn assistant(path: &Path) -> Assistant {
    let mut reader = csv::Reader::from_path(path).expect("the listing file opens");
    let header = reader.headers().expect("it has a header").clone();
    let column = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
    let listings = reader.records().map(|record| {
        let record = record.expect("a row");
        Listing::parse(|name| column(name).and_then(|i| record.get(i)).unwrap_or_default())
            .expect("a listing")
    });
    Assistant::new(listings.collect(), "test".into())
}

/// Runs one conversation; the first thing that is wrong, if any.
fn converse(assistant: &Assistant, rows: &[Row], conversation: &Row) -> Option<String> {
    let mut session = Session::default();
    let lang = conversation["lang"].as_str()?;
    for (i, turn) in conversation["turns"].as_array()?.iter().enumerate() {
        let user = turn["user"].as_str()?;
        let reply = assistant.ask(&mut session, user, None, date(2026, 11, 22));
        let reply = serde_json::to_value(reply).expect("a reply is JSON");
        if let Some(why) = judge::judge(rows, turn["expect"].as_object()?, &reply, lang, user) {
            return Some(format!(
                "{} turn {} | {user} | {why}\n      {} | {}",
                conversation["id"].as_str()?,
                i + 1,
                reply["understood"]["query"],
                reply["text"]
            ));
        }
    }
    None
}

#[test]
fn the_shared_conversations() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let (listings, set) = (shared.join("listings.csv"), shared.join("ask-dev.jsonl"));
    if !(listings.exists() && set.exists()) {
        println!("skipped: ../shared/corpus is not there");
        return;
    }
    let (assistant, rows) = (assistant(&listings), judge::load(&listings));
    let set = std::fs::read_to_string(set).expect("the conversations are read");
    let (right, all) = score(&assistant, &rows, &set);
    assert!(right as f64 >= FLOOR * all as f64, "{right} of {all} conversations are right, the floor is {FLOOR}");
}

/// Runs a set of conversations and prints what is wrong: how many are right, and how many there are.
fn score(assistant: &Assistant, rows: &[Row], set: &str) -> (usize, usize) {
    let lines: Vec<&str> = set.lines().filter(|l| !l.trim().is_empty()).collect();
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|l| converse(assistant, rows, &serde_json::from_str(l).expect("a conversation")))
        .collect();
    let right = lines.len() - wrong.len();
    println!("{}\nright: {right}/{} = {:.1} %", wrong.join("\n"), lines.len(), right as f64 * 100.0 / lines.len() as f64);
    (right, lines.len())
}

/// Conversations of our own over estates that the shared corpus does not have.
#[test]
fn our_own_conversations() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let listings = root.join("fixtures/listings-small.csv");
    let (assistant, rows) = (assistant(&listings), judge::load(&listings));
    let set = std::fs::read_to_string(root.join("questions/own.jsonl")).expect("the conversations are read");
    let (right, all) = score(&assistant, &rows, &set);
    assert!(right as f64 >= OWN_FLOOR * all as f64, "{right} of {all} conversations are right, the floor is {OWN_FLOOR}");
}
