//! `branchbox bench speech`: what transcribing a meeting with pauses costs beside plain Whisper, and what the kiosk
//! feels of it.
//!
//! Both sides get the same file, the same model file and as many threads, one after the other; what counts is CPU
//! seconds, which other work on the machine disturbs least. Ours is the real path: voice activity, utterances, the
//! worker process with its search. Plain is whisper.cpp through whisper-rs with its defaults: greedy, windows of 30 s
//! over everything. tiny, base and small are shapes with random weights (see `random_model`), made for the measurement and
//! deleted with it: they say what the work costs and nothing about what is understood.

mod kiosk;
mod meeting;
mod random_model;
mod side;

use super::server::Folder;
use crate::audio::read_wav;
use crate::speech::{WorkerSettings, decode_plainly};
use anyhow::{Context, bail};
pub use kiosk::Kiosk;
use meeting::Meeting;
use random_model::SHAPES;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What plain Whisper is told that the meeting is spoken in.
const LANGUAGE: &str = "yue";
/// The test model, by this name, and where it lies among the fixtures.
const TEST_MODEL: (&str, &str) = ("estate-test", "estate-test-q5_0.bin");
/// A meeting whose minutes are awaited, in minutes.
const LONG: f64 = 60.0;
/// Speech that may be left when the meeting ends: one utterance of the longest kind, seconds.
const TAIL: f64 = 20.0;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// tiny, base, small, estate-test, or the path of a model file.
    pub models: Vec<String>,
    pub minutes: f64,
    /// Share of it in which somebody speaks, 0 to 1.
    pub speech: f64,
    /// The source tree's tests/fixtures.
    pub fixtures: PathBuf,
    /// Whether plain Whisper searches with 5 beams rather than greedily.
    pub beams: bool,
    pub kiosk: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub models: Vec<Compared>,
    pub kiosk: Option<Kiosk>,
}

/// One model on both sides.
#[derive(Debug, Serialize)]
pub struct Compared {
    pub model: String,
    pub threads: usize,
    pub audio_s: f64,
    pub speech_s: f64,
    pub ours_cpu_s: f64,
    pub plain_cpu_s: f64,
    /// Ours in times of the plain.
    pub ratio: f64,
    pub ours_wall_s: f64,
    pub plain_wall_s: f64,
    /// Pieces of text and words in them: both sides should have written about as much.
    pub ours_segments: usize,
    pub plain_segments: usize,
    pub ours_words: usize,
    pub plain_words: usize,
    /// Derived from our CPU seconds: minutes from "stop" to the text of a meeting of an hour that was transcribed while
    /// it ran, on a machine with nothing else to do.
    pub after_stop_min: f64,
    /// Derived: the same, had nothing been done before "stop".
    pub after_stop_from_nothing_min: f64,
}

/// Measures as planned. `tell` hears what is being done.
pub async fn measure(plan: Plan, tell: impl Fn(&str) + Send + 'static) -> anyhow::Result<Report> {
    let folder = Folder::make()?;
    let sound = folder.path().join("meeting.wav");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let meeting = Meeting::make(&plan.fixtures, plan.minutes, plan.speech)?;
        meeting.write(&sound)?;
        let mut report = Report { models: Vec::new(), kiosk: None };
        for (n, name) in plan.models.iter().enumerate() {
            let model = find(name, &plan.fixtures, folder.path())?;
            tell(&format!("{name}: ours"));
            let ours = side::ours(&model, &sound)?;
            tell(&format!("{name}: plain Whisper"));
            let plain = side::plain(&model, plan.beams, &sound)?;
            report.models.push(compare(name, &model, &meeting, &ours, &plain)?);
            if plan.kiosk && n + 1 == plan.models.len() {
                tell(&format!("{name}: the kiosk beside it"));
                report.kiosk = Some(runtime.block_on(kiosk::measure(name, &model, &sound))?);
            }
            if model.starts_with(folder.path()) {
                std::fs::remove_file(&model).context("cannot delete a model made for the measurement")?;
            }
        }
        Ok(report)
    })
    .await?
}

