//! One running recording: from the open microphone to samples on disk, until something ends it.
//!
//! A microphone that is lost does not end it: it is opened again as soon as it can be, and the time in between is
//! silence of the same length, noted as a gap. All lengths come from sample counts and the monotonic clock; the wall
//! clock is read once, at the beginning. Time is handed in, so that tests lose an hour in a millisecond.

use super::alarms::Alarms;
use super::capture::{Block, Capture, Captured};
use super::source::{Away, Live, OpenGap, Reopen, Source};
use super::track::{Track, samples_in};
use super::{RecorderState, RecorderStatus, SAMPLE_RATE};
use crate::store::recording_notes::{Alarm, Gap, GapKind, Marker, Note};
use crate::store::recordings::End;
use jiff::{SignedDuration, Timestamp};
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
/// Longest silence put in for sound that was lost between the device and the disk, in seconds.
const MAX_LOST: u64 = 600;
/// While the microphone is away, silence is written up to this long ago: the first block of the one that returns
/// began before it is looked at.
const SILENCE_LAG: Duration = Duration::from_secs(2);
/// Gaps noted one by one; a device that overruns more often is silent in the same places, unnoted.
const MOST_GAPS: i64 = 1_000;

const DIGITAL_SILENCE: &str =
    "the microphone delivers no sound at all, not even noise: it is muted or broken";
const DISK_FAILING: &str =
    "the disk refuses some writes; nothing is lost so far, but it should be replaced soon";
const CLIPPING: &str = "the microphone is too loud and distorts: turn it down, or move it away";

/// A recording under way.
pub(super) struct Session {
    pub id: String,
    /// The device's stable name.
    microphone: String,
    started_at: Timestamp,
    started: Instant,
    track: Track,
    source: Source,
    reopen: Reopen,
    /// How long a lost microphone is waited for.
    wait: Duration,
    pause: Option<OpenGap>,
    /// Sound from before this is not kept: it was delivered during a pause.
    keep_from: Option<Instant>,
    alarms: Alarms,
    notes: Vec<Note>,
    gaps: i64,
    markers: i64,
    last_status: Instant,
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

/// What a session begins with.
pub(super) struct Beginning {
    pub id: String,
    pub started_at: Timestamp,
    pub capture: Capture,
    pub track: Track,
    pub reopen: Reopen,
    /// How long a lost microphone is waited for.
    pub wait: Duration,
}

impl Session {
    /// The capture is open; the writer of the track has just been made, after the permit was durable.
    pub(super) fn new(beginning: Beginning, now: Instant) -> Result<Self, String> {
        let Beginning { id, started_at, capture, mut track, reopen, wait } = beginning;
        track.begin(capture.rate)?;
        Ok(Self {
            id,
            microphone: capture.id.clone(),
            started_at,
            started: now,
            track,
            source: Source::Live(Live::new(capture, now)),
            reopen,
            wait,
            pause: None,
            keep_from: None,
            alarms: Alarms::default(),
            notes: Vec::new(),
            gaps: 0,
            markers: 0,
            last_status: now,
            lost_seconds: 0.0,
            stopping: false,
        })
    }

    /// Takes the sound that is there (waiting a moment for it) and writes it.
    pub(super) fn turn(&mut self) -> Turn {
        let outcome = match &mut self.source {
            Source::Live(live) => {
                let first = live.capture.next(TICK).map_err(|e| e == RecvTimeoutError::Disconnected);
                self.take_all(first)
            }
            Source::Away(away) => match away.poll(&mut self.reopen, Instant::now(), TICK) {
                Some((capture, first)) => self.returned(capture, first),
                None => Ok(()),
            },
        };
        match outcome.and_then(|()| self.tick(Instant::now())) {
            Ok(()) => Turn::GoesOn,
            Err(problem) => Turn::Ends(problem),
        }
    }

    /// Takes what the microphone delivered, and what else is there already. An error is whether the stream ended.
    fn take_all(&mut self, mut next: Result<Captured, bool>) -> Result<(), String> {
        loop {
            match next {
                Ok(Captured::Sound(block)) => self.hear(block).map_err(|e| disk_problem(&e))?,
                Ok(Captured::Overrun) => {
                    if let Source::Live(live) = &mut self.source {
                        live.overran = true;
                    }
                }
                Ok(Captured::Failed(reason)) => self.lose("microphone-lost", &reason)?,
                Err(true) => self.lose("microphone-lost", "its stream ended")?,
                Err(false) => break,
            }
            let Source::Live(live) = &mut self.source else { break };
            next = live.capture.ready().map_err(|e| e == TryRecvError::Disconnected);
        }
        self.track.flush().map_err(|e| disk_problem(&e))
    }

