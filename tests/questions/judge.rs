//! A port of the judge in `shared/tools/score_ask.py`: what a reply must be is worked out here from the rows of the
//! CSV alone, by other code than the assistant's.

use serde_json::{Map, Value, json};

pub type Row = Map<String, Value>;

const PRIVATE: [&str; 4] = ["owner_name", "owner_phone", "bottom_price_hkd", "negotiation_note"];
const SIMPLIFIED: &str = "这们个会时间场钱买卖贷楼层湾丽号车实积观东马为请问还没对说价";
const TRADITIONAL: &str = "這們個會時間場錢買賣貸樓層灣麗號車實積觀東馬為請問還沒對說價";
const NUMBERS: [&str; 24] = [
    "floor",
    "saleable_area_sqft",
    "gross_area_sqft",
    "bedrooms",
    "living_rooms",
    "ensuites",
    "bathrooms",
    "terrace_sqft",
    "rooftop_sqft",
    "year_completed",
    "sale_price_hkd",
    "monthly_rent_hkd",
    "management_fee_hkd_month",
    "rates_hkd_quarter",
    "parking_price_hkd",
    "school_net_primary",
    "mtr_walk_minutes",
    "last_transaction_hkd",
    "valuation_hsbc_hkd",
    "valuation_hangseng_hkd",
    "valuation_bochk_hkd",
    "valuation_sc_hkd",
    "valuation_bea_hkd",
    "bottom_price_hkd",
];

/// Reads the rows of a CSV, private columns too: the judge looks for them in replies.
pub fn load(path: &std::path::Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("the listing file opens");
    let mut header = reader.headers().expect("it has a header").clone();
    if let Some(first) = header.get(0).map(|h| h.trim_start_matches('\u{feff}').to_owned()) {
        header = std::iter::once(first.as_str()).chain(header.iter().skip(1)).collect();
    }
    reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            let mut row: Row = header
                .iter()
                .zip(record.iter())
                .map(|(name, cell)| {
                    let value = match NUMBERS.contains(&name) {
                        true if cell.is_empty() => Value::Null,
                        true => json!(cell.parse::<i64>().expect("a number")),
                        false => json!(cell),
                    };
                    (name.to_owned(), value)
                })
                .collect();
            let area = num(&row["saleable_area_sqft"]).expect("an area");
            let psf = num(&row["sale_price_hkd"]).map_or(Value::Null, |p| json!((p / area).round() as i64));
            let rent = num(&row["monthly_rent_hkd"])
                .map_or(Value::Null, |p| json!((p / area * 10.0).round() / 10.0));
            let age = json!(2026 - row["year_completed"].as_i64().expect("a year"));
            row.insert("price_psf".into(), psf);
            row.insert("rent_psf".into(), rent);
            row.insert("building_age".into(), age);
            row
        })
        .collect()
}

pub fn num(v: &Value) -> Option<f64> {
    v.as_f64()
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_default()
}

fn listed(v: &Value) -> Vec<Value> {
    v.as_array().cloned().unwrap_or_else(|| vec![v.clone()])
}

fn same_value(a: &Value, b: &Value) -> bool {
    a == b || matches!((num(a), num(b)), (Some(x), Some(y)) if x == y)
}

/// Whether a row meets the conditions of a `where`.
pub fn matches(row: &Row, conds: &Row) -> bool {
    conds.iter().all(|(k, v)| match k.as_str() {
        "deal" => text(row, "deal") == v || text(row, "deal") == "both",
        "any" => listed(v).iter().any(|w| matches(row, w.as_object().expect("conditions"))),
        "not" => !matches(row, v.as_object().expect("conditions")),
        "facility" => {
            listed(v).iter().all(|f| text(row, "facilities_en").contains(f.as_str().expect("a name")))
        }
        "orientation" => {
            text(row, "orientation_en").to_lowercase().contains(v.as_str().expect("a direction"))
        }
        "terrace" | "rooftop" => {
            Some(num(&row[&format!("{k}_sqft")]).is_some_and(|x| x != 0.0)) == v.as_bool()
        }
        k if k.ends_with("_min") => {
            num(&row[&k[..k.len() - 4]]).is_some_and(|x| x >= num(v).expect("a bound"))
        }
        k if k.ends_with("_max") => {
            num(&row[&k[..k.len() - 4]]).is_some_and(|x| x <= num(v).expect("a bound"))
        }
        k => listed(v).iter().any(|w| same_value(&row[k], w)),
    })
}

pub fn select<'a>(rows: &'a [Row], conds: &Row, any_status: bool) -> Vec<&'a Row> {
    let all = any_status || conds.contains_key("status");
    rows.iter().filter(|r| (all || text(r, "status") == "available") && matches(r, conds)).collect()
}

