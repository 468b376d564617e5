//! The running recording with a made-up microphone and made-up time: what is lost is counted to the sample.

use super::*;
use crate::audio::capture::Opening;
use crate::audio::{MicrophoneError, RecordingWriter, read_recording};
use std::sync::mpsc::SyncSender;

const RATE: u32 = 48_000;
const KEY: [u8; 32] = [7; 32];

/// A recording under way, its driver, and the time.
struct Scene {
    folder: tempfile::TempDir,
    session: Session,
    driver: SyncSender<Captured>,
    start: Instant,
    /// Milliseconds since then.
    ms: u64,
}

impl Scene {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let id = uuid::Uuid::now_v7();
        let writer = RecordingWriter::create(&folder.path().join("r"), id, KEY).unwrap();
        let (capture, driver) = Capture::fake(RATE);
        let absent = || Opening::of(Err(MicrophoneError::Absent { id: "alsa:fake".into() }));
        let beginning = Beginning {
            id: id.to_string(),
            started_at: "2026-11-20T07:00:00Z".parse().unwrap(),
            capture,
            track: Track::new(writer),
            reopen: Box::new(absent),
            wait: Duration::from_secs(60),
        };
        let start = Instant::now();
        Self { folder, session: Session::new(beginning, start).unwrap(), driver, start, ms: 0 }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.ms)
    }

    fn block(&mut self, ms: u64, value: f32) -> Block {
        self.ms += ms;
        let wave = |n| if n % 2 == 0 { value } else { value - 0.01 };
        Block { at: self.now(), sound: (0..ms * u64::from(RATE) / 1000).map(wave).collect() }
    }

    /// The microphone delivers sound in blocks of 20 ms.
    fn hear(&mut self, ms: u64, value: f32) {
        for _ in 0..ms / 20 {
            let block = self.block(20, value);
            self.session.hear(block).unwrap();
            self.session.track.flush().unwrap();
            self.session.tick(self.now()).unwrap();
        }
    }

    /// Time passes without sound.
    fn wait(&mut self, ms: u64) -> Result<(), String> {
        for _ in 0..ms / 20 {
            self.ms += 20;
            self.session.tick(self.now())?;
        }
        Ok(())
    }

    fn returns(&mut self) {
        let (capture, driver) = Capture::fake(RATE);
        let first = self.block(20, 0.5);
        self.session.returned(capture, first).unwrap();
        self.driver = driver;
    }

    /// Ends it: how, all that was noted, and the sound.
    fn end(mut self, problem: Option<String>) -> (End, Vec<Gap>, Vec<i16>) {
        let (_, idle) = Capture::fake(RATE);
        drop(std::mem::replace(&mut self.driver, idle));
        let now = self.now();
        let (_, end) = self.session.end(problem, now);
        let mut gaps: Vec<Gap> = Vec::new();
        for note in &end.notes {
            if let Note::Gap(gap) = note {
                gaps.retain(|g| g.n != gap.n);
                gaps.push(gap.clone());
            }
        }
        let mut reader = read_recording(&self.folder.path().join("r"), &KEY).unwrap();
        let sound: Vec<i16> = reader.by_ref().flatten().collect();
        assert!(reader.ended() && reader.breaks().is_empty());
        assert_eq!(sound.len() as i64, end.samples);
        (end, gaps, sound)
    }
}

fn alarms(end: &End) -> Vec<(&'static str, bool)> {
    let told = |n: &Note| if let Note::Alarm(a, _) = n { Some((a.code, a.over)) } else { None };
    end.notes.iter().filter_map(told).collect()
}

#[test]
fn a_microphone_that_was_away_leaves_silence_of_the_same_length() {
    let mut scene = Scene::begin();
    scene.hear(2_000, 0.5);
    scene.wait(1_060).unwrap();
    let status = scene.session.status_now();
    assert_eq!(status.state, RecorderState::Interrupted);
    assert!(status.warnings[0].starts_with("microphone-silent: "), "{:?}", status.warnings);
    scene.wait(29_947 / 20 * 20).unwrap();
    scene.ms += 7; // it returns at an odd moment
    scene.returns();
    let status = scene.session.status_now();
    assert!(status.state == RecorderState::Recording && status.warnings.is_empty());
    scene.hear(980, 0.5);
    let (end, gaps, sound) = scene.end(None);
    assert_eq!(end.problem, None);
    let away = 1_060 + 29_940 + 7;
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((gap.kind, gap.at_sample, gap.length_ms), (GapKind::Microphone, 32_000, Some(away)));
    assert_eq!(gap.samples, away * 16);
    assert_eq!(end.samples, 32_000 + away * 16 + 16_000);
    assert_eq!(gap.began_at.to_string(), "2026-11-20T07:00:02Z");
    // The sound stands where it was: away from the filter's edges, loud, still, loud.
    let (from, to) = (32_000, 32_000 + away as usize * 16);
    assert!(sound[1_000..from - 200].iter().all(|s| *s > 10_000));
    assert!(sound[from..to].iter().all(|s| *s == 0));
    assert!(sound[to + 200..sound.len() - 200].iter().all(|s| *s > 10_000));
    assert_eq!(alarms(&end), [("microphone-silent", false), ("microphone-silent", true)]);
}

