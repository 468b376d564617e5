//! The JSON form of a listing base: an array of objects, or an object a line, with the canonical names of the columns
//! (CONTRACT.md, "Listing base") as keys.
//!
//! Values are texts, numbers, or null where there is nothing; `true` and `false` stand for yes and no; a list
//! stands for its members with "; " between them (photos). A key that is
//! missing is a cell that is empty. Rows are counted from 1 in reports.

use super::ImportError;
use super::table::Table;
use crate::reason::Reason;
use csv::StringRecord;
use serde_json::{Map, Value};

/// The table of a text that begins with `[` or `{`.
pub fn table(text: &str, file: &str) -> Result<Table<'static>, ImportError> {
    let fail = |e: serde_json::Error, objects: u64| {
        let file = file.to_owned();
        ImportError(match e.is_eof() {
            true => Reason::ImportJsonCutOff { file, objects },
            false => Reason::ImportJson { file, line: e.line().max(1), error: e.to_string() },
        })
    };
    let mut objects: Vec<Map<String, Value>> = Vec::new();
    if text.trim_start().starts_with('[') {
        objects = serde_json::from_str(text).map_err(|e| fail(e, 0))?;
    } else {
        for object in serde_json::Deserializer::from_str(text).into_iter() {
            objects.push(object.map_err(|e| fail(e, objects.len() as u64))?);
        }
    }
    let mut heading: Vec<String> = Vec::new();
    for key in objects.iter().flat_map(Map::keys) {
        if !heading.contains(key) {
            heading.push(key.clone());
        }
    }
    let columns = heading.clone();
    let row = move |(i, object): (usize, Map<String, Value>)| {
        let cells = columns.iter().map(|column| cell(object.get(column)));
        Ok((i as u64 + 1, cells.collect::<StringRecord>()))
    };
    Ok(Table {
        heading: heading.into_iter().collect(),
        sparse: true,
        rows: Box::new(objects.into_iter().enumerate().map(row)),
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "yes".into(),
        Some(Value::Bool(false)) => "no".into(),
        Some(Value::Array(list)) => list.iter().map(|v| cell(Some(v))).collect::<Vec<_>>().join("; "),
        Some(other) => other.to_string(),
    }
}
