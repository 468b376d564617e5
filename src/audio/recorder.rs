//! The recorder: an actor with one button.
//!
//! A press opens the microphone, makes recording, permit and key durable, and only then writes; what the microphone
//! delivered meanwhile waits and is not lost. However a recording ends (a press, a lost device, a full disk, the stop
//! of the box), what is on disk is kept and its transcript is queued. A store that cannot take the end at that moment
//! gets it later, or at the next start from [`super::recover_unfinished`].

use super::capture::Capture;
use super::session::{Session, Turn, elapsed_ms};
use super::{MicrophoneError, RecorderStatus, RecordingWriter, SAMPLE_RATE};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::recordings::{self, Consent, NewRecording};
use crate::store::{Database, StoreError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Presses that may wait; people do not press faster than the recorder answers.
const MAILBOX: usize = 8;
/// How long the microphone is listened to after the stop: people press while the last sentence is still being said.
const POST_ROLL: Duration = Duration::from_secs(2);
/// How often the end of a recording that the store did not take is offered again.
const RETRY: Duration = Duration::from_secs(5);

/// How the recorder is set up.
#[derive(Debug, Clone)]
pub struct RecorderSettings {
    /// Stable name of the microphone; `None` takes the system's default.
    pub microphone: Option<String>,
    /// Nothing starts unless there is room on the disk for a meeting of this length.
    pub longest_meeting: Duration,
    /// Bytes that stay free beside it, for the databases.
    pub margin_bytes: u64,
}

impl RecorderSettings {
    /// Room for three hours of sound and 64 MiB.
    pub fn new(microphone: Option<String>) -> Self {
        Self { microphone, longest_meeting: Duration::from_secs(3 * 3600), margin_bytes: 64 << 20 }
    }
}

/// Why the button did not do what was asked. The text is a sentence for the agent.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    #[error(transparent)]
    Microphone(#[from] MicrophoneError),
    #[error("a recording is running already")]
    AlreadyRecording { id: String },
    #[error("no recording is running")]
    NotRecording,
    #[error(
        "the disk has room for {free_mb} MB, and a meeting may need {needed_mb} MB: free some space before recording"
    )]
    NoRoom { free_mb: u64, needed_mb: u64 },
    #[error("cannot write the recording to {folder}: {source}")]
    Disk { folder: PathBuf, source: io::Error },
    #[error("the recording was not started: {0}")]
    Store(#[from] StoreError),
    #[error("the sound of this microphone cannot be used: {0}")]
    Sound(String),
    #[error("the recorder is busy; press again in a moment")]
    Busy,
    #[error("the recorder has stopped")]
    Stopped,
}

impl RecorderError {
    /// A word that the page knows this error by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Microphone(MicrophoneError::Null) => "microphone-null",
            Self::Microphone(MicrophoneError::Absent { .. } | MicrophoneError::NoDefault { .. }) => {
                "microphone-absent"
            }
            Self::Microphone(_) | Self::Sound(_) => "microphone-unusable",
            Self::AlreadyRecording { .. } => "already-recording",
            Self::NotRecording => "not-recording",
            Self::NoRoom { .. } => "disk-full",
            Self::Disk { .. } => "disk-error",
            Self::Store(_) => "store-error",
            Self::Busy => "busy",
            Self::Stopped => "stopped",
        }
    }
}

/// A handle to the recorder; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    commands: SyncSender<Command>,
    status: watch::Receiver<RecorderStatus>,
}

enum Command {
    Press { agent: String, consent: Consent, reply: oneshot::Sender<Result<String, RecorderError>> },
    Stop { reply: oneshot::Sender<Result<(), RecorderError>> },
    Shutdown { reply: oneshot::Sender<()> },
}

impl Recorder {
    /// Starts the recorder with the usual settings. [`super::recover_unfinished`] comes before it.
    pub fn start(
        db: Database,
        data: DataFolder,
        clock: Clock,
        microphone: Option<String>,
    ) -> io::Result<Self> {
        Self::start_with(db, data, clock, RecorderSettings::new(microphone))
    }

