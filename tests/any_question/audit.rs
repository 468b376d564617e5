//! The audit of a reply: every figure of its text is accounted for, every fact is its row's, its rows are exactly those
//! that the query it shows selects, its script is the reader's, and nothing private is in it.

use super::figures::{Numbers, dates, figures, scripts, spelt, without};
use super::select::{figure, is_figure, matches, number, order, priced, same, select};
use super::world::{Row, World, text};
use branchbox::language::{chinese, fold_str};
use serde_json::Value;
use std::collections::HashSet;

/// What a conversation has said and shown so far.
#[derive(Default)]
pub struct Heard {
    questions: Vec<String>,
    numbers: Numbers,
    shown: HashSet<String>,
}

impl Heard {
    /// Takes in a question.
    pub fn hear(&mut self, question: &str) {
        self.numbers.add(question);
        self.questions.push(question.to_owned());
    }
}

type Verdict = Result<(), String>;

fn ensure(right: bool, why: impl FnOnce() -> String) -> Verdict {
    if right { Ok(()) } else { Err(why()) }
}

/// `Err` says what is wrong with the reply to `question`.
pub fn audit(world: &World, heard: &mut Heard, question: &str, reply: &Value) -> Verdict {
    heard.hear(question);
    shape(reply)?;
    listings(world, reply)?;
    facts(world, reply)?;
    for listing in array(reply, "listings") {
        heard.shown.insert(listing["ref"].as_str().unwrap_or_default().to_owned());
    }
    query(world, heard, reply)?;
    accounts(world, heard, reply)?;
    script(world, heard, reply)?;
    private(world, heard, reply)
}

