//! What a change or a query sees of either engine: a transaction, its values and its rows.

use super::postgres::Session;
use crate::store::{StoreError, StoreResult};
use bytes::BytesMut;
use rusqlite::types::ToSqlOutput;
use std::error::Error;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

macro_rules! from {
    ($($ty:ty => |$v:ident| $value:expr;)*) => {
        $(impl From<$ty> for Value { fn from($v: $ty) -> Self { $value } })*
    };
}
from! {
    i64 => |v| Value::Integer(v);
    f64 => |v| Value::Real(v);
    bool => |v| Value::Integer(v.into());
    &str => |v| Value::Text(v.to_owned());
    &&str => |v| Value::Text((*v).to_owned());
    String => |v| Value::Text(v);
    &String => |v| Value::Text(v.clone());
    Vec<u8> => |v| Value::Blob(v);
    &[u8] => |v| Value::Blob(v.to_vec());
    &serde_json::Value => |v| Value::Text(v.to_string());
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
impl<'a> From<&'a Option<String>> for Value {
    fn from(value: &'a Option<String>) -> Self {
        value.as_ref().map_or(Self::Null, Into::into)
    }
}

impl Value {
    /// Bytes that its content takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 8,
            Self::Text(v) => v.len(),
            Self::Blob(v) => v.len(),
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::Owned(rusqlite::types::Value::Null)),
            Self::Integer(v) => rusqlite::ToSql::to_sql(v),
            Self::Real(v) => rusqlite::ToSql::to_sql(v),
            Self::Text(v) => rusqlite::ToSql::to_sql(v),
            Self::Blob(v) => rusqlite::ToSql::to_sql(v),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // Where the server takes a parameter for a smaller number it has to be one.
            Self::Integer(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Self::Integer(v) if *ty == Type::FLOAT8 => (*v as f64).to_sql(ty, out),
            Self::Integer(v) => v.to_sql(ty, out),
            Self::Real(v) => v.to_sql(ty, out),
            Self::Text(v) => v.to_sql(ty, out),
            Self::Blob(v) => v.to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// A row of a result.
pub enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// Column `i`, from 0.
    pub fn get<T>(&self, i: usize) -> StoreResult<T>
    where
        T: rusqlite::types::FromSql + for<'x> tokio_postgres::types::FromSql<'x>,
    {
        match self {
            Self::Sqlite(row) => Ok(row.get(i)?),
            Self::Postgres(row) => row.try_get(i).map_err(super::other),
        }
    }

    /// Column `i`, whatever it holds.
    pub(super) fn value(&self, i: usize) -> StoreResult<Value> {
        use rusqlite::types::Value as Stored;
        let row = match self {
            Self::Sqlite(row) => {
                return Ok(match row.get(i)? {
                    Stored::Null => Value::Null,
                    Stored::Integer(v) => Value::Integer(v),
                    Stored::Real(v) => Value::Real(v),
                    Stored::Text(v) => Value::Text(v),
                    Stored::Blob(v) => Value::Blob(v),
                });
            }
            Self::Postgres(row) => row,
        };
        let ty = row.columns().get(i).map(|c| c.type_().clone());
        Ok(match ty {
            Some(Type::INT8) => self.get::<Option<i64>>(i)?.into(),
            Some(Type::FLOAT8) => self.get::<Option<f64>>(i)?.into(),
            Some(Type::BYTEA) => self.get::<Option<Vec<u8>>>(i)?.into(),
            _ => self.get::<Option<String>>(i)?.into(),
        })
    }
}

/// A transaction.
pub struct Tx<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a Session<'a>),
}

