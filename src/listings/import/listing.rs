//! The canonical table of listings (CONTRACT.md, "Listing base").

use super::csv::{self, Cells, Columns};
use super::{ImportError, Rows};
use crate::listings::{COLUMNS, Listing, PRIVATE_COLUMNS, PrivateFacts, Problem};
use std::collections::HashMap;

/// Reads the rows. A table without any is refused: an empty base never replaces one.
pub fn read(text: &str, file: &str) -> Result<Rows, ImportError> {
    let required = COLUMNS.iter().chain(PRIVATE_COLUMNS).copied().collect();
    let mut first_line: HashMap<String, u64> = HashMap::new();
    let rows =
        csv::read(text, file, &Columns { required, optional: &[], name: "ref" }, &mut |cell, line| {
            let read = row(cell, &first_line)?;
            first_line.insert(read.0.reference.clone(), line);
            Ok(read)
        })?;
    if rows.rows.is_empty() && rows.rejected.is_empty() {
        return Err(ImportError::Empty { file: file.into() });
    }
    Ok(rows)
}

fn row(cell: &Cells<'_>, first_line: &HashMap<String, u64>) -> Result<(Listing, PrivateFacts), Vec<Problem>> {
    let (listing, private) = match (Listing::parse(cell), PrivateFacts::parse(cell)) {
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