    /// Takes a block; what was lost before it becomes silence of the same length.
    fn hear(&mut self, block: Block) -> io::Result<()> {
        let Source::Live(live) = &mut self.source else { return Ok(()) };
        let rate = live.capture.rate;
        let mut missing = live.capture.lost();
        if std::mem::take(&mut live.overran) {
            let unheard = began(&block, rate).saturating_duration_since(live.heard);
            missing += (unheard.as_secs_f64() * f64::from(rate)) as u64;
        }
        live.heard = block.at;
        live.taken += block.sound.len() as u64;
        if self.pause.is_some() || self.keep_from.is_some_and(|from| block.at < from) {
            return Ok(());
        }
        let verdict = live.watch.hear(&block.sound);
        let silent = self.alarms.set(verdict.digital_silence, "digital-silence", DIGITAL_SILENCE, block.at);
        let clips = self.alarms.set(verdict.clipping, "clipping", CLIPPING, block.at);
        silent.into_iter().chain(clips).for_each(|alarm| self.tell(alarm, block.at));
        let missing = missing.min(MAX_LOST * u64::from(rate));
        if missing > 0 {
            let lost = Duration::from_secs_f64(missing as f64 / f64::from(rate));
            let mut open = self.open_gap(GapKind::Overrun, began(&block, rate) - lost, None);
            self.track.push_lost(missing)?;
            self.lost_seconds += lost.as_secs_f64();
            open.gap.samples = self.track.here() as i64 - open.gap.at_sample;
            self.close_gap(open, began(&block, rate));
        }
        self.track.push(&block.sound)
    }

    /// The microphone is gone: from here on there is silence until it returns.
    fn lose(&mut self, code: &'static str, reason: &str) -> Result<(), String> {
        let Source::Live(live) = &self.source else { return Ok(()) };
        let since = live.heard;
        self.track.end_stretch().map_err(|e| disk_problem(&e))?;
        let mut away = Away::new(code, since);
        if self.pause.is_none() {
            away.gap = Some(self.open_gap(GapKind::Microphone, since, Some(reason)));
        }
        let sentence = format!(
            "the microphone \"{}\" was lost ({}); the recording goes on by itself when it returns",
            self.microphone,
            reason.trim_end_matches('.')
        );
        // The capture is dropped here: its device is closed on its own thread, however long that takes.
        self.source = Source::Away(away);
        let ended = ["digital-silence", "clipping"].map(|c| self.alarms.clear(c));
        let lost = self.alarms.raise(code, sentence, since);
        ended.into_iter().flatten().chain(lost).for_each(|alarm| self.tell(alarm, since));
        Ok(())
    }

    /// The microphone is back: silence up to its first block, and on it goes.
    fn returned(&mut self, capture: Capture, first: Block) -> Result<(), String> {
        let rate = capture.rate;
        let from = began(&first, rate);
        self.fill(from)?;
        let paused = self.pause.is_some();
        let Source::Away(away) = &mut self.source else { return Ok(()) };
        if !paused && let Err(why) = self.track.begin(rate) {
            away.failed(first.at, &why);
            return Ok(());
        }
        let (code, gap) = (away.code, away.gap.take());
        self.source = Source::Live(Live::new(capture, from));
        if let Some(gap) = gap {
            self.close_gap(gap, from);
        }
        if let Some(alarm) = self.alarms.clear(code) {
            self.tell(alarm, first.at);
        }
        self.hear(first).map_err(|e| disk_problem(&e))
    }

