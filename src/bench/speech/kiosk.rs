//! How quick the kiosk answers while a worker transcribes at full load, beside the same box with nothing else to do.

use crate::bench::http::Connection;
use crate::bench::server::{Folder, Server};
use crate::bench::{Figures, ask};
use crate::config::DataFolder;
use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Listings of the box that is asked.
const LISTINGS: usize = 10_000;
/// Idle and loaded take turns so often, and in each turn everything is asked so many times.
const TURNS: usize = 5;
const ROUNDS: usize = 12;
/// How long the worker may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers over HTTP.
#[derive(Debug, Serialize)]
pub struct Kiosk {
    pub listings: usize,
    /// The model that is at work.
    pub model: String,
    pub questions: usize,
    pub idle_ms: Figures,
    pub transcribing_ms: Figures,
    /// Slow end while transcribing, in times of the idle one.
    pub p99_ratio: f64,
}

/// Asks a real box, in turns idle and while `branchbox transcribe` works on `sound`, which must be long enough.
pub(super) async fn measure(name: &str, model: &Path, sound: &Path) -> anyhow::Result<Kiosk> {
    let folder = Folder::make()?;
    ask::fill(folder.path(), LISTINGS).await?;
    let (name, model, sound) = (name.to_owned(), model.to_owned(), sound.to_owned());
    tokio::task::spawn_blocking(move || {
        let server = Server::start(&DataFolder::new(folder.path()))?;
        let mut line = Connection::open(server.address)?;
        let (mut idle, mut loaded) = (Vec::new(), Vec::new());
        questions(&mut line, 2)?; // warms up
        for _ in 0..TURNS {
            idle.extend(questions(&mut line, ROUNDS)?);
            let mut load = Load::start(&model, &sound)?;
            loaded.extend(questions(&mut line, ROUNDS)?);
            ensure!(load.lasts()?, "the meeting is too short: ask for more --minutes");
        }
        let questions = idle.len();
        let (idle_ms, transcribing_ms) = (Figures::of(idle), Figures::of(loaded));
        let p99_ratio = super::rounded(transcribing_ms.p99 / idle_ms.p99);
        Ok(Kiosk { listings: LISTINGS, model: name, questions, idle_ms, transcribing_ms, p99_ratio })
    })
    .await?
}

/// Asks everything so many times; how long each answer took.
fn questions(line: &mut Connection, rounds: usize) -> anyhow::Result<Vec<Duration>> {
    let mut all = Vec::new();
    for _ in 0..rounds {
        for conversation in ask::conversations() {
            let mut session = Value::Null;
            for text in conversation {
                let body = json!({ "text": text, "session": session }).to_string();
                let (took, reply) = line.request("POST /api/v1/ask", &body)?;
                session = serde_json::from_slice::<Value>(reply)?["session"].clone();
                all.push(took);
            }
        }
    }
    Ok(all)
}

/// A transcription under way. It ends with this, its worker too, which would otherwise finish its utterance in what is
/// meant to be the idle time that follows.
struct Load {
    transcription: Child,
    worker: Option<Pid>,
}

impl Load {
    /// Starts it and waits until its worker is busy.
    fn start(model: &Path, sound: &Path) -> anyhow::Result<Self> {
        set_child_subreaper(Some(getpid())).context("cannot take in the worker's process")?;
        let transcription = Command::new(std::env::current_exe()?)
            .arg("transcribe")
            .arg("--model")
            .arg(model)
            .arg(sound)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the transcription")?;
        let mut load = Self { transcription, worker: None };
        let begun = Instant::now();
        // The first quarter of a second of work is the model being loaded.
        while load.worker.and_then(ticks).is_none_or(|t| t < 25) {
            ensure!(begun.elapsed() < PATIENCE, "the transcription's worker does not begin");
            std::thread::sleep(Duration::from_millis(20));
            load.worker = child_of(load.transcription.id());
        }
        Ok(load)
    }

    fn lasts(&mut self) -> anyhow::Result<bool> {
        Ok(self.transcription.try_wait()?.is_none())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = (self.transcription.kill(), self.transcription.wait());
        // The worker has become a child of this process, so the number is still its own.
        if let Some(worker) = self.worker {
            let _ = (kill_process(worker, Signal::KILL), waitpid(Some(worker), WaitOptions::empty()));
        }
    }
}

/// The process that a process has started.
fn child_of(parent: u32) -> Option<Pid> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).ok()?;
    let children: String =
        tasks.flatten().filter_map(|t| std::fs::read_to_string(t.path().join("children")).ok()).collect();
    Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
}

/// User time of a process, in the kernel's hundredths of a second.
fn ticks(process: Pid) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    stat.rsplit(") ").next()?.split(' ').nth(11)?.parse().ok()
}
