//! Files into listings. Every row of a file is accounted for: it is taken, or rejected with its line and the reason.
//!
//! `csv`, `spreadsheet` and `json` make a `table` of a file; beside them stands a file for each kind of row: listings,
//! and the branch's scripts and words. What
//! a file cannot say at all (a column is missing, the encoding is unknown) refuses the file as a whole, in one
//! sentence, and changes nothing.

mod csv;
mod encoding;
mod json;
mod listing;
mod phrasebook;
mod spreadsheet;
mod table;

use super::phrasebook::{Script, Word};
use super::{Listing, PrivateFacts, Problem};
use crate::reason::Reason;
use serde::Serialize;
use table::Table;

/// What a file held.
#[derive(Debug)]
pub struct Rows<T = (Listing, PrivateFacts)> {
    /// The rows that can be taken, in the order of the file.
    pub rows: Vec<T>,
    /// The line each of `rows` began on (the heading is line 1), or its row in the sheet.
    pub lines: Vec<u64>,
    /// References of listings that the file withdraws in so many words.
    pub withdrawn: Vec<String>,
    /// The rows that cannot.
    pub rejected: Vec<RejectedRow>,
    /// Columns of the file that Branchbox has no use for.
    pub unused_columns: Vec<String>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        let (rows, lines, withdrawn) = (Vec::new(), Vec::new(), Vec::new());
        Self { rows, lines, withdrawn, rejected: Vec::new(), unused_columns: Vec::new() }
    }
}

/// A file, by what its heading says it is.
#[derive(Debug)]
pub enum File {
    /// Listings.
    Listings(Rows),
    /// The branch's question-and-answer pairs.
    Scripts(Rows<Script>),
    /// The branch's own words.
    Words(Rows<Word>),
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectedRow {
    /// The line the row began on (the heading is line 1).
    pub line: u64,
    /// Its reference, where it has one.
    pub reference: String,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.reference.is_empty() {
            write!(f, " ({})", self.reference)?;
        }
        for (i, p) in self.problems.iter().enumerate() {
            f.write_str(if i == 0 { ": " } else { "; " })?;
            match (p.column.as_str(), p.value.as_str()) {
                ("", _) => write!(f, "the row {}", p.reason)?,
                (column, "") => write!(f, "{column} {}", p.reason)?,
                (column, value) => write!(f, "{column} \"{value}\" {}", p.reason)?,
            }
        }
        Ok(())
    }
}

/// Why a file was refused as a whole. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub Reason);

/// Reads a file of the canonical table: CSV, Excel, OpenDocument or JSON, told by its content. `encoding` overrides what
/// the bytes of a text look like ("big5", "utf-16le" …).
pub fn read(bytes: &[u8], file: &str, encoding: Option<&str>) -> Result<Rows, ImportError> {
    read_as(bytes, file, encoding, |listing, private| (listing, private))
}

/// [`read`], where each row is made into what is wanted of it as it is read: of a large file nothing else is kept.
pub fn read_as<T>(
    bytes: &[u8],
    file: &str,
    encoding: Option<&str>,
    make: impl Fn(Listing, PrivateFacts) -> T,
) -> Result<Rows<T>, ImportError> {
    with_table(bytes, file, encoding, |table| listing::read(table, file, make))
}

/// Reads a file of any kind, told by its heading: one with `answer_yue`, `answer_cmn` or `answer_en` holds scripts, one
/// with `word` and `meaning` holds words, and every other is taken for listings.
pub fn read_any(bytes: &[u8], file: &str, encoding: Option<&str>) -> Result<File, ImportError> {
    with_table(bytes, file, encoding, |table| {
        Ok(if ["answer_yue", "answer_cmn", "answer_en"].into_iter().any(|column| table.has(column)) {
            File::Scripts(phrasebook::scripts(table, file)?)
        } else if table.has("word") && table.has("meaning") {
            File::Words(phrasebook::words(table, file)?)
        } else {
            File::Listings(listing::read(table, file, |listing, private| (listing, private))?)
        })
    })
}

/// The names by which the heading of a spreadsheet is found: two of them stand in every table that is read here.
const HEADINGS: &[&str] =
    &["ref", "status", "estate_zh", "id", "triggers_zh", "answer_yue", "word", "kind", "meaning"];

fn with_table<T>(
    bytes: &[u8],
    file: &str,
    encoding: Option<&str>,
    read: impl FnOnce(Table) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    if spreadsheet::is_one(bytes) {
        return read(spreadsheet::table(bytes, file, HEADINGS)?);
    }
    let text = encoding::to_text(bytes, encoding)
        .map_err(|why| ImportError(Reason::ImportRefused { file: file.into(), why: Box::new(why) }))?;
    if text.trim_start().starts_with(['[', '{']) {
        return read(json::table(&text, file)?);
    }
    if text.contains('\r') {
        let plain = text.replace("\r\n", "\n");
        drop(text);
        return read(csv::table(&plain, file)?);
    }
    read(csv::table(&text, file)?)
}
