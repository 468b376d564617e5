//! Does the transcription jobs of the store, one after the other, in the background.
//!
//! Without a model a job waits and says so (`no-model: …`); when a model file appears, the waiting jobs go on by
//! themselves. A model that the worker refuses (`bad-model: …`) is not tried again until the installed models change.
//! A meeting that runs goes before everything else, and sets aside what is at work. What a stop interrupts is queued
//! again at the next start ([`jobs::requeue_running`]) and goes on where it was.

use super::models::{self, InstalledModel, Manifest};
use super::transcribing::{Desk, Outcome, Progress, TranscribeError};
use super::wording::Wording;
use super::worker::{Setup, Worker, WorkerSettings};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::language::Language;
use crate::listings::Listing;
use crate::store::jobs::{self, Job};
use crate::store::{Database, StoreError};
use jiff::SignedDuration;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often jobs and models are looked for when nobody calls.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// A job that waits for a model is looked at again after this even if none was seen to appear.
const WAIT: SignedDuration = SignedDuration::from_mins(10);
/// Most names that the model is steered with; its text window holds fewer.
const NAMES: usize = 60;
/// Pause before a job that failed is tried again, times the number of its attempts.
const RETRY: SignedDuration = SignedDuration::from_secs(30);

/// Gives the listings that the branch shows just now.
pub type Listings = Arc<dyn Fn() -> Vec<Arc<Listing>> + Send + Sync>;

/// A handle to the transcriber; cheap to clone.
#[derive(Clone)]
pub struct Transcriber {
    wake: Arc<Notify>,
    stop: CancellationToken,
    progress: watch::Receiver<Option<Progress>>,
    /// Taken by whoever waits for the end; a lock, because handles are cloned.
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Transcriber {
    /// Starts it on the current runtime, with this program as the worker. `model` is a name in the manifest or of an
    /// added file; `None` takes the best that is installed. `listings` names what a transcript may speak of.
    pub fn start(
        db: Database,
        data: DataFolder,
        clock: Clock,
        model: Option<String>,
        listings: Listings,
    ) -> std::io::Result<Self> {
        Ok(Self::start_with_program(db, data, clock, model, listings, std::env::current_exe()?))
    }

    /// Starts it with another program that has the subcommand `speech-worker`.
    pub fn start_with_program(
        db: Database,
        data: DataFolder,
        clock: Clock,
        model: Option<String>,
        listings: Listings,
        program: PathBuf,
    ) -> Self {
        let (publish, progress) = watch::channel(None);
        let wake = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let service = Service {
            db,
            data,
            clock,
            wanted: model,
            listings,
            program,
            publish,
            wake: Arc::clone(&wake),
            manifest: Manifest::built_in(),
            seen: None,
            refused: None,
        };
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            // Stopping drops the worker, which kills its process.
            stopped.run_until_cancelled(service.run()).await;
        });
        Self { wake, stop, progress, task: Arc::new(tokio::sync::Mutex::new(Some(task))) }
    }

    /// Looks for jobs now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// How far the transcription under way is; `None` when there is none.
    pub fn progress(&self) -> watch::Receiver<Option<Progress>> {
        self.progress.clone()
    }

    /// Stops at once; the worker is killed.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

struct Service {
    db: Database,
    data: DataFolder,
    clock: Clock,
    wanted: Option<String>,
    listings: Listings,
    program: PathBuf,
    publish: watch::Sender<Option<Progress>>,
    wake: Arc<Notify>,
    manifest: Manifest,
    /// The model at the last look: a change sends waiting jobs on.
    seen: Option<InstalledModel>,
    /// The model that the worker refused, and why.
    refused: Option<(InstalledModel, String)>,
}

impl Service {
    async fn run(mut self) {
        if let Err(e) = self.send_waiting_on().await {
            log::error!("cannot look for transcription jobs: {e}");
        }
        loop {
            match self.do_jobs().await {
                Ok(()) => {}
                Err(e) => log::error!("cannot do the transcription jobs: {e}"),
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.wake.notified()).await;
        }
    }

