//! CONTRACT.md's `where`, read over plain rows one by one: what the assistant says it looked for is looked for again,
//! by other code.

use super::world::{Row, World, text};
use branchbox::language::fold_str;
use serde_json::Value;
use std::cmp::Ordering;

/// The rows that meet the conditions; of any status, or only those on offer.
pub fn select<'a>(world: &'a World, conds: &Value, any_status: bool) -> Vec<&'a Row> {
    let meets = |r: &&Row| (any_status || text(r, "status") == "available") && matches(r, conds);
    world.rows.iter().filter(meets).collect()
}

/// Whether a row meets every condition.
pub fn matches(row: &Row, conds: &Value) -> bool {
    conds.as_object().unwrap_or_else(|| panic!("no conditions: {conds}")).iter().all(|(k, v)| one(row, k, v))
}

fn one(row: &Row, key: &str, v: &Value) -> bool {
    // A date is bounded as it is written: 2026-12-31.
    if let (Some(column), Some(last)) = (key.strip_suffix("_max"), v.as_str()) {
        return !text(row, column).is_empty() && text(row, column) <= last;
    }
    let bound = |column: &str| (number(row, column), v.as_f64().expect("a bound is a number"));
    match key {
        "deal" => text(row, "deal") == v || text(row, "deal") == "both",
        "any" => listed(v).iter().any(|w| matches(row, w)),
        "not" => !matches(row, v),
        "facility" => listed(v).iter().all(|f| text(row, "facilities_en").contains(word(f))),
        "orientation" => text(row, "orientation_en").to_lowercase().contains(word(v)),
        "terrace" | "rooftop" => {
            Some(number(row, &format!("{key}_sqft")).is_some_and(|sqft| sqft > 0.0)) == v.as_bool()
        }
        "block" => block(row, word(v)),
        key => match (key.strip_suffix("_min"), key.strip_suffix("_max")) {
            (Some(column), _) => matches!(bound(column), (Some(x), least) if x >= least),
            (_, Some(column)) => matches!(bound(column), (Some(x), most) if x <= most),
            _ => listed(v).iter().any(|w| same(&row[key], w)),
        },
    }
}

fn listed(v: &Value) -> Vec<Value> {
    v.as_array().cloned().unwrap_or_else(|| vec![v.clone()])
}

fn word(v: &Value) -> &str {
    v.as_str().unwrap_or_else(|| panic!("not a word: {v}"))
}

/// Whether two values are the same, 3 and 3.0 too. A column that holds nothing equals nothing.
pub fn same(a: &Value, b: &Value) -> bool {
    !a.is_null() && (a == b || matches!((a.as_f64(), b.as_f64()), (Some(x), Some(y)) if x == y))
}

/// "3" is Tower 3, Block 3 and 3座; a block with a name goes by its folded English name.
fn block(row: &Row, key: &str) -> bool {
    let (en, zh) = (fold_str(text(row, "block_en")), fold_str(text(row, "block_zh")));
    en == key
        || en.split_once(' ').is_some_and(|(_, number)| number == key)
        || zh.strip_suffix('座') == Some(key)
}

/// What a question may ask for that is several columns, or one in two languages: words, of which there is no median.
const WORDY: [&str; 8] =
    ["mtr", "view", "orientation", "decoration", "facilities", "agent", "description", "valuation"];

/// The number in a column; a date counts as its day.
pub fn number(row: &Row, column: &str) -> Option<f64> {
    if WORDY.contains(&column) {
        return None;
    }
    let value = row.get(column).unwrap_or_else(|| panic!("no such column: {column}"));
    let day = |s: &str| s.parse::<jiff::civil::Date>().ok();
    let since = |d: jiff::civil::Date| f64::from((d - jiff::civil::date(1900, 1, 1)).get_days());
    value.as_f64().or_else(|| value.as_str().and_then(day).map(since))
}

/// Whether the value of a fact is the figure; a date is the day of it, or before it where it falls between two days.
pub fn is_figure(fact: &Value, figure: f64) -> bool {
    match fact.as_str().and_then(|s| s.parse::<jiff::civil::Date>().ok()) {
        Some(d) => f64::from((d - jiff::civil::date(1900, 1, 1)).get_days()) == figure.floor(),
        None => fact.as_f64().is_some_and(|v| (v - figure).abs() <= figure.abs() * 1e-12),
    }
}

/// The column that "price" is, by the deal of the conditions.
pub fn priced<'a>(column: &'a str, conds: &Value) -> &'a str {
    match (column, conds["deal"].as_str()) {
        ("price", Some("rent")) => "monthly_rent_hkd",
        ("price", _) => "sale_price_hkd",
        (column, _) => column,
    }
}

/// How two rows follow each other in an order ("price asc"); one without a value comes last either way.
pub fn order(a: &Row, b: &Row, sort: &str, conds: &Value) -> Ordering {
    let (column, direction) = sort.split_once(' ').expect("a column and a direction");
    let column = priced(column, conds);
    match (number(a, column), number(b, column)) {
        (Some(x), Some(y)) if direction == "desc" => y.total_cmp(&x),
        (Some(x), Some(y)) => x.total_cmp(&y),
        (x, y) => x.is_none().cmp(&y.is_none()),
    }
}

/// A figure over rows, by CONTRACT.md's name of it.
pub fn figure(op: &str, rows: &[&Row], column: &str) -> Option<f64> {
    if op == "count" {
        return Some(rows.len() as f64);
    }
    let mut values: Vec<f64> = rows.iter().filter_map(|r| number(r, column)).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    Some(match op {
        _ if n == 0 => return None,
        "min" => values[0],
        "max" => values[n - 1],
        "median" if n % 2 == 1 => values[n / 2],
        "median" => (values[n / 2 - 1] + values[n / 2]) / 2.0,
        "mean" => values.iter().sum::<f64>() / n as f64,
        other => panic!("no such figure: {other}"),
    })
}
