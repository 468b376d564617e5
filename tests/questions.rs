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
const FLOOR: f64 = 0.98;
/// The same for our own.
const OWN_FLOOR: f64 = 0.98;

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
    assert!(
        right as f64 >= FLOOR * all as f64,
        "{right} of {all} conversations are right, the floor is {FLOOR}"
    );
}

/// Conversations over four bases that nothing was tuned for (real names of estates, invented units), written by people
/// who did not know the software. What they found wrong has been mended since, so this keeps it mended; how a box does
/// at first contact is in the README.
#[test]
fn conversations_of_other_writers_over_other_estates() {
    for base in ["a", "b", "c", "d"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions/bases");
        let listings = folder.join(format!("{base}.csv"));
        let (assistant, rows) = (assistant(&listings), judge::load(&listings));
        let set = std::fs::read_to_string(folder.join(format!("{base}.jsonl")))
            .expect("the conversations are read");
        let (right, all) = score(&assistant, &rows, &set);
        assert!(
            right as f64 >= OWN_FLOOR * all as f64,
            "base {base}: {right} of {all} conversations are right, the floor is {OWN_FLOOR}"
        );
    }
}

/// Runs a set of conversations and prints what is wrong: how many are right, and how many there are.
fn score(assistant: &Assistant, rows: &[Row], set: &str) -> (usize, usize) {
    let lines: Vec<&str> = set.lines().filter(|l| !l.trim().is_empty()).collect();
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|l| converse(assistant, rows, &serde_json::from_str(l).expect("a conversation")))
        .collect();
    let right = lines.len() - wrong.len();
    println!(
        "{}\nright: {right}/{} = {:.1} %",
        wrong.join("\n"),
        lines.len(),
        right as f64 * 100.0 / lines.len() as f64
    );
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
    assert!(
        right as f64 >= OWN_FLOOR * all as f64,
        "{right} of {all} conversations are right, the floor is {OWN_FLOOR}"
    );
}

/// Every unit of our base, asked for by its address in each language: its own facts and no other's.
#[test]
fn every_unit_in_three_languages() {
    let listings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/listings-small.csv");
    let (assistant, rows) = (assistant(&listings), judge::load(&listings));
    for row in &rows {
        let cell = |c: &str| row[c].as_str().map(str::to_owned).unwrap_or_else(|| row[c].to_string());
        let (zh, en) = (format!("{}{}", cell("estate_zh"), cell("block_zh")), cell("estate_en"));
        let (block, floor, unit) = (cell("block_en"), cell("floor"), cell("unit"));
        for (lang, user, field) in [
            ("yue", format!("{zh}{floor}樓{unit}室實用面積有幾多呎呀？"), "saleable_area_sqft"),
            ("yue", format!("{zh}{floor}{unit}，管理費幾錢㗎"), "management_fee_hkd_month"),
            ("cmn", format!("请问{zh}{floor}楼{unit}室的物业费是多少？"), "management_fee_hkd_month"),
            ("en", format!("How big is Flat {unit}, {floor}/F, {block}, {en}?"), "saleable_area_sqft"),
            ("en", format!("{en} {block} {floor}{unit} - which way does it face?"), "orientation_en"),
            ("en", format!("what are the rates for {}", cell("ref").to_lowercase()), "rates_hkd_quarter"),
        ] {
            let expect =
                serde_json::json!({"kind": "answer", "subject": {"ref": cell("ref")}, "fields": [field]});
            let reply = assistant.ask(&mut Session::default(), &user, None, date(2026, 11, 22));
            let reply = serde_json::to_value(reply).expect("a reply is JSON");
            let why = judge::judge(&rows, expect.as_object().expect("an object"), &reply, lang, &user);
            assert_eq!(why, None, "{user}: {reply}");
        }
    }
}

/// Whatever is asked gets a reply, and a figure in an answer is a fact's, the question's or an address's.
#[test]
fn no_text_panics_and_no_figure_is_invented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let assistant = assistant(&root.join("fixtures/listings-small.csv"));
    let set = std::fs::read_to_string(root.join("questions/own.jsonl")).expect("the conversations are read");
    let pieces: Vec<char> =
        set.chars().filter(|c| !"{}[]\"".contains(*c)).chain("０㎡½－’\u{0}\u{1F3E0}嗰".chars()).collect();
    let (mut seed, mut session) = (1_u64, Session::default());
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    for _ in 0..400 {
        // Stretches of real questions, cut anywhere and glued together.
        let mut text = String::new();
        for _ in 0..1 + next(4) {
            let at = next(pieces.len());
            text.extend(pieces[at..].iter().take(1 + next(12)));
        }
        let reply = assistant.ask(&mut session, &text, None, date(2026, 11, 22));
        assert!(!reply.text.is_empty(), "{text}");
        if reply.kind == branchbox::assistant::Kind::Answer {
            let known = format!(
                "{} {} {}",
                serde_json::to_string(&reply.facts).unwrap(),
                serde_json::to_string(&reply.listings).unwrap(),
                reply.understood.query
            );
            for figure in
                reply.text.replace(',', "").split(|c: char| !c.is_ascii_digit()).filter(|f| !f.is_empty())
            {
                assert!(
                    known.contains(figure) || text.contains(figure),
                    "{figure} of {:?} comes from nowhere: {text}",
                    reply.text
                );
            }
        }
    }
    let long = "太古城兩房".repeat(2000);
    assert!(!assistant.ask(&mut session, &long, None, date(2026, 11, 22)).text.is_empty());
}
