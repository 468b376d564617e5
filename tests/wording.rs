//! What a recogniser writes of a branch's names, over the base of the demonstration: what sounds like a name is put
//! right, and ordinary words, other names and figures are left. The scores are printed, and what a base of 500 estates
//! costs an utterance.

use branchbox::language::Language;
use branchbox::listings::Listing;
use branchbox::speech::Wording;
use jiff::civil::date;
use serde::Deserialize;
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
        if name == "blind" && std::env::var_os("WORDING_BLIND").is_none() {
            continue;
        }
        let (left, repaired) = score(&wording, half);
        println!("{name}: left {left} of {}, repaired {repaired} of {}", half.leave.len(), half.repair.len());
        assert_eq!((left, repaired), (half.leave.len(), half.repair.len()));
    }
}