fn array<'a>(v: &'a Value, key: &str) -> &'a [Value] {
    v[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn said_text(reply: &Value) -> &str {
    reply["text"].as_str().unwrap_or_default()
}

fn shape(reply: &Value) -> Verdict {
    let tongue = (reply["language"].as_str().unwrap_or("?"), reply["script"].as_str().unwrap_or("?"));
    ensure(matches!(tongue, ("yue", "Hant") | ("cmn", "Hant" | "Hans") | ("en", "Latn")), || {
        format!("no such tongue: {tongue:?}")
    })?;
    let said = said_text(reply);
    ensure(!said.trim().is_empty(), || "an empty text".into())?;
    let slip = [
        "{",
        "}",
        "say.",
        "facts.",
        "labels.",
        "values.",
        "describe.",
        "_hkd",
        "_sqft",
        "_en",
        "_zh",
        "null",
        "NaN",
    ];
    ensure(!slip.iter().any(|s| said.contains(s)), || "a gap in the phrases shows".into())?;
    let results = reply["kind"] == "results";
    ensure(reply.get("total").is_some() == results, || "a total belongs to results, and only there".into())
}

/// Every listing is its row with every public column, and none is there twice.
fn listings(world: &World, reply: &Value) -> Verdict {
    let all = array(reply, "listings");
    let most = if reply["kind"] == "clarify" { 20 } else { 10 };
    ensure(all.len() <= most, || format!("{} listings on a page", all.len()))?;
    let mut seen = HashSet::new();
    for listing in all {
        let reference = listing["ref"].as_str().unwrap_or_default();
        ensure(seen.insert(reference), || format!("{reference} is there twice"))?;
        let row = world.row(reference).ok_or_else(|| format!("{reference} is not in the base"))?;
        ensure(listing.as_object() == Some(row), || {
            format!("{reference} is not as its row has it: {listing}")
        })?;
    }
    Ok(())
}

/// A fact of a listing is the row's value and date. Figures over many are looked at with the query.
fn facts(world: &World, reply: &Value) -> Verdict {
    for fact in array(reply, "facts") {
        let field = fact["field"].as_str().unwrap_or_default();
        let Some(reference) = fact["ref"].as_str() else { continue };
        let row = world.row(reference).ok_or_else(|| format!("a fact of {reference}, which is not there"))?;
        // A side by side shows its gaps: a fact without a value says that the row has none.
        let held = row.get(field).unwrap_or(&Value::Null);
        let gap = fact["value"].is_null() && reply["kind"] == "comparison" && (held.is_null() || held == "");
        ensure(gap || (row.contains_key(field) && same(held, &fact["value"])), || {
            format!("not the row's: {fact}")
        })?;
        ensure(fact["as_of"] == row["updated_at"], || format!("not the row's date: {fact}"))?;
    }
    Ok(())
}

/// The reply is what its own query selects.
fn query(world: &World, heard: &Heard, reply: &Value) -> Verdict {
    let q = &reply["understood"]["query"];
    let kind = reply["kind"].as_str().unwrap_or_default();
    let refs: Vec<&str> = array(reply, "listings").iter().filter_map(|l| l["ref"].as_str()).collect();
    let expect = |kinds: &[&str]| ensure(kinds.contains(&kind), || format!("kind {kind} for {q}"));
    match q["kind"].as_str() {
        Some("results") => {
            expect(&["results"])?;
            results(world, q, reply, &refs)
        }
        Some("answer") if q.get("aggregate").is_some() => {
            expect(&["answer"])?;
            aggregate(world, &q["aggregate"], reply, &refs)
        }
        Some("answer") => {
            expect(&["answer", "clarify", "not_found"])?;
            let candidates = candidates(world, &q["subject"]);
            let right = match kind {
                "answer" => candidates.len() == 1,
                "clarify" => candidates.len() > 1,
                _ => candidates.is_empty(),
            };
            ensure(right, || format!("{kind}, and {} listings are meant", candidates.len()))?;
            ensure(refs.len() == candidates.len().min(20), || format!("{} listings shown", refs.len()))?;
            ensure(refs.iter().all(|r| candidates.contains(r)), || "another listing is shown".into())?;
            only_of(reply, &refs)
        }
        Some("comparison") => {
            expect(&["comparison", "clarify", "not_found"])?;
            comparison(world, q, reply, kind)
        }
        // A name that is not sure: the places it may be, and what is there.
        Some("clarify") => {
            expect(&["clarify"])?;
            which_place(world, q, reply, &refs)
        }
        Some(other) => {
            expect(&[other])?;
            ensure(refs.is_empty() && array(reply, "facts").is_empty(), || format!("{other} with listings"))?;
            if let Some(name) = q["name"].as_str() {
                let folded = fold_str(name);
                let here = world.names.iter().any(|n| fold_str(n) == folded);
                ensure(!here, || format!("{name} is here"))?;
                ensure(named(heard, name), || format!("a name that nobody said: {name}"))?;
            }
            Ok(())
        }
        None => Err(format!("no query: {q}")),
    }
}

/// Whether somebody said this name, or "the fifth" of fewer (#5), or it is a place of Hong Kong.
fn named(heard: &Heard, name: &str) -> bool {
    let letters = |s: &str| fold_str(s).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let known = include_str!("../../src/language/data/hong_kong.toml");
    name.starts_with('#')
        || known.contains(name)
        || heard.questions.iter().any(|q| letters(q).contains(&letters(name)))
}

/// Facts are of the listings shown, and of no others.
fn only_of(reply: &Value, refs: &[&str]) -> Verdict {
    let other = array(reply, "facts").iter().find(|f| f["ref"].as_str().is_some_and(|r| !refs.contains(&r)));
    other.map_or(Ok(()), |f| Err(format!("a fact of a listing that is not shown: {f}")))
}

fn candidates<'a>(world: &'a World, subject: &Value) -> Vec<&'a str> {
    let named = |r: &'a Row| text(r, "ref");
    if let Some(sort) = subject["best"].as_str() {
        let conds = &subject["where"];
        let column = priced(sort.split_once(' ').expect("a column").0, conds);
        let mut rows = select(world, conds, false);
        rows.sort_by(|a, b| order(a, b, sort, conds));
        let best = rows.first().and_then(|r| number(r, column));
        let rows = rows.into_iter().take_while(|r| best.is_some() && number(r, column) == best);
        return rows.map(named).collect();
    }
    select(world, subject, true).into_iter().map(named).collect()
}

