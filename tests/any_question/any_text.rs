//! Any UTF-8 up to 4 KiB gets a reply, never a panic nor a long wait: arbitrary strings, soups of known words, and
//! what breaks programs that read text. Each reply is audited like any other.
//!
//! `PROPTEST_CASES=20000 cargo test --test any_question any_` runs more cases, from another seed each time. No time is
//! asserted in milliseconds: a text is held against as many bytes of ordinary questions, measured in the same run.

use super::audit::{Heard, audit};
use super::words::Words;
use super::world::{TODAY, World};
use branchbox::assistant::{LONGEST, Session};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A text may cost this many times what as many bytes of ordinary questions do. A text that costs more than its length
/// accounts for has found something quadratic, which costs hundreds of times as much; what is linear is within 7 on a
/// quiet machine.
const DEAREST: u32 = 20;

/// What breaks programs that read text.
const NASTY: [&str; 40] = [
    "\u{0}",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\r\n",
    "\u{200b}",
    "\u{200d}",
    "\u{2060}",
    "\u{feff}",
    "\u{202e}",
    "\u{2066}",
    "\u{301}",
    "e\u{301}\u{301}\u{301}",
    "\u{fdfa}",
    "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    "🏠",
    "𠮷",
    "嗰",
    "ﬀ",
    "İ",
    "ß",
    "ǅ",
    "㎡",
    "½",
    "Ⅻ",
    "①",
    "㊙",
    "٣٤",
    "１２",
    "1e308",
    "-1",
    "999999999999999999999999999999999999",
    "0.0000000001",
    "億億億",
    "半半",
    "%s%n",
    "'; DROP TABLE listing; --",
    "{v}{what}",
    "\\u{d800}",
    "\u{10ffff}",
];

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(200, 7))
}

fn words() -> &'static [String] {
    static WORDS: OnceLock<Vec<String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let words = Words::load();
        let groups = words.groups();
        let concepts = groups.iter().flat_map(|g| words.group(g)).chain(&words.rules);
        let mut all: Vec<String> =
            concepts.flat_map(|c| c.chinese.iter().chain(&c.english).cloned()).collect();
        all.extend(world().names.iter().cloned());
        all.extend(NASTY.map(str::to_owned));
        all
    })
}

/// Cuts a text to what is read of one.
fn cut(mut text: String) -> String {
    let end = (0..=LONGEST.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or_default();
    text.truncate(end);
    text
}

fn arbitrary() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,60}",
        "[a-zA-Z0-9 ,.$%'-]{0,200}",
        "[一-龥]{0,80}",
        "[0-9.,萬千百十億廿k$ ]{0,60}",
        vec(any::<u8>(), 0..LONGEST).prop_map(|b| String::from_utf8_lossy(&b).into_owned()),
        vec(any::<char>(), 0..200).prop_map(|c| c.into_iter().collect()),
    ]
    .prop_map(cut)
}

/// Known words in any order, one of them over and over at times.
fn soup() -> impl Strategy<Value = String> {
    let word = (0..words().len()).prop_map(|i| words()[i].clone());
    let pieces = vec((word, prop_oneof![30 => Just(1_usize), 1 => 2..40_usize]), 1..24);
    (pieces, prop_oneof!["", " ", "，"]).prop_map(|(pieces, by)| {
        let pieces: Vec<String> = pieces.into_iter().map(|(word, times)| word.repeat(times)).collect();
        cut(pieces.join(&by))
    })
}

/// Runs a property: the same cases every time, or as many others as `PROPTEST_CASES` says.
fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let more = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let config = Config {
        cases: more.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let mut runner = match more {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    runner.run(&strategy, test).unwrap_or_else(|e| panic!("{e}"));
}

fn converse(texts: Vec<String>) -> Result<(), TestCaseError> {
    let (mut session, mut heard) = (Session::default(), Heard::default());
    for text in texts {
        let reply = world().assistant.ask(&mut session, &text, None, TODAY);
        let reply = serde_json::to_value(reply).expect("a reply is JSON");
        audit(world(), &mut heard, &text, &reply).map_err(|why| {
            TestCaseError::fail(format!("{why}: {} {}", reply["text"], reply["understood"]))
        })?;
    }
    Ok(())
}

#[test]
fn any_text_gets_a_reply() {
    check(120, vec(arbitrary(), 1..4), converse);
}

#[test]
fn any_words_in_any_order_get_a_reply() {
    check(250, vec(soup(), 1..5), converse);
}

/// Texts of 4 KiB that a clever or a careless client may send.
fn longest() -> Vec<String> {
    let world = world();
    let mut units: Vec<String> = NASTY.map(str::to_owned).to_vec();
    units.extend(
        [
            "a",
            "A ",
            "一",
            "1",
            "1 ",
            "1,",
            "十",
            "萬",
            "太古",
            "太古城",
            "站",
            "室",
            " ",
            "-",
            "/",
            "同",
            "唔要",
            "Tai ",
            "tai koo shing ",
            "not ",
            "or ",
            "two ",
            "HK$",
            "3座18樓H室",
            "flat a ",
            "12C ",
            "taikooshin ",
            "lowest how low ",
        ]
        .map(str::to_owned),
    );
    units.extend(words().iter().step_by(words().len() / 16).cloned());
    let mut texts: Vec<String> = units.iter().map(|u| cut(u.repeat(LONGEST / u.len() + 1))).collect();
    let all =
        |separator: &str| cut(world.names.iter().cloned().collect::<Vec<_>>().join(separator).repeat(9));
    let slip =
        |name: &String| name.chars().rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    texts.extend([all(""), all(" "), all("，"), all(" or ")]);
    texts.push(cut(world.names.iter().map(slip).collect::<Vec<_>>().join(" ").repeat(9)));
    texts.push(cut(words().join("")));
    texts.push(cut(words().join(" ")));
    texts.push(cut(words().iter().rev().cloned().collect::<Vec<_>>().join(" ")));
    texts
}

/// The least of a few times that a text takes, in a session of its own.
fn least(text: &str) -> Duration {
    let time = || {
        let begun = Instant::now();
        world().assistant.ask(&mut Session::default(), text, None, TODAY);
        begun.elapsed()
    };
    (0..3).map(|_| time()).min().unwrap_or_default()
}

#[test]
fn a_long_text_costs_what_its_length_does() {
    let asked = Words::load().asked;
    let (bytes, whole) = asked
        .iter()
        .fold((0, Duration::ZERO), |(bytes, whole), text| (bytes + text.len(), whole + least(text)));
    let ordinary = whole * LONGEST as u32 / bytes as u32;
    let mut dear: Vec<(Duration, String)> = longest().into_iter().map(|t| (least(&t), t)).collect();
    dear.sort();
    for (time, text) in dear.iter().rev().take(12) {
        println!("{time:?}: {:?}", text.chars().take(40).collect::<String>());
    }
    println!("{LONGEST} bytes of ordinary questions: {ordinary:?}; one: {:?}", whole / asked.len() as u32);
    let (time, text) = dear.last().expect("there are texts");
    let shown: String = text.chars().take(60).collect();
    assert!(*time < ordinary * DEAREST, "{time:?}, and ordinary words {ordinary:?}: {shown:?}");
}
