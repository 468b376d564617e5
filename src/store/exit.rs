//! The end of the process, while another thread still uses a database.
//!
//! SQLCipher frees its cipher and its private heap from an `atexit` handler, and OpenSSL its tables from another. A
//! writer that commits, folds its log, closes its file or only ends as a thread just then works on freed memory: a box
//! that was stopping cleanly ended with SIGSEGV (in about one of fifty runs of a test binary), an import that had
//! printed its report with "double free". Our own handler is registered after theirs and therefore runs before them: it
//! waits for the work that is under way, lets none begin, and ends the process there, so that theirs never run. The
//! kernel takes the memory back. Nothing acknowledged is lost, because a change is acknowledged only after its commit;
//! a change that is held back is as if the power had gone.

use std::ffi::{c_int, c_void};
use std::sync::{Once, RwLock, RwLockReadGuard, TryLockError};
use std::time::{Duration, Instant};

/// How long the end waits: far more than a commit takes, and less than systemd's patience.
const PATIENCE: Duration = Duration::from_secs(3);

/// Read by whoever works with a connection; written by the exit, which never lets go.
static GATE: RwLock<()> = RwLock::new(());
static WATCH: Once = Once::new();

unsafe extern "C" {
    /// glibc: as C's `atexit`, run in the reverse order of registration, and told the status that the process ends with.
    safe fn on_exit(handler: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    /// POSIX: ends the process without running what else is registered.
    safe fn _exit(status: c_int) -> !;
}

/// Held while a connection works or closes. Waits for ever once the process is ending.
pub(super) fn working() -> RwLockReadGuard<'static, ()> {
    GATE.read().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Makes the end of the process wait for work under way. Called when a connection is open, for then SQLCipher has
/// registered its handler.
pub(super) fn watch() {
    WATCH.call_once(|| {
        if on_exit(end, std::ptr::null_mut()) != 0 {
            log::warn!("store.exit the end of the process will not wait for the store");
        }
    });
}

/// Rust has flushed its standard output by now: it does so before it calls C's `exit`.
extern "C" fn end(status: c_int, _: *mut c_void) {
    wait_for_work();
    _exit(status)
}

fn wait_for_work() {
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

#[cfg(test)]
mod tests {
    use super::super::{KeySource, open_records};
    use std::process::Command;

    /// Names the folder to the process that ends.
    const FOLDER: &str = "BRANCHBOX_TEST_ENDS_IN";

    #[test]
    fn a_process_that_ends_in_the_middle_of_a_change_keeps_its_status() {
        if let Some(folder) = std::env::var_os(FOLDER) {
            let folder = std::path::PathBuf::from(folder);
            let key = KeySource::File(folder.join("records.key"));
            let db = open_records(&folder, &key).unwrap();
            let (begun, wait) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                db.write_blocking("wait for ever", move |tx| {
                    tx.execute_batch("CREATE TABLE begun (x INTEGER)")?;
                    begun.send(()).expect("the test waits");
                    loop {
                        std::thread::park();
                    }
                    #[allow(unreachable_code)]
                    Ok(())
                })
            });
            wait.recv().unwrap();
            std::process::exit(7);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut ends = Command::new(std::env::current_exe().unwrap());
        ends.args([
            "--exact",
            "store::exit::tests::a_process_that_ends_in_the_middle_of_a_change_keeps_its_status",
        ]);
        let status = ends.env(FOLDER, folder.path()).stdout(std::process::Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(7), "{status}");
    }
}