/// Which place is meant: those asked about are here, and the listings are what is asked for at each.
fn which_place(world: &World, q: &Value, reply: &Value, refs: &[&str]) -> Verdict {
    let places: Vec<_> = array(q, "places").iter().filter_map(Value::as_str).collect();
    ensure(!places.is_empty() && places.len() <= 3, || format!("{} places are asked about", places.len()))?;
    let named =
        |f: &Value| f["ref"].is_null() && world.names.contains(f["value"].as_str().unwrap_or_default());
    let (facts, stranger) = (array(reply, "facts"), |f: &&Value| !named(f));
    ensure(facts.len() == places.len(), || format!("{} facts for {places:?}", facts.len()))?;
    ensure(!facts.iter().any(|f| stranger(&f)), || format!("a place that is not here: {facts:?}"))?;
    let mut meant: HashSet<&str> = HashSet::new();
    for query in array(q, "queries") {
        if query.get("where").is_some() {
            meant.extend(select(world, &query["where"], false).into_iter().map(|r| text(r, "ref")));
        } else if query.get("aggregate").is_some() {
            let conds = &query["aggregate"]["where"];
            meant.extend(select(world, conds, false).into_iter().map(|r| text(r, "ref")));
        } else {
            let subjects = array(query, "subjects").iter().chain(query.get("subject"));
            meant.extend(subjects.flat_map(|subject| candidates(world, subject)));
        }
    }
    let other = refs.iter().find(|r| !meant.contains(*r));
    ensure(other.is_none(), || format!("{other:?} is not what is asked for there"))?;
    ensure(refs.len() == meant.len().min(20), || format!("{} of {} shown", refs.len(), meant.len()))
}

fn results(world: &World, q: &Value, reply: &Value, refs: &[&str]) -> Verdict {
    let conds = &q["where"];
    let mut rows = select(world, conds, false);
    ensure(reply["total"] == rows.len(), || {
        format!("total {}, and {} rows match", reply["total"], rows.len())
    })?;
    ensure(refs.len() == rows.len().min(10), || format!("{} of {} on the page", refs.len(), rows.len()))?;
    for reference in refs {
        let row = world.row(reference).expect("it was looked at");
        ensure(text(row, "status") == "available" && matches(row, conds), || {
            format!("{reference} does not match")
        })?;
    }
    if let Some(sort) = q["sort"].as_str() {
        rows.sort_by(|a, b| order(a, b, sort, conds));
        let shown = refs.iter().map(|r| world.row(r).expect("it was looked at"));
        let right = shown.zip(&rows).all(|(a, b)| order(a, b, sort, conds).is_eq());
        ensure(right, || format!("not in the order {sort}"))?;
    }
    let counted = array(reply, "facts").iter().filter(|f| f["ref"].is_null());
    ensure(counted.clone().all(|f| f["field"] == "count" && f["value"] == reply["total"]), || {
        "another figure than the total".into()
    })
}

fn aggregate(world: &World, a: &Value, reply: &Value, refs: &[&str]) -> Verdict {
    let (op, conds) = (a["op"].as_str().expect("a figure"), &a["where"]);
    let column = priced(a["field"].as_str().expect("a column"), conds);
    let rows = select(world, conds, false);
    let value = figure(op, &rows, column);
    let facts = array(reply, "facts");
    let Some(value) = value else {
        return ensure(facts.is_empty() && refs.is_empty(), || "a figure over nothing".into());
    };
    if matches!(op, "min" | "max") {
        let best = rows.iter().filter(|r| number(r, column) == Some(value)).map(|r| text(r, "ref"));
        let best: Vec<&str> = best.collect();
        ensure(refs.iter().all(|r| best.contains(r)), || {
            format!("{refs:?}, and {best:?} have the {op} {column}")
        })?;
        ensure(refs.len() == best.len().min(10), || format!("{} of {} shown", refs.len(), best.len()))?;
        let stated = facts.iter().filter(|f| f["field"] == column);
        let right = stated.clone().all(|f| best.contains(&f["ref"].as_str().unwrap_or_default()));
        return ensure(right && stated.count() > 0, || format!("the {op} {column} is not among the facts"));
    }
    let name = if op == "count" { "count".to_owned() } else { format!("{op}_{column}") };
    let right = |f: &Value| f["field"] == name.as_str() && is_figure(&f["value"], value);
    ensure(facts.len() == 1 && right(&facts[0]), || format!("{name} is {value}, not {facts:?}"))
}

