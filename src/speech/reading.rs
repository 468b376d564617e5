//! Reads a recording for the transcriber, on a thread that may block, and reports what is spoken.
//!
//! A recording that runs is followed on disk, so that nothing depends on having been there from the start: after a
//! restart, or with a model that was installed late, the text catches up.

use super::listener::{Event, Finder};
use super::milliseconds;
use crate::audio::{Followed, follow_recording, read_recording};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often the disk is looked at for more of a recording that runs; it is written five times a second.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Events that may wait for the worker.
const AHEAD: usize = 8;

/// A recording being read.
pub(super) struct Reading {
    pub events: mpsc::Receiver<Event>,
    known: Arc<Known>,
    thread: JoinHandle<io::Result<u64>>,
}

#[derive(Default)]
struct Known {
    /// Nothing is written any more.
    closed: AtomicBool,
    samples: AtomicU64,
}

impl Reading {
    /// Reads the recording in `folder` from sample `begin` on; `runs` says whether it is still being written.
    pub(super) fn begin(folder: PathBuf, key: [u8; 32], begin: u64, runs: bool) -> Self {
        let (send, events) = mpsc::channel(AHEAD);
        let known = Arc::new(Known::default());
        let shared = Arc::clone(&known);
        let thread = tokio::task::spawn_blocking(move || {
            let open = if runs { follow_recording } else { read_recording };
            let mut reader = open(&folder, &key)?;
            reader.skip_segments_before(begin);
            let mut finder = Finder::from(begin);
            loop {
                let at = reader.samples();
                match reader.follow() {
                    Followed::Sound(block) => {
                        shared.samples.store(reader.samples(), Ordering::Relaxed);
                        for event in finder.hear(at, &block) {
                            if send.blocking_send(event).is_err() {
                                return Ok(0); // nobody listens any more
                            }
                        }
                    }
                    Followed::NotYet if send.is_closed() => return Ok(0),
                    Followed::NotYet if shared.closed.load(Ordering::Relaxed) => reader.stop_following(),
                    Followed::NotYet => std::thread::sleep(LOOK_EVERY),
                    Followed::End => break,
                }
            }
            if let Some(event) = finder.end() {
                let _ = send.blocking_send(event);
            }
            Ok(reader.samples())
        });
        Self { events, known, thread }
    }

    /// Nothing is written any more: what is there is all.
    pub(super) fn closed(&self) {
        self.known.closed.store(true, Ordering::Relaxed);
    }

    /// Milliseconds read so far.
    pub(super) fn read_ms(&self) -> i64 {
        milliseconds(self.known.samples.load(Ordering::Relaxed))
    }

    /// Samples of the whole recording, once the events are over.
    pub(super) async fn samples(self) -> io::Result<u64> {
        self.thread.await.map_err(|e| io::Error::other(e.to_string()))?
    }
}
