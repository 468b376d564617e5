//! One writer, many readers.
//!
//! The writer is a thread with the only connection that can write. It takes all the changes that wait, runs each in
//! a savepoint of one `BEGIN IMMEDIATE` transaction, commits once with `synchronous=FULL`, and only then answers:
//! what is acknowledged survives a power cut, and a burst costs one sync (HOUSE.md has the measurements). A change
//! that fails rolls back alone. Readers are `query_only`.

use super::{DatabaseKey, Schema, StoreError, StoreResult, exit};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// What a change sees: a connection inside the writer's transaction.
pub type Tx = Connection;

/// Changes that may wait for the writer; past that, whoever writes waits too.
const QUEUE: usize = 1024;
/// Changes that share one commit at most, so that the first of them does not wait long.
const GROUP: usize = 256;
/// Read-only connections. Answers come from memory; these serve the agent's and the manager's pages.
const READERS: usize = 4;
/// How long a second process (an import) may hold the write lock before we give up.
const BUSY: Duration = Duration::from_secs(20);

/// A change, and how to tell whoever asked for it once the commit is durable (or why it is not).
struct Change {
    operation: &'static str,
    run: Run,
    fail: oneshot::Sender<StoreError>,
}
type Run = Box<dyn FnOnce(&Tx) -> StoreResult<Answer> + Send>;
/// Sends the result to the caller; called after the commit.
type Answer = Box<dyn FnOnce() + Send>;

impl Drop for Readers {
    fn drop(&mut self) {
        let _working = exit::working();
        self.idle.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }
}

/// A handle to an open database; cheap to clone. The writer stops when the last handle is gone.
#[derive(Clone)]
pub struct Database {
    path: Arc<PathBuf>,
    changes: mpsc::Sender<Change>,
    readers: Arc<Readers>,
}

struct Readers {
    permits: Arc<Semaphore>,
    /// Taken and put back by readers that hold a permit; a plain stack needs no order.
    idle: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens (or makes) the database, brings its schema up to date and starts the writer.
    pub fn open(path: &Path, key: &DatabaseKey, schema: &Schema) -> StoreResult<Self> {
        let mut writer = connect(path, key, false)?;
        exit::watch();
        schema.bring_up_to_date(&mut writer, path)?;
        let idle = (0..READERS).map(|_| connect(path, key, true)).collect::<StoreResult<Vec<_>>>()?;
        let (changes, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_loop(writer, queue))
            .map_err(|source| StoreError::Io {
                operation: "start the writer of",
                path: path.to_owned(),
                source,
            })?;
        let readers =
            Arc::new(Readers { permits: Arc::new(Semaphore::new(READERS)), idle: Mutex::new(idle) });
        Ok(Self { path: Arc::new(path.to_owned()), changes, readers })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a change and waits until it is durable. `operation` completes the sentence "cannot …".
    pub async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (change, done, failed) = package(operation, change);
        self.changes.send(change).await.map_err(|_| StoreError::Closed { operation })?;
        match done.await {
            Ok(value) => Ok(value),
            Err(_) => Err(failed.await.unwrap_or(StoreError::Closed { operation })),
        }
    }

    /// [`Database::write`] for a thread that is not async (the recorder). Must not be called on an async worker.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&Tx) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (change, done, failed) = package(operation, change);
        self.changes.blocking_send(change).map_err(|_| StoreError::Closed { operation })?;
        match done.blocking_recv() {
            Ok(value) => Ok(value),
            Err(_) => Err(failed.blocking_recv().unwrap_or(StoreError::Closed { operation })),
        }
    }

    /// Hands a change over without waiting for it (what nobody was promised, such as the log of an answer). `false`
    /// when the writer is too busy to take it; a change that fails is logged.
    pub fn write_later(
        &self,
        operation: &'static str,
        change: impl FnOnce(&Tx) -> StoreResult<()> + Send + 'static,
    ) -> bool {
        let (change, _done, _failed) = package(operation, change);
        self.changes.try_send(change).is_ok()
    }

    /// Reads on a read-only connection, off the async workers.
    pub async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        query: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed { operation })?;
        let task = tokio::task::spawn_blocking(move || {
            let _working = exit::working();
            let connection = readers.idle.lock().expect("no reader panics with the lock").pop();
            let connection = connection.expect("a permit stands for an idle connection");
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| query(&connection)));
            readers.idle.lock().expect("no reader panics with the lock").push(connection);
            drop(permit);
            match result {
                Ok(result) => result.map_err(|e| e.during(operation)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        task.await.map_err(|_| StoreError::Closed { operation })?
    }
}

