//! The recorder: an actor with one button.
//!
//! This is the handle; [`super::actor`] does the work on a thread of its own.

use super::actor::Actor;
use super::{MicrophoneError, RecorderStatus};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::recordings::Consent;
use crate::store::{Database, StoreError};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Presses that may wait; people do not press faster than the recorder answers.
const MAILBOX: usize = 8;

/// How the recorder is set up.
#[derive(Debug, Clone)]
pub struct RecorderSettings {
    /// Stable name of the microphone; `None` takes the system's default.
    pub microphone: Option<String>,
    /// Nothing starts unless there is room on the disk for a meeting of this length.
    pub longest_meeting: Duration,
    /// Bytes that stay free beside it, for the databases.
    pub margin_bytes: u64,
    /// How long a microphone that was lost during a recording is waited for.
    pub microphone_wait: Duration,
}

impl RecorderSettings {
    /// Room for three hours of sound and 64 MiB; a lost microphone is waited for ten minutes.
    pub fn new(microphone: Option<String>) -> Self {
        Self {
            microphone,
            longest_meeting: Duration::from_secs(3 * 3600),
            margin_bytes: 64 << 20,
            microphone_wait: Duration::from_secs(600),
        }
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
    #[error("the recording is paused already")]
    AlreadyPaused,
    #[error("the recording is not paused")]
    NotPaused,
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
            Self::AlreadyPaused => "already-paused",
            Self::NotPaused => "not-paused",
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

/// Whoever asked gets the answer here.
pub(super) type Reply<T> = oneshot::Sender<Result<T, RecorderError>>;

/// What the actor is asked for.
pub(super) enum Command {
    Press { agent: String, consent: Consent, reply: Reply<String> },
    Stop { reply: Reply<()> },
    Pause { reply: Reply<()> },
    Resume { reply: Reply<()> },
    Mark { reply: Reply<u64> },
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
        let actor = Actor::new(db, data, clock, settings, publish);
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
        self.ask(|reply| Command::Press { agent, consent, reply }).await
    }

    /// Stops the recording; returns once its last 2 s and its tail are on disk and its transcript is queued. The
    /// status says at once that it is stopping; a second stop ends it there and then.
    pub async fn stop(&self) -> Result<(), RecorderError> {
        self.ask(|reply| Command::Stop { reply }).await
    }

    /// From now on nothing is kept, until [`Recorder::resume`]. The pause is noted with its times.
    pub async fn pause(&self) -> Result<(), RecorderError> {
        self.ask(|reply| Command::Pause { reply }).await
    }

    /// Goes on after a pause.
    pub async fn resume(&self) -> Result<(), RecorderError> {
        self.ask(|reply| Command::Resume { reply }).await
    }

    /// Marks this moment as important; returns its place in the recording in milliseconds.
    pub async fn mark(&self) -> Result<u64, RecorderError> {
        self.ask(|reply| Command::Mark { reply }).await
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

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, RecorderError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        answer.await.map_err(|_| RecorderError::Stopped)?
    }

    fn send(&self, command: Command) -> Result<(), RecorderError> {
        self.commands.try_send(command).map_err(|e| match e {
            std::sync::mpsc::TrySendError::Full(_) => RecorderError::Busy,
            std::sync::mpsc::TrySendError::Disconnected(_) => RecorderError::Stopped,
        })
    }
}
