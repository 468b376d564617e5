//! A table as CSV (RFC 4180): the heading names the columns, in any order; every row below it is taken or rejected.
//! Which columns there are and what a row means is said by the file beside this one that is about such rows.

use super::{ImportError, RejectedRow, Rows};
use crate::listings::Problem;
use std::collections::HashMap;

/// The columns of a kind of table.
pub struct Columns {
    /// Without one of these the file is refused.
    pub required: Vec<&'static str>,
    /// These may be missing.
    pub optional: &'static [&'static str],
    /// The column that names a row in reports.
    pub name: &'static str,
}

/// The cells of a row by the name of their column; "" where there is none.
pub type Cells<'r> = dyn Fn(&str) -> &'r str + 'r;
/// A reader of rows: the cells and the line to a row, or to everything that is wrong with it.
pub type ReadRow<'a, T> = &'a mut dyn for<'r> FnMut(&Cells<'r>, u64) -> Result<T, Vec<Problem>>;

/// The names in the heading of a table, or none where there is no heading.
pub fn heading(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    reader.headers().map(|h| h.iter().map(|c| c.trim().to_owned()).collect()).unwrap_or_default()
}

/// Reads a table. A table without rows comes back empty.
pub fn read<T>(text: &str, file: &str, columns: &Columns, row: ReadRow<T>) -> Result<Rows<T>, ImportError> {
    // The reader counts a line of a file from Windows only when it meets the next one; plain line ends count right.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let fail = |e: csv::Error| ImportError::Csv {
        file: file.into(),
        line: e.position().map_or(1, csv::Position::line),
        reason: e.to_string(),
    };
    let heading = reader.headers().map_err(fail)?.clone();
    let known = |name: &str| columns.required.contains(&name) || columns.optional.contains(&name);
    let mut at = HashMap::new();
    for (i, name) in heading.iter().enumerate().filter(|(_, n)| known(n.trim())) {
        if at.insert(name.trim(), i).is_some() {
            return Err(ImportError::DoubleColumn { file: file.into(), column: name.trim().into() });
        }
    }
    let missing: Vec<String> =
        columns.required.iter().filter(|c| !at.contains_key(**c)).map(|c| (*c).to_owned()).collect();
    if !missing.is_empty() {
        return Err(ImportError::MissingColumns { file: file.into(), columns: missing });
    }
    let mut rows = Rows {
        unused_columns: heading.iter().filter(|h| !known(h.trim())).map(str::to_owned).collect(),
        ..Rows::default()
    };
    for record in reader.records() {
        let record = record.map_err(fail)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| at.get(name).and_then(|i| record.get(*i)).unwrap_or("");
        let read = if record.len() == heading.len() {
            row(&cell, line)
        } else {
            let reason = format!(
                "has {} cells where the heading has {} (a comma inside a cell needs quotes round the cell)",
                record.len(),
                heading.len()
            );
            Err(vec![Problem { column: String::new(), value: String::new(), reason }])
        };
        match read {
            Ok(row) => {
                rows.rows.push(row);
                rows.lines.push(line);
            }
            Err(problems) => {
                let reference = cell(columns.name).trim().to_owned();
                rows.rejected.push(RejectedRow { line, reference, problems });
            }
        }
    }
    Ok(rows)
}