/// Works on a file that nobody else has open, made or upgraded as `schema` says; what is left behind is one file. Blocking.
pub fn alone<T>(
    path: &Path,
    key: &DatabaseKey,
    schema: &Schema,
    work: impl FnOnce(&mut Connection) -> StoreResult<T>,
) -> StoreResult<T> {
    exit::watch();
    let _working = exit::working();
    let mut connection = connect(path, key, false)?;
    schema.bring_up_to_date(&mut connection, path)?;
    let value = work(&mut connection)?;
    // Folds the log into the file.
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")?;
    Ok(value)
}

fn package<T: Send + 'static>(
    operation: &'static str,
    change: impl FnOnce(&Tx) -> StoreResult<T> + Send + 'static,
) -> (Change, oneshot::Receiver<T>, oneshot::Receiver<StoreError>) {
    let (done, receive) = oneshot::channel();
    let (fail, failed) = oneshot::channel();
    let run = Box::new(move |tx: &Tx| {
        let value = change(tx)?;
        Ok(Box::new(move || drop(done.send(value))) as Answer)
    });
    (Change { operation, run, fail }, receive, failed)
}

fn connect(path: &Path, key: &DatabaseKey, read_only: bool) -> StoreResult<Connection> {
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(open)?;
    // SQLCipher sets its cipher up with the first key; two threads that give theirs at once got an error in place of it.
    static KEYING: Mutex<()> = Mutex::new(());
    let keyed = {
        let _alone = KEYING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        connection.execute_batch(&key.pragma())
    };
    keyed.map_err(open)?;
    connection.busy_timeout(BUSY).map_err(open)?;
    // The first read of the file tells whether the key fits.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(
        |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StoreError::WrongKey { path: path.to_owned() },
            _ => open(source),
        },
    )?;
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")
        .map_err(open)?;
    if read_only {
        connection.execute_batch("PRAGMA query_only = ON").map_err(open)?;
    }
    Ok(connection)
}

fn write_loop(mut connection: Connection, mut queue: mpsc::Receiver<Change>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let _working = exit::working();
        commit_group(&mut connection, group);
    }
    let _working = exit::working();
    // Folds the log into the file, so that what is left behind is one file.
    if let Err(e) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        log::warn!("store.checkpoint failed: {e}");
    }
    drop(connection); // while we may still work: `_working` was made after it and would go first
}

fn commit_group(connection: &mut Connection, group: Vec<Change>) {
    let mut tx = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(tx) => tx,
        Err(e) => {
            log::error!("store.begin failed: {e}");
            return group.into_iter().for_each(|c| report(c.operation, copy_of(&e).into(), c.fail));
        }
    };
    let answers: Vec<_> = group.into_iter().filter_map(|change| run_change(&mut tx, change)).collect();
    let outcome = tx.commit();
    for (operation, answer, fail) in answers {
        match &outcome {
            Ok(()) => answer(),
            Err(e) => report(operation, copy_of(e).into(), fail),
        }
    }
    if let Err(e) = outcome {
        log::error!("store.commit failed: {e}");
    }
}

/// Runs one change in its savepoint. A change that fails or panics is undone and told; the others go on.
fn run_change(
    tx: &mut rusqlite::Transaction<'_>,
    change: Change,
) -> Option<(&'static str, Answer, oneshot::Sender<StoreError>)> {
    let Change { operation, run, fail } = change;
    let result = tx.savepoint().map_err(StoreError::from).and_then(|savepoint| {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&savepoint))) {
            Ok(Ok(answer)) => savepoint.commit().map(|()| answer).map_err(StoreError::from),
            Ok(Err(e)) => Err(e), // the savepoint rolls back when dropped
            Err(_) => {
                Err(StoreError::Refused(format!("cannot {operation}: a fault in the program (see the log)")))
            }
        }
    });
    match result {
        Ok(answer) => Some((operation, answer, fail)),
        Err(e) => {
            report(operation, e, fail);
            None
        }
    }
}

fn report(operation: &'static str, error: StoreError, fail: oneshot::Sender<StoreError>) {
    if let Err(unheard) = fail.send(error.during(operation)) {
        log::error!("store.write nobody waited for failed: {unheard}");
    }
}

/// rusqlite's error cannot be cloned; every waiting change is told the same code and text.
fn copy_of(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}
