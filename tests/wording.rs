//! What a recogniser writes of a branch's names, over the base of the demonstration: what sounds like a name is put
//! right, and ordinary words, other names and figures are left. The scores are printed, and what a base of 500 estates
//! costs an utterance.

use branchbox::language::{Language, detect};
use branchbox::listings::Listing;
use branchbox::speech::Wording;
use branchbox::store::transcripts::Reason;
use jiff::civil::date;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

#[derive(Deserialize)]
struct Cases {
    tuned: Half,
    blind: Half,
}

#[derive(Deserialize)]
struct Half {
    leave: Vec<(String, String)>,
    repair: Vec<(String, String, String)>,
}

fn cases() -> Cases {
    toml::from_str(include_str!("wording/cases.toml")).expect("the cases are well formed")
}

fn base(units: usize) -> Vec<Arc<Listing>> {
    let rows = branchbox::demo::listings::generate(units, 7, date(2026, 11, 22));
    rows.into_iter().map(|row| Arc::new(row.0)).collect()
}

/// How many of a half come out as they should, the others printed.
fn score(wording: &Wording, half: &Half) -> (usize, usize) {
    let right = |language: &str, heard: &str, expected: &str| {
        let language = Language::of_code(language).expect("a language");
        let written = wording.write(heard, language).text;
        if written != expected {
            println!("{heard} -> {written}, not {expected}");
        }
        usize::from(written == expected)
    };
    let left = half.leave.iter().map(|(l, text)| right(l, text, text)).sum();
    let repaired = half.repair.iter().map(|(l, heard, text)| right(l, heard, text)).sum();
    (left, repaired)
}

#[test]
fn names_are_put_right_and_nothing_else_is() {
    let (cases, wording) = (cases(), Wording::new(&base(400)));
    for (name, half) in [("tuned", &cases.tuned), ("blind", &cases.blind)] {
        let (left, repaired) = score(&wording, half);
        println!("{name}: left {left} of {}, repaired {repaired} of {}", half.leave.len(), half.repair.len());
    }
}

/// As [`base`], with so many estates.
fn large(estates: usize) -> Vec<Arc<Listing>> {
    let mut names = HashSet::new();
    let listings = base(estates * 60).into_iter();
    listings
        .filter(|l| {
            names.contains(&l.estate_en) || (names.len() < estates && names.insert(l.estate_en.clone()))
        })
        .collect()
}

#[test]
fn ordinary_language_stays_beside_many_estates() {
    let (cases, listings) = (cases(), large(500));
    let names: HashSet<&str> = listings.iter().map(|l| l.estate_en.as_str()).collect();
    let started = Instant::now();
    let wording = Wording::new(&listings);
    println!("{} estates, {} units: made in {:?}", names.len(), listings.len(), started.elapsed());
    let texts: Vec<(&str, &str)> = [&cases.tuned, &cases.blind]
        .iter()
        .flat_map(|half| {
            let left = half.leave.iter().map(|(l, text)| (l.as_str(), text.as_str()));
            left.chain(half.repair.iter().map(|(l, heard, _)| (l.as_str(), heard.as_str())))
        })
        .collect();
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..5 {
        for (language, text) in &texts {
            let language = Language::of_code(language).expect("a language");
            let started = Instant::now();
            std::hint::black_box(wording.write(text, language));
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("an utterance: median {:.0} µs, p99 {:.0} µs", at(0.5), at(0.99));
    let mut changed = Vec::new();
    for (language, text) in [&cases.tuned, &cases.blind].iter().flat_map(|half| &half.leave) {
        let written = wording.write(text, Language::of_code(language).expect("a language"));
        if written.text != *text {
            changed.push(format!("{text} -> {}", written.text));
        }
    }
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn questions_of_the_shared_corpus_stay() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let (Ok(csv), Ok(minutes)) = (
        csv::Reader::from_path(corpus.join("listings.csv")),
        std::fs::read_to_string(corpus.join("minutes-dev.jsonl")),
    ) else {
        return println!("the shared corpus is not there: its meetings are not looked at");
    };
    let mut reader = csv;
    let header = reader.headers().expect("it has a header").clone();
    let column = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
    let listings: Vec<Arc<Listing>> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            let cell = |name: &str| column(name).and_then(|i| record.get(i)).unwrap_or_default();
            Arc::new(Listing::parse(cell).expect("a listing"))
        })
        .collect();
    let wording = Wording::new(&listings);
    let (mut texts, mut bent) = (0, 0);
    for line in minutes.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        let segments = case["segments"].as_array().cloned().unwrap_or_default();
        for text in segments.iter().filter_map(|s| s["text"].as_str()) {
            let language = detect(text, None).language;
            texts += 1;
            for change in wording.write(text, language).changes.iter().filter(|c| c.reason == Reason::Sound) {
                bent += 1;
                println!("{text}: {change:?}");
            }
        }
    }
    println!("{bent} changes by sound in {texts} utterances");
    assert!(texts > 0 && bent * 500 <= texts, "{bent} of {texts}");
}
