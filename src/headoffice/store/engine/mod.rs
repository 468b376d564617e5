//! The engine behind head office: SQLite for one office, PostgreSQL (or what speaks its protocol) for many processes.
//!
//! One set of SQL serves both. It is written for SQLite, with `?1` for parameters, and kept to what both understand
//! (`ON CONFLICT … DO UPDATE`, `RETURNING`); what differs has a word of its own here: [`Tx::locked`], [`Tx::claim`] and
//! [`Tx::notify`]. A change is a closure that may be run again, since a distributed engine may refuse a commit and ask
//! for another try.

mod carry;
mod dialect;
mod postgres;
mod tx;

pub use postgres::Address;
pub use tx::{Row, Tx, Value};

use crate::store::{Database, DatabaseKey, Schema, StoreError, StoreResult, backup};
use postgres::Postgres;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// An open store; cheap to clone.
#[derive(Clone)]
pub struct Store(Engine);

#[derive(Clone)]
enum Engine {
    Sqlite(Database),
    Postgres(Arc<Postgres>),
}

/// Makes parameters: `params![id, now, count]`.
#[macro_export]
macro_rules! sql_params {
    ($($value:expr),* $(,)?) => { &[$($crate::headoffice::store::Value::from($value)),*][..] };
}
pub use crate::sql_params as params;

impl Store {
    /// One office's own file.
    pub fn sqlite(database: Database) -> Self {
        Self(Engine::Sqlite(database))
    }

    /// A PostgreSQL server; makes or upgrades the tables. Must be called on a tokio runtime.
    pub async fn postgres(address: &Address, schema: &Schema) -> StoreResult<Self> {
        Ok(Self(Engine::Postgres(Postgres::open(address, schema).await?)))
    }

    /// The SQLite file, where that is the engine.
    pub fn as_sqlite(&self) -> Option<&Database> {
        match &self.0 {
            Engine::Sqlite(database) => Some(database),
            Engine::Postgres(_) => None,
        }
    }

    /// What the engine is called on pages and in reports.
    pub fn engine(&self) -> &'static str {
        match &self.0 {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    /// Runs a change in a transaction and waits until it is durable. `operation` completes the sentence "cannot …".
    /// The change may run more than once; only its last run counts.
    pub async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        change: impl Fn(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        match &self.0 {
            Engine::Sqlite(db) => db.write(operation, move |c| change(&Tx::sqlite(c))).await,
            Engine::Postgres(pg) => Arc::clone(pg).write(operation, change).await,
        }
    }

    /// Reads, all from one state of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        query: impl Fn(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        match &self.0 {
            Engine::Sqlite(db) => db.read(operation, move |c| query(&Tx::sqlite(c))).await,
            Engine::Postgres(pg) => Arc::clone(pg).read(operation, query).await,
        }
    }

    /// Copies all of it, as it is at one moment and while it is in use, into a new SQLite file at `to`.
    pub async fn copy(&self, to: &Path, key: DatabaseKey, schema: &'static Schema) -> StoreResult<()> {
        let (to, operation) = (to.to_owned(), "copy head office's database");
        match &self.0 {
            Engine::Sqlite(db) => db.read(operation, move |c| backup::copy(c, &to, &key)).await,
            Engine::Postgres(_) => self.read(operation, move |tx| carry::out_of(tx, &to, &key, schema)).await,
        }
    }

    /// Takes over all of the SQLite file at `from`, into a PostgreSQL database that nothing was kept in yet.
    pub async fn take_over(&self, from: &Path, key: DatabaseKey, schema: &'static Schema) -> StoreResult<()> {
        let from = from.to_owned();
        self.write("take over head office's database", move |tx| carry::into(tx, &from, &key, schema)).await
    }

    /// Changes whenever another process has said something with [`Tx::notify`]. With SQLite it never does, and who
    /// waits has to look now and then; that is the fallback with PostgreSQL, too.
    pub fn notified(&self) -> watch::Receiver<u64> {
        match &self.0 {
            Engine::Sqlite(_) => watch::channel(0).1,
            Engine::Postgres(pg) => pg.notified(),
        }
    }

    /// Proves that the store takes a commit.
    pub async fn prove(&self) -> StoreResult<()> {
        match &self.0 {
            Engine::Sqlite(db) => {
                db.write("prove that the store works", |tx| Ok(tx.execute_batch("PRAGMA user_version")?))
                    .await
            }
            Engine::Postgres(_) => {
                self.write("prove that the store works", |tx| tx.execute("SELECT 1", &[]).map(drop)).await
            }
        }
    }
}

/// An error of a store that is not SQLite, under a name of its operation.
fn other(source: tokio_postgres::Error) -> StoreError {
    StoreError::Server { operation: "use the database", source: Box::new(source) }
}