impl<'a> Tx<'a> {
    /// On a connection of the caller's, whose transaction is the caller's too.
    pub fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Self(Inner::Sqlite(connection))
    }
    pub(super) fn postgres(session: &'a Session<'a>) -> Self {
        Self(Inner::Postgres(session))
    }

    /// Runs several statements without parameters, as of a schema.
    pub(super) fn batch(&self, sql: &str) -> StoreResult<()> {
        match &self.0 {
            Inner::Sqlite(c) => Ok(c.execute_batch(sql)?),
            Inner::Postgres(s) => s.batch(sql),
        }
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&self, sql: &str, params: &[Value]) -> StoreResult<u64> {
        match &self.0 {
            Inner::Sqlite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                if statement.column_count() > 0 {
                    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                    let mut n = 0;
                    while rows.next()?.is_some() {
                        n += 1;
                    }
                    return Ok(n);
                }
                Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
            }
            Inner::Postgres(s) => s.execute(sql, params),
        }
    }

    /// Runs a statement once for each row of parameters; PostgreSQL gets them all without waiting in between.
    pub fn execute_many(&self, sql: &str, rows: &[Vec<Value>]) -> StoreResult<()> {
        match &self.0 {
            Inner::Sqlite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                rows.iter()
                    .try_for_each(|row| statement.execute(rusqlite::params_from_iter(row)).map(drop))?;
                Ok(())
            }
            Inner::Postgres(s) => s.execute_many(sql, rows),
        }
    }

    /// All rows of a query.
    pub fn query<T>(
        &self,
        sql: &str,
        params: &[Value],
        mut read: impl FnMut(&Row) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        match &self.0 {
            Inner::Sqlite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                let mut out = Vec::new();
                while let Some(row) = rows.next()? {
                    out.push(read(&Row::Sqlite(row))?);
                }
                Ok(out)
            }
            Inner::Postgres(s) => s.query(sql, params)?.iter().map(|row| read(&Row::Postgres(row))).collect(),
        }
    }

    /// Goes through the rows of a query without parameters as they come, however many there are.
    pub(super) fn each(&self, sql: &str, visit: &mut dyn FnMut(&Row) -> StoreResult<()>) -> StoreResult<()> {
        match &self.0 {
            Inner::Sqlite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                let mut rows = statement.query(())?;
                while let Some(row) = rows.next()? {
                    visit(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            Inner::Postgres(s) => s.each(sql, visit),
        }
    }

    /// The numbers that the engine gives to new rows go on behind those that were put in with theirs; SQLite sees to
    /// that by itself. `table` and `column` are names in our schema.
    pub(super) fn go_on_numbering(&self, table: &str, column: &str) -> StoreResult<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(s) => s.batch(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), greatest(max({column}), 1), max({column}) IS NOT NULL) FROM {table}"
            )),
        }
    }

    /// The first row, if there is one.
    pub fn optional<T>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&Row) -> StoreResult<T>,
    ) -> StoreResult<Option<T>> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// The one row of a query that always has one.
    pub fn one<T>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&Row) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let missing = || StoreError::Refused("what was asked for is not there".into());
        self.optional(sql, params, read)?.ok_or_else(missing)
    }

    /// [`Tx::optional`] of a plain query, with its row held until the end of the transaction, so that whoever else
    /// reads it this way waits. SQLite has one writer at a time anyway.
    pub fn locked<T>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&Row) -> StoreResult<T>,
    ) -> StoreResult<Option<T>> {
        match &self.0 {
            Inner::Sqlite(_) => self.optional(sql, params, read),
            Inner::Postgres(_) => self.optional(&format!("{sql} FOR UPDATE"), params, read),
        }
    }

    /// Rows of a queue that nobody else has in hand: `FOR UPDATE SKIP LOCKED` where several may ask at once.
    pub fn claim<T>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&Row) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        match &self.0 {
            Inner::Sqlite(_) => self.query(sql, params, read),
            Inner::Postgres(_) => self.query(&format!("{sql} FOR UPDATE SKIP LOCKED"), params, read),
        }
    }

    /// Tells the other processes, with the commit, that something of `topic` has changed ([`super::Store::notified`]).
    pub fn notify(&self, topic: &str) -> StoreResult<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(s) => s.notify(topic),
        }
    }
}
