//! Values, units and conditions in a reader's words.

use super::phrases::{Phrases, phrases};
use super::query::{Cond, Filter, Target, Test};
use super::resolve::Base;
use crate::language::Script;
use crate::language::{Language, Place, PlaceKind, Tongue, chinese};
use crate::listings::{Deal, Listing};

/// Columns whose label a reader may see.
#[cfg(test)]
pub const SHOWN: &[&str] = &[
    "price_psf",
    "saleable_area_sqft",
    "gross_area_sqft",
    "sale_price_hkd",
    "monthly_rent_hkd",
    "management_fee_hkd_month",
    "rates_hkd_quarter",
    "building_age",
    "mtr_walk_minutes",
    "terrace_sqft",
    "rooftop_sqft",
    "last_transaction_hkd",
];

/// A writer of one language and script.
pub struct Words {
    /// What is written in.
    pub tongue: Tongue,
    /// Its phrases.
    pub phrases: &'static Phrases,
}

impl Words {
    /// A writer.
    pub fn new(tongue: Tongue) -> Self {
        Self { tongue, phrases: phrases(tongue.language) }
    }

    /// Whether English is written.
    pub fn english(&self) -> bool {
        self.tongue.language == Language::En
    }

    /// A finished text in the reader's script. Values come from the base in Traditional, Mandarin phrases in Simplified.
    pub fn finish(&self, text: &str) -> String {
        match (self.tongue.language, self.tongue.script) {
            (_, Script::Hans) => chinese::to_simplified(text),
            (Language::Cmn, Script::Hant) => chinese::to_traditional(text),
            _ => text.to_owned(),
        }
    }

    /// A number of a column: dollars and areas with their unit, years and minutes bare.
    pub fn number(&self, column: &str, value: f64) -> String {
        let plain = if value.fract() == 0.0 {
            grouped(value as i64)
        } else {
            format!(
                "{}.{}",
                grouped(value.trunc() as i64),
                ((value.fract().abs() * 10.0).round() as i64).min(9)
            )
        };
        if column.ends_with("_psf") || column.contains("_hkd") {
            self.phrases.say("units.money", &[("v", &plain)])
        } else if column.ends_with("_sqft") {
            self.phrases.say("units.area", &[("v", &plain)])
        } else if column == "year_completed" {
            format!("{value}")
        } else {
            plain
        }
    }

    /// What a column is called.
    pub fn label(&self, column: &str) -> String {
        let bare = column.strip_suffix("_zh").or(column.strip_suffix("_en")).unwrap_or(column);
        self.phrases.find(&format!("labels.{bare}")).unwrap_or(bare).to_owned()
    }

    /// The address of a unit.
    pub fn unit(&self, l: &Listing) -> String {
        if self.english() {
            let floor = if l.floor == 0 { "G/F".to_owned() } else { format!("{}/F", l.floor) };
            let block = if l.block_en.is_empty() { String::new() } else { format!("{}, ", l.block_en) };
            return format!("Flat {}, {floor}, {block}{}", l.unit, l.estate_en);
        }
        let floor = if l.floor == 0 { "地下".to_owned() } else { format!("{}樓", l.floor) };
        format!("{}{}{floor}{}室", l.estate_zh, l.block_zh, l.unit)
    }

    /// The name of a place in the reader's language.
    fn place(&self, base: &Base, column: &str, name_en: &str) -> String {
        let kind = match column {
            "estate_en" => PlaceKind::Estate,
            "district_en" => PlaceKind::District,
            "region_en" => PlaceKind::Region,
            _ => PlaceKind::Mtr,
        };
        let name = match base.places.name_zh(kind, name_en) {
            Some(zh) if !self.english() && !zh.is_empty() => zh.to_owned(),
            _ => name_en.to_owned(),
        };
        if kind == PlaceKind::Mtr { self.phrases.say("describe.station", &[("v", &name)]) } else { name }
    }

