//! Points and their summary in words, in the language and script of the transcript. The words are `words.toml`'s; what
//! an action or a decision is about is quoted as it was said.

use super::things::{Thing, thing};
use crate::language::{Gazetteer, Language, PlaceKind, Script, Tongue, chinese};
use crate::store::minutes::{Act, Point};
use serde_json::Value;
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
pub(super) fn scripted(tongue: Tongue, text: String) -> String {
    match (tongue.language, tongue.script) {
        (Language::Cmn, Script::Hant) => chinese::to_traditional(&text),
        _ => text,
    }
}

/// A point in words.
pub(super) fn text(gazetteer: &Gazetteer, tongue: Tongue, point: &Point) -> String {
    let slot = point.slot.as_deref().unwrap_or_default();
    let value = shown(gazetteer, tongue, point, slot);
    let key = match (point.kind.as_str(), slot) {
        ("preference", _) if point.polarity.as_deref() == Some("avoid") => "avoid".to_owned(),
        ("preference", "deal") => format!("deal_{value}"),
        ("preference", "bedrooms") if point.value.as_i64() == Some(0) => "studio".into(),
        // One is told by itself where a language tells it from many.
        ("preference", slot) => {
            let one =
                point.value.as_i64().map(|n| format!("{slot}_{n}")).filter(|key| word(tongue, key).is_some());
            one.unwrap_or_else(|| slot.to_owned())
        }
        ("offer" | "appointment", _) => point.kind.clone(),
        (kind, slot) => format!("{kind}_{slot}"),
    };
    let pattern = word(tongue, &key).unwrap_or("{value}");
    let (head, tail) = pattern.split_once("{what}").unwrap_or((pattern, ""));
    let mut out = scripted(tongue, head.to_owned());
    match (point.kind.as_str(), &point.act) {
        ("decision", _) => out = out + &value + tail,
        ("action", Some(act)) => {
            out = out + &done(tongue, slot, act).unwrap_or_else(|| act.said.clone()) + tail;
            if let Some(due) = point.value.as_str() {
                out += &word(tongue, "due").unwrap_or(" ({value})").replace("{value}", due);
            }
        }
        _ => out = out.replace("{value}", &value),
    }
    out
}

/// What is to be done, where both the verb and the things are known; else it is quoted.
fn done(tongue: Tongue, whose: &str, act: &Act) -> Option<String> {
    // What others are to do is told in the words it was told in.
    if whose == "other" {
        return None;
    }
    let known: Vec<(&str, &Thing)> =
        act.things.iter().filter_map(|k| Some((k.as_str(), thing(k)?))).collect();
    let names = |party: bool| {
        let of = known.iter().filter(|(_, t)| t.party == party).map(|(_, t)| t.name(tongue.language));
        of.collect::<Vec<_>>().join(word(tongue, "joined_things").unwrap_or(", "))
    };
    let (people, things) = (names(true), names(false));
    let key = match (people.is_empty(), things.is_empty()) {
        (true, true) => return None,
        (false, true) => "act_people".to_owned(),
        (false, false) => "act_people_things".into(),
        (true, false) => format!("act_{whose}_{}", act.verb),
    };
    let pattern = word(tongue, &key).or_else(|| word(tongue, "act_things"))?;
    let text = pattern.replace("{people}", &people).replace("{things}", &things);
    Some(scripted(tongue, text))
}

fn shown(gazetteer: &Gazetteer, tongue: Tongue, point: &Point, slot: &str) -> String {
    match &point.value {
        Value::Number(n) => {
            let n = n.as_i64().unwrap_or_default();
            let money = slot.starts_with("budget") || point.kind == "offer";
            if money { self::money(tongue, n) } else { grouped(n) }
        }
        Value::String(name) if matches!(slot, "estate" | "district" | "mtr") => {
            place(gazetteer, tongue, slot, name)
        }
        Value::String(w) if point.kind == "appointment" => {
            w.chars().take(16).collect::<String>().replace('T', " ")
        }
        Value::String(w) => {
            let named = word(tongue, &format!("{slot}_{w}")).filter(|_| slot != "deal");
            named.map_or_else(|| w.clone(), |w| scripted(tongue, w.to_owned()))
        }
        _ => String::new(),
    }
}

/// A place by its name in the reader's language and script.
fn place(gazetteer: &Gazetteer, tongue: Tongue, slot: &str, name_en: &str) -> String {
    let kind = match slot {
        "estate" => PlaceKind::Estate,
        "district" => PlaceKind::District,
        _ => PlaceKind::Mtr,
    };
    let zh = gazetteer.name_zh(kind, name_en).filter(|zh| !zh.is_empty());
    match (tongue.language, tongue.script, zh) {
        (Language::En, ..) | (.., None) => name_en.to_owned(),
        (_, Script::Hans, Some(zh)) => chinese::to_simplified(zh),
        (.., Some(zh)) => zh.to_owned(),
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
pub(super) fn summary(tongue: Tongue, points: &[Point]) -> String {
    if points.is_empty() {
        return String::new();
    }
    let joined = word(tongue, "joined").unwrap_or(", ");
    let wanted = |p: &&Point| matches!(p.kind.as_str(), "preference" | "offer" | "objection");
    let line = |key: &str, of: &dyn Fn(&&Point) -> bool| {
        let texts: Vec<&str> = points.iter().filter(of).map(|p| p.text.as_str()).collect();
        let pattern = word(tongue, key).unwrap_or("{value}");
        (!texts.is_empty())
            .then(|| scripted(tongue, pattern.to_owned()).replace("{value}", &texts.join(joined)))
    };
    let none = || scripted(tongue, word(tongue, "summary_none").unwrap_or("").to_owned());
    let outcome = line("summary_outcome", &|p| !wanted(p)).unwrap_or_else(none);
    line("summary_wants", &wanted).into_iter().chain([outcome]).collect::<Vec<_>>().join("\n")
}
