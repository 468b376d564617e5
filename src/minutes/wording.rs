//! Points and their summary in words, in the language and script of the transcript. The words are `words.toml`'s; what
//! an action or a decision is about is quoted as it was said.

use super::point::{Draft, Is, Kind};
use crate::language::{Language, Script, Tongue, chinese};
use std::collections::BTreeMap;
use std::sync::OnceLock;

type Words = BTreeMap<String, BTreeMap<String, String>>;

fn words(tongue: Tongue) -> &'static BTreeMap<String, String> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    let all =
        WORDS.get_or_init(|| toml::from_str(include_str!("words.toml")).expect("words.toml is well formed"));
    &all[tongue.language.code()]
}

fn word(tongue: Tongue, key: &str) -> Option<&'static str> {
    words(tongue).get(key).map(String::as_str)
}

/// In the script of the transcript: Mandarin's words are kept in Simplified.
fn scripted(tongue: Tongue, text: String) -> String {
    match (tongue.language, tongue.script) {
        (Language::Cmn, Script::Hant) => chinese::to_traditional(&text),
        _ => text,
    }
}

/// A point in words.
pub(super) fn text(tongue: Tongue, draft: &Draft) -> String {
    let value = shown(tongue, draft);
    let key = match draft.kind {
        Kind::Preference if draft.avoid => "avoid".to_owned(),
        Kind::Preference if draft.slot == "deal" => format!("deal_{value}"),
        Kind::Preference if draft.slot == "bedrooms" && draft.value == Is::Number(0) => "studio".into(),
        Kind::Preference => draft.slot.to_owned(),
        Kind::Offer => "offer".into(),
        Kind::Objection => format!("objection_{}", draft.slot),
        Kind::Decision => format!("decision_{}", draft.slot),
        Kind::Action => format!("action_{}", draft.slot),
        Kind::Appointment => "appointment".into(),
    };
    let pattern = word(tongue, &key).unwrap_or("{value}");
    let (head, tail) = pattern.split_once("{what}").unwrap_or((pattern, ""));
    let mut out = scripted(tongue, head.to_owned());
    match draft.kind {
        Kind::Decision => out = out + &value + tail,
        Kind::Action => {
            out = out + &draft.said + tail;
            if let Is::Word(due) = &draft.value {
                out += &word(tongue, "due").unwrap_or(" ({value})").replace("{value}", due);
            }
        }
        _ => out = out.replace("{value}", &value),
    }
    out
}

fn shown(tongue: Tongue, draft: &Draft) -> String {
    match &draft.value {
        Is::Unsaid | Is::Yes => String::new(),
        Is::Number(n) if draft.slot.starts_with("budget") || draft.kind == Kind::Offer => money(tongue, *n),
        Is::Number(n) => grouped(*n),
        Is::Place(zh, en) => match (tongue.language, tongue.script) {
            (Language::En, _) => en.clone(),
            _ if zh.is_empty() => en.clone(),
            (_, Script::Hans) => chinese::to_simplified(zh),
            _ => zh.clone(),
        },
        Is::Word(w) if draft.kind == Kind::Appointment => w[..w.len().min(16)].replace('T', " "),
        Is::Word(w) => {
            let named = word(tongue, &format!("{}_{w}", draft.slot)).filter(|_| draft.slot != "deal");
            named.map_or_else(|| w.clone(), |w| scripted(tongue, w.to_owned()))
        }
    }
}

/// HK$13,500,000 as 1,350萬 in Chinese.
fn money(tongue: Tongue, n: i64) -> String {
    match tongue.language {
        Language::En => format!("HK${}", grouped(n)),
        _ if n % 10_000 == 0 => {
            let ten_thousand = if tongue.script == Script::Hans { "万" } else { "萬" };
            format!("{}{ten_thousand}", grouped(n / 10_000))
        }
        _ => format!("${}", grouped(n)),
    }
}

fn grouped(n: i64) -> String {
    let digits = n.abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// Two short lines: what the client wants, and what came of it. Empty where there are no points.
pub(super) fn summary(tongue: Tongue, drafts: &[Draft]) -> String {
    if drafts.is_empty() {
        return String::new();
    }
    let joined = word(tongue, "joined").unwrap_or(", ");
    let line = |key: &str, of: &dyn Fn(&Draft) -> bool| {
        let texts: Vec<String> = drafts.iter().filter(|d| of(d)).map(|d| text(tongue, d)).collect();
        let pattern = word(tongue, key).unwrap_or("{value}");
        (!texts.is_empty())
            .then(|| scripted(tongue, pattern.to_owned()).replace("{value}", &texts.join(joined)))
    };
    let wanted = |d: &Draft| matches!(d.kind, Kind::Preference | Kind::Offer | Kind::Objection);
    let outcome = |d: &Draft| !wanted(d);
    let none = || scripted(tongue, word(tongue, "summary_none").unwrap_or("").to_owned());
    [line("summary_wants", &wanted), Some(line("summary_outcome", &outcome).unwrap_or_else(none))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}
