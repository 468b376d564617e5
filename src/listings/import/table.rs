//! A table, whatever kind of file it came from: a heading that names the columns, in any order, and rows of which each
//! is taken or rejected. Which columns there are and what a row means is said by the file beside this one that is about
//! such rows.

use super::{ImportError, RejectedRow, Rows};
use crate::listings::Problem;
use crate::reason::Reason;
use csv::StringRecord;
use std::collections::HashMap;

/// A table as a file has it.
pub struct Table<'a> {
    pub heading: StringRecord,
    /// Whether a column that is empty in every row may be missing (JSON); only the one that names the rows may not.
    pub sparse: bool,
    /// The rows below the heading, each with the line (or the row of the sheet) that it began on.
    pub rows: Box<dyn Iterator<Item = Result<(u64, StringRecord), ImportError>> + 'a>,
}

impl Table<'_> {
    /// Whether the heading has a column.
    pub fn has(&self, column: &str) -> bool {
        self.heading.iter().any(|h| h.trim() == column)
    }
}

/// Missing columns that are named: a file that lacks more is of another make, and a list of seventy names helps nobody.
const NAMED: usize = 12;

/// The columns of a kind of table.
pub struct Columns {
    /// Without one of these the file is refused.
    pub required: Vec<&'static str>,
    /// These may be missing.
    pub optional: Vec<&'static str>,
    /// The column that names a row in reports.
    pub name: &'static str,
}

/// The cells of a row by the name of their column; "" where there is none.
pub type Cells<'r> = dyn Fn(&str) -> &'r str + 'r;
/// A reader of rows: the cells and the line to a row, or to everything that is wrong with it.
pub type ReadRow<'a, T> = &'a mut dyn for<'r> FnMut(&Cells<'r>, u64) -> Result<T, Vec<Problem>>;

/// Reads a table. A table without rows comes back empty.
pub fn read<T>(table: Table, file: &str, columns: &Columns, row: ReadRow<T>) -> Result<Rows<T>, ImportError> {
    let heading = table.heading;
    let known = |name: &str| columns.required.contains(&name) || columns.optional.contains(&name);
    let mut at = HashMap::new();
    for (i, name) in heading.iter().enumerate().filter(|(_, n)| known(n.trim())) {
        if at.insert(name.trim(), i).is_some() {
            let column = name.trim().to_owned();
            return Err(ImportError(Reason::ImportDoubleColumn { file: file.into(), column }));
        }
    }
    let needed = columns.required.iter().filter(|c| !table.sparse || **c == columns.name);
    let missing: Vec<&str> = needed.filter(|c| !at.contains_key(**c)).copied().collect();
    if !missing.is_empty() {
        let columns = match missing.len() {
            n if n > NAMED => format!("{} … ({n})", missing[..NAMED].join(", ")),
            _ => missing.join(", "),
        };
        return Err(ImportError(Reason::ImportColumns { file: file.into(), columns }));
    }
    let mut rows = Rows {
        unused_columns: heading.iter().filter(|h| !known(h.trim())).map(str::to_owned).collect(),
        ..Rows::default()
    };
    for record in table.rows {
        let (line, record) = record?;
        let cell = |name: &str| at.get(name).and_then(|i| record.get(*i)).unwrap_or("");
        let read = if record.len() == heading.len() {
            row(&cell, line)
        } else {
            let reason = Reason::CellCount { cells: record.len(), heading: heading.len() };
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