    /// Looks at the clocks.
    fn tick(&mut self, now: Instant) -> Result<(), String> {
        if self.track.failures() > 0
            && let Some(alarm) = self.alarms.raise("disk-failing", DISK_FAILING.into(), now)
        {
            self.tell(alarm, now);
        }
        match &self.source {
            Source::Live(live) => {
                if now.saturating_duration_since(live.heard) > NO_SOUND {
                    return self.lose("microphone-silent", "it delivers nothing");
                }
                let sounded = live.taken as f64 / f64::from(live.capture.rate);
                if Duration::from_secs_f64(sounded) > now.saturating_duration_since(live.opened) + AHEAD {
                    return Err(format!(
                        "microphone-runaway: the microphone \"{}\" delivers sound faster than time passes, so it is not a microphone; choose another one (branchbox doctor lists them)",
                        self.microphone
                    ));
                }
                Ok(())
            }
            Source::Away(away) => {
                let waited = now.saturating_duration_since(away.since);
                if self.pause.is_none() && waited > self.wait {
                    return Err(format!(
                        "microphone-lost: the microphone \"{}\" was lost and did not return within {} s, so the recording was ended there; plug it in and press once more",
                        self.microphone,
                        self.wait.as_secs()
                    ));
                }
                now.checked_sub(SILENCE_LAG).map_or(Ok(()), |until| self.fill(until))
            }
        }
    }

    /// Writes the silence that is due at `until` for a microphone that is away.
    fn fill(&mut self, until: Instant) -> Result<(), String> {
        let Source::Away(Away { gap: Some(open), .. }) = &mut self.source else { return Ok(()) };
        let due = samples_in(until.saturating_duration_since(open.began));
        let more = due.saturating_sub(open.gap.samples as u64);
        self.track.silence(more).map_err(|e| disk_problem(&e))?;
        open.gap.samples += more as i64;
        Ok(())
    }

    /// From now on nothing is kept. False where it is paused already.
    pub(super) fn pause(&mut self, now: Instant) -> Result<bool, String> {
        if self.pause.is_some() {
            return Ok(false);
        }
        self.fill(now)?;
        self.track.end_stretch().map_err(|e| disk_problem(&e))?;
        if let Source::Away(away) = &mut self.source
            && let Some(gap) = away.gap.take()
        {
            self.close_gap(gap, now);
        }
        let over = ["digital-silence", "clipping"].map(|c| self.alarms.clear(c));
        over.into_iter().flatten().for_each(|alarm| self.tell(alarm, now));
        self.pause = Some(self.open_gap(GapKind::Pause, now, None));
        Ok(true)
    }

    /// On it goes. False where it is not paused.
    pub(super) fn resume(&mut self, now: Instant) -> Result<bool, String> {
        let Some(pause) = self.pause.take() else { return Ok(false) };
        self.close_gap(pause, now);
        self.keep_from = Some(now);
        match &mut self.source {
            Source::Live(live) => {
                live.watch = super::sound_watch::SoundWatch::new(live.capture.rate);
                let rate = live.capture.rate;
                self.track.begin(rate)?;
            }
            Source::Away(_) => {
                let gap = self.open_gap(GapKind::Microphone, now, Some("it was away at the end of a pause"));
                if let Source::Away(away) = &mut self.source {
                    (away.gap, away.since) = (Some(gap), now);
                }
            }
        }
        Ok(true)
    }

    /// Marks this moment as important. Gives back its place in milliseconds.
    pub(super) fn mark(&mut self, now: Instant) -> u64 {
        let at = match &self.source {
            Source::Away(Away { gap: Some(open), .. }) => {
                open.gap.at_sample as u64 + samples_in(now.saturating_duration_since(open.began))
            }
            _ => self.track.here(),
        };
        let marker = Marker { n: self.markers, at_sample: at as i64, noted_at: self.wall(now) };
        self.markers += 1;
        self.notes.push(Note::Marker(marker));
        elapsed_ms(at)
    }

    /// The stop was pressed: the status says so from now on. Whether there is sound to wait for.
    pub(super) fn is_stopping(&mut self) -> bool {
        self.stopping = true;
        self.pause.is_none() && matches!(self.source, Source::Live(_))
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
        let (level_dbfs, peak) = self.track.level.take();
        let state = match (&self.source, &self.pause) {
            _ if self.stopping => RecorderState::Stopping,
            (_, Some(_)) => RecorderState::Paused,
            (Source::Away(_), None) => RecorderState::Interrupted,
            (Source::Live(_), None) => RecorderState::Recording,
        };
        RecorderStatus {
            state,
            recording: Some(self.id.clone()),
            elapsed_ms: elapsed_ms(self.track.durable()),
            level_dbfs,
            peak,
            warnings: self.alarms.now(),
            problem: None,
        }
    }

