//! What can go wrong in the store, as sentences that name the operation and the file.

use std::path::PathBuf;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be opened at all.
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: rusqlite::Error },
    /// The key does not fit, or the file is no database.
    #[error(
        "{path} does not open with this key: put back the key file that belongs to it, or restore both from a backup"
    )]
    WrongKey { path: PathBuf },
    /// There is a database and no key for it.
    #[error(
        "the key {key} is missing, and without it what is stored cannot be read: put it back; a new one is not made in its place"
    )]
    KeyMissing { key: PathBuf },
    /// The key file is there and is not a key.
    #[error("the key {key} is not 64 hexadecimal digits: {reason}")]
    BadKey { key: PathBuf, reason: String },
    /// A newer Branchbox wrote the file.
    #[error(
        "{path} was written by a newer version (schema {found}, this one knows {known}): install that version"
    )]
    TooNew { path: PathBuf, found: i64, known: i64 },
    /// The disk is full; the change was not made and nothing acknowledged was lost.
    #[error("the disk is full: {operation} was not saved; free some space and try again")]
    DiskFull { operation: &'static str },
    /// SQLite refused.
    #[error("cannot {operation}: {source}")]
    Sqlite { operation: &'static str, source: rusqlite::Error },
    /// A database server refused, or could not be reached.
    #[error("cannot {operation}: {}", deepest(source.as_ref()))]
    Server { operation: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    /// The rules of the room refused (the text is the whole sentence).
    #[error("{0}")]
    Refused(String),
    /// The writer has stopped.
    #[error("cannot {operation}: the store is closing")]
    Closed { operation: &'static str },
    /// Reading or writing beside the database.
    #[error("cannot {operation} {path}: {source}")]
    Io { operation: &'static str, path: PathBuf, source: std::io::Error },
}

/// What the store gives back.
pub type StoreResult<T> = Result<T, StoreError>;

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite { operation: "use the database", source }
    }
}

impl StoreError {
    /// Puts the operation's name into an error that came up from SQLite without one.
    pub(crate) fn during(self, operation: &'static str) -> Self {
        match self {
            Self::Sqlite { source, .. } if is_full(&source) => Self::DiskFull { operation },
            Self::Sqlite { source, .. } => Self::Sqlite { operation, source },
            Self::Server { source, .. } => Self::Server { operation, source },
            other => other,
        }
    }

    /// Whether the disk being full is the cause.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            Self::Sqlite { source, .. } | Self::Open { source, .. } => is_full(source),
            _ => false,
        }
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

/// The last of the causes, which is the one that says something.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
