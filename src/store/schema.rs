//! The schema of a database: what a fresh file gets, and the numbered steps from each older one.
//!
//! `schema.sql` is the commented document of what is; a step under `migrations/` changes an older file into it. A
//! test builds both ways and compares them column by column.

use super::{StoreError, StoreResult};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// A schema with its history.
pub struct Schema {
    /// The whole schema, for a fresh file.
    pub fresh: &'static str,
    /// The steps; step `i` takes a file from version `i` to `i + 1`. The first makes the tables of the first release.
    pub steps: &'static [&'static str],
}

/// The schema of `records.db`.
pub const RECORDS: Schema = Schema {
    fresh: include_str!("schema.sql"),
    steps: &[
        include_str!("migrations/0001_first.sql"),
        include_str!("migrations/0002_recording_notes.sql"),
        include_str!("migrations/0003_origin.sql"),
        include_str!("migrations/0004_heard.sql"),
        include_str!("migrations/0005_reviews.sql"),
        include_str!("migrations/0006_proposed_summary.sql"),
        include_str!("migrations/0007_private_by_row.sql"),
        include_str!("migrations/0008_uplink.sql"),
    ],
};

impl Schema {
    /// The version that [`Schema::fresh`] is.
    pub fn version(&self) -> i64 {
        self.steps.len() as i64
    }

    /// Makes a fresh file's tables or upgrades an older one, in one transaction.
    pub(super) fn bring_up_to_date(&self, connection: &mut Connection, path: &Path) -> StoreResult<()> {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        let known = self.version();
        if found > known {
            return Err(StoreError::TooNew { path: path.to_owned(), found, known });
        }
        if found == known {
            return Ok(());
        }
        match found {
            0 => tx.execute_batch(self.fresh)?,
            n => self.steps[n as usize..].iter().try_for_each(|step| tx.execute_batch(step))?,
        }
        tx.execute_batch(&format!("PRAGMA user_version = {known}"))?;
        tx.commit()?;
        if found > 0 {
            log::info!("store.upgraded file={} from={found} to={known}", path.display());
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every column, index and rule of a database, without the comments and the spacing of its SQL.
    fn shape(c: &Connection) -> Vec<String> {
        let mut out = Vec::new();
        let mut tables = c
            .prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows: Vec<(String, String, String, String)> = tables
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for (kind, name, table, sql) in rows {
            let plain: String =
                sql.lines().map(|l| l.split("--").next().unwrap()).collect::<Vec<_>>().join(" ");
            let plain = plain.replace(['(', ')', ','], " ").split_whitespace().collect::<Vec<_>>().join(" ");
            out.push(format!("{kind} {name} on {table}: {plain}"));
            let mut columns = c.prepare(&format!("PRAGMA table_xinfo({name})")).unwrap();
            let mut rows = columns.query([]).unwrap();
            while let Some(r) = rows.next().unwrap() {
                let cell = |i| format!("{:?}", r.get_ref(i).unwrap());
                out.push(format!("  {}", (0..7).map(cell).collect::<Vec<_>>().join(" ")));
            }
        }
        out
    }

    pub(crate) fn upgraded_equals_fresh(schema: &Schema) {
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(schema.fresh).unwrap();
        let upgraded = Connection::open_in_memory().unwrap();
        for step in schema.steps {
            upgraded.execute_batch(step).unwrap();
        }
        assert_eq!(shape(&fresh), shape(&upgraded));
    }

    #[test]
    fn upgraded_records_equal_fresh_ones() {
        upgraded_equals_fresh(&RECORDS);
    }

    #[test]
    fn a_newer_file_is_refused() {
        let mut c = Connection::open_in_memory().unwrap();
        c.execute_batch("PRAGMA user_version = 999").unwrap();
        let e = RECORDS.bring_up_to_date(&mut c, Path::new("records.db")).unwrap_err();
        assert!(e.to_string().contains("newer version"), "{e}");
    }
}
