//! The recorder at work, on a thread of its own.
//!
//! A press opens the microphone, makes recording, permit and key durable, and only then writes; what the microphone
//! delivered meanwhile waits and is not lost. However a recording ends (a press, a microphone that does not return, a
//! full disk, the stop of the box), what is on disk is kept and its transcript is queued. A store that cannot take the
//! end, a gap or a marker at that moment gets it later, or the end at the next start from
//! [`super::recover_unfinished`].

use super::capture::{Capture, Opening};
use super::recorder::Command;
use super::reserve::Reserve;
use super::session::{Beginning, Session, Turn, elapsed_ms};
use super::track::Track;
use super::{RecorderError, RecorderSettings, RecorderStatus, RecordingWriter, SAMPLE_RATE};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::recording_notes::{self, Note};
use crate::store::recordings::{self, Consent, End, NewRecording};
use crate::store::{Database, StoreError};
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// How long the microphone is listened to after the stop: people press while the last sentence is still being said.
const POST_ROLL: Duration = Duration::from_secs(2);
/// How often what the store did not take is offered again.
const RETRY: Duration = Duration::from_secs(5);

/// Whoever waits for the recorder to stop.
type Stopped = Option<oneshot::Sender<()>>;

/// The recorder's thread.
pub(super) struct Actor {
    db: Database,
    data: DataFolder,
    clock: Clock,
    settings: RecorderSettings,
    publish: watch::Sender<RecorderStatus>,
    /// Ends that the store has not taken yet.
    unclosed: Vec<(String, End)>,
}

impl Actor {
    pub(super) fn new(
        db: Database,
        data: DataFolder,
        clock: Clock,
        settings: RecorderSettings,
        publish: watch::Sender<RecorderStatus>,
    ) -> Self {
        Self { db, data, clock, settings, publish, unclosed: Vec::new() }
    }

