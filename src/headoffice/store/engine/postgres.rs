//! Head office on PostgreSQL, or on a distributed engine that speaks its protocol.
//!
//! A few connections, each with its prepared statements; a transaction runs on a blocking thread and asks the
//! connection statement by statement. What the engine refuses for another try (a serialization failure, a deadlock) is
//! tried again; a broken connection is replaced. One more connection LISTENs.

use super::{Row, Tx, Value, dialect, other};
use crate::store::{Schema, StoreError, StoreResult};
use crate::tls;
use futures_util::{StreamExt, future, stream};
use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Connections of one process. A batch of events holds one for some milliseconds.
const CONNECTIONS: usize = 12;
/// Tries of a transaction that the engine refuses because of another one.
const TRIES: u32 = 12;
/// To connect.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a transaction may wait for a row that another one holds.
const LOCK: &str = "SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'";
/// The channel of LISTEN and NOTIFY.
const CHANNEL: &str = "branchbox";
/// The wait before the listening connection is made anew.
const AGAIN: Duration = Duration::from_secs(2);

/// Where the server is, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `postgres://user@host/database`.
    pub url: String,
    /// A file with the password, so that it stands in no configuration and no process list.
    pub password_file: Option<PathBuf>,
    /// A file with the authority (PEM) that signed the server's certificate; without one, what the machine trusts.
    pub authority: Option<PathBuf>,
}

impl Address {
    /// Checks the URL; what is wrong with it, as a sentence without the password that may be in it.
    pub fn check(&self) -> Result<(), String> {
        let config: Config = self.url.parse().map_err(|e: tokio_postgres::Error| {
            format!("{e}, and it looks like postgres://user@host/database")
        })?;
        if config.get_ssl_mode() != SslMode::Require && !config.get_hosts().iter().all(is_here) {
            return Err("the server is on another machine, so what goes there must be encrypted: add ?sslmode=require".into());
        }
        Ok(())
    }

    fn config(&self) -> StoreResult<Config> {
        let refused = |why: String| StoreError::Refused(format!("database: {why}"));
        self.check().map_err(refused)?;
        let mut config: Config = self.url.parse().map_err(other)?;
        if let Some(path) = &self.password_file {
            let password = std::fs::read_to_string(path)
                .map_err(|e| refused(format!("the password file {} cannot be read: {e}", path.display())))?;
            config.password(password.trim_end_matches(['\r', '\n']));
        }
        config.connect_timeout(CONNECT).application_name("branchbox");
        Ok(config)
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
        }
    }
}

/// An open server.
pub(super) struct Postgres {
    config: Config,
    tls: rustls::ClientConfig,
    permits: Arc<Semaphore>,
    /// Connections that nobody uses: taken and put back by who holds a permit.
    idle: Mutex<Vec<Connection>>,
    notified: watch::Sender<u64>,
}

struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    pub(super) async fn open(address: &Address, schema: &Schema) -> StoreResult<Arc<Self>> {
        let tls = match &address.authority {
            Some(path) => tls::authority_client_config(path),
            None => tls::web_client_config(),
        };
        let tls = tls.map_err(|e| StoreError::Refused(format!("database: {e}")))?;
        let opened = Arc::new(Self {
            config: address.config()?,
            tls,
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
            idle: Mutex::new(Vec::new()),
            notified: watch::Sender::new(0),
        });
        opened.bring_up_to_date(schema).await?;
        tokio::spawn(listen(Arc::downgrade(&opened)));
        Ok(opened)
    }

    pub(super) fn notified(&self) -> watch::Receiver<u64> {
        self.notified.subscribe()
    }

    async fn connect(&self) -> StoreResult<Connection> {
        let (client, connection) =
            self.config.connect(MakeRustlsConnect::new(self.tls.clone())).await.map_err(other)?;
        // Ends with the client; what went wrong, the client's calls are told.
        tokio::spawn(connection);
        client.batch_execute(LOCK).await.map_err(other)?;
        Ok(Connection { client, statements: HashMap::new() })
    }

    pub(super) async fn write<T: Send + 'static>(
        self: Arc<Self>,
        operation: &'static str,
        change: impl Fn(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.run(operation, "BEGIN", change).await
    }

    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        operation: &'static str,
        query: impl Fn(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.run(operation, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", query).await
    }

    async fn run<T: Send + 'static>(
        self: Arc<Self>,
        operation: &'static str,
        begin: &'static str,
        change: impl Fn(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let permit =
            Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed { operation })?;
        let handle = Handle::current();
        let work = move || {
            let _permit = permit;
            let mut tries = 0;
            loop {
                tries += 1;
                let result = self.once(&handle, begin, &change);
                match &result {
                    Err(e) if tries < TRIES && may_try_again(e) => {
                        log::info!("headoffice.database tries again to {operation}");
                        std::thread::sleep(Duration::from_millis(5 << tries.min(6)));
                    }
                    _ => return result.map_err(|e| e.during(operation)),
                }
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed { operation })?
    }

    fn once<T>(
        &self,
        handle: &Handle,
        begin: &str,
        change: impl Fn(&Tx) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let idle = self.idle.lock().expect("no holder panics").pop();
        let fresh = |why: Option<Connection>| match why.filter(|c| !c.client.is_closed()) {
            Some(connection) => Ok(connection),
            None => handle.block_on(self.connect()),
        };
        let session = Session { connection: Mutex::new(fresh(idle)?), handle };
        session.batch(begin)?;
        let result =
            change(&Tx::postgres(&session)).and_then(|value| session.batch("COMMIT").map(|()| value));
        if result.is_err() && session.batch("ROLLBACK").is_err() {
            return result; // the connection is dropped
        }
        let connection = session.connection.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !connection.client.is_closed() {
            self.idle.lock().expect("no holder panics").push(connection);
        }
        result
    }

    /// Makes the tables or upgrades them; whichever process is first does it.
    async fn bring_up_to_date(self: &Arc<Self>, schema: &Schema) -> StoreResult<()> {
        let known = schema.version();
        let (fresh, steps): (String, Vec<String>) =
            (dialect::schema(schema.fresh), schema.steps.iter().map(|s| dialect::schema(s)).collect());
        let url = self.config.get_dbname().unwrap_or("branchbox").to_owned();
        let change = move |tx: &Tx| {
            tx.execute(
                "SELECT 1 FROM (SELECT pg_advisory_xact_lock(?1)) AS held",
                &[Value::Integer(0x6272_616e_6368)],
            )?;
            tx.execute("CREATE TABLE IF NOT EXISTS branchbox_schema (version BIGINT NOT NULL)", &[])?;
            let found =
                tx.optional("SELECT version FROM branchbox_schema", &[], |r: &Row| r.get::<i64>(0))?;
            let run = |sql: &str| tx.batch(sql);
            match found {
                Some(found) if found > known => {
                    return Err(StoreError::TooNew { path: url.clone().into(), found, known });
                }
                Some(found) => steps[found as usize..].iter().try_for_each(|step| run(step))?,
                None => run(&fresh)?,
            }
            tx.execute("DELETE FROM branchbox_schema", &[])?;
            tx.execute("INSERT INTO branchbox_schema VALUES (?1)", &[Value::Integer(known)]).map(drop)
        };
        Arc::clone(self).write("make the tables of head office", change).await
    }
}

