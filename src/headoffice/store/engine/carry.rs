//! Head office's tables from one engine into the other, so that a backup is the same file whichever engine it was taken
//! from, and an office that has outgrown SQLite moves to PostgreSQL by backup and restore.
//!
//! Row by row within one transaction on each side: what is read is one state of the database, and what is written is
//! there whole or not at all.

use super::{Tx, Value};
use crate::store::{DatabaseKey, Schema, StoreError, StoreResult, alone};
use std::path::Path;

/// Rows and bytes that are handed over at once. Pieces of sound and of updates have 1 MB each.
const ROWS: usize = 1000;
const BYTES: usize = 8 << 20;

/// A table as both engines have it.
#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<String>,
    /// The column that the engine numbers by itself.
    numbered: Option<String>,
    /// How many rows a fresh schema brings along.
    rows: i64,
}

/// The tables of a schema, those that others refer to first (PostgreSQL takes a schema in no other order).
fn tables(schema: &Schema) -> StoreResult<Vec<Table>> {
    let fresh = rusqlite::Connection::open_in_memory()?;
    fresh.execute_batch(schema.fresh)?;
    let tx = Tx::sqlite(&fresh);
    let found: Vec<(String, String)> = tx.query(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
        &[],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let table = |(name, sql): (String, String)| {
        let columns: Vec<(String, i64)> =
            tx.query("SELECT name, pk FROM pragma_table_info(?1)", &[Value::from(&name)], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?;
        let key = columns.iter().find(|(_, key)| *key == 1).map(|(column, _)| column.clone());
        let numbered = key.filter(|_| sql.contains("AUTOINCREMENT"));
        let rows = count(&tx, &name)?;
        Ok(Table { name, columns: columns.into_iter().map(|(column, _)| column).collect(), numbered, rows })
    };
    found.into_iter().map(table).collect()
}

/// Copies what `from` sees into a new SQLite file.
pub(super) fn out_of(from: &Tx, to: &Path, key: &DatabaseKey, schema: &Schema) -> StoreResult<()> {
    let _ = std::fs::remove_file(to); // of a try before this one
    alone(to, key, schema, |file| {
        let change = file.transaction()?;
        carry(from, &Tx::sqlite(&change), &tables(schema)?)?;
        Ok(change.commit()?)
    })
}

/// Copies a SQLite file, upgraded where it is older, into a database that nothing was kept in yet.
pub(super) fn into(to: &Tx, from: &Path, key: &DatabaseKey, schema: &Schema) -> StoreResult<()> {
    let tables = tables(schema)?;
    for table in &tables {
        if count(to, &table.name)? != table.rows {
            return Err(StoreError::Refused(format!(
                "the database holds a head office already (its table {} is in use): restore into an empty database",
                table.name
            )));
        }
    }
    alone(from, key, schema, |file| carry(&Tx::sqlite(file), to, &tables))?;
    for table in &tables {
        if let (name, Some(column)) = (&table.name, &table.numbered) {
            to.go_on_numbering(name, column)?;
        }
    }
    Ok(())
}

fn count(tx: &Tx, table: &str) -> StoreResult<i64> {
    tx.one(&format!("SELECT count(*) FROM {table}"), &[], |r| r.get(0))
}

fn carry(from: &Tx, to: &Tx, tables: &[Table]) -> StoreResult<()> {
    // What a fresh schema brings along, the copy brings too.
    tables.iter().rev().try_for_each(|t| to.execute(&format!("DELETE FROM {}", t.name), &[]).map(drop))?;
    for Table { name, columns, .. } in tables {
        let places: Vec<String> = (1..=columns.len()).map(|i| format!("?{i}")).collect();
        let list = columns.join(", ");
        let insert = format!("INSERT INTO {name} ({list}) VALUES ({})", places.join(", "));
        let (mut rows, mut bytes) = (Vec::new(), 0);
        from.each(&format!("SELECT {list} FROM {name}"), &mut |row| {
            let values = (0..columns.len()).map(|i| row.value(i)).collect::<StoreResult<Vec<_>>>()?;
            bytes += values.iter().map(Value::bytes).sum::<usize>();
            rows.push(values);
            if rows.len() == ROWS || bytes >= BYTES {
                to.execute_many(&insert, &rows)?;
                rows.clear();
                bytes = 0;
            }
            Ok(())
        })?;
        to.execute_many(&insert, &rows)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headoffice::store::SCHEMA;

    #[test]
    fn a_table_comes_after_those_it_refers_to() {
        let tables = tables(&SCHEMA).unwrap();
        let fresh = rusqlite::Connection::open_in_memory().unwrap();
        fresh.execute_batch(SCHEMA.fresh).unwrap();
        let place = |name: &str| tables.iter().position(|t| t.name == name).unwrap();
        let mut references = 0;
        for table in &tables {
            let sql = "SELECT \"table\" FROM pragma_foreign_key_list(?1)";
            let mut statement = fresh.prepare(sql).unwrap();
            let parents = statement.query_map([&table.name], |r| r.get::<_, String>(0)).unwrap();
            for parent in parents.map(Result::unwrap) {
                assert!(place(&parent) < place(&table.name), "{} refers to {parent}", table.name);
                references += 1;
            }
        }
        assert!(references > 10);
        let numbered: Vec<_> = tables.iter().filter_map(|t| t.numbered.as_deref()).collect();
        assert!(numbered.len() > 2 && numbered.iter().all(|n| *n == "n" || *n == "id"), "{numbered:?}");
    }
}
