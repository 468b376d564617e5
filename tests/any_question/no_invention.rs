//! Thousands of conversations over two bases, each reply audited.

use super::audit::{Heard, audit};
use super::composer::Composer;
use super::figures::scripts;
use super::words::Words;
use super::world::{TODAY, World};
use branchbox::assistant::Session;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Conversations over each base; a conversation has three to four questions on average.
const CONVERSATIONS: usize = 500;
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
            let phrases = sections.values().filter_map(toml::Value::as_table).flat_map(|s| s.values());
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
    for _ in 0..CONVERSATIONS {
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

#[test]
fn no_reply_over_the_invented_branch_says_what_is_not_so() {
    run(7);
}

#[test]
fn no_reply_over_another_base_says_what_is_not_so() {
    run(20_261_122);
}