/// Whether the engine asks for another try: somebody else's transaction was in the way, or the connection had gone
/// before anything was committed.
fn may_try_again(error: &StoreError) -> bool {
    let StoreError::Server { source, .. } = error else { return false };
    let Some(source) = source.downcast_ref::<tokio_postgres::Error>() else { return false };
    match source.code() {
        Some(code) => {
            *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED
                || *code == SqlState::UNIQUE_VIOLATION // the other one was first: what we read has changed
        }
        None => false,
    }
}

/// A transaction on one connection.
pub(super) struct Session<'a> {
    /// Only this thread uses it; the lock is for the statements' cache behind a shared reference.
    connection: Mutex<Connection>,
    handle: &'a Handle,
}

impl Session<'_> {
    fn with<T>(
        &self,
        f: impl AsyncFnOnce(&mut Connection) -> Result<T, tokio_postgres::Error>,
    ) -> StoreResult<T> {
        let mut connection = self.connection.lock().expect("one thread only");
        self.handle.block_on(f(&mut connection)).map_err(other)
    }

    pub(super) fn batch(&self, sql: &str) -> StoreResult<()> {
        self.with(async |c| c.client.batch_execute(sql).await)
    }

    pub(super) fn execute(&self, sql: &str, params: &[Value]) -> StoreResult<u64> {
        self.with(async |c| {
            let statement = c.prepared(sql).await?;
            c.client.execute_raw(&statement, params).await
        })
    }

    pub(super) fn execute_many(&self, sql: &str, rows: &[Vec<Value>]) -> StoreResult<()> {
        self.with(async |c| {
            let statement = c.prepared(sql).await?;
            let client = &c.client;
            let calls = rows.iter().map(|row| client.execute_raw(&statement, row));
            // Calls that are polled together go out together.
            let done: Vec<_> = stream::iter(calls).buffered(256).collect().await;
            done.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
        })
    }

    pub(super) fn query(&self, sql: &str, params: &[Value]) -> StoreResult<Vec<tokio_postgres::Row>> {
        self.with(async |c| {
            let statement = c.prepared(sql).await?;
            let rows = c.client.query_raw(&statement, params).await?;
            rows.collect::<Vec<_>>().await.into_iter().collect()
        })
    }

    /// The server is read no faster than `visit` goes.
    pub(super) fn each(&self, sql: &str, visit: &mut dyn FnMut(&Row) -> StoreResult<()>) -> StoreResult<()> {
        let mut connection = self.connection.lock().expect("one thread only");
        self.handle.block_on(async {
            let statement = connection.prepared(sql).await.map_err(other)?;
            let none: &[Value] = &[];
            let mut rows = pin!(connection.client.query_raw(&statement, none).await.map_err(other)?);
            while let Some(row) = rows.next().await {
                visit(&Row::Postgres(&row.map_err(other)?))?;
            }
            Ok(())
        })
    }

    pub(super) fn notify(&self, topic: &str) -> StoreResult<()> {
        let topic = Value::from(topic);
        self.query("SELECT pg_notify('branchbox', ?1)", &[topic]).map(drop)
    }
}

impl Connection {
    async fn prepared(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&dialect::statement(sql)).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Counts up whenever another process notifies. While the connection is away, who waits looks now and then.
async fn listen(server: std::sync::Weak<Postgres>) {
    loop {
        let Some(postgres) = server.upgrade() else { return };
        let (config, tls, notified) =
            (postgres.config.clone(), postgres.tls.clone(), postgres.notified.clone());
        drop(postgres);
        if let Err(e) = listen_once(&config, tls, &notified).await {
            log::warn!(
                "headoffice.listen the database does not say what changes ({e}); it is looked at instead"
            );
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen_once(
    config: &Config,
    tls: rustls::ClientConfig,
    notified: &watch::Sender<u64>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    let hears = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(_) = message? {
                notified.send_modify(|n| *n += 1);
            }
        }
        Ok(())
    };
    let listen = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        notified.send_modify(|n| *n += 1); // what happened while nobody listened
        future::pending::<Result<(), tokio_postgres::Error>>().await
    };
    tokio::select! { ended = hears => ended, failed = listen => failed }
}