    /// What happened since the last call and must be noted.
    pub(super) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// Closes the microphone, keeps its tail and marks the end. Returns how it ended.
    pub(super) fn end(mut self, problem: Option<String>, now: Instant) -> (String, End) {
        let stopped_at = self.wall(now);
        if let Some(pause) = self.pause.take() {
            self.close_gap(pause, now);
        }
        // After a disk that failed nothing more is written.
        let disk_failed = problem.as_deref().is_some_and(|p| p.starts_with("disk-"));
        let tail = if disk_failed { Ok(()) } else { self.tail(now) };
        let for_ever = self.alarms.end();
        for_ever.into_iter().for_each(|alarm| self.tell(alarm, now));
        let (samples, refused) = match tail {
            Ok(()) if !disk_failed => {
                let (samples, refused) = self.track.finish();
                (samples, refused.map(|e| disk_problem(&e)))
            }
            tail => (self.track.abandon(), tail.err()),
        };
        let lost = (self.lost_seconds > 0.0).then(|| {
            format!(
                "sound-lost: {:.1} s of sound were lost because the machine was too slow, and are silence in the recording",
                self.lost_seconds
            )
        });
        let problem = problem.or(refused).or(lost);
        (self.id, End { samples: samples as i64, problem, stopped_at, notes: self.notes })
    }

    /// Writes what the microphone had delivered until it was closed, or the silence up to now.
    fn tail(&mut self, now: Instant) -> Result<(), String> {
        self.fill(now)?;
        let idle = Source::Away(Away::new("", now));
        match std::mem::replace(&mut self.source, idle) {
            Source::Live(live) => {
                for block in live.capture.close() {
                    if self.track.rate().is_some() && self.keep_from.is_none_or(|from| block.at >= from) {
                        self.track.push(&block.sound).map_err(|e| disk_problem(&e))?;
                    }
                }
            }
            Source::Away(away) => {
                if let Some(gap) = away.gap {
                    self.close_gap(gap, now);
                }
            }
        }
        Ok(())
    }

    /// A gap that begins at the end of what has been pushed.
    fn open_gap(&mut self, kind: GapKind, began: Instant, reason: Option<&str>) -> OpenGap {
        let gap = Gap {
            n: self.gaps,
            kind,
            at_sample: self.track.here() as i64,
            began_at: self.wall(began),
            length_ms: None,
            samples: 0,
            reason: reason.map(str::to_owned),
        };
        self.gaps += 1;
        self.note(&gap);
        OpenGap { gap, began }
    }

    fn close_gap(&mut self, mut open: OpenGap, now: Instant) {
        open.gap.length_ms = Some(now.saturating_duration_since(open.began).as_millis() as i64);
        self.note(&open.gap);
    }

    fn note(&mut self, gap: &Gap) {
        if gap.n < MOST_GAPS {
            self.notes.push(Note::Gap(gap.clone()));
        }
    }

    fn tell(&mut self, alarm: Alarm, now: Instant) {
        let at = self.wall(now);
        self.notes.push(Note::Alarm(alarm, at));
    }

    /// The time by the clock of this recording: a wall clock that is set meanwhile changes nothing.
    fn wall(&self, now: Instant) -> Timestamp {
        let passed =
            SignedDuration::try_from(now.saturating_duration_since(self.started)).unwrap_or_default();
        self.started_at.saturating_add(passed).unwrap_or(self.started_at)
    }
}

/// When the first sample of a block was heard.
fn began(block: &Block, rate: u32) -> Instant {
    let length = Duration::from_secs_f64(block.sound.len() as f64 / f64::from(rate.max(1)));
    block.at.checked_sub(length).unwrap_or(block.at)
}

/// Milliseconds of so many samples.
pub(super) fn elapsed_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE)
}

/// The problem with the disk as `code: sentence`.
pub(super) fn disk_problem(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::StorageFull {
        "disk-full: the disk is full, so the recording was ended there; what was recorded until then is kept. Free some space before the next one".into()
    } else {
        format!(
            "disk-error: the disk refused the recording ({error}), so it was ended there; what was recorded until then is kept"
        )
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
