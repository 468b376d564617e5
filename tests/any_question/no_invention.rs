//! Thousands of conversations over two bases, each reply audited.

use super::audit::{Heard, audit};
use super::composer::Composer;
use super::figures::scripts;
use super::words::Words;
use super::world::{TODAY, World, text};
use branchbox::assistant::Session;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Conversations over each base; a conversation has three to four questions on average. The variable of this name in
/// the environment asks for more.
const CONVERSATIONS: usize = 300;
const LISTINGS: usize = 260;

/// The stretches of a language's phrases that hold numerals of their own: 搵到一個, "Which one".
pub fn set_phrases(language: &str) -> Vec<String> {
    static ALL: OnceLock<BTreeMap<&str, Vec<String>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        [
            ("yue", include_str!("../../src/assistant/phrases/yue.toml")),
            ("cmn", include_str!("../../src/assistant/phrases/cmn.toml")),
            ("en", include_str!("../../src/assistant/phrases/en.toml")),
        ]
        .into_iter()
        .map(|(language, file)| {
            let sections: toml::Table = toml::from_str(file).expect("the phrases");
            // The units (萬) are part of the figures that they follow.
            let said = sections.iter().filter(|s| s.0 != "units").filter_map(|s| s.1.as_table());
            let phrases = said.flat_map(|s| s.values());
            let stretches =
                phrases.filter_map(toml::Value::as_str).flat_map(|p| p.split(['{', '}']).step_by(2));
            let counting = stretches.filter(|s| !super::figures::spelt(s).is_empty());
            (language, counting.flat_map(scripts).collect())
        })
        .collect()
    });
    all.get(language).cloned().unwrap_or_default()
}

fn run(seed: u64) {
    let (world, words) = (World::new(LISTINGS, seed), Words::load());
    let mut composer = Composer::new(&world, &words, seed);
    let (mut wrong, mut kinds, mut asked): (Vec<String>, BTreeMap<String, usize>, usize) = Default::default();
    let more = std::env::var("CONVERSATIONS").ok().and_then(|n| n.parse().ok());
    for _ in 0..more.unwrap_or(CONVERSATIONS) {
        let (mut session, mut heard, mut so_far) = (Session::default(), Heard::default(), Vec::new());
        for turn in composer.conversation() {
            let reply = world.assistant.ask(&mut session, &turn.text, turn.language, TODAY);
            let reply = serde_json::to_value(reply).expect("a reply is JSON");
            asked += 1;
            *kinds.entry(reply["kind"].as_str().expect("a kind").to_owned()).or_default() += 1;
            so_far.push(turn.text.clone());
            if let Err(why) = audit(&world, &mut heard, &turn.text, &reply) {
                wrong.push(format!(
                    "{why}\n  {so_far:?}\n  {}\n  {}",
                    reply["text"], reply["understood"]["query"]
                ));
                break;
            }
        }
    }
    println!("seed {seed}: {asked} questions, {kinds:?}, {} faults", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} faults, the first:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert_eq!(kinds.len(), 7, "every kind of reply occurs: {kinds:?}");
}

/// The audit itself: a reply that is right passes, and every way of spoiling it is seen.
#[test]
fn the_audit_sees_what_is_wrong() {
    let world = World::new(LISTINGS, 7);
    let unit = world.rows.iter().find(|r| r["sale_price_hkd"].is_i64() && r["status"] == "available");
    let unit = unit.expect("a flat for sale");
    let (price, reference) = (unit["sale_price_hkd"].as_i64().expect("a price"), text(unit, "ref"));
    let bottom = world.private(reference).and_then(|p| p.bottom_price_hkd).expect("a bottom price");
    let reply = |question: &str| {
        let reply = world.assistant.ask(&mut Session::default(), question, None, TODAY);
        serde_json::to_value(reply).expect("a reply is JSON")
    };
    let verdict = |question: &str, reply: &Value| audit(&world, &mut Heard::default(), question, reply);
    let spoilt = |question: &str, spoil: &dyn Fn(&mut Value)| {
        let mut reply = reply(question);
        assert_eq!(verdict(question, &reply), Ok(()), "{reply}");
        spoil(&mut reply);
        assert!(verdict(question, &reply).is_err(), "nothing is wrong with {reply}");
    };
    let say = |reply: &mut Value, more: &str| {
        reply["text"] = format!("{}{more}", reply["text"].as_str().expect("a text")).into();
    };
    let asked = format!("{reference}賣幾錢呀");
    for more in [
        format!("底價${bottom}"),
        format!("可以${}", price - 10_000),
        "大約三百呎".into(),
        "2026-11-23".into(),
        "卖".into(),
        "9".into(),
    ] {
        spoilt(&asked, &|r| say(r, &more));
    }
    spoilt(&asked, &|r| r["facts"][0]["value"] = (price + 1).into());
    spoilt(&asked, &|r| r["facts"] = Value::Array(vec![]));
    spoilt(&asked, &|r| r["listings"][0]["sale_price_hkd"] = (price + 1).into());
    spoilt(&asked, &|r| r["listings"][0]["owner_phone"] = "50001234".into());
    let listed = "沙田有咩兩房，平嘅排先";
    spoilt(listed, &|r| r["total"] = (r["total"].as_u64().expect("a total") + 1).into());
    spoilt(listed, &|r| drop(r["listings"].as_array_mut().expect("listings").pop()));
    spoilt(listed, &|r| r["listings"].as_array_mut().expect("listings").reverse());
    spoilt(listed, &|r| r["understood"]["query"]["where"]["bedrooms"] = 3.into());
    spoilt("How many flats in Sha Tin?", &|r| r["facts"][0]["value"] = 1.into());
    spoilt("How many flats in Sha Tin?", &|r| say(r, " Of those, twelve are 沙田."));
}

#[test]
fn no_reply_over_the_invented_branch_says_what_is_not_so() {
    run(7);
}

#[test]
fn no_reply_over_another_base_says_what_is_not_so() {
    run(20_261_122);
}