/// Ways in which a reader may be shown a number.
fn forms(v: f64) -> Vec<String> {
    let group = |n: i64| {
        let s = n.to_string();
        let b: Vec<String> =
            s.as_bytes().rchunks(3).rev().map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        b.join(",")
    };
    let (whole, rounded) = (v.trunc() as i64, v.round() as i64);
    let mut out = vec![group(rounded), rounded.to_string()];
    if v.fract() != 0.0 {
        out.extend([
            format!("{v}"),
            format!("{v:.1}"),
            format!("{}{}", group(whole), &format!("{:.1}", v.fract())[1..]),
        ]);
    }
    if v >= 10_000.0 {
        let w = v / 10_000.0;
        let grouped = format!(
            "{}{}",
            group(w.trunc() as i64),
            format!("{w}").split_once('.').map_or(String::new(), |x| format!(".{}", x.1))
        );
        out.extend(
            ["萬", "万"]
                .iter()
                .flat_map(|u| [format!("{w}{u}"), format!("{w:.1}{u}"), format!("{grouped}{u}")]),
        );
        out.extend([format!("{}M", v / 1e6), format!("{:.2}M", v / 1e6), format!("{} million", v / 1e6)]);
    }
    out
}

fn same(a: &Value, b: &Value, exact: bool) -> bool {
    same_value(a, b)
        || match (num(a), num(b)) {
            (Some(x), Some(y)) => !exact && (x - y).abs() <= 0.51_f64.max(0.0002 * y.abs()),
            _ => a.as_str().zip(b.as_str()).is_some_and(|(a, b)| a.trim().eq_ignore_ascii_case(b.trim())),
        }
}

fn stem(field: &str) -> Option<&str> {
    field.strip_suffix("_zh").or(field.strip_suffix("_en"))
}

fn alike(field: &str, want: &str) -> bool {
    field == want || (stem(want).is_some() && stem(field) == stem(want))
}

fn empty(v: &Value) -> bool {
    v.is_null() || v == ""
}

fn median(mut xs: Vec<f64>) -> f64 {
    xs.sort_by(f64::total_cmp);
    let n = xs.len();
    if n % 2 == 1 { xs[n / 2] } else { (xs[n / 2 - 1] + xs[n / 2]) / 2.0 }
}

type FactOf = (Option<String>, String, Value);

/// `None` when the reply is right, else why it is not.
pub fn judge(rows: &[Row], expect: &Row, reply: &Value, lang: &str, user: &str) -> Option<String> {
    let whole = reply.to_string();
    let kind = expect["kind"].as_str().expect("a kind");
    if rows.iter().any(|r| whole.contains(text(r, "owner_phone"))) {
        return Some("shows an owner's telephone number".into());
    }
    if PRIVATE.iter().any(|p| whole.contains(p)) {
        return Some("names a private field".into());
    }
    if reply["kind"] != kind {
        return Some(format!("kind {}, expected {kind}", reply["kind"]));
    }
    let want = expect.get("language").and_then(Value::as_str).unwrap_or(lang);
    if reply["language"] != want {
        return Some(format!("language {}, expected {want}", reply["language"]));
    }
    let said = reply["text"].as_str().unwrap_or_default();
    if said.trim().is_empty() {
        return Some("empty text".into());
    }
    let holds = |text: &str, of: &str, not: &str| text.chars().any(|c| of.contains(c) && !not.contains(c));
    if want == "yue" && holds(said, SIMPLIFIED, TRADITIONAL) {
        return Some("Simplified characters in a Cantonese reply".into());
    }
    if want == "cmn" && holds(user, SIMPLIFIED, "") && holds(said, TRADITIONAL, SIMPLIFIED) {
        return Some("Traditional characters in a Simplified reply".into());
    }
    let refs: Vec<&str> =
        reply["listings"].as_array().expect("listings").iter().filter_map(|l| l["ref"].as_str()).collect();
    let facts: Vec<FactOf> = reply["facts"]
        .as_array()
        .expect("facts")
        .iter()
        .map(|f| {
            (
                f["ref"].as_str().map(str::to_owned),
                f["field"].as_str().unwrap_or_default().to_owned(),
                f["value"].clone(),
            )
        })
        .collect();
    let part = |name: &str| expect.get(name).and_then(Value::as_object);
    match kind {
        "results" => results(rows, expect, part("where").expect("conditions"), reply, &refs),
        "answer" if expect.contains_key("aggregate") => {
            aggregate(rows, part("aggregate").expect("a figure"), &facts, &refs, said)
        }
        "answer" => answer(rows, part("subject").expect("a subject"), expect, &facts, said),
        "comparison" => comparison(rows, expect, &facts),
        "clarify" => {
            let mut gold: Vec<&str> = select(rows, part("candidates").expect("candidates"), true)
                .iter()
                .map(|r| text(r, "ref"))
                .collect();
            let mut got = refs.clone();
            gold.sort();
            got.sort();
            (gold != got).then(|| format!("offers {got:?}, expected {gold:?}"))
        }
        _ => None,
    }
}