fn comparison(world: &World, q: &Value, reply: &Value, kind: &str) -> Verdict {
    let facts = array(reply, "facts");
    let mut medians = Vec::new();
    for subject in array(q, "subjects") {
        // One listing is meant, of any status, where a reference or a flat was said.
        let one = subject.get("ref").is_some() || subject.get("unit").is_some();
        let rows = select(world, subject, one);
        if one && rows.len() != 1 {
            let right = kind == if rows.is_empty() { "not_found" } else { "clarify" };
            return ensure(right, || format!("{} listings are meant by {subject}", rows.len()));
        }
        if rows.len() == 1 {
            let reference = text(rows[0], "ref");
            let side = array(reply, "listings").iter().any(|l| l["ref"] == reference);
            ensure(side || kind != "comparison", || format!("{reference} is not shown"))?;
            continue;
        }
        for field in array(q, "fields").iter().filter_map(Value::as_str) {
            let column = priced(field, subject);
            medians.extend(figure("median", &rows, column).map(|v| (format!("median_{column}"), v)));
        }
    }
    ensure(kind == "comparison", || "every side is there".into())?;
    let over_many: Vec<_> = facts.iter().filter(|f| f["ref"].is_null()).collect();
    ensure(over_many.len() == medians.len(), || format!("{medians:?}, and the facts {over_many:?}"))?;
    for ((name, value), fact) in medians.iter().zip(&over_many) {
        let right = fact["field"] == name.as_str() && is_figure(&fact["value"], *value);
        ensure(right, || format!("{name} is {value}, not {fact}"))?;
    }
    Ok(())
}

/// Every figure of the text is a fact's, the total, or one of the query's, and those of the query were said.
fn accounts(world: &World, heard: &Heard, reply: &Value) -> Verdict {
    let mut values: Vec<f64> = reply["total"].as_f64().into_iter().collect();
    let mut known: Vec<String> = world.names.iter().flat_map(|n| scripts(n)).collect();
    for fact in array(reply, "facts") {
        match &fact["value"] {
            Value::String(s) => stated(s, &mut values, &mut known),
            other => values.extend(other.as_f64()),
        }
        if let Some(date) = fact["as_of"].as_str() {
            stated(date, &mut values, &mut known);
        }
    }
    let mut asked = Vec::new();
    leaves(&reply["understood"]["query"], &mut asked);
    let shown = heard.shown.iter().filter_map(|r| world.row(r));
    let of_shown: Vec<f64> = shown.flat_map(|r| r.values()).flat_map(of_value).collect();
    for leaf in asked {
        if let Some(v) = leaf.as_f64().or_else(|| leaf.as_str()?.parse().ok()) {
            let relative = || of_shown.iter().any(|s| (s - v).abs() <= 1.0);
            // A studio has 0 bedrooms, and "ensuite" is at least 1: words that are numbers.
            let word = v == 0.0 || v == 1.0;
            ensure(word || heard.numbers.say(v) || relative(), || format!("nobody said {v} of the query"))?;
            values.extend([v, v.round()]);
        } else if let Some(name) = leaf.as_str() {
            known.extend(scripts(name));
        }
    }
    known.extend(super::no_invention::set_phrases(reply["language"].as_str().unwrap_or_default()));
    let rest = without(said_text(reply), &known);
    for figure in figures(&rest) {
        let from = values.iter().any(|v| (v - figure.value).abs() <= figure.slack);
        ensure(from, || format!("{} comes from nowhere", figure.shown))?;
    }
    let words = spelt(&rest);
    ensure(words.is_empty(), || format!("{words:?} come from nowhere"))
}

