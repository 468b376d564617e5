//! The canonical table of listings (CONTRACT.md, "Listing base").

use super::table::{self, Cells, Columns, Table};
use super::{ImportError, Rows};
use crate::listings::cell::Cell;
use crate::listings::{COLUMNS, Listing, OPTIONAL_COLUMNS, PRIVATE_COLUMNS, PrivateFacts, Problem, YesNo};
use crate::reason::Reason;
use std::collections::HashMap;

/// The column in which a row may say that its listing is withdrawn; of such a row only the reference counts.
const WITHDRAWN: &str = "withdrawn";

/// Reads the rows, each made into what is wanted of it. A table without any is refused: an empty base never replaces one.
pub fn read<T>(
    table: Table,
    file: &str,
    make: impl Fn(Listing, PrivateFacts) -> T,
) -> Result<Rows<T>, ImportError> {
    let required = COLUMNS.iter().chain(PRIVATE_COLUMNS).copied().collect();
    let mut first_line: HashMap<String, u64> = HashMap::new();
    let mut withdrawn = Vec::new();
    let optional = OPTIONAL_COLUMNS.iter().copied().chain([WITHDRAWN]).collect();
    let columns = Columns { required, optional, name: "ref" };
    let read = table::read(table, file, &columns, &mut |cell, line| {
        if YesNo::parse(cell(WITHDRAWN)) == Ok(YesNo::Yes) && !cell("ref").trim().is_empty() {
            withdrawn.push(cell("ref").trim().to_owned());
            return Ok(None);
        }
        let (listing, private) = row(cell, &first_line)?;
        first_line.insert(listing.reference.clone(), line);
        Ok(Some(make(listing, private)))
    })?;
    let taken = read.rows.into_iter().zip(read.lines).filter_map(|(row, line)| Some((row?, line)));
    let (rows, lines): (Vec<_>, Vec<_>) = taken.unzip();
    if rows.is_empty() && read.rejected.is_empty() && withdrawn.is_empty() {
        return Err(ImportError(Reason::ImportEmpty { file: file.into() }));
    }
    Ok(Rows { rows, lines, withdrawn, rejected: read.rejected, unused_columns: read.unused_columns })
}

fn row(cell: &Cells<'_>, first_line: &HashMap<String, u64>) -> Result<(Listing, PrivateFacts), Vec<Problem>> {
    let (listing, private) = match (Listing::parse(cell), PrivateFacts::parse(cell)) {
        (Ok(listing), Ok(private)) => (listing, private),
        (listing, private) => {
            return Err([listing.err(), private.err()].into_iter().flatten().flatten().collect());
        }
    };
    let mut problems = Vec::new();
    let mut refuse = |column: &str, value: String, reason: Reason| {
        problems.push(Problem { column: column.into(), value, reason });
    };
    if let Some(line) = first_line.get(&listing.reference) {
        refuse("ref", listing.reference.clone(), Reason::Double { line: *line });
    }
    if listing.saleable_area_sqft <= 0 {
        refuse("saleable_area_sqft", listing.saleable_area_sqft.to_string(), Reason::NoArea);
    }
    for (column, value) in [
        ("sale_price_hkd", listing.sale_price_hkd),
        ("monthly_rent_hkd", listing.monthly_rent_hkd),
        ("bedrooms", Some(listing.bedrooms)),
    ] {
        if let Some(v) = value.filter(|v| *v < 0) {
            refuse(column, v.to_string(), Reason::NumberNegative);
        }
    }
    if problems.is_empty() { Ok((listing, private)) } else { Err(problems) }
}
