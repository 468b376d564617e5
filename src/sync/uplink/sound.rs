//! Sound of meetings to head office, where the branch's policy sends it: a FLAC file in pieces, beside the events and after
//! nothing of theirs.
//!
//! The file is made anew each time from the recording, which does not change, and what head office holds is passed over:
//! no copy in the clear lies on the disk, and a line that breaks costs one piece. The last piece carries the SHA-256 of the
//! whole; where it does not fit what head office has put together, both begin again.

use super::policy::Sound;
use crate::audio::{self, Exact, FlacWriter};
use crate::store::sound_outbox::{self, Next};
use crate::sync::backoff::{Backoff, chance};
use crate::sync::client::{CallError, Client};
use crate::sync::status::Way;
use crate::sync::{Line, Shared};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often we look whether a meeting has ended.
const LOOK: Duration = Duration::from_secs(5);
/// Bytes of a piece: on a slow line one still goes within the limit of a call.
const PIECE: usize = 1 << 20;
/// How often a file that does not fit is begun again before it is given up.
const TRIES: u32 = 3;

/// A piece on its way.
struct Piece {
    from: u64,
    bytes: Vec<u8>,
    /// SHA-256 of the whole file, where this is its end.
    last: Option<String>,
}

/// Why the sending of a file stopped.
enum Halt {
    /// The line, or head office for now; tried again.
    Line(String),
    /// Head office holds as much, not what we thought.
    Elsewhere(u64),
    /// It will never go.
    Never(String),
    /// The policy has changed, or the sound was deleted.
    Withdrawn,
}

pub(in crate::sync) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = follow(shared) => {}
    }
}

async fn follow(shared: Arc<Shared>) {
    let (policy, mut backoff) = (shared.policy.sound, Backoff::default());
    // The meeting that did not fit last, and how often it was begun again.
    let mut misfit = (String::new(), 0);
    let mut line = Line::new(Arc::clone(&shared), Way::Up);
    loop {
        let now = shared.clock.now();
        let write = move |tx: &_| {
            sound_outbox::follow(tx, policy, now)?;
            sound_outbox::next(tx)
        };
        let next = shared.db.write("look which sound goes to head office", write).await;
        if policy == Sound::None && next.is_ok() {
            return std::future::pending().await;
        }
        let Some(next) = next.unwrap_or_else(|e| {
            log::error!("sync.sound {e}");
            None
        }) else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        let client = line.enrolled().await;
        match send(&shared, &client, &next).await {
            Ok(()) => {
                log::info!("sync.sound sent recording={}", next.recording);
                backoff.reset();
            }
            Err(Halt::Elsewhere(held)) => {
                if misfit.0 != next.recording {
                    misfit = (next.recording.clone(), 0);
                }
                misfit.1 += u32::from(held == 0);
                let tries = misfit.1;
                let why = "head office put together something else each time: see its log";
                let recording = next.recording.clone();
                let note = move |tx: &_| match tries < TRIES {
                    true => sound_outbox::held(tx, &recording, held).map(drop),
                    false => sound_outbox::refuse(tx, &recording, why),
                };
                note_it(&shared, note).await;
            }
            Err(Halt::Never(why)) => {
                log::warn!("sync.sound refused recording={}: {why}", next.recording);
                let recording = next.recording.clone();
                note_it(&shared, move |tx| sound_outbox::refuse(tx, &recording, &why)).await;
            }
            Err(Halt::Withdrawn) => {}
            Err(Halt::Line(sentence)) => {
                log::debug!("sync.sound waits: {sentence}");
                tokio::select! {
                    () = tokio::time::sleep(backoff.next(chance())) => {}
                    () = shared.contact[Way::Up as usize].notified() => {}
                }
            }
        }
    }
}