fn of_value(v: &Value) -> Vec<f64> {
    let text = v.as_str().unwrap_or_default();
    v.as_f64().into_iter().chain(figures(text).into_iter().map(|f| f.value)).collect()
}

/// A fact in words: a name to be taken out whole, or a date in any of its forms; a bare number counts as one.
fn stated(text: &str, values: &mut Vec<f64>, known: &mut Vec<String>) {
    match (text.parse::<f64>(), text.parse()) {
        (Ok(value), _) => values.push(value),
        (_, Ok(date)) => known.extend(dates(date)),
        _ if text.chars().count() > 1 => known.extend(scripts(text)),
        _ => {}
    }
}

fn leaves<'a>(v: &'a Value, out: &mut Vec<&'a Value>) {
    match v {
        Value::Array(all) => all.iter().for_each(|v| leaves(v, out)),
        Value::Object(all) => all.values().for_each(|v| leaves(v, out)),
        leaf => out.push(leaf),
    }
}

/// One script throughout; an English reply has Chinese only in names that have no English.
fn script(world: &World, heard: &Heard, reply: &Value) -> Verdict {
    let words = reply["understood"]["words"].as_str().unwrap_or_default();
    for said in [said_text(reply), words] {
        let wrong = |of: fn(char) -> bool| said.chars().filter(|c| of(*c)).collect::<String>();
        let stray = match reply["script"].as_str() {
            // 恒 is how Hong Kong writes it (恒生); only the tables for Taiwan have it otherwise.
            Some("Hant") => wrong(|c| c != '恒' && chinese::only_simplified(c)),
            Some("Hans") => wrong(chinese::only_traditional),
            _ => {
                let name = reply["understood"]["query"]["name"].as_str().unwrap_or_default().to_owned();
                let names = world.names.iter().chain([&name]).chain(&heard.questions);
                without(said, names).chars().filter(|c| chinese::is_han(*c)).collect()
            }
        };
        ensure(stray.is_empty(), || format!("{stray:?} is not of the reader's script: {said}"))?;
    }
    Ok(())
}

/// No owner's name, number, note or bottom price of any listing of the base, in any form, and no private column.
pub fn private(world: &World, heard: &Heard, reply: &Value) -> Verdict {
    let whole = reply.to_string();
    let column = branchbox::listings::PRIVATE_COLUMNS.iter().find(|c| whole.contains(*c));
    ensure(column.is_none(), || format!("names {column:?}"))?;
    let asked = |s: &str| heard.questions.iter().any(|q| q.contains(s));
    let said: HashSet<u64> = figures(&whole).iter().map(|f| f.value as u64).collect();
    for (row, owner) in world.rows.iter().zip(&world.private) {
        for secret in [&owner.owner_name, &owner.owner_phone, &owner.negotiation_note] {
            let told = !secret.is_empty() && whole.contains(secret.as_str()) && !asked(secret);
            ensure(!told, || format!("tells {secret:?} of {}", text(row, "ref")))?;
        }
    }
    let shown =
        array(reply, "listings").iter().chain(array(reply, "facts")).filter_map(|l| l["ref"].as_str());
    for reference in shown {
        let (Some(row), Some(owner)) = (world.row(reference), world.private(reference)) else { continue };
        let Some(bottom) = owner.bottom_price_hkd else { continue };
        let public = |v: f64| v as i64 == bottom;
        let elsewhere = row.values().flat_map(of_value).any(public)
            || array(reply, "listings")
                .iter()
                .flat_map(|l| l.as_object().into_iter().flat_map(|l| l.values()))
                .flat_map(of_value)
                .any(public)
            || heard.numbers.say(bottom as f64);
        ensure(elsewhere || !said.contains(&bottom.unsigned_abs()), || {
            format!("tells the bottom price of {reference}")
        })?;
    }
    Ok(())
}
