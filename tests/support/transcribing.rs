//! A box with recordings and a transcriber at work on them, with the model that hears espeak-ng.

use branchbox::audio::{RecordingWriter, read_wav};
use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::listings::Listing;
use branchbox::speech::Transcriber;
use branchbox::speech::models::{Installation, Manifest};
use branchbox::store::jobs::{self, JobState};
use branchbox::store::recordings::{self, Consent, NewRecording};
use branchbox::store::transcripts::{self, Segment, SegmentKind, Transcript};
use branchbox::store::{self, Database};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Longer than any of these takes on a machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(240);

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn model() -> PathBuf {
    fixtures().join("estate-test-q5_0.bin")
}

/// A box with a recording.
pub struct Transcribing {
    _folder: tempfile::TempDir,
    pub data: DataFolder,
    pub db: Database,
    pub clock: Clock,
    pub id: String,
}

impl Transcribing {
    /// With a recording that is over.
    pub async fn with_recording(sound: &[i16]) -> Self {
        let (branch, mut writer) = Self::while_it_runs().await;
        writer.write(sound).unwrap();
        branch.stop(writer).await;
        branch
    }

    /// With a recording that runs: what is written to it is on disk.
    pub async fn while_it_runs() -> (Self, RecordingWriter) {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        let db = store::open_records(folder.path(), &data.records_key()).unwrap();
        let mut branch = Self { _folder: folder, data, db, clock: Clock::system(), id: String::new() };
        let (id, writer) = branch.begin().await;
        branch.id = id;
        (branch, writer)
    }

    /// Another recording.
    pub async fn begin(&self) -> (String, RecordingWriter) {
        let (id, key) = (Uuid::now_v7(), [5; 32]);
        let new = NewRecording {
            id: id.to_string(),
            started_at: self.clock.now(),
            agent: "Ada".into(),
            consent: Consent::Spoken,
            microphone: "alsa:test".into(),
            key,
        };
        self.db.write("begin", move |tx| recordings::begin(tx, &new)).await.unwrap();
        let place = self.data.recordings().join(id.to_string());
        (id.to_string(), RecordingWriter::create(&place, id, key).unwrap())
    }

    /// Ends the recording of this branch.
    pub async fn stop(&self, writer: RecordingWriter) {
        self.stop_that(&self.id, writer).await;
    }

    /// Ends another recording.
    pub async fn stop_that(&self, id: &str, writer: RecordingWriter) {
        let samples = writer.finish().unwrap() as i64;
        let (id, now) = (id.to_owned(), self.clock.now());
        self.db.write("finish", move |tx| recordings::finish(tx, &id, samples, None, now)).await.unwrap();
    }

    pub fn install_model(&self) {
        Installation::add(&self.data.models(), &model(), None, &Manifest::built_in()).unwrap();
    }

    pub fn transcriber(&self, program: &Path) -> Transcriber {
        let (db, data, clock) = (self.db.clone(), self.data.clone(), self.clock.clone());
        Transcriber::start_with_program(db, data, clock, None, Arc::new(Vec::new), program.to_owned())
    }

    /// With the names of these listings.
    pub fn transcriber_of(&self, program: &Path, listings: Vec<Arc<Listing>>) -> Transcriber {
        let (db, data, clock) = (self.db.clone(), self.data.clone(), self.clock.clone());
        let listings = Arc::new(move || listings.clone());
        Transcriber::start_with_program(db, data, clock, None, listings, program.to_owned())
    }

    pub async fn job(&self) -> JobState {
        let id = self.id.clone();
        let state = self.db.read("read the job", move |c| jobs::state(c, jobs::TRANSCRIBE, &id)).await;
        state.unwrap().unwrap()
    }

    pub async fn wait_for_job(&self, wanted: &str) -> JobState {
        let began = Instant::now();
        loop {
            let job = self.job().await;
            if job.state == wanted {
                return job;
            }
            assert!(began.elapsed() < PATIENCE, "{job:?} is not {wanted}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn transcript(&self) -> (Vec<Segment>, Option<Transcript>) {
        let id = self.id.clone();
        let read = move |c: &store::Tx| Ok((transcripts::segments(c, &id)?, transcripts::get(c, &id)?));
        self.db.read("read the transcript", read).await.unwrap()
    }

    /// The process that transcribes for this branch.
    pub fn worker(&self) -> Option<i32> {
        let model = self.data.models().into_os_string().into_string().unwrap();
        std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).into_owned();
            (line.contains("speech-worker") && line.contains(&model)).then_some(pid)
        })
    }
}

pub fn phrase(name: &str) -> Vec<i16> {
    read_wav(&fixtures().join("speech").join(name)).unwrap()
}

/// Phrases with a second and a half of silence around each.
pub fn spoken(names: &[&str]) -> Vec<i16> {
    let mut sound = vec![0; 24_000];
    for name in names {
        sound.extend(phrase(name));
        sound.extend(vec![0; 24_000]);
    }
    sound
}

pub fn words(segments: &[Segment]) -> Vec<(&str, &str)> {
    let spoken = segments.iter().filter(|s| s.kind == SegmentKind::Speech);
    spoken.map(|s| (s.language.as_deref().unwrap_or("?"), s.text.as_str())).collect()
}

pub fn assert_every_millisecond(segments: &[Segment], total_ms: i64) {
    let mut at = 0;
    for (n, s) in segments.iter().enumerate() {
        assert_eq!(s.start_ms, at, "segment {n} of {segments:?}");
        assert!(s.end_ms > s.start_ms, "segment {n} of {segments:?}");
        at = s.end_ms;
    }
    assert_eq!(at, total_ms);
}
