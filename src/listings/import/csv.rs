//! A table as CSV (RFC 4180). A file that was cut off on its way is refused whole, where that can be seen: inside a
//! quoted cell, or in a last row that has too few cells and no end of line.

use super::ImportError;
use super::table::Table;
use crate::reason::Reason;
use csv::{Position, ReaderBuilder, StringRecord};

/// The table of a text. Line ends are to be plain (`\n`): the reader counts a line of a file from Windows only when it
/// meets the next one.
pub fn table<'a>(text: &'a str, file: &'a str) -> Result<Table<'a>, ImportError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let fail = |e: csv::Error| {
        let line = e.position().map_or(1, Position::line);
        ImportError(Reason::ImportCsv { file: file.into(), line, error: e.to_string() })
    };
    let heading = reader.headers().map_err(fail)?.clone();
    let width = heading.len();
    let mut records = reader.into_records().peekable();
    let rows = std::iter::from_fn(move || {
        let record = match records.next()? {
            Ok(record) => record,
            Err(e) => return Some(Err(fail(e))),
        };
        let position = record.position().cloned().unwrap_or_else(Position::new);
        let line = position.line();
        let last = records.peek().is_none().then(|| usize::try_from(position.byte()).ok()).flatten();
        match last.and_then(|from| text.get(from..)).and_then(|rest| cut_off(rest, &record, width)) {
            Some(why) => {
                Some(Err(ImportError(Reason::ImportCutOff { file: file.into(), line, why: Box::new(why) })))
            }
            None => Some(Ok((line, record))),
        }
    });
    Ok(Table { heading, sparse: false, rows: Box::new(rows) })
}

/// Where a file ends in the middle of its last row, how one can tell.
fn cut_off(row: &str, record: &StringRecord, width: usize) -> Option<Reason> {
    if unclosed(row) {
        Some(Reason::CutInCell)
    } else if record.len() < width && !row.ends_with('\n') {
        Some(Reason::CutInRow)
    } else {
        None
    }
}

/// Whether a quoted cell is open at the end of a row.
fn unclosed(row: &str) -> bool {
    let (mut quoted, mut at_start) = (false, true);
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => drop(chars.next()),
            '"' if quoted => quoted = false,
            '"' if at_start => quoted = true,
            ',' | '\n' if !quoted => {
                at_start = true;
                continue;
            }
            _ => {}
        }
        at_start = false;
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<usize, String> {
        let table = table(text, "a.csv").map_err(|e| e.to_string())?;
        table.rows.collect::<Result<Vec<_>, _>>().map(|rows| rows.len()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_that_was_cut_off_is_noticed() {
        assert_eq!(lines("a,b,c\n1,2,3\n4,5,6\n"), Ok(2));
        assert_eq!(lines("a,b,c\n1,2,3\n4,5,6"), Ok(2), "many programs leave the last end of line out");
        assert_eq!(lines("a,b,c\n1,2\n4,5,6"), Ok(2), "a short row in the middle is that row's fault");
        assert_eq!(lines("a,b,c\n1,2,3\n4,5\n"), Ok(2), "so is one that was ended");
        assert_eq!(lines("a,b,c\n1,2,3\n4,5\" high,\"x \"\"y\"\"\""), Ok(2));
        for cut in ["a,b,c\n1,2,3\n4,5", "a,b,c\n1,2,3\n4,\"fi", "a,b,c\n1,2,3\n4,\"fi\nve,6\n"] {
            let e = lines(cut).unwrap_err();
            assert!(e.contains("breaks off in line 3") && e.contains("nothing was imported"), "{cut:?}: {e}");
        }
    }
}
