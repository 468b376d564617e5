//! Values with their units, and addresses, in a reader's words.

use super::phrases::{Phrases, phrases};
use crate::language::Script;
use crate::language::{Language, Place, PlaceKind, Tongue, chinese};
use crate::listings::Listing;

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

    /// The client's own word in the reader's script: a Cantonese reply to a question in Simplified characters has none.
    pub fn quoted(&self, word: &str) -> String {
        match self.tongue.script {
            Script::Hant if word.chars().any(chinese::only_simplified) => chinese::to_traditional(word),
            _ => word.to_owned(),
        }
    }

    /// A number of a column with its unit: dollars, square feet, minutes, years. Chinese readers get large round
    /// amounts in 萬, as prices are spoken of: 12,380,000 is 1,238萬.
    pub fn number(&self, column: &str, value: f64) -> String {
        if let Some(date) = super::columns::date(column, value) {
            return date.to_string();
        }
        let unit = |name: &str, v: &str| self.phrases.say(&format!("units.{name}"), &[("v", v)]);
        let plain = decimal(value);
        if column.ends_with("_psf") || column.contains("_hkd") {
            let round = value >= 1_000_000.0 && value % 1000.0 == 0.0;
            if round && !self.english() {
                return unit("ten_thousands", &decimal(value / 10_000.0));
            }
            unit("money", &plain)
        } else if column.ends_with("_sqft") {
            unit("area", &plain)
        } else if column == "mtr_walk_minutes" {
            unit("minutes", &plain)
        } else if column == "building_age" {
            unit("years", &plain)
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

    /// That the data holds nothing of what else was asked; "" where nothing was.
    pub fn beyond(&self, things: &[&str]) -> String {
        let names: Vec<_> = things.iter().map(|t| self.phrases.say(&format!("beyond.{t}"), &[])).collect();
        let what = names.join(&self.phrases.say("say.join", &[]));
        if names.is_empty() { what } else { self.finish(&self.phrases.say("say.beyond", &[("what", &what)])) }
    }

    /// That prices are withheld, and why.
    pub fn withheld(&self, days: i64) -> String {
        self.finish(&self.phrases.say("say.withheld", &[("n", &days.to_string())]))
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
}

/// A number with its thousands apart and at most one decimal.
fn decimal(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let whole = grouped(tenths / 10);
    if tenths % 10 == 0 { whole } else { format!("{whole}.{}", (tenths % 10).abs()) }
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
