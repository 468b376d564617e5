//! A query to a reply: the rows it means, and the words for them. Every figure that is said comes from a row.

use super::query::{Filter, Op, Query, Sort, Target};
use super::resolve::{Base, Found, price_column};
use super::words::Words;
use super::{Fact, Kind, Reply, columns};
use crate::language::{Script, chinese};
use crate::listings::{Deal, Listing, Parking, Status, Tenancy};
use jiff::civil::Date;
use serde_json::{Value, json};

/// A page of results.
const PAGE: usize = 10;
/// Most candidates of a question back.
const CANDIDATES: usize = 20;
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
            Query::NotHere(name) if self.words.tongue.script == Script::Hant => {
                // An unknown name is kept as it was folded, in Simplified characters.
                let name = chinese::to_traditional(name);
                self.plain(Kind::NotFound, "say.not_found_place", &[("what", &name)])
            }
            Query::NotHere(name) => self.plain(Kind::NotFound, "say.not_found_place", &[("what", name)]),
            Query::Search { filter, sort } => self.results(filter, sort.as_ref()),
            Query::Facts { target, fields } => self.facts(target, fields),
            Query::Aggregate { op, column, filter } => self.aggregate(*op, column, filter),
            Query::Compare { subjects, fields } => self.compare(subjects, fields),
            Query::WhichPlace { places, queries } => {
                let mut rows: Vec<&Listing> = Vec::new();
                queries.iter().for_each(|q| rows.extend(self.rows(q)));
                let what = self.words.places(places);
                Reply {
                    listings: self.public(&rows, CANDIDATES),
                    ..self.plain(Kind::Clarify, "say.which_place", &[("what", &what)])
                }
            }
        }
    }

    /// The listings that a query is about.
    fn rows<'q>(&'q self, query: &'q Query) -> Vec<&'q Listing> {
        match query {
            Query::Search { filter, sort } => self.base.search(filter, sort.as_ref(), self.today),
            Query::Aggregate { filter, .. } => self.base.search(filter, None, self.today),
            Query::Facts { target, .. } => self.meant(target),
            Query::Compare { subjects, .. } => subjects.iter().flat_map(|s| self.meant(s)).collect(),
            _ => vec![],
        }
    }

    fn meant<'q>(&'q self, target: &'q Target) -> Vec<&'q Listing> {
        match self.base.find(target, self.today) {
            Found::None => vec![],
            Found::One(l) => vec![l],
            Found::Many(rows) => rows,
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

    fn public(&self, rows: &[&Listing], most: usize) -> Vec<serde_json::Map<String, Value>> {
        rows.iter().take(most).map(|l| l.to_public_json(self.today)).collect()
    }

    fn results(&self, filter: &Filter, sort: Option<&Sort>) -> Reply {
        let rows = self.base.search(filter, sort, self.today);
        let what = self.words.what(self.base, filter);
        let n = rows.len().to_string();
        let text = match rows.as_slice() {
            [] => self.say("say.results_none", &[("what", &what)]),
            [l] => self.say("say.results_one", &[("what", &what)]) + &self.words.unit(l),
            _ => self.say("say.results", &[("n", &n), ("what", &what)]),
        };
        Reply {
            total: Some(rows.len()),
            listings: self.public(&rows, PAGE),
            facts: vec![Fact {
                reference: None,
                field: "count".into(),
                value: rows.len().into(),
                as_of: None,
            }],
            ..self.blank(Kind::Results, &text)
        }
    }

    fn facts(&self, target: &Target, fields: &[&'static str]) -> Reply {
        match self.base.find(target, self.today) {
            Found::None => {
                let what = self.words.target(self.base, target);
                self.plain(Kind::NotFound, "say.not_found_unit", &[("what", &what)])
            }
            Found::Many(rows) => {
                let text = self.say("say.clarify", &[("n", &rows.len().to_string())]);
                Reply { listings: self.public(&rows, CANDIDATES), ..self.blank(Kind::Clarify, &text) }
            }
            Found::One(l) => self.one(l, fields),
        }
    }

    /// The facts of one listing.
    fn one(&self, l: &Listing, fields: &[&'static str]) -> Reply {
        let (said, facts) = self.facts_of(l, fields);
        let slots = [("unit", self.words.unit(l)), ("facts", said.join(&self.say("say.separator", &[])))];
        let mut text = self.say("say.answer", &[("unit", &slots[0].1), ("facts", &slots[1].1)]);
        if l.updated_at.until(self.today).is_ok_and(|s| s.get_days() > FRESH_DAYS) {
            text += &self.say("say.asof", &[("v", &l.updated_at.to_string())]);
        }
        Reply { listings: self.public(&[l], 1), facts, ..self.blank(Kind::Answer, &text) }
    }

    fn facts_of(&self, l: &Listing, fields: &[&'static str]) -> (Vec<String>, Vec<Fact>) {
        let row = l.to_public_json(self.today);
        let (mut said, mut facts) = (Vec::new(), Vec::new());
        let mut columns = self.expand(l, fields);
        if l.status != Status::Available && !columns.iter().any(|c| c == "status") {
            columns.insert(0, "status".into());
        }
        let valuations = columns.iter().filter(|c| c.starts_with("valuation_")).count();
        let nothing_valued =
            !columns.iter().any(|c| c.starts_with("valuation_") && !row[c.as_str()].is_null());
        let mut unvalued = false;
        for column in columns {
            let value = &row[column.as_str()];
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
            said.push(self.fact(&column, value));
            facts.push(Fact {
                reference: Some(l.reference.clone()),
                field: column,
                value: value.clone(),
                as_of: Some(l.updated_at),
            });
        }
        (said, facts)
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
        let rows = self.base.search(filter, None, self.today);
        let what = self.words.what(self.base, filter);
        let figure = |field: &str, value: f64| Fact {
            reference: None,
            field: field.into(),
            value: exact(value),
            as_of: None,
        };
        if op == Op::Count {
            let text = self.say("say.count", &[("n", &rows.len().to_string()), ("what", &what)]);
            return Reply {
                facts: vec![figure("count", rows.len() as f64)],
                ..self.blank(Kind::Answer, &text)
            };
        }
        let column = price_column(column, filter.deal());
        let values: Vec<f64> = rows.iter().filter_map(|l| columns::number(l, column, self.today)).collect();
        let label = self.words.label(column);
        let Some(value) = over(op, values) else {
            return self.plain(Kind::Answer, "say.figure_none", &[("what", &what), ("label", &label)]);
        };
        let shown = self.shown(column, value, &rows);
        let op_word = self.say(&format!("op.{}", op.as_str()), &[]);
        let slots = [("what", what.as_str()), ("label", &label), ("op", &op_word), ("v", &shown)];
        if !matches!(op, Op::Min | Op::Max) {
            let field = format!("{}_{column}", op.as_str());
            return Reply {
                facts: vec![figure(&field, value)],
                ..self.plain(Kind::Answer, "say.figure", &slots)
            };
        }
        let best: Vec<&Listing> =
            rows.into_iter().filter(|l| columns::number(l, column, self.today) == Some(value)).collect();
        let unit = best.first().map(|l| self.words.unit(l)).unwrap_or_default();
        let text = self.say("say.figure_who", &[&slots[..], &[("unit", unit.as_str())]].concat());
        let facts = best.iter().map(|l| Fact {
            reference: Some(l.reference.clone()),
            field: column.into(),
            value: l.to_public_json(self.today)[column].clone(),
            as_of: Some(l.updated_at),
        });
        Reply {
            facts: facts.collect(),
            listings: self.public(&best, PAGE),
            ..self.blank(Kind::Answer, &text)
        }
    }

    /// A figure as it is said; a date is not a number to a reader.
    fn shown(&self, column: &str, value: f64, rows: &[&Listing]) -> String {
        if column == "listed_on" {
            let row = rows.iter().find(|l| columns::number(l, column, self.today) == Some(value));
            return row.and_then(|l| l.listed_on).map(|d| d.to_string()).unwrap_or_default();
        }
        self.words.number(column, value)
    }

    fn compare(&self, subjects: &[Target], fields: &[&'static str]) -> Reply {
        let mut reply = self.blank(Kind::Comparison, "");
        let mut sides = Vec::new();
        for subject in subjects {
            let rows = match subject {
                Target::Unit(filter) => self.base.search(filter, None, self.today),
                other => match self.base.find(other, self.today) {
                    Found::One(l) => vec![l],
                    _ => {
                        let what = self.words.target(self.base, other);
                        return self.plain(Kind::NotFound, "say.not_found_unit", &[("what", &what)]);
                    }
                },
            };
            let (name, said) = match (rows.as_slice(), subject) {
                ([l], _) => {
                    let (said, facts) = self.facts_of(l, fields);
                    reply.facts.extend(facts);
                    reply.listings.push(l.to_public_json(self.today));
                    let name = if matches!(subject, Target::Ref(_)) {
                        format!("{} {}", l.reference, self.words.unit(l))
                    } else {
                        self.words.unit(l)
                    };
                    (name, said)
                }
                (rows, Target::Unit(filter)) => (
                    self.words.filter(self.base, filter),
                    self.medians(rows, filter, fields, &mut reply.facts),
                ),
                _ => continue,
            };
            let joined = said.join(&self.say("say.join", &[]));
            sides.push(self.say("say.compare_side", &[("what", &name), ("facts", &joined)]));
        }
        reply.text = self.words.finish(&sides.join(&self.say("say.separator", &[])));
        reply
    }

    fn medians(
        &self,
        rows: &[&Listing],
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
                match over(
                    Op::Median,
                    rows.iter().filter_map(|l| columns::number(l, column, self.today)).collect(),
                ) {
                    Some(value) => {
                        facts.push(Fact {
                            reference: None,
                            field: format!("median_{column}"),
                            value: exact(value),
                            as_of: None,
                        });
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

/// The figure over the values, or `None` where there are none.
fn over(op: Op, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    Some(match op {
        _ if n == 0 => return None,
        Op::Count => n as f64,
        Op::Min => values[0],
        Op::Max => values[n - 1],
        Op::Median if n % 2 == 1 => values[n / 2],
        Op::Median => (values[n / 2 - 1] + values[n / 2]) / 2.0,
        Op::Mean => values.iter().sum::<f64>() / n as f64,
    })
}

fn exact(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}
