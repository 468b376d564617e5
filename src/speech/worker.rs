//! The box's side of the worker: starts it, speaks to it, survives it.
//!
//! A worker that dies (a crash, the kernel's out-of-memory killer, kill -9) or does not answer is started again and
//! the sound is tried again; after [`TRIES`] (or [`KILLS`]) it is given up, with the reason, and the next goes on.
//! A worker that does not come up at all is no fault of the utterance: whoever asks tries again later. A worker that
//! refuses (no model, no such processor) is not tried again.

use super::leaning::Leaning;
use super::models::Traits;
use super::protocol::{MAX_HEAD, Reply, Request, message};
pub use super::protocol::{Piece, Setup};
use crate::language::Language;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a model may take to load: large ones come from slow disks.
const LOAD_TIMEOUT: Duration = Duration::from_secs(300);
/// How long an utterance may take: this, and thirty times its length. The slowest box with the largest model needs
/// about one minute for any utterance, so more means that it hangs.
const DECODE_TIMEOUT: Duration = Duration::from_secs(180);
const DECODE_TIMES_LENGTH: u32 = 30;
/// How often sound is tried on which workers die or fail.
const TRIES: usize = 5;
/// How often it is tried where they are killed from outside (by the kernel for want of memory, by a person).
const KILLS: usize = 30;

/// How a worker is started.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// The program that has the subcommand `speech-worker`: this one.
    pub program: PathBuf,
    pub model: PathBuf,
    /// Silero's model, where it is installed.
    pub voice_model: Option<PathBuf>,
    /// Threads that whisper.cpp may use.
    pub threads: usize,
    /// What suits the model.
    pub traits: Traits,
    pub setup: Setup,
}

impl WorkerSettings {
    /// This program, and all cores but one.
    pub fn new(model: &Path) -> io::Result<Self> {
        Ok(Self::of_program(std::env::current_exe()?, model))
    }

    /// Another program, and all cores but one.
    pub fn of_program(program: PathBuf, model: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.saturating_sub(1).max(1);
        let (traits, setup) = (Traits::of_file(model), Setup::default());
        Self { program, model: model.to_owned(), voice_model: None, threads, traits, setup }
    }

    /// With a second opinion on voice activity.
    pub fn with_voice_model(mut self, model: Option<PathBuf>) -> Self {
        self.voice_model = model;
        self
    }

    /// With names to steer the model, if it is one that can be steered.
    pub fn steered(mut self, setup: Setup) -> Self {
        if self.traits.prompted {
            self.setup = setup;
        }
        self
    }
}

/// What was heard in an utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub language: Option<Language>,
    /// The part of the model's scores that the language has, 0 to 1.
    pub share: f64,
    pub pieces: Vec<Piece>,
}

/// Why an utterance was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No utterance will be decoded before somebody changes something; the text is the sentence.
    #[error("{0}")]
    Refused(String),
    /// The worker does not come up; another time it may.
    #[error("{0}")]
    Unavailable(String),
    /// This utterance was given up.
    #[error("{0}")]
    Failed(String),
}

/// A worker that is started when it is needed and killed when it is dropped.
pub struct Worker {
    settings: WorkerSettings,
    running: Option<Running>,
}

struct Running {
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
}

/// Why one try did not succeed.
enum Trouble {
    Refused(String),
    /// It died before it was ready.
    NotStarted(Death),
    /// The worker lives and says so.
    Failed(String),
    /// The worker is dead, or as good as.
    Died(Death),
}

/// What a worker died of.
struct Death {
    why: String,
    /// Somebody outside ended it, which says little about the sound.
    killed: bool,
}

impl From<String> for Death {
    fn from(why: String) -> Self {
        Self { why, killed: false }
    }
}

impl Worker {
    /// A worker that has not been started yet.
    pub fn new(settings: WorkerSettings) -> Self {
        Self { settings, running: None }
    }

    /// Most seconds that are decoded at once, unless one utterance is longer.
    pub fn longest_s(&self) -> u32 {
        self.settings.traits.longest_s
    }

    /// Starts the process and loads the model, if it does not run; whoever decodes meets the trouble again.
    pub async fn warm_up(&mut self) {
        if self.running.is_none() {
            self.running = Running::start(&self.settings).await.ok();
        }
    }