    /// Starts the recorder.
    pub fn start_with(
        db: Database,
        data: DataFolder,
        clock: Clock,
        settings: RecorderSettings,
    ) -> io::Result<Self> {
        let (commands, mailbox) = sync_channel(MAILBOX);
        let (publish, status) = watch::channel(RecorderStatus::idle(None, 0, None));
        let actor = Actor { db, data, clock, settings, publish, unclosed: Vec::new() };
        std::thread::Builder::new().name("recorder".into()).spawn(move || {
            // The answer comes last: whoever waits for it may exit, and the store must be let go of before that.
            let stopped = actor.run(&mailbox);
            if let Some(reply) = stopped {
                let _ = reply.send(());
            }
        })?;
        Ok(Self { commands, status })
    }

    /// Starts a recording and returns its id once the permit is durable and sound comes.
    pub async fn press(&self, agent: String, consent: Consent) -> Result<String, RecorderError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Press { agent, consent, reply })?;
        answer.await.map_err(|_| RecorderError::Stopped)?
    }

    /// Stops the recording; returns once its last 2 s and its tail are on disk and its transcript is queued. The
    /// status says at once that it is stopping; a second stop ends it there and then.
    pub async fn stop(&self) -> Result<(), RecorderError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Stop { reply })?;
        answer.await.map_err(|_| RecorderError::Stopped)?
    }

    /// What the recorder does, about ten times a second while it records.
    pub fn status(&self) -> watch::Receiver<RecorderStatus> {
        self.status.clone()
    }

    /// Stops the recorder; a running recording is finished and kept. Within 2 s.
    pub async fn shutdown(&self) {
        let (reply, answer) = oneshot::channel();
        if self.send(Command::Shutdown { reply }).is_ok() {
            let _ = answer.await;
        }
    }

    fn send(&self, command: Command) -> Result<(), RecorderError> {
        self.commands.try_send(command).map_err(|e| match e {
            std::sync::mpsc::TrySendError::Full(_) => RecorderError::Busy,
            std::sync::mpsc::TrySendError::Disconnected(_) => RecorderError::Stopped,
        })
    }
}

struct Actor {
    db: Database,
    data: DataFolder,
    clock: Clock,
    settings: RecorderSettings,
    publish: watch::Sender<RecorderStatus>,
    /// Ends that the store has not taken yet: id, samples, problem.
    unclosed: Vec<(String, u64, Option<String>)>,
}

impl Actor {
    /// Serves until it is told to stop (by whom it gives back) or until nobody can tell it any more.
    fn run(mut self, mailbox: &Receiver<Command>) -> Option<oneshot::Sender<()>> {
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
                Ok(Command::Stop { reply }) => drop(reply.send(Err(RecorderError::NotRecording))),
                Ok(Command::Shutdown { reply }) => {
                    self.offer_unclosed();
                    return Some(reply);
                }
                Err(RecvTimeoutError::Timeout) => drop(self.offer_unclosed()),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Opens the microphone, then makes the permit durable, then opens the files.
    fn begin(&mut self, agent: String, consent: Consent) -> Result<Session, RecorderError> {
        self.check_room()?;
        let capture = Capture::open(self.settings.microphone.as_deref())?;
        let id = Uuid::now_v7();
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|e| RecorderError::Sound(e.to_string()))?;
        let new = NewRecording {
            id: id.to_string(),
            started_at: self.clock.now(),
            agent,
            consent,
            microphone: capture.id.clone(),
            key,
        };
        self.db.write_blocking("begin the recording", move |tx| recordings::begin(tx, &new))?;
        let folder = self.data.recordings().join(id.to_string());
        let session = RecordingWriter::create(&folder, id, key)
            .map_err(|source| RecorderError::Disk { folder, source })
            .and_then(|writer| Session::new(id.to_string(), capture, writer).map_err(RecorderError::Sound));
        if let Err(e) = &session {
            self.close(id.to_string(), 0, Some(format!("{}: {e}", e.code())));
        }
        log::info!(recording = id.to_string().as_str(); "recording started");
        session
    }