#[test]
fn a_microphone_that_stays_away_ends_the_recording_with_its_gap() {
    let mut scene = Scene::begin();
    scene.hear(1_000, 0.5);
    scene.session.take_all(Ok(Captured::Failed("No such device".into()))).unwrap();
    assert_eq!(scene.session.status_now().state, RecorderState::Interrupted);
    let problem = scene.wait(70_000).unwrap_err();
    assert!(problem.starts_with("microphone-lost: ") && problem.contains("60 s"), "{problem}");
    let (end, gaps, _) = scene.end(Some(problem.clone()));
    assert_eq!(end.problem, Some(problem));
    assert_eq!((gaps.len(), gaps[0].at_sample, gaps[0].samples), (1, 16_000, 60_020 * 16));
    assert_eq!(end.samples, 16_000 + 60_020 * 16);
    assert_eq!(alarms(&end), [("microphone-lost", false), ("microphone-lost", true)]);
}

#[test]
fn a_pause_is_not_in_the_recording_but_noted() {
    let mut scene = Scene::begin();
    scene.hear(1_000, 0.5);
    assert_eq!(scene.session.pause(scene.now()), Ok(true));
    assert_eq!(scene.session.pause(scene.now()), Ok(false));
    scene.hear(5_000, 0.9);
    assert_eq!(scene.session.status_now().state, RecorderState::Paused);
    let now = scene.now();
    assert_eq!(scene.session.resume(now), Ok(true));
    assert_eq!(scene.session.resume(now), Ok(false));
    scene.hear(500, 0.5);
    assert_eq!(scene.session.mark(scene.now()), 1_500);
    scene.hear(500, 0.5);
    let (end, gaps, sound) = scene.end(None);
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((gap.kind, gap.at_sample, gap.samples), (GapKind::Pause, 16_000, 0));
    assert_eq!(gap.length_ms, Some(5_000));
    assert_eq!(end.samples, 32_000);
    assert!(sound.iter().all(|s| *s < 20_000), "nothing of the pause is kept");
    assert_eq!(end.stopped_at.to_string(), "2026-11-20T07:00:07Z");
    let marker = end.notes.iter().find_map(|n| if let Note::Marker(m) = n { Some(m) } else { None }).unwrap();
    assert_eq!((marker.at_sample, marker.noted_at.to_string().as_str()), (24_000, "2026-11-20T07:00:06.5Z"));
}

#[test]
fn a_microphone_lost_in_a_pause_is_waited_for_after_it() {
    let mut scene = Scene::begin();
    scene.hear(1_000, 0.5);
    scene.session.pause(scene.now()).unwrap();
    scene.wait(120_000).unwrap();
    assert_eq!(scene.session.status_now().state, RecorderState::Paused);
    scene.session.resume(scene.now()).unwrap();
    assert_eq!(scene.session.status_now().state, RecorderState::Interrupted);
    scene.wait(10_000).unwrap();
    assert_eq!(scene.session.mark(scene.now()), 11_000);
    scene.returns();
    let (end, gaps, _) = scene.end(None);
    assert_eq!(gaps.iter().map(|g| g.kind).collect::<Vec<_>>(), [GapKind::Pause, GapKind::Microphone]);
    assert_eq!((gaps[1].at_sample, gaps[1].samples), (16_000, 160_000));
    assert_eq!(end.samples, 16_000 + 160_000 + 320);
}

#[test]
fn what_overran_is_silence_in_its_place() {
    let mut scene = Scene::begin();
    scene.hear(1_000, 0.5);
    scene.session.take_all(Ok(Captured::Overrun)).unwrap();
    scene.ms += 300;
    scene.hear(1_000, 0.5);
    let (end, gaps, _) = scene.end(None);
    assert_eq!((gaps[0].kind, gaps[0].at_sample), (GapKind::Overrun, 16_000));
    assert!((gaps[0].samples - 4_800).abs() <= 1 && (end.samples - 36_800).abs() <= 1, "{gaps:?} {end:?}");
    assert!(end.problem.unwrap().starts_with("sound-lost: 0.3 s"));
}

#[test]
fn zeros_and_clipping_raise_alarms_that_end() {
    let mut scene = Scene::begin();
    scene.hear(1_000, 0.5);
    for _ in 0..150 {
        let mut block = scene.block(20, 0.0);
        block.sound.fill(0.0);
        scene.session.hear(block).unwrap();
    }
    let warned = scene.session.status_now().warnings;
    assert!(warned.len() == 1 && warned[0].starts_with("digital-silence: "), "{warned:?}");
    scene.hear(2_000, 1.0);
    let warned = scene.session.status_now().warnings;
    assert!(warned.len() == 1 && warned[0].starts_with("clipping: "), "{warned:?}");
    scene.hear(4_000, 0.5);
    assert!(scene.session.status_now().warnings.is_empty());
    let (end, ..) = scene.end(None);
    let told = ["digital-silence", "digital-silence", "clipping", "clipping"];
    assert_eq!(alarms(&end).iter().map(|a| a.0).collect::<Vec<_>>(), told);
}
