//! Listing bases to ask about: the invented branch under two seeds, with odd rows among the usual ones, as the
//! assistant that answers and as plain rows that the audit reads.

use branchbox::assistant::Assistant;
use branchbox::demo::listings::generate;
use branchbox::listings::{Listing, PrivateFacts, Status};
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

pub type Row = Map<String, Value>;

/// The day of the tests.
pub const TODAY: Date = date(2026, 11, 22);

/// A listing base from both sides.
pub struct World {
    pub assistant: Assistant,
    pub rows: Vec<Row>,
    pub private: Vec<PrivateFacts>,
    by_ref: HashMap<String, usize>,
    /// Every name of a place, in both languages; names of blocks that are no numbers too.
    pub names: HashSet<String>,
}

impl World {
    /// A base of `count` listings, odd ones among them.
    pub fn new(count: usize, seed: u64) -> Self {
        let mut rows = generate(count, seed, TODAY);
        rows.iter_mut().enumerate().for_each(|(i, r)| odd(i, &mut r.0));
        Self::of(rows, format!("seed {seed}"))
    }

    /// A base of these rows.
    pub fn of(rows: Vec<(Listing, PrivateFacts)>, version: String) -> Self {
        let (listings, private): (Vec<Listing>, Vec<_>) = rows.into_iter().unzip();
        let rows: Vec<Row> = listings.iter().map(row).collect();
        let mut names = HashSet::new();
        for r in &rows {
            for column in ["estate", "district", "region", "mtr", "block"] {
                for language in ["zh", "en"] {
                    let name = text(r, &format!("{column}_{language}"));
                    let numbered = column == "block" && name.chars().any(|c| c.is_ascii_digit());
                    if name.chars().count() > 1 && !numbered {
                        names.insert(name.to_owned());
                    }
                }
            }
        }
        let by_ref = rows.iter().enumerate().map(|(i, r)| (text(r, "ref").to_owned(), i)).collect();
        Self { assistant: Assistant::new(listings, version), rows, private, by_ref, names }
    }

    /// The row with a reference.
    pub fn row(&self, reference: &str) -> Option<&Row> {
        self.by_ref.get(reference).map(|&i| &self.rows[i])
    }

    /// The owner's side of the listing with a reference.
    pub fn private(&self, reference: &str) -> Option<&PrivateFacts> {
        self.by_ref.get(reference).map(|&i| &self.private[i])
    }
}

/// The text in a column, empty where there is none.
pub fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// Makes some rows unlike the others: what a file of a real branch has in it.
fn odd(i: usize, l: &mut Listing) {
    match i % 23 {
        1 => l.floor = 0,
        2 => (l.block_zh, l.block_en) = Default::default(),
        3 => l.unit = "12".into(),
        5 => (l.gross_area_sqft, l.living_rooms, l.ensuites, l.bathrooms) = Default::default(),
        7 => (l.management_fee_hkd_month, l.rates_hkd_quarter, l.school_net_primary) = Default::default(),
        8 => (l.mtr_zh, l.mtr_en, l.mtr_walk_minutes) = Default::default(),
        11 => (l.terrace_sqft, l.rooftop_sqft) = (Some(317), Some(0)),
        13 => l.monthly_rent_hkd = l.monthly_rent_hkd.map(|rent| rent + 7),
        14 => (l.view_zh, l.view_en, l.listed_on) = Default::default(),
        17 => (l.orientation_zh, l.orientation_en, l.agent_zh, l.agent_en) = Default::default(),
        19 => l.status = Status::Withdrawn,
        20 => l.available_from = None,
        _ => {}
    }
}

/// A listing as the table has it, with the derived columns worked out here (CONTRACT.md, "Listing base").
fn row(l: &Listing) -> Row {
    let Value::Object(mut row) = json!(l) else { unreachable!("a struct is an object") };
    let per_foot = |column: &str, row: &Row| {
        Some(row[column].as_f64()? / row["saleable_area_sqft"].as_f64().expect("an area"))
    };
    let price = per_foot("sale_price_hkd", &row).map(|v| v.round() as i64);
    let rent = per_foot("monthly_rent_hkd", &row).map(|v| (v * 10.0).round() / 10.0);
    let age = i64::from(TODAY.year()) - l.year_completed;
    row.extend([
        ("price_psf".to_owned(), json!(price)),
        ("rent_psf".to_owned(), json!(rent)),
        ("building_age".to_owned(), json!(age)),
    ]);
    row
}
