//! The canonical table as CSV (RFC 4180): the heading names the columns, in any order.

use super::{ImportError, RejectedRow, Rows};
use crate::listings::{COLUMNS, Listing, PRIVATE_COLUMNS, PrivateFacts, Problem};
use std::collections::HashMap;

pub fn read(text: &str, file: &str) -> Result<Rows, ImportError> {
    // The reader counts a line of a file from Windows only when it meets the next one; plain line ends count right.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let fail = |e: csv::Error| ImportError::Csv {
        file: file.into(),
        line: e.position().map_or(1, csv::Position::line),
        reason: e.to_string(),
    };
    let heading = reader.headers().map_err(fail)?.clone();
    let at = columns(&heading, file)?;
    let mut rows = Rows {
        unused_columns: heading.iter().filter(|h| !is_known(h.trim())).map(str::to_owned).collect(),
        ..Rows::default()
    };
    let mut first_line: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(fail)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| at.get(name).and_then(|i| record.get(*i)).unwrap_or("");
        match row(&record, heading.len(), cell, &first_line) {
            Ok((listing, private)) => {
                first_line.insert(listing.reference.clone(), line);
                rows.rows.push((listing, private));
                rows.lines.push(line);
            }
            Err(problems) => {
                rows.rejected.push(RejectedRow { line, reference: cell("ref").trim().to_owned(), problems });
            }
        }
    }
    if rows.rows.is_empty() && rows.rejected.is_empty() {
        return Err(ImportError::Empty { file: file.into() });
    }
    Ok(rows)
}

fn is_known(column: &str) -> bool {
    COLUMNS.contains(&column) || PRIVATE_COLUMNS.contains(&column)
}

/// Where each column stands.
fn columns<'a>(heading: &'a csv::StringRecord, file: &str) -> Result<HashMap<&'a str, usize>, ImportError> {
    let mut at = HashMap::new();
    for (i, name) in heading.iter().enumerate().filter(|(_, n)| is_known(n.trim())) {
        if at.insert(name.trim(), i).is_some() {
            return Err(ImportError::DoubleColumn { file: file.into(), column: name.trim().into() });
        }
    }
    let missing: Vec<String> = COLUMNS
        .iter()
        .chain(PRIVATE_COLUMNS)
        .filter(|c| !at.contains_key(**c))
        .map(|c| (*c).to_owned())
        .collect();
    match missing.is_empty() {
        true => Ok(at),
        false => Err(ImportError::MissingColumns { file: file.into(), columns: missing }),
    }
}

fn row<'a>(
    record: &csv::StringRecord,
    width: usize,
    cell: impl Fn(&str) -> &'a str,
    first_line: &HashMap<String, u64>,
) -> Result<(Listing, PrivateFacts), Vec<Problem>> {
    if record.len() != width {
        let reason = format!(
            "has {} cells where the heading has {width} (a comma inside a cell needs quotes round the cell)",
            record.len()
        );
        return Err(vec![Problem { column: String::new(), value: String::new(), reason }]);
    }
    let (listing, private) = match (Listing::parse(&cell), PrivateFacts::parse(&cell)) {
        (Ok(listing), Ok(private)) => (listing, private),
        (listing, private) => {
            return Err([listing.err(), private.err()].into_iter().flatten().flatten().collect());
        }
    };
    let mut problems = Vec::new();
    let mut refuse = |column: &str, value: String, reason: String| {
        problems.push(Problem { column: column.into(), value, reason });
    };
    if let Some(line) = first_line.get(&listing.reference) {
        refuse(
            "ref",
            listing.reference.clone(),
            format!("stands in line {line} already; the first one is taken"),
        );
    }
    if listing.saleable_area_sqft <= 0 {
        refuse(
            "saleable_area_sqft",
            listing.saleable_area_sqft.to_string(),
            "is no area: an advert needs the saleable area in square feet".into(),
        );
    }
    for (column, value) in [
        ("sale_price_hkd", listing.sale_price_hkd),
        ("monthly_rent_hkd", listing.monthly_rent_hkd),
        ("bedrooms", Some(listing.bedrooms)),
    ] {
        if let Some(v) = value.filter(|v| *v < 0) {
            refuse(column, v.to_string(), "is less than nothing".into());
        }
    }
    if problems.is_empty() { Ok((listing, private)) } else { Err(problems) }
}
