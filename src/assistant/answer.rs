//! A query to a reply: the rows it means, and the words for them. Every figure that is said comes from a row.

use super::query::{Filter, Op, Query, Sort, Target};
use super::resolve::{Base, CANDIDATES, Found, Rows, price_column};
use super::words::Words;
use super::{Fact, Kind, Reply, columns};
use crate::language::Place;
use crate::listings::{Deal, Listing, Parking, PublicListing, Status, Tenancy};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::sync::Arc;

/// A page of results.
const PAGE: usize = 10;
/// Facts older than this many days are dated in the text.
const FRESH_DAYS: i32 = 7;

/// Answers a query.
pub struct Answerer<'a> {
    /// The listing base.
    pub base: &'a Base,
    /// The reader's language.
    pub words: Words,
    /// The date of the question.
    pub today: Date,
}

impl Answerer<'_> {
    /// The reply to a query.
    pub fn reply(&self, query: &Query) -> Reply {
        match query {
            Query::Refuse(_) => self.plain(Kind::Refuse, "say.refuse", &[]),
            Query::Handoff(_) => self.plain(Kind::Handoff, "say.handoff", &[]),
            Query::NotHere(name) if name.is_empty() => self.plain(Kind::NotFound, "say.not_found_name", &[]),
            Query::NotHere(name) => {
                let name = self.words.quoted(name);
                self.plain(Kind::NotFound, "say.not_found_place", &[("what", &name)])
            }
            Query::Search { filter, sort } => self.results(filter, sort.as_ref()),
            Query::Facts { target, fields } => self.facts(target, fields),
            Query::Aggregate { op, column, filter } => self.aggregate(*op, column, filter),
            Query::Compare { subjects, fields } => self.compare(subjects, fields),
            Query::WhichPlace { places, queries } => self.which_place(places, queries),
        }
    }

    /// Which of these places is meant, with what is asked for at each.
    fn which_place(&self, places: &[Place], queries: &[Query]) -> Reply {
        let mut rows: Vec<&Arc<Listing>> = queries.iter().flat_map(|q| self.rows(q)).collect();
        // An estate and the station of its name have the same flats.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|l| seen.insert(&l.reference));
        rows.truncate(CANDIDATES);
        let language = if self.words.english() { "en" } else { "zh" };
        let named = |p: &Place| Fact {
            reference: None,
            field: format!("{}_{language}", p.kind.column()),
            value: json!(if self.words.english() || p.name_zh.is_empty() { &p.name_en } else { &p.name_zh }),
            as_of: None,
            of: None,
        };
        let what = self.words.places(places);
        Reply {
            listings: self.public(&rows),
            facts: places.iter().map(named).collect(),
            ..self.plain(Kind::Clarify, "say.which_place", &[("what", &what)])
        }
    }

    /// The first of the listings that a query is about.
    fn rows(&self, query: &Query) -> Vec<&Arc<Listing>> {
        match query {
            Query::Search { filter, .. } | Query::Aggregate { filter, .. } => {
                self.base.search(filter, self.today).first(CANDIDATES, None)
            }
            Query::Facts { target, .. } => self.meant(target),
            Query::Compare { subjects, .. } => subjects.iter().flat_map(|s| self.meant(s)).collect(),
            _ => vec![],
        }
    }

    fn meant(&self, target: &Target) -> Vec<&Arc<Listing>> {
        match self.base.find(target, self.today) {
            Found::None => vec![],
            Found::One(l) => vec![l],
            Found::Many(_, rows) => rows,
        }
    }

    fn say(&self, name: &str, slots: &[(&str, &str)]) -> String {
        self.words.phrases.say(name, slots)
    }

    fn blank(&self, kind: Kind, text: &str) -> Reply {
        Reply {
            language: self.words.tongue.language,
            script: self.words.tongue.script,
            kind,
            text: self.words.finish(text),
            total: None,
            listings: Vec::new(),
            facts: Vec::new(),
            understood: Default::default(),
        }
    }

    fn plain(&self, kind: Kind, name: &str, slots: &[(&str, &str)]) -> Reply {
        self.blank(kind, &self.say(name, slots))
    }

    fn public(&self, rows: &[&Arc<Listing>]) -> Vec<PublicListing> {
        rows.iter().map(|l| PublicListing::of(l, self.today)).collect()
    }

    fn results(&self, filter: &Filter, sort: Option<&Sort>) -> Reply {
        let rows = self.base.search(filter, self.today);
        let order = sort.map(|s| (price_column(s.column, filter.deal()), s.descending));
        let (total, page) = (rows.len(), rows.first(PAGE, order));
        let what = self.words.what(self.base, filter, total);
        let n = total.to_string();
        let text = match page.as_slice() {
            [] => self.say("say.results_none", &[("what", &what)]),
            [l] => self.say("say.results_one", &[("what", &what)]) + &self.words.unit(l),
            _ => self.say("say.results", &[("n", &n), ("what", &what)]),
        };
        let mut facts = vec![count(total)];
        if let [l] = page.as_slice() {
            facts.extend(self.address(l));
        }
        Reply { total: Some(total), listings: self.public(&page), facts, ..self.blank(Kind::Results, &text) }
    }

    fn facts(&self, target: &Target, fields: &[&'static str]) -> Reply {
        match self.base.find(target, self.today) {
            Found::None => {
                let what = self.words.target(self.base, target);
                self.plain(Kind::NotFound, "say.not_found_unit", &[("what", &what)])
            }
            Found::Many(total, rows) => match offered_so(&rows, fields) {
                Some(l) if total == rows.len() => self.one(l, fields),
                _ => {
                    let text = self.say("say.clarify", &[("n", &total.to_string())]);
                    let facts = vec![count(total)];
                    Reply { listings: self.public(&rows), facts, ..self.blank(Kind::Clarify, &text) }
                }
            },
            Found::One(l) => self.one(l, fields),
        }
    }

    /// The main facts of a listing in a row, the saleable area first.
    pub(super) fn main_facts(&self, l: &Listing) -> String {
        self.facts_of(l, &[]).0.join(&self.say("say.join", &[]))
    }

    /// The facts of one listing.
    fn one(&self, l: &Arc<Listing>, fields: &[&'static str]) -> Reply {
        let (said, mut facts) = self.facts_of(l, fields);
        facts.extend(self.address(l));
        let slots = [("unit", self.words.unit(l)), ("facts", said.join(&self.say("say.separator", &[])))];
        let mut text = self.say("say.answer", &[("unit", &slots[0].1), ("facts", &slots[1].1)]);
        if l.updated_at.until(self.today).is_ok_and(|s| s.get_days() > FRESH_DAYS) {
            text += &self.say("say.asof", &[("v", &l.updated_at.to_string())]);
        }
        Reply { listings: self.public(&[l]), facts, ..self.blank(Kind::Answer, &text) }
    }

    /// The figures of a unit's address are facts as well: whoever checks a text finds each of its figures there.
    fn address(&self, l: &Listing) -> Vec<Fact> {
        let block = if self.words.english() { ("block_en", &l.block_en) } else { ("block_zh", &l.block_zh) };
        let parts = [("floor", json!(l.floor)), (block.0, json!(block.1)), ("unit", json!(l.unit))];
        let parts = parts.into_iter().filter(|(_, value)| value != "");
        parts
            .map(|(field, value)| Fact {
                reference: Some(l.reference.clone()),
                field: field.into(),
                value,
                as_of: Some(l.updated_at),
                of: None,
            })
            .collect()
    }

    fn facts_of(&self, l: &Listing, fields: &[&'static str]) -> (Vec<String>, Vec<Fact>) {
        let (mut said, mut facts) = (Vec::new(), Vec::new());
        let mut columns = self.expand(l, fields);
        if l.status != Status::Available && !columns.iter().any(|c| c == "status") {
            columns.insert(0, "status".into());
        }
        let valuations = columns.iter().filter(|c| c.starts_with("valuation_")).count();
        let value = |column: &str| l.public_value(column, self.today);
        let nothing_valued = !columns.iter().any(|c| c.starts_with("valuation_") && !value(c).is_null());
        let mut unvalued = false;
        for column in columns {
            let value = value(&column);
            if value.is_null() || value == "" {
                // Banks that said nothing are passed over when others did.
                if column.starts_with("valuation_")
                    && valuations > 1
                    && (!nothing_valued || std::mem::replace(&mut unvalued, true))
                {
                    continue;
                }
                said.push(self.say("say.unknown", &[("label", &self.words.label(&column))]));
                continue;
            }
            said.push(self.fact(&column, &value));
            facts.push(Fact {
                reference: Some(l.reference.clone()),
                field: column,
                value,
                as_of: Some(l.updated_at),
                of: None,
            });
        }
        (said, facts)
    }

    /// The columns that a listing says nothing of, as facts without a value: a side by side shows its gaps.
    fn blanks(&self, l: &Listing, fields: &[&'static str]) -> Vec<Fact> {
        let blank = |column: &String| {
            let value = l.public_value(column, self.today);
            value.is_null() || value == ""
        };
        let columns = self.expand(l, fields).into_iter().filter(blank);
        let fact = |field| Fact {
            reference: Some(l.reference.clone()),
            field,
            value: Value::Null,
            as_of: Some(l.updated_at),
            of: None,
        };
        columns.map(fact).collect()
    }

    /// What is asked, as columns of the table: "price" by the deal, texts by the language, and what belongs beside.
    fn expand(&self, l: &Listing, fields: &[&'static str]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let language = if self.words.english() { "en" } else { "zh" };
        let mut add = |column: &str| {
            if !out.iter().any(|o| o == column) {
                out.push(column.to_owned());
            }
        };
        let main = ["saleable_area_sqft", "bedrooms", "price", "price_psf", "management_fee_hkd_month"];
        for &field in if fields.is_empty() { &main[..] } else { fields } {
            match field {
                "price" | "sale_price_hkd" | "monthly_rent_hkd" => {
                    let wanted = |deal, column| {
                        field == column || l.deal == deal || (field == "price" && l.deal == Deal::Both)
                    };
                    if wanted(Deal::Sale, "sale_price_hkd") {
                        add("sale_price_hkd");
                    }
                    if wanted(Deal::Rent, "monthly_rent_hkd") {
                        add("monthly_rent_hkd");
                    }
                }
                "price_psf" if l.deal == Deal::Rent => add("rent_psf"),
                "valuation" => super::VALUATIONS.iter().for_each(|v| add(v)),
                "parking" => {
                    add("parking");
                    if l.parking == Parking::Optional && l.parking_price_hkd.is_some() {
                        add("parking_price_hkd");
                    }
                }
                "tenancy" => {
                    add("tenancy");
                    if l.tenancy == Tenancy::Tenanted && l.lease_until.is_some() {
                        add("lease_until");
                    }
                }
                "mtr" => {
                    add(&format!("mtr_{language}"));
                    add("mtr_walk_minutes");
                }
                "view" | "orientation" | "decoration" | "facilities" | "agent" | "description" => {
                    add(&format!("{field}_{language}"))
                }
                other => add(other),
            }
        }
        out
    }

    fn fact(&self, column: &str, value: &Value) -> String {
        let bare = column.strip_suffix("_zh").or(column.strip_suffix("_en")).unwrap_or(column);
        let words = match value {
            Value::String(s) => s.clone(),
            Value::Number(n) => n.to_string(),
            other => other.to_string(),
        };
        if column == "status" {
            return self.say(&format!("status.{words}"), &[]);
        }
        if let Some(phrase) = self.words.phrases.find(&format!("values.{bare}.{words}")) {
            return phrase.to_owned();
        }
        let shown = match value.as_f64() {
            Some(n) => self.words.number(column, n),
            None => words,
        };
        self.say(&format!("facts.{bare}"), &[("v", &shown)])
    }

    fn aggregate(&self, op: Op, column: &'static str, filter: &Filter) -> Reply {
        let rows = self.base.search(filter, self.today);
        let what = self.words.what(self.base, filter, if op == Op::Count { rows.len() } else { 0 });
        if op == Op::Count {
            let phrase = if rows.len() == 1 { "say.count_one" } else { "say.count" };
            let text = self.say(phrase, &[("n", &rows.len().to_string()), ("what", &what)]);
            return Reply { facts: vec![count(rows.len())], ..self.blank(Kind::Answer, &text) };
        }
        let column = price_column(column, filter.deal());
        let label = self.words.label(column);
        let Some(value) = rows.over(op, column) else {
            return self.plain(Kind::Answer, "say.figure_none", &[("what", &what), ("label", &label)]);
        };
        let (_, best) = rows.holding(column, value, PAGE);
        let shown = self.words.number(column, value);
        let op_word = self.say(&format!("op.{}", op.as_str()), &[]);
        let slots = [("what", what.as_str()), ("label", &label), ("op", &op_word), ("v", &shown)];
        if !matches!(op, Op::Min | Op::Max) {
            let fact = over_many(op, column, value);
            return Reply { facts: vec![fact], ..self.plain(Kind::Answer, "say.figure", &slots) };
        }
        let unit = best.first().map(|l| self.words.unit(l)).unwrap_or_default();
        let text = self.say("say.figure_who", &[&slots[..], &[("unit", unit.as_str())]].concat());
        let facts = best.iter().map(|l| Fact {
            reference: Some(l.reference.clone()),
            field: column.into(),
            value: l.public_value(column, self.today),
            as_of: Some(l.updated_at),
            of: None,
        });
        let address = best.first().map(|l| self.address(l)).unwrap_or_default();
        let facts = facts.chain(address).collect();
        Reply { facts, listings: self.public(&best), ..self.blank(Kind::Answer, &text) }
    }

    fn compare(&self, subjects: &[Target], fields: &[&'static str]) -> Reply {
        let mut reply = self.blank(Kind::Comparison, "");
        let (mut sides, mut figures) = (Vec::new(), Vec::new());
        for subject in subjects {
            let before = reply.facts.len();
            let rows = match subject {
                Target::Unit(filter) if filter.get("unit").is_none() => {
                    Some(self.base.search(filter, self.today))
                }
                _ => None,
            };
            let one = match &rows {
                Some(rows) => rows.first(2, None),
                None => match self.base.find(subject, self.today) {
                    Found::One(l) => vec![l],
                    _ => return self.facts(subject, fields),
                },
            };
            let (name, said) = match (one.as_slice(), subject, &rows) {
                ([l], ..) => {
                    let (said, facts) = self.facts_of(l, fields);
                    reply.facts.extend(facts);
                    reply.facts.extend(self.blanks(l, fields));
                    reply.listings.push(PublicListing::of(l, self.today));
                    let name = if matches!(subject, Target::Ref(_)) {
                        format!("{} {}", l.reference, self.words.unit(l))
                    } else {
                        self.words.unit(l)
                    };
                    (name, said)
                }
                (_, Target::Unit(filter), Some(rows)) => (
                    self.words.what(self.base, filter, 0),
                    self.medians(rows, filter, fields, &mut reply.facts),
                ),
                _ => continue,
            };
            let new = &mut reply.facts[before..];
            if let ([fact], [field]) = (&*new, fields) {
                figures.push((name.clone(), price_column(field, None), fact.value.as_f64()));
            }
            new.iter_mut().for_each(|f| f.of = Some(self.words.finish(&name)));
            if let [l] = one.as_slice() {
                reply.facts.extend(self.address(l));
            }
            let joined = said.join(&self.say("say.join", &[]));
            sides.push(self.say("say.compare_side", &[("what", &name), ("facts", &joined)]));
        }
        let sides = sides.join(&self.say("say.separator", &[]));
        let text = self.say("say.comparison", &[("sides", &sides), ("verdict", &self.verdict(&figures))]);
        reply.text = capitalised(&self.words.finish(&text));
        reply
    }

    /// Which side has the lower figure (the greater, of areas and floors), where every side has one.
    fn verdict(&self, figures: &[(String, &str, Option<f64>)]) -> String {
        let Some((_, column, _)) = figures.first() else { return String::new() };
        let values: Option<Vec<f64>> = figures.iter().map(|f| f.2).collect();
        let Some(values) = values.filter(|v| v.len() == 2 && v[0] != v[1]) else { return String::new() };
        let more = column.ends_with("_sqft") || matches!(*column, "floor" | "bedrooms" | "year_completed");
        let winner = usize::from((values[1] > values[0]) == more);
        let name = if more { "say.greater" } else { "say.lower" };
        self.say(name, &[("what", &figures[winner].0), ("label", &self.words.label(column))])
    }

    fn medians(
        &self,
        rows: &Rows<'_>,
        filter: &Filter,
        fields: &[&'static str],
        facts: &mut Vec<Fact>,
    ) -> Vec<String> {
        let median = self.say("op.median", &[]);
        fields
            .iter()
            .map(|&field| {
                let column = price_column(field, filter.deal());
                let label = self.words.label(column);
                match rows.over(Op::Median, column) {
                    Some(value) => {
                        facts.push(over_many(Op::Median, column, value));
                        format!(
                            "{label}{}{median} {}",
                            if self.words.english() { " " } else { "" },
                            self.words.number(column, value)
                        )
                    }
                    None => self.say("say.unknown", &[("label", &label)]),
                }
            })
            .collect()
    }
}

/// A sentence with its first letter large.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Of several rows of one address (one for sale, one to let), the one that is offered the way that is asked about.
fn offered_so<'a>(rows: &[&'a Arc<Listing>], fields: &[&'static str]) -> Option<&'a Arc<Listing>> {
    let asks = |column| fields.contains(&column);
    let deal = match (asks("sale_price_hkd"), asks("monthly_rent_hkd")) {
        (true, false) => Deal::Sale,
        (false, true) => Deal::Rent,
        _ => return None,
    };
    let address = |l: &Listing| (l.estate_en.clone(), l.block_en.clone(), l.floor, l.unit.clone());
    if rows.windows(2).any(|w| address(w[0]) != address(w[1])) {
        return None;
    }
    let mut offered = rows.iter().filter(|l| l.deal == deal || l.deal == Deal::Both);
    offered.next().filter(|_| offered.next().is_none()).copied()
}

/// How many there are, as a fact.
fn count(n: usize) -> Fact {
    Fact { reference: None, field: "count".into(), value: n.into(), as_of: None, of: None }
}

/// A figure over many listings, as a fact: a number, or the day where the column holds dates.
fn over_many(op: Op, column: &str, value: f64) -> Fact {
    let value = columns::date(column, value).map_or_else(|| exact(value), |date| json!(date));
    Fact { reference: None, field: format!("{}_{column}", op.as_str()), value, as_of: None, of: None }
}

fn exact(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}