    /// Serves until it is told to stop (by whom it gives back) or until nobody can tell it any more.
    pub(super) fn run(mut self, mailbox: &Receiver<Command>) -> Stopped {
        loop {
            let command = if self.unclosed.is_empty() {
                mailbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                mailbox.recv_timeout(RETRY)
            };
            match command {
                Ok(Command::Press { agent, consent, reply }) => match self.begin(agent, consent) {
                    Ok(mut session) => {
                        let _ = reply.send(Ok(session.id.clone()));
                        self.publish.send_replace(session.status_now());
                        if let ControlFlow::Break(stopped) = self.record(session, mailbox) {
                            return stopped;
                        }
                    }
                    Err(e) => drop(reply.send(Err(e))),
                },
                Ok(Command::Stop { reply } | Command::Pause { reply } | Command::Resume { reply }) => {
                    let _ = reply.send(Err(RecorderError::NotRecording));
                }
                Ok(Command::Mark { reply }) => drop(reply.send(Err(RecorderError::NotRecording))),
                Ok(Command::Shutdown { reply }) => {
                    self.offer_unclosed();
                    return Some(reply);
                }
                Err(RecvTimeoutError::Timeout) => drop(self.offer_unclosed()),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes the room, opens the microphone, then makes the permit durable, then opens the files.
    fn begin(&mut self, agent: String, consent: Consent) -> Result<Session, RecorderError> {
        let id = Uuid::now_v7();
        let reserve = self.reserve(&id.to_string())?;
        let capture = Capture::open(self.settings.microphone.as_deref())?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|e| RecorderError::Sound(e.to_string()))?;
        let started_at = self.clock.now();
        let new = NewRecording {
            id: id.to_string(),
            started_at,
            agent,
            consent,
            microphone: capture.id.clone(),
            key,
        };
        self.db.write_blocking("begin the recording", move |tx| recordings::begin(tx, &new))?;
        let folder = self.data.recordings().join(id.to_string());
        let choice = self.settings.microphone.clone();
        let session = RecordingWriter::create_in(Some(reserve), &folder, id, key)
            .map_err(|source| RecorderError::Disk { folder, source })
            .and_then(|writer| {
                let beginning = Beginning {
                    id: id.to_string(),
                    started_at,
                    capture,
                    track: Track::new(writer),
                    reopen: Box::new(move || Opening::begin(choice.clone())),
                    wait: self.settings.microphone_wait,
                };
                Session::new(beginning, Instant::now()).map_err(RecorderError::Sound)
            });
        match &session {
            Err(e) => {
                let problem = Some(format!("{}: {e}", e.code()));
                let end = End { samples: 0, problem, stopped_at: started_at, notes: Vec::new() };
                self.close(id.to_string(), end);
            }
            Ok(_) => log::info!(recording = id.to_string().as_str(); "recording started"),
        }
        session
    }

    /// Records until something ends it. `Break` when the recorder is to stop, with whoever waits for that.
    fn record(&mut self, mut session: Session, mailbox: &Receiver<Command>) -> ControlFlow<Stopped> {
        let mut stop_at: Option<Instant> = None;
        let mut stopping = Vec::new();
        let mut after = ControlFlow::Continue(());
        let mut unwritten = Unwritten::default();
        let problem = loop {
            if let Turn::Ends(problem) = session.turn() {
                break Some(problem);
            }
            if let Some(status) = session.status() {
                self.publish.send_replace(status);
            }
            let (now, mut paused) = (Instant::now(), Ok(true));
            match mailbox.try_recv() {
                Ok(Command::Press { reply, .. }) => {
                    let _ = reply.send(Err(RecorderError::AlreadyRecording { id: session.id.clone() }));
                }
                Ok(Command::Stop { reply }) => {
                    stopping.push(reply);
                    // Pressed twice, or nothing to listen to: now.
                    if stop_at.is_some() || !session.is_stopping() {
                        break None;
                    }
                    stop_at = Some(now + POST_ROLL);
                }
                Ok(Command::Pause { reply } | Command::Resume { reply }) if stop_at.is_some() => {
                    let _ = reply.send(Err(RecorderError::NotRecording));
                }
                Ok(Command::Pause { reply }) => {
                    paused = session.pause(now);
                    let _ = reply.send(if paused == Ok(false) {
                        Err(RecorderError::AlreadyPaused)
                    } else {
                        Ok(())
                    });
                }
                Ok(Command::Resume { reply }) => {
                    paused = session.resume(now);
                    let _ =
                        reply.send(if paused == Ok(false) { Err(RecorderError::NotPaused) } else { Ok(()) });
                }
                Ok(Command::Mark { reply }) => drop(reply.send(Ok(session.mark(now)))),
                Ok(Command::Shutdown { reply }) => {
                    after = ControlFlow::Break(Some(reply));
                    break None;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    after = ControlFlow::Break(None);
                    break None;
                }
            }
            if let Err(problem) = paused {
                break Some(problem);
            }
            let notes = session.take_notes();
            unwritten.write(&self.db, &session.id, notes);
            if stop_at.is_some_and(|at| Instant::now() >= at) {
                break None;
            }
        };
        let (id, mut end) = session.end(problem, Instant::now());
        end.notes.splice(0..0, unwritten.notes);
        if let Some(problem) = &end.problem {
            log::warn!(recording = id.as_str(); "recording ended with a problem: {problem}");
        }
        self.close(id, end);
        for reply in stopping {
            let _ = reply.send(Ok(()));
        }
        after
    }

    /// Tells the store how the recording ended, now or later, and then the page.
    fn close(&mut self, id: String, end: End) {
        let (length, last, why) = (elapsed_ms(end.samples as u64), id.clone(), end.problem.clone());
        self.unclosed.push((id, end));
        let not_noted = self.offer_unclosed();
        self.publish.send_replace(RecorderStatus::idle(Some(last), length, why.or(not_noted)));
    }

    /// Offers the store the ends that it has not taken. Gives back what is wrong while it does not take them.
    fn offer_unclosed(&mut self) -> Option<String> {
        let now = self.clock.now();
        let mut problem = None;
        for (id, end) in std::mem::take(&mut self.unclosed) {
            let (name, noted) = (id.clone(), end.clone());
            let taken = self.db.write_blocking("finish the recording", move |tx| {
                recordings::finish_with(tx, &name, &noted, now)
            });
            match taken {
                Ok(()) => log::info!(recording = id.as_str(), samples = end.samples; "recording finished"),
                // Somebody has closed it already, or it is no more: nothing to offer again.
                Err(StoreError::Refused(reason)) => log::warn!("cannot finish a recording: {reason}"),
                Err(e) => {
                    log::error!(recording = id.as_str(); "cannot finish the recording: {e}");
                    problem = Some(format!(
                        "store-error: the recording is on disk, but its end could not be noted ({e}); the box tries again"
                    ));
                    self.unclosed.push((id, end));
                }
            }
        }
        problem
    }

    /// Room for the longest meeting, really taken; and beside it the margin for everything else must be free.
    fn reserve(&self, id: &str) -> Result<Reserve, RecorderError> {
        let folder = self.data.recordings();
        let disk = |source| RecorderError::Disk { folder: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(disk)?;
        let free = crate::disk::room(&folder).map_err(disk)?.free;
        // 16-bit samples, and a hundredth more for headers and tags.
        let sound = self.settings.longest_meeting.as_secs() * u64::from(SAMPLE_RATE) * 2;
        let needed = sound + sound / 100 + self.settings.margin_bytes;
        let no_room = RecorderError::NoRoom { free_mb: free / 1_000_000, needed_mb: needed / 1_000_000 };
        if free < needed {
            return Err(no_room);
        }
        // The look is not enough: somebody else may look at the same moment.
        Reserve::make(&folder, id, self.settings.longest_meeting)
            .map_err(|e| if e.kind() == io::ErrorKind::StorageFull { no_room } else { disk(e) })
    }
}

/// Notes of the running recording that the store has not taken yet.
#[derive(Default)]
struct Unwritten {
    notes: Vec<Note>,
    not_before: Option<Instant>,
}

impl Unwritten {
    /// Writes them with what has come, unless the store refused just now.
    fn write(&mut self, db: &Database, id: &str, new: Vec<Note>) {
        self.notes.extend(new);
        if self.notes.is_empty() || self.not_before.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let (name, notes) = (id.to_owned(), self.notes.clone());
        let written = db.write_blocking("note what happened during a recording", move |tx| {
            notes.iter().try_for_each(|note| recording_notes::put(tx, &name, note))
        });
        match written {
            Ok(()) => (self.notes, self.not_before) = (Vec::new(), None),
            Err(e) => {
                log::error!(recording = id; "cannot note what happened: {e}");
                self.not_before = Some(Instant::now() + RETRY);
            }
        }
    }
}