    /// Does every job that is due.
    async fn do_jobs(&mut self) -> Result<(), StoreError> {
        let model = self.model();
        if model != self.seen {
            self.seen.clone_from(&model);
            self.send_waiting_on().await?;
        }
        // Both with the names of today's listings.
        let mut tools: Option<(Worker, Arc<Wording>)> = None;
        loop {
            let now = self.clock.now();
            let claimed =
                self.db.write("take a transcription job", move |tx| jobs::claim(tx, jobs::TRANSCRIBE, now));
            let Some(job) = claimed.await? else { return Ok(()) };
            let usable = match (&model, &self.refused) {
                (None, _) => Err(self.no_model()),
                (Some(model), Some((refused, why))) if model == refused => Err(why.clone()),
                (Some(model), _) => Ok(model.clone()),
            };
            match usable {
                Err(why) => self.put_back(&job, why).await?,
                Ok(model) => {
                    let (worker, wording) = match &mut tools {
                        Some((worker, wording)) => (worker, &*wording),
                        None => {
                            let (worker, wording) = tools.insert(self.tools(&model).await);
                            (worker, &*wording)
                        }
                    };
                    self.transcribe(worker, wording, &model, &job).await?;
                }
            }
        }
    }

    /// A worker for the model and the wording.
    async fn tools(&self, model: &InstalledModel) -> (Worker, Arc<Wording>) {
        let listings = (self.listings)();
        let wording = tokio::task::spawn_blocking(move || Wording::new(&listings)).await;
        let wording = Arc::new(wording.unwrap_or_else(|e| {
            log::error!("speech.wording cannot take in the listings' names: {e}");
            Wording::default()
        }));
        let settings = WorkerSettings::of_program(self.program.clone(), &model.path)
            .with_voice_model(self.voice_model())
            .steered(Setup { names: steering(&wording) });
        (Worker::new(settings), wording)
    }

    async fn transcribe(
        &mut self,
        worker: &mut Worker,
        wording: &Arc<Wording>,
        model: &InstalledModel,
        job: &Job,
    ) -> Result<(), StoreError> {
        let desk = Desk {
            db: &self.db,
            data: &self.data,
            clock: &self.clock,
            progress: &self.publish,
            model: &model.name,
            wording,
        };
        let done = desk.transcribe(worker, job).await;
        self.publish.send_replace(None);
        match done {
            Ok(Outcome::Gone) => Ok(()),
            Ok(Outcome::SetAside) => {
                log::info!(recording = job.subject.as_str(); "transcript set aside for a meeting that runs");
                let id = job.id;
                self.db.write("set a transcript aside", move |tx| jobs::set_aside(tx, id)).await
            }
            Ok(Outcome::Finished) => {
                log::info!(recording = job.subject.as_str(); "transcript finished");
                Ok(())
            }
            Err(TranscribeError::Refused(why)) => {
                log::error!("the speech worker refuses: {why}");
                let why = format!("bad-model: waits, because {why}");
                self.refused = Some((model.clone(), why.clone()));
                self.put_back(job, why).await
            }
            Err(e) => {
                log::error!(recording = job.subject.as_str(); "transcription failed: {e}");
                let why = format!("transcription-failed: {e}");
                let at = self.clock.now() + RETRY * i32::try_from(job.attempts).unwrap_or(1);
                let id = job.id;
                self.db.write("put the job back", move |tx| jobs::retry_or_fail(tx, id, &why, at)).await
            }
        }
    }

    async fn put_back(&self, job: &Job, why: String) -> Result<(), StoreError> {
        let (id, until) = (job.id, self.clock.now() + WAIT);
        self.db.write("let the job wait", move |tx| jobs::wait(tx, id, &why, until)).await
    }

    async fn send_waiting_on(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.db
            .write("send waiting jobs on", move |tx| jobs::release_waiting(tx, jobs::TRANSCRIBE, now))
            .await
            .map(drop)
    }

    fn model(&self) -> Option<InstalledModel> {
        models::choose(&self.data.models(), &self.manifest, self.wanted.as_deref()).unwrap_or_else(|e| {
            log::error!("cannot look into the folder of models: {e}");
            None
        })
    }

    fn voice_model(&self) -> Option<PathBuf> {
        let found = models::voice(&self.data.models(), &self.manifest);
        found
            .unwrap_or_else(|e| {
                log::error!("cannot look for a voice activity model: {e}");
                None
            })
            .map(|m| m.path)
    }

    fn no_model(&self) -> String {
        match &self.wanted {
            None => "no-model: waits for a speech model: install one with branchbox model fetch NAME (or branchbox model add FILE)".into(),
            Some(name) => format!("no-model: waits for the speech model {name}: install it with branchbox model fetch {name} (or branchbox model add FILE --name {name})"),
        }
    }
}

/// The names that are likely to be spoken of, in each language.
fn steering(wording: &Wording) -> Vec<(String, Vec<String>)> {
    let names = |l: Language| (l.code().to_owned(), wording.prompt(l).into_iter().take(NAMES).collect());
    [Language::Yue, Language::Cmn, Language::En].map(names).into()
}
