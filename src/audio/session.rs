//! One running recording: from the open microphone to frames on disk, until something ends it.

use super::capture::{Capture, Captured};
use super::level::Level;
use super::writing::RecordingWriter;
use super::{RecorderState, RecorderStatus, SAMPLE_RATE, ToSpeechRate};
use std::io;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

/// How often commands and clocks are looked at while no sound comes.
const TICK: Duration = Duration::from_millis(20);
/// How often the page hears of level and length.
const STATUS_EVERY: Duration = Duration::from_millis(100);
/// A microphone that delivers nothing for this long is taken for dead.
const NO_SOUND: Duration = Duration::from_secs(1);
/// Sound that comes faster than this much ahead of the clock is not from a microphone (ALSA's file plugin over null
/// delivers an hour in seconds, and would fill the disk).
const AHEAD: Duration = Duration::from_secs(10);
/// Longest silence put in for sound that was lost between the device and the disk.
const MAX_LOST: u64 = 600;

/// A recording under way.
pub(super) struct Session {
    pub id: String,
    capture: Capture,
    converter: Option<ToSpeechRate>,
    writer: Option<RecordingWriter>,
    level: Level,
    started: Instant,
    last_sound: Instant,
    last_status: Instant,
    /// Frames taken from the device.
    taken: u64,
    lost_seconds: f64,
    /// The stop was pressed, and the last seconds are being taken.
    stopping: bool,
}

/// A look at the sound: whether it goes on.
pub(super) enum Turn {
    GoesOn,
    /// It must end, with the problem as `code: sentence`.
    Ends(String),
}

impl Session {
    /// `capture` is open; `writer` has just been made, after the permit was durable.
    pub(super) fn new(id: String, capture: Capture, writer: RecordingWriter) -> Result<Self, String> {
        let converter = Some(ToSpeechRate::new(capture.rate)?);
        let now = Instant::now();
        Ok(Self {
            id,
            capture,
            converter,
            writer: Some(writer),
            level: Level::default(),
            started: now,
            last_sound: now,
            last_status: now,
            taken: 0,
            lost_seconds: 0.0,
            stopping: false,
        })
    }

    /// The stop was pressed: the status says so from now on.
    pub(super) fn is_stopping(&mut self) {
        self.stopping = true;
    }

    /// Takes the sound that is there (waiting a moment for it) and writes it.
    pub(super) fn turn(&mut self) -> Turn {
        let mut sound = Vec::new();
        match self.capture.next(TICK) {
            Ok(Captured::Sound(block)) => sound = block,
            Ok(Captured::Failed(reason)) => return self.microphone_lost(&reason),
            Err(RecvTimeoutError::Disconnected) => return self.microphone_lost("its stream ended"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut failed = None;
        loop {
            match self.capture.ready() {
                Ok(Captured::Sound(block)) => sound.extend(block),
                Ok(Captured::Failed(reason)) => failed = Some(reason),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if !sound.is_empty() {
            self.last_sound = Instant::now();
        }
        if let Err(e) = self.take(&sound) {
            return Turn::Ends(disk_problem(&e));
        }
        if let Some(reason) = failed {
            return self.microphone_lost(&reason);
        }
        if self.last_sound.elapsed() > NO_SOUND {
            return Turn::Ends(format!(
                "microphone-silent: the microphone \"{}\" has delivered nothing for {} s, so the recording was ended there; check its cable",
                self.capture.id,
                NO_SOUND.as_secs()
            ));
        }
        let sounded = Duration::from_secs_f64(self.taken as f64 / f64::from(self.capture.rate));
        if sounded > self.started.elapsed() + AHEAD {
            return Turn::Ends(format!(
                "microphone-runaway: the microphone \"{}\" delivers sound faster than time passes, so it is not a microphone; choose another one (branchbox doctor lists them)",
                self.capture.id
            ));
        }
        Turn::GoesOn
    }

    /// A new status, when one is due.
    pub(super) fn status(&mut self) -> Option<RecorderStatus> {
        if self.last_status.elapsed() < STATUS_EVERY {
            return None;
        }
        self.last_status = Instant::now();
        Some(self.status_now())
    }

    /// The status, with the level since the last one.
    pub(super) fn status_now(&mut self) -> RecorderStatus {
        let (level_dbfs, peak) = self.level.take();
        RecorderStatus {
            state: if self.stopping { RecorderState::Stopping } else { RecorderState::Recording },
            recording: Some(self.id.clone()),
            elapsed_ms: elapsed_ms(self.samples()),
            level_dbfs,
            peak,
            problem: None,
        }
    }

    fn samples(&self) -> u64 {
        self.writer.as_ref().map_or(0, RecordingWriter::samples)
    }

    /// Closes the microphone, keeps its tail and marks the end. Returns the samples on disk and what went wrong.
    pub(super) fn end(mut self, problem: Option<String>) -> (String, u64, Option<String>) {
        let (Some(mut writer), Some(mut converter)) = (self.writer.take(), self.converter.take()) else {
            return (self.id, 0, problem);
        };
        let mut rest = Vec::new();
        let tail = self.capture.close();
        let converted = converter.push(&tail, &mut rest).and_then(|()| converter.finish(&mut rest));
        let disk_failed = problem.as_deref().is_some_and(|p| p.starts_with("disk-"));
        let (samples, problem) = if disk_failed {
            (writer.abandon(), problem)
        } else {
            let written = converted.map_err(io::Error::other).and_then(|()| writer.write(&rest));
            match written {
                Err(e) => (writer.abandon(), Some(problem.unwrap_or_else(|| disk_problem(&e)))),
                Ok(()) => {
                    let before = writer.samples();
                    match writer.finish() {
                        Ok(samples) => (samples, problem),
                        Err(e) => (before, Some(problem.unwrap_or_else(|| disk_problem(&e)))),
                    }
                }
            }
        };
        let lost = (self.lost_seconds > 0.0).then(|| {
            format!(
                "sound-lost: {:.1} s of sound were lost because the disk was too slow, and are silence in the recording",
                self.lost_seconds
            )
        });
        (self.id, samples, problem.or(lost))
    }

    /// Converts and writes; what was lost on the way becomes silence of the same length.
    fn take(&mut self, sound: &[f32]) -> io::Result<()> {
        let (Some(writer), Some(converter)) = (&mut self.writer, &mut self.converter) else { return Ok(()) };
        let mut ready = Vec::new();
        let lost = self.capture.lost().min(MAX_LOST * u64::from(self.capture.rate));
        if lost > 0 {
            self.lost_seconds += lost as f64 / f64::from(self.capture.rate);
            converter.push(&vec![0.0; lost as usize], &mut ready).map_err(io::Error::other)?;
        }
        self.taken += sound.len() as u64;
        converter.push(sound, &mut ready).map_err(io::Error::other)?;
        self.level.add(&ready);
        writer.write(&ready)
    }

    fn microphone_lost(&self, reason: &str) -> Turn {
        Turn::Ends(format!(
            "microphone-lost: the microphone \"{}\" was lost ({}), so the recording was ended there; plug it in again and press once more",
            self.capture.id,
            reason.trim_end_matches('.')
        ))
    }
}

/// Milliseconds of so many samples.
pub(super) fn elapsed_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE)
}

/// The problem with the disk as `code: sentence`.
fn disk_problem(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::StorageFull {
        "disk-full: the disk is full, so the recording was ended there; what was recorded until then is kept. Free some space before the next one".into()
    } else {
        format!(
            "disk-error: the disk refused the recording ({error}), so it was ended there; what was recorded until then is kept"
        )
    }
}
