//! The file of one segment: every frame goes to its place and is synced, and a write that fails is tried again there.
//!
//! After a failed sync the kernel may have thrown the data away, so a try is always the whole frame and its sync. What
//! is written again is the same bytes: a frame is never sealed twice.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Tries before the disk is given up.
const TRIES: u32 = 5;

/// An open segment file.
pub(super) struct SegmentFile {
    file: File,
    /// End of what is whole and synced.
    good_bytes: u64,
    /// Tries that failed.
    pub failures: u64,
}

impl SegmentFile {
    pub(super) fn new(file: File) -> Self {
        Self { file, good_bytes: 0, failures: 0 }
    }

    /// Adds bytes and, if asked to, syncs them. A full disk is not asked again.
    pub(super) fn append(&mut self, bytes: &[u8], sync: bool) -> io::Result<()> {
        for attempt in 1.. {
            match self.put(bytes, sync) {
                Ok(()) => break,
                Err(e) if attempt == TRIES || e.kind() == io::ErrorKind::StorageFull => return Err(e),
                Err(e) => {
                    self.failures += 1;
                    log::warn!("audio.disk try {attempt} of {TRIES} failed: {e}");
                }
            }
        }
        self.good_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Cuts off what is not whole and gives back the room behind it.
    pub(super) fn trim(&self) -> io::Result<()> {
        self.file.set_len(self.good_bytes)?;
        self.file.sync_data()
    }

    fn put(&self, bytes: &[u8], sync: bool) -> io::Result<()> {
        #[cfg(test)]
        faults::write(&self.file, bytes, self.good_bytes)?;
        self.file.write_all_at(bytes, self.good_bytes)?;
        if !sync {
            return Ok(());
        }
        #[cfg(test)]
        faults::sync()?;
        self.file.sync_data()
    }
}

/// A disk that fails, for the tests of one thread.
#[cfg(test)]
pub(super) mod faults {
    use super::{File, FileExt, io};
    use std::cell::Cell;

    thread_local! {
        /// Every so many writes and syncs fail; 0 for none.
        static EVERY: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        static DONE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }

    pub(crate) fn fail_every(writes: u64, syncs: u64) {
        EVERY.set((writes, syncs));
        DONE.set((0, 0));
    }

    /// A write that fails has written half of it.
    pub(super) fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        let (writes, syncs) = DONE.get();
        DONE.set((writes + 1, syncs));
        let every = EVERY.get().0;
        if every > 0 && (writes + 1).is_multiple_of(every) {
            file.write_all_at(&bytes[..bytes.len() / 2], at)?;
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(())
    }

    pub(super) fn sync() -> io::Result<()> {
        let (writes, syncs) = DONE.get();
        DONE.set((writes, syncs + 1));
        let every = EVERY.get().1;
        if every > 0 && (syncs + 1).is_multiple_of(every) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(())
    }
}