/// Decodes a WAV file plainly and prints the outcome as JSON: the other side, run as a child.
pub fn plain(model: &Path, threads: usize, beams: bool, sound: &Path) -> anyhow::Result<()> {
    let sound = read_wav(sound).with_context(|| format!("cannot read {}", sound.display()))?;
    let plain = decode_plainly(model, threads, LANGUAGE, beams, &sound)?;
    println!("{}", serde_json::to_string(&plain)?);
    Ok(())
}

/// The model file of a name; one of a shape is made in `folder`.
fn find(name: &str, fixtures: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let test_model = fixtures.join(TEST_MODEL.1);
    if let Some(shape) = SHAPES.iter().find(|s| s.name == name) {
        let path = folder.join(format!("{name}.bin"));
        shape.write(&test_model, &path)?;
        return Ok(path);
    }
    let path = if name == TEST_MODEL.0 { test_model } else { PathBuf::from(name) };
    if !path.is_file() {
        bail!("there is no model {name}: give tiny, base, small, estate-test or the path of a model file");
    }
    Ok(path)
}

fn compare(
    name: &str,
    model: &Path,
    meeting: &Meeting,
    ours: &side::Side,
    plain: &side::Side,
) -> anyhow::Result<Compared> {
    // On a machine with nothing else to do the threads share the CPU seconds. While the meeting runs, as much is done as
    // time allows; what is left at the end is the tail, and what did not fit.
    let threads = WorkerSettings::new(model)?.threads;
    let took_s = ours.cpu_s / threads as f64;
    let pace = took_s / meeting.audio_s();
    let tail_min = TAIL * took_s / meeting.speech_s / 60.0;
    Ok(Compared {
        model: name.to_owned(),
        threads,
        audio_s: rounded(meeting.audio_s()),
        speech_s: rounded(meeting.speech_s),
        ours_cpu_s: rounded(ours.cpu_s),
        plain_cpu_s: rounded(plain.cpu_s),
        ratio: rounded(ours.cpu_s / plain.cpu_s),
        ours_wall_s: rounded(ours.wall_s),
        plain_wall_s: rounded(plain.wall_s),
        ours_segments: ours.segments,
        plain_segments: plain.segments,
        ours_words: ours.words,
        plain_words: plain.words,
        after_stop_min: rounded(LONG * (pace - 1.0).max(0.0) + tail_min),
        after_stop_from_nothing_min: rounded(LONG * pace),
    })
}

/// To hundredths.
fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for m in &self.models {
            writeln!(
                f,
                "{}, {} thread(s): a meeting of {:.0} s with {:.0} s of speech",
                m.model, m.threads, m.audio_s, m.speech_s
            )?;
            writeln!(
                f,
                "  CPU {:8.1} s ours, {:8.1} s plain Whisper: {:.2} times",
                m.ours_cpu_s, m.plain_cpu_s, m.ratio
            )?;
            writeln!(
                f,
                "  words {:6} ours, {:6} plain; that is {:.1} and {:.1} a second of speech, in {} and {} pieces",
                m.ours_words,
                m.plain_words,
                m.ours_words as f64 / m.speech_s,
                m.plain_words as f64 / m.speech_s,
                m.ours_segments,
                m.plain_segments
            )?;
            writeln!(
                f,
                "  after a meeting of an hour, derived: text {:.1} minutes after stop; {:.1} had nothing been done before",
                m.after_stop_min, m.after_stop_from_nothing_min
            )?;
        }
        if let Some(k) = &self.kiosk {
            write!(
                f,
                "kiosk over HTTP, {} questions each, {} listings: p99 {:.3} ms idle, {:.3} ms while {} transcribes: {:.2} times (median {:.3} and {:.3} ms)",
                k.questions,
                k.listings,
                k.idle_ms.p99,
                k.transcribing_ms.p99,
                k.model,
                k.p99_ratio,
                k.idle_ms.median,
                k.transcribing_ms.median
            )?;
        }
        Ok(())
    }
}