    /// Records until something ends it. `Break` when the recorder is to stop, with whoever waits for that.
    fn record(
        &mut self,
        mut session: Session,
        mailbox: &Receiver<Command>,
    ) -> ControlFlow<Option<oneshot::Sender<()>>> {
        let mut stop_at: Option<Instant> = None;
        let mut stopping: Vec<oneshot::Sender<Result<(), RecorderError>>> = Vec::new();
        let mut after = ControlFlow::Continue(());
        let problem = loop {
            match session.turn() {
                Turn::GoesOn => {}
                Turn::Ends(problem) => break Some(problem),
            }
            if let Some(status) = session.status() {
                self.publish.send_replace(status);
            }
            match mailbox.try_recv() {
                Ok(Command::Press { reply, .. }) => {
                    let _ = reply.send(Err(RecorderError::AlreadyRecording { id: session.id.clone() }));
                }
                Ok(Command::Stop { reply }) => {
                    stopping.push(reply);
                    if stop_at.is_some() {
                        break None; // pressed twice: now
                    }
                    stop_at = Some(Instant::now() + POST_ROLL);
                    session.is_stopping();
                    self.publish.send_replace(session.status_now());
                }
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
            if stop_at.is_some_and(|at| Instant::now() >= at) {
                break None;
            }
        };
        let (id, samples, problem) = session.end(problem);
        if let Some(problem) = &problem {
            log::warn!(recording = id.as_str(); "recording ended early: {problem}");
        }
        self.close(id, samples, problem);
        for reply in stopping {
            let _ = reply.send(Ok(()));
        }
        after
    }

    /// Tells the store how the recording ended, now or later, and then the page.
    fn close(&mut self, id: String, samples: u64, problem: Option<String>) {
        let (length, last, why) = (elapsed_ms(samples), id.clone(), problem.clone());
        self.unclosed.push((id, samples, problem));
        let not_noted = self.offer_unclosed();
        self.publish.send_replace(RecorderStatus::idle(Some(last), length, why.or(not_noted)));
    }

    /// Offers the store the ends that it has not taken. Gives back what is wrong while it does not take them.
    fn offer_unclosed(&mut self) -> Option<String> {
        let now = self.clock.now();
        let mut problem = None;
        for (id, samples, why) in std::mem::take(&mut self.unclosed) {
            let (name, noted) = (id.clone(), why.clone());
            let taken = self.db.write_blocking("finish the recording", move |tx| {
                recordings::finish(tx, &name, samples as i64, noted.as_deref(), now)
            });
            match taken {
                Ok(()) => log::info!(recording = id.as_str(), samples = samples; "recording finished"),
                // Somebody has closed it already, or it is no more: nothing to offer again.
                Err(StoreError::Refused(reason)) => log::warn!("cannot finish a recording: {reason}"),
                Err(e) => {
                    log::error!(recording = id.as_str(); "cannot finish the recording: {e}");
                    problem = Some(format!(
                        "store-error: the recording is on disk, but its end could not be noted ({e}); the box tries again"
                    ));
                    self.unclosed.push((id, samples, why));
                }
            }
        }
        problem
    }

    fn check_room(&self) -> Result<(), RecorderError> {
        let folder = self.data.recordings();
        let disk = |source| RecorderError::Disk { folder: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(disk)?;
        let free = free_bytes(&folder).map_err(disk)?;
        // 16-bit samples, and a hundredth more for headers and tags.
        let sound = self.settings.longest_meeting.as_secs() * u64::from(SAMPLE_RATE) * 2;
        let needed = sound + sound / 100 + self.settings.margin_bytes;
        if free < needed {
            return Err(RecorderError::NoRoom { free_mb: free / 1_000_000, needed_mb: needed / 1_000_000 });
        }
        Ok(())
    }
}

/// Bytes that this program may still write to the disk that holds `path`.
fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail * disk.f_frsize)
}
