//! Questions with known answers: the conversations of the shared corpus, where it is there, and tables of our own over
//! an invented base of estates that the corpus does not have.

#[path = "questions/judge.rs"]
mod judge;

use branchbox::assistant::{Assistant, Session};
use branchbox::listings::Listing;
use jiff::civil::date;
use judge::Row;
use serde_json::Value;
use std::path::Path;

/// The share of the shared conversations that must stay right.
const FLOOR: f64 = 0.30;

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
    let conversations: Vec<Row> = set
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| serde_json::from_str(l).expect("a conversation"))
        .collect();
    let mut right = 0;
    for conversation in &conversations {
        match converse(&assistant, &rows, conversation) {
            None => right += 1,
            Some(why) => println!("{why}"),
        }
    }
    let share = right as f64 / conversations.len() as f64;
    println!("right: {right}/{} = {:.1} %", conversations.len(), share * 100.0);
    assert!(
        share >= FLOOR,
        "{right} of {} conversations are right, the floor is {FLOOR}",
        conversations.len()
    );
}

#[allow(dead_code)]
fn value(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}