    /// Decodes 16 kHz samples, in a meeting that leans towards a language.
    pub async fn decode(&mut self, sound: &[i16], leaning: &Leaning) -> Result<Decoded, DecodeError> {
        let (mut tries, mut kills) = (0, 0);
        loop {
            let (death, given_up): (Death, fn(String) -> DecodeError) =
                match self.try_once(sound, leaning).await {
                    Ok(decoded) => return Ok(decoded),
                    Err(Trouble::Refused(why)) => return Err(DecodeError::Refused(why)),
                    Err(Trouble::Failed(why)) => (why.into(), DecodeError::Failed),
                    Err(Trouble::NotStarted(death)) => {
                        log::warn!("the speech worker did not start: {}", death.why);
                        (death, DecodeError::Unavailable)
                    }
                    Err(Trouble::Died(death)) => {
                        log::warn!("the speech worker died: {}", death.why);
                        self.running = None;
                        (death, DecodeError::Failed)
                    }
                };
            let (so_far, most) = if death.killed { (&mut kills, KILLS) } else { (&mut tries, TRIES) };
            *so_far += 1;
            if *so_far == most {
                return Err(given_up(death.why));
            }
        }
    }

    async fn try_once(&mut self, sound: &[i16], leaning: &Leaning) -> Result<Decoded, Trouble> {
        let running = match &mut self.running {
            Some(running) => running,
            None => self.running.insert(Running::start(&self.settings).await?),
        };
        let body: Vec<u8> = sound.iter().flat_map(|s| s.to_le_bytes()).collect();
        let weights = leaning.weights().into_iter().map(|(l, w)| (l.code().to_owned(), w)).collect();
        let limit =
            DECODE_TIMEOUT + Duration::from_secs_f64(sound.len() as f64 / 16_000.0) * DECODE_TIMES_LENGTH;
        let answer = async {
            let request = message(&Request { bytes: body.len(), weights }, &body)?;
            running.requests.write_all(&request).await?;
            running.requests.flush().await?;
            running.reply().await
        };
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(Reply::Decoded { language, share, pieces })) => {
                let language = language.as_deref().and_then(Language::of_code);
                Ok(Decoded { language, share, pieces })
            }
            Ok(Ok(Reply::Failed { why })) => Err(Trouble::Failed(why)),
            Ok(Ok(Reply::Refused { why })) => Err(Trouble::Refused(why)),
            Ok(Ok(Reply::Ready { .. })) => Err(Trouble::Died("it answered out of turn".to_owned().into())),
            Ok(Err(e)) => Err(Trouble::Died(running.post_mortem(&e).await)),
            Err(_) => Err(Trouble::Died(format!("it did not answer within {} s", limit.as_secs()).into())),
        }
    }
}

impl Running {
    async fn start(settings: &WorkerSettings) -> Result<Self, Trouble> {
        let failed = |e: io::Error| Trouble::NotStarted(format!("it could not be started: {e}").into());
        let voice_model = settings.voice_model.iter().flat_map(|m| ["--voice-model".as_ref(), m.as_os_str()]);
        let mut child = Command::new(&settings.program)
            .arg("speech-worker")
            .args(voice_model)
            .arg("--model")
            .arg(&settings.model)
            .arg("--threads")
            .arg(settings.threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(requests), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::Error::other("it has no pipes")));
        };
        let mut running = Self { child, requests, replies };
        let setup = message(&settings.setup, &[]).map_err(failed)?;
        if running.requests.write_all(&setup).await.is_ok() {
            // A worker that is gone already is found out by the reply that does not come.
            let _ = running.requests.flush().await;
        }
        match tokio::time::timeout(LOAD_TIMEOUT, running.reply()).await {
            Ok(Ok(Reply::Ready { languages })) => {
                log::info!("speech worker ready for {}", languages.join(", "));
                Ok(running)
            }
            Ok(Ok(Reply::Refused { why })) => Err(Trouble::Refused(why)),
            Ok(Ok(_)) => Err(Trouble::NotStarted("it answered out of turn".to_owned().into())),
            Ok(Err(e)) => {
                let Death { why, killed } = running.post_mortem(&e).await;
                let why = format!(
                    "{why} while it loaded its model; the file may be damaged (branchbox model verify), or the memory too small for it"
                );
                Err(Trouble::NotStarted(Death { why, killed }))
            }
            Err(_) => {
                let limit = LOAD_TIMEOUT.as_secs();
                Err(Trouble::NotStarted(format!("it did not load its model within {limit} s").into()))
            }
        }
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        let length = self.replies.read_u32_le().await? as usize;
        if length > MAX_HEAD {
            return Err(io::Error::other("it answered with something else"));
        }
        let mut head = vec![0; length];
        self.replies.read_exact(&mut head).await?;
        Ok(serde_json::from_slice(&head)?)
    }

    /// What it died of, in words.
    async fn post_mortem(&mut self, error: &io::Error) -> Death {
        const SIGKILL: i32 = 9;
        let dead = tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await;
        match dead {
            Ok(Ok(status)) => Death {
                why: format!("the speech worker ended ({status})"),
                killed: status.signal() == Some(SIGKILL),
            },
            _ => format!("the speech worker no longer answers ({error})").into(),
        }
    }
}
