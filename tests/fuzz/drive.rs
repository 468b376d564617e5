//! One input of the fuzzer as a conversation with the assistant, and what must hold of every reply. The fuzz target
//! and `cargo test` (over the seeds) run this same function.
//!
//! Left out: whether the answer is right; the property tests and the tables of questions look after that.

use branchbox::assistant::{Assistant, Kind, Session};
use branchbox::demo::listings::generate;
use branchbox::language::Language;
use jiff::civil::{Date, date};
use std::sync::OnceLock;

const TODAY: Date = date(2026, 11, 22);
/// Enough listings that every estate and every kind of condition occurs.
const LISTINGS: usize = 200;

fn assistant() -> &'static Assistant {
    static ASSISTANT: OnceLock<Assistant> = OnceLock::new();
    ASSISTANT.get_or_init(|| {
        let rows = generate(LISTINGS, 7, TODAY);
        Assistant::new(rows.into_iter().map(|(listing, _)| listing).collect(), "fuzz".into())
    })
}

/// Asks every line of `bytes` in one session. The first byte chooses whether the reply's language is asked for.
pub fn drive(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let language = match first {
        1 => Some(Language::Yue),
        2 => Some(Language::Cmn),
        3 => Some(Language::En),
        _ => None,
    };
    let mut session = Session::default();
    for line in String::from_utf8_lossy(rest).lines() {
        let reply = assistant().ask(&mut session, line, language, TODAY);
        assert!(!reply.text.trim().is_empty(), "an empty reply to {line:?}");
        assert!(language.is_none_or(|l| l == reply.language), "in {:?}: {line:?}", reply.language);
        let most = if reply.kind == Kind::Clarify { 20 } else { 10 };
        assert!(reply.listings.len() <= most, "{} listings: {line:?}", reply.listings.len());
        assert_eq!(reply.total.is_some(), reply.kind == Kind::Results, "{line:?}");
        assert!(reply.total.is_none_or(|total| total >= reply.listings.len()), "{line:?}");
        for fact in &reply.facts {
            let Some(reference) = &fact.reference else { continue };
            let row = assistant().listing(reference).expect("a fact's listing is in the base");
            let row = serde_json::to_value(row).expect("a listing is JSON");
            // The derived columns are no part of the stored row; the audit of the property tests works them out.
            let stored = row.get(&fact.field);
            assert!(stored.is_none_or(|v| *v == fact.value), "{reference} {}: {line:?}", fact.field);
        }
        serde_json::to_string(&reply).expect("a reply is JSON");
    }
}