    /// Places among which the reader is to choose.
    pub fn places(&self, places: &[Place]) -> String {
        let names = places.iter().map(|p| {
            let english = self.english() || p.name_zh.is_empty();
            let name = if english { &p.name_en } else { &p.name_zh };
            match p.kind {
                PlaceKind::Mtr => self.phrases.say("describe.station", &[("v", name)]),
                _ => name.clone(),
            }
        });
        let (names, join) = (names.collect::<Vec<_>>(), self.phrases.say("say.join", &[]));
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                [others.join(&join), last.clone()].join(&self.phrases.say("say.which_or", &[]))
            }
            _ => names.concat(),
        }
    }

    /// A condition in words.
    fn condition(&self, base: &Base, c: &Cond) -> String {
        let value = |v: &str| {
            let key = format!("values.{}.{v}", c.column);
            self.phrases.find(&key).unwrap_or(v).to_owned()
        };
        let or = self.phrases.say("describe.or", &[]);
        let listed = |all: Vec<String>| all.join(&or);
        let words = match &c.test {
            Test::OneOf(names)
                if c.column.ends_with("_en")
                    && !matches!(c.column, "view_en" | "orientation_en" | "decoration_en") =>
            {
                listed(names.iter().map(|n| self.place(base, c.column, n)).collect())
            }
            Test::OneOf(names) if c.column == "unit" => {
                self.phrases.say("describe.unit", &[("v", &names.join("/"))])
            }
            Test::OneOf(all) => listed(all.iter().map(|v| value(v)).collect()),
            Test::Numbers(all) => listed(all.iter().map(|n| self.counted(c.column, *n)).collect()),
            Test::Range(min, max) => self.range(c.column, *min, *max),
            Test::Facing(v) => value(v),
            Test::Facilities(all) => {
                all.iter().map(|v| value(v)).collect::<Vec<_>>().join(&self.phrases.say("say.join", &[]))
            }
            Test::Present(yes) => value(if *yes { "yes" } else { "no" }),
            Test::Deal(d) => self.phrases.say(if *d == Deal::Rent { "deal.rent" } else { "deal.sale" }, &[]),
            Test::Block(key) => match base.places.block_name(key, self.english()) {
                Some(name) => name,
                None => self.phrases.say("describe.block", &[("v", &key.to_uppercase())]),
            },
            Test::Any(all) => listed(all.iter().map(|f| self.filter(base, f)).collect()),
        };
        if c.negated { self.phrases.say("describe.not", &[("v", &words)]) } else { words }
    }

    fn counted(&self, column: &str, n: i64) -> String {
        let name = if column == "bedrooms" && n == 0 { "bedrooms_0" } else { column };
        match self.phrases.find(&format!("describe.{name}")) {
            Some(_) => self.phrases.say(&format!("describe.{name}"), &[("n", &n.to_string())]),
            None => format!("{} {n}", self.label(column)),
        }
    }

    fn range(&self, column: &str, min: Option<f64>, max: Option<f64>) -> String {
        let label = self.label(column);
        let number = |v: Option<f64>| v.map(|v| self.number(column, v.round())).unwrap_or_default();
        let (v, w) = (number(min), number(max));
        match (min, max) {
            (Some(_), Some(_)) => {
                self.phrases.say("describe.range", &[("label", &label), ("v", &v), ("w", &w)])
            }
            (Some(_), None) => self.phrases.say("describe.min", &[("label", &label), ("v", &v)]),
            _ => self.phrases.say("describe.max", &[("label", &label), ("v", &w)]),
        }
    }

    /// All conditions in words, empty where there are none.
    pub fn filter(&self, base: &Base, filter: &Filter) -> String {
        let join = self.phrases.say("say.join", &[]);
        filter.conds.iter().map(|c| self.condition(base, c)).collect::<Vec<_>>().join(&join)
    }

    /// What is looked for, as the object of a sentence.
    pub fn what(&self, base: &Base, filter: &Filter) -> String {
        match self.filter(base, filter) {
            words if words.is_empty() => self.phrases.say("say.results_unconditional", &[]),
            words => self.phrases.say("say.described", &[("v", &words)]),
        }
    }

    /// What is meant by a target.
    pub fn target(&self, base: &Base, target: &Target) -> String {
        match target {
            Target::Ref(r) => r.clone(),
            Target::OneOf(refs) => refs.join(", "),
            Target::Unit(f) | Target::Best(f, _) => self.filter(base, f),
        }
    }
}

/// 12345678 to "12,345,678".
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