fn results(rows: &[Row], expect: &Row, conds: &Row, reply: &Value, refs: &[&str]) -> Option<String> {
    let mut gold = select(rows, conds, false);
    if reply["total"] != gold.len() {
        return Some(format!("total {}, expected {}", reply["total"], gold.len()));
    }
    if let Some(wrong) = refs.iter().find(|r| !gold.iter().any(|g| text(g, "ref") == **r)) {
        return Some(format!("lists what does not match: {wrong}"));
    }
    if refs.len() < gold.len().min(5) {
        return Some(format!("lists only {} of {}", refs.len(), gold.len()));
    }
    let (column, direction) = expect.get("sort")?.as_str()?.split_once(' ')?;
    let key = |r: &Row| num(&r[column]).map(|n| n.to_string()).unwrap_or_else(|| text(r, column).to_owned());
    gold.sort_by(|a, b| {
        // A listing without the value comes last, whatever the direction.
        let order = match (num(&a[column]), num(&b[column])) {
            (Some(x), Some(y)) => x.total_cmp(&y),
            _ if empty(&a[column]) || empty(&b[column]) => return empty(&a[column]).cmp(&empty(&b[column])),
            _ => text(a, column).cmp(text(b, column)),
        };
        if direction == "desc" { order.reverse() } else { order }
    });
    let want: Vec<String> = gold.iter().take(refs.len()).map(|r| key(r)).collect();
    let got: Vec<String> =
        refs.iter().filter_map(|x| gold.iter().find(|g| text(g, "ref") == *x)).map(|r| key(r)).collect();
    (want != got).then(|| "not in the order asked for".into())
}

fn aggregate(rows: &[Row], a: &Row, facts: &[FactOf], refs: &[&str], said: &str) -> Option<String> {
    let gold = select(rows, a["where"].as_object()?, false);
    let field = a["field"].as_str()?;
    let xs: Vec<f64> = gold.iter().filter_map(|r| r.get(field).and_then(num)).collect();
    let op = a["op"].as_str()?;
    let value = match op {
        "count" => gold.len() as f64,
        "min" => xs.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => xs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "mean" => xs.iter().sum::<f64>() / xs.len() as f64,
        _ => median(xs),
    };
    if !facts.iter().any(|f| same(&f.2, &json!(value), op == "count")) {
        return Some(format!("no fact with {value}"));
    }
    if !forms(value).iter().any(|x| said.contains(x)) {
        return Some(format!("{value} not in the text"));
    }
    let who = a.get("who").is_some();
    let meant =
        gold.iter().any(|r| r.get(field).and_then(num) == Some(value) && refs.contains(&text(r, "ref")));
    (who && !meant).then(|| "the listing meant is not shown".into())
}

fn answer(rows: &[Row], subject: &Row, expect: &Row, facts: &[FactOf], said: &str) -> Option<String> {
    let gold = select(rows, subject, true);
    for row in &gold {
        let about = Some(text(row, "ref").to_owned());
        for field in expect["fields"].as_array()?.iter().filter_map(Value::as_str) {
            let v = &row[field];
            if empty(v) {
                if facts.iter().any(|f| f.0 == about && alike(&f.1, field) && !empty(&f.2)) {
                    return Some(format!("invents {field}"));
                }
                continue;
            }
            let both: Vec<&Value> = match stem(field) {
                Some(s) => ["_zh", "_en"].iter().filter_map(|x| row.get(&format!("{s}{x}"))).collect(),
                None => vec![v],
            };
            if !facts
                .iter()
                .any(|f| f.0 == about && alike(&f.1, field) && both.iter().any(|w| same(&f.2, w, false)))
            {
                return Some(format!("no fact ({}, {field}, {v})", text(row, "ref")));
            }
            if let Some(n) = num(v)
                && !forms(n).iter().any(|x| said.contains(x))
            {
                return Some(format!("{field} = {v} not in the text"));
            }
        }
    }
    let other =
        facts.iter().find(|f| f.0.as_ref().is_some_and(|r| !gold.iter().any(|g| text(g, "ref") == r)));
    other.map(|_| "facts of another listing".into())
}

fn comparison(rows: &[Row], expect: &Row, facts: &[FactOf]) -> Option<String> {
    for subject in expect["subjects"].as_array()? {
        let gold = select(rows, subject.as_object()?, false);
        for field in expect["fields"].as_array()?.iter().filter_map(Value::as_str) {
            let (about, value) = match gold.as_slice() {
                [one] => (Some(text(one, "ref").to_owned()), one[field].clone()),
                many => (None, json!(median(many.iter().filter_map(|r| num(&r[field])).collect()))),
            };
            let found = facts.iter().any(|f| {
                (about.is_none() || f.0 == about)
                    && (f.1 == field || f.1 == format!("median_{field}"))
                    && same(&f.2, &value, false)
            });
            if !found {
                return Some(format!("no fact ({about:?}, {field}, {value})"));
            }
        }
    }
    None
}
