//! A table in a spreadsheet: Excel (.xlsx, .xls) and OpenDocument (.ods), read by calamine.
//!
//! The sheet is the first one with a heading: the first row among the top ones that names the column by which rows are
//! known and one more. What stands above it (a title) is passed over. Rows are counted as the spreadsheet counts them.
//! An .xlsx and an .ods are ZIP files, and one of some kilobytes can be made to unpack to terabytes; so what each part
//! really unpacks to is counted first, without keeping it, and too much is refused.

use super::ImportError;
use super::table::Table;
use crate::reason::Reason;
use calamine::{Cell, Data, DataRef, DataType, Reader, Sheets, Xlsx, open_workbook_auto_from_rs};
use csv::StringRecord;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{Cursor, Read};

/// What a spreadsheet may unpack to: 100,000 units are some 450 MB of XML.
const UNPACKED: u64 = 1 << 30;
/// How many times smaller a part may be packed than it is, once it is large: XML of tables packs to a tenth or a
/// twentieth, a bomb to a thousandth.
const RATIO: u64 = 200;
const LARGE: u64 = 16 << 20;
/// Parts of a ZIP file.
const PARTS: usize = 2_000;
/// Rows at the top among which the heading is looked for.
const TOP: usize = 20;
/// Columns of the widest table; a cell further right is refused.
const WIDEST: u32 = 1_000;

/// Whether these bytes are a spreadsheet: a ZIP file, or a compound file of older Excel.
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// The table of a spreadsheet. `names` are the columns of which a heading has at least two.
pub fn table(bytes: &[u8], file: &str, names: &[&str]) -> Result<Table<'static>, ImportError> {
    let refuse = |why| ImportError(Reason::ImportRefused { file: file.into(), why: Box::new(why) });
    if bytes.starts_with(b"PK") {
        check_size(bytes).map_err(refuse)?;
    }
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes))
        .map_err(|e| refuse(Reason::SpreadsheetUnreadable { error: e.to_string() }))?;
    for sheet in book.sheet_names() {
        let rows = match &mut book {
            Sheets::Xlsx(book) => rows_of_xlsx(book, &sheet),
            other => other.worksheet_range(&sheet).map_err(|e| unreadable_sheet(&sheet, &e)).map(|range| {
                let first = range.start().map_or(0, |(row, _)| row);
                let row = |(i, cells): (usize, &[Data])| {
                    (u64::from(first) + i as u64 + 1, cells.iter().map(text).collect())
                };
                range.rows().enumerate().map(row).collect()
            }),
        };
        let mut rows: Vec<(u64, Vec<String>)> = rows.map_err(refuse)?;
        rows.retain(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
        let named =
            |cells: &[String]| names.iter().filter(|n| cells.iter().any(|c| c.trim() == **n)).count() >= 2;
        if let Some(at) = rows.iter().take(TOP).position(|(_, cells)| named(cells)) {
            let mut rows = rows.split_off(at).into_iter();
            let (_, mut heading) = rows.next().unwrap_or_default();
            while heading.last().is_some_and(|c| c.trim().is_empty()) {
                heading.pop();
            }
            let width = heading.len();
            // Cells at the end that were never filled are not in the file; nor are they missing.
            let row = move |(line, mut cells): (u64, Vec<String>)| {
                while cells.len() > width && cells.last().is_some_and(|c| c.trim().is_empty()) {
                    cells.pop();
                }
                cells.resize(cells.len().max(width), String::new());
                Ok((line, cells.into_iter().collect::<StringRecord>()))
            };
            return Ok(Table {
                heading: heading.into_iter().collect(),
                sparse: false,
                rows: Box::new(rows.map(row)),
            });
        }
    }
    Err(refuse(Reason::SpreadsheetNoHeading { columns: names[..names.len().min(3)].join(", ") }))
}

fn unreadable_sheet(sheet: &str, error: &dyn Display) -> Reason {
    Reason::SheetUnreadable { sheet: sheet.into(), error: error.to_string() }
}

/// Counts what each part unpacks to, and keeps none of it.
fn check_size(bytes: &[u8]) -> Result<(), Reason> {
    let unreadable = |e: &dyn Display| Reason::SpreadsheetUnpacked { error: e.to_string() };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
    if archive.len() > PARTS {
        return Err(Reason::SpreadsheetParts { count: archive.len() });
    }
    let mut total = 0;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|e| unreadable(&e))?;
        let packed = part.compressed_size().max(1);
        let name = part.name().to_owned();
        let most = (packed * RATIO).max(LARGE).min(UNPACKED - total);
        let mut counted = part.take(most + 1);
        let unpacked = std::io::copy(&mut counted, &mut std::io::sink()).map_err(|e| unreadable(&e))?;
        if unpacked > most {
            return Err(Reason::SpreadsheetBomb { part: name, packed, mb: most >> 20 });
        }
        total += unpacked;
    }
    Ok(())
}

/// Rows cell by cell: a sheet with one cell far down is no table of a million rows in memory.
fn rows_of_xlsx(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Vec<(u64, Vec<String>)>, Reason> {
    let mut reader = book.worksheet_cells_reader(sheet).map_err(|e| unreadable_sheet(sheet, &e))?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    while let Some(cell) = reader.next_cell().map_err(|e| unreadable_sheet(sheet, &e))? {
        let cell: Cell<DataRef<'_>> = cell;
        let ((row, column), value) = (cell.get_position(), text(cell.get_value()));
        if value.is_empty() {
            continue;
        }
        if column >= WIDEST {
            return Err(Reason::SheetTooWide { sheet: sheet.into(), column: column + 1, most: WIDEST });
        }
        let cells = rows.entry(row).or_default();
        let column = column as usize;
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = value;
    }
    Ok(rows.into_iter().map(|(row, cells)| (u64::from(row) + 1, cells)).collect())
}

/// A cell as our cells are written: whole numbers without a point, days as 2026-11-23, yes and no.
fn text(cell: &impl DataType) -> String {
    if let Some(flag) = cell.get_bool() {
        return if flag { "yes".into() } else { "no".into() };
    }
    if let Some(time) = cell.get_datetime().filter(|t| !t.is_duration()) {
        let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
        let date = format!("{year:04}-{month:02}-{day:02}");
        return if (hour, minute) == (0, 0) { date } else { format!("{date} {hour:02}:{minute:02}") };
    }
    if let Some(day) = cell.get_datetime_iso() {
        return day.strip_suffix("T00:00:00").unwrap_or(day).to_owned();
    }
    match cell.get_float() {
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}"),
        _ => cell.as_string().unwrap_or_default(),
    }
}