async fn note_it(
    shared: &Shared,
    note: impl FnOnce(&crate::store::Tx) -> crate::store::StoreResult<()> + Send + 'static,
) {
    if let Err(e) = shared.db.write("note how far sound is", note).await {
        log::error!("sync.sound {e}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Sends what head office does not hold of one file.
async fn send(shared: &Shared, client: &Client, next: &Next) -> Result<(), Halt> {
    let (give, mut pieces) = mpsc::channel(1);
    let (sound, folder) = (next.clone(), shared.data.recordings().join(&next.recording));
    let made = tokio::task::spawn_blocking(move || make(folder, &sound, &give));
    while let Some(piece) = pieces.recv().await {
        let Piece { from, bytes, last } = piece;
        let ends = last.is_some();
        let reply = client.sound(&next.recording, from, last.as_deref(), bytes).await;
        let held = reply.map_err(halt)?.held;
        let recording = next.recording.clone();
        let now = shared.clock.now();
        let note = move |tx: &_| {
            let goes = sound_outbox::held(tx, &recording, held)?;
            if goes && ends {
                sound_outbox::done(tx, &recording, now)?;
            }
            Ok(goes)
        };
        let goes = shared.db.write("note how far sound is", note).await;
        if !goes.map_err(|e| Halt::Line(e.to_string()))? {
            return Err(Halt::Withdrawn);
        }
        if ends {
            return Ok(());
        }
    }
    match made.await {
        Ok(Ok(end)) if end < next.held => Err(Halt::Elsewhere(0)),
        Ok(Ok(_)) => Err(Halt::Line("the sound ended early".into())),
        Ok(Err(e)) => Err(Halt::Never(format!("the sound cannot be read: {e}"))),
        Err(e) => Err(Halt::Line(e.to_string())),
    }
}

fn halt(error: CallError) -> Halt {
    match error {
        CallError::Refused(problem) => match (problem.status, problem.expected) {
            (409, Some(held)) => Halt::Elsewhere(u64::try_from(held).unwrap_or(0)),
            (413, _) => Halt::Never(problem.detail),
            _ => Halt::Line(problem.detail),
        },
        other => Halt::Line(other.to_string()),
    }
}

/// Makes the file and gives its pieces from where head office is; how long it is. Ends early where nobody takes them.
fn make(folder: PathBuf, next: &Next, give: &mpsc::Sender<Piece>) -> std::io::Result<u64> {
    let (mut writer, head) = FlacWriter::new(next.samples).map_err(std::io::Error::other)?;
    let mut cut = Cutter { give, from: next.held, at: 0, waiting: Vec::new(), hash: Sha256::new() };
    let reader = audio::read_recording(&folder, &next.key)?;
    if !cut.push(&head) {
        return Ok(cut.at);
    }
    for block in Exact::new(reader, 0, next.samples) {
        let frames = writer.push(&block).map_err(std::io::Error::other)?;
        if !cut.push(&frames) {
            return Ok(cut.at);
        }
    }
    cut.push(&writer.finish().map_err(std::io::Error::other)?);
    Ok(cut.end())
}

/// Cuts a stream of bytes into pieces, without its first `from`.
struct Cutter<'a> {
    give: &'a mpsc::Sender<Piece>,
    from: u64,
    /// Bytes that have come.
    at: u64,
    /// Bytes from `from` on that have not been given.
    waiting: Vec<u8>,
    hash: Sha256,
}

impl Cutter<'_> {
    /// Whether anybody still takes pieces.
    fn push(&mut self, bytes: &[u8]) -> bool {
        self.hash.update(bytes);
        let skip = self.from.saturating_sub(self.at).min(bytes.len() as u64) as usize;
        self.at += bytes.len() as u64;
        self.waiting.extend_from_slice(&bytes[skip..]);
        while self.waiting.len() > PIECE {
            let rest = self.waiting.split_off(PIECE);
            let bytes = std::mem::replace(&mut self.waiting, rest);
            let from = self.from;
            self.from += bytes.len() as u64;
            if self.give.blocking_send(Piece { from, bytes, last: None }).is_err() {
                return false;
            }
        }
        true
    }

    fn end(self) -> u64 {
        if self.at >= self.from {
            let last = Some(hex::encode(self.hash.finalize()));
            let _ = self.give.blocking_send(Piece { from: self.from, bytes: self.waiting, last });
        }
        self.at
    }
}
