//! The end of the process, while another thread still uses a database.
//!
//! SQLCipher frees its cipher and its private heap from an `atexit` handler. A writer that commits, folds its log or
//! closes its file just then reads freed memory, and a box that was stopping cleanly ends with SIGSEGV instead (seen
//! in about one of fifty runs of a test binary). Our own handler is registered after SQLCipher's and therefore runs
//! before it: it waits for the work that is under way and lets none begin. Nothing acknowledged is lost, because a
//! change is acknowledged only after its commit; a change that is held back is as if the power had gone.

use std::sync::{Once, RwLock, RwLockReadGuard, TryLockError};
use std::time::{Duration, Instant};

/// How long the end waits: far more than a commit takes, and less than systemd's patience.
const PATIENCE: Duration = Duration::from_secs(3);

/// Read by whoever works with a connection; written by the exit, which never lets go.
static GATE: RwLock<()> = RwLock::new(());
static WATCH: Once = Once::new();

unsafe extern "C" {
    /// C11 7.22.4.2: the handlers run in the reverse order of their registration.
    safe fn atexit(handler: extern "C" fn()) -> std::ffi::c_int;
}

/// Held while a connection works or closes. Waits for ever once the process is ending.
pub(super) fn working() -> RwLockReadGuard<'static, ()> {
    GATE.read().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Makes the end of the process wait for work under way. Called when a connection is open, for then SQLCipher has
/// registered its handler.
pub(super) fn watch() {
    WATCH.call_once(|| {
        if atexit(wait_for_work) != 0 {
            log::warn!("store.exit the end of the process will not wait for the store");
        }
    });
}

extern "C" fn wait_for_work() {
    let deadline = Instant::now() + PATIENCE;
    // Asked again and again rather than waited for: a waiting writer of the lock would hold up a thread that already
    // works and takes the lock a second time (a last handle dropped inside a change).
    while Instant::now() < deadline {
        match GATE.try_write() {
            Ok(shut) => return std::mem::forget(shut),
            Err(TryLockError::Poisoned(shut)) => return std::mem::forget(shut),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
