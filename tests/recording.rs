//! Recording through real parts: cpal, ALSA, a virtual microphone, the store, the disk.
//!
//! ALSA reads its configuration from the environment when it is first used, so a test that needs the virtual
//! microphone starts this test binary again with `ALSA_CONFIG_PATH` set and runs itself there.

use branchbox::audio::{
    self, Feeder, Recorder, RecorderError, RecorderSettings, RecorderState, RecorderStatus,
    VirtualMicrophone, read_recording, read_wav,
};
use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::store::recording_notes::{self, GapKind};
use branchbox::store::recordings::{self, Consent};
use branchbox::store::{self, Database, jobs, outbox};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CHILD: &str = "BRANCHBOX_TEST_CHILD";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech").join(name)
}

/// Runs the named test again as a child that hears the virtual microphone in `folder`.
fn child(test: &str, folder: &Path, microphone: &VirtualMicrophone) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, folder)
        .env("ALSA_CONFIG_PATH", microphone.config_path())
        .stdin(Stdio::null());
    command
}

/// In the parent: runs the test in a child with a virtual microphone and asserts that it passed. In the child: the
/// folder, the microphone and its feeder.
fn with_microphone(test: &str) -> Option<(PathBuf, VirtualMicrophone, Feeder)> {
    if let Some(folder) = std::env::var_os(CHILD) {
        let folder = PathBuf::from(folder);
        let microphone = VirtualMicrophone::create(&folder.join("microphone")).unwrap();
        let feeder = microphone.feed().unwrap();
        return Some((folder, microphone, feeder));
    }
    let folder = tempfile::tempdir().unwrap();
    let microphone = VirtualMicrophone::create(&folder.path().join("microphone")).unwrap();
    let status = child(test, folder.path(), &microphone).status().unwrap();
    assert!(status.success(), "{test} failed in its child: {status}");
    None
}

async fn open(folder: &Path) -> (Database, DataFolder, Clock) {
    let data = DataFolder::new(folder);
    let db = store::open_records(folder, &data.records_key()).unwrap();
    (db, data, Clock::system())
}

async fn key_of(db: &Database, id: &str) -> [u8; 32] {
    let id = id.to_owned();
    db.read("read the key", move |c| recordings::key(c, &id)).await.unwrap().unwrap()
}

async fn recording(db: &Database, id: &str) -> recordings::Recording {
    let id = id.to_owned();
    db.read("read the recording", move |c| recordings::get(c, &id)).await.unwrap().unwrap()
}

fn read_all(data: &DataFolder, id: &str, key: &[u8; 32]) -> (Vec<i16>, audio::RecordingReader) {
    let mut reader = read_recording(&data.recordings().join(id), key).unwrap();
    let mut sound = Vec::new();
    for block in reader.by_ref() {
        sound.extend(block);
    }
    (sound, reader)
}

/// Where `part` lies in `whole`, and how alike they are there (1.0 is the same).
fn find(part: &[i16], whole: &[i16]) -> (usize, f64) {
    let last = whole.len().saturating_sub(part.len());
    let likeness = |at: usize, step: usize| {
        let norm = |s: &[i16]| s.iter().step_by(step).map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let there = &whole[at..at + part.len()];
        let dot: f64 = part.iter().zip(there).step_by(step).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        dot / (norm(part) * norm(there)).max(1.0)
    };
    // coarse over everything, then exact around the best
    let coarse = (0..=last).step_by(2).max_by(|a, b| likeness(*a, 32).total_cmp(&likeness(*b, 32))).unwrap();
    (coarse.saturating_sub(4)..=(coarse + 4).min(last))
        .map(|at| (at, likeness(at, 1)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_spoken_is_on_disk() {
    let Some((folder, microphone, _feeder)) = with_microphone("what_is_spoken_is_on_disk") else { return };
    let (db, data, clock) = open(&folder).await;
    let asked = Instant::now();
    let listed = audio::microphones().unwrap();
    println!("{} devices listed in {:?}", listed.len(), asked.elapsed());
    let ours = listed.iter().find(|m| m.id == microphone.device_id()).expect("listed");
    assert!(ours.usable, "{ours:?}");
    let null = listed.iter().find(|m| m.id == "alsa:null").expect("ALSA lists its null device");
    assert!(!null.usable && null.why_not.as_deref().unwrap().contains("not a microphone"));

    let recorder = Recorder::start(db.clone(), data.clone(), clock, Some(microphone.device_id())).unwrap();
    assert!(matches!(recorder.stop().await, Err(RecorderError::NotRecording)));
    let began = Instant::now();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    println!("recording {:?} after the press", began.elapsed());
    let again = recorder.press("Ben".into(), Consent::Spoken).await.unwrap_err();
    assert!(matches!(&again, RecorderError::AlreadyRecording { id: running } if *running == id), "{again}");

    let source = fixture("en_2.wav");
    microphone.play(&source).unwrap();
    let (mut status, mut loudest, mut updates) = (recorder.status(), -96.0_f32, 0);
    while microphone.is_playing() {
        tokio::time::timeout(Duration::from_secs(5), status.changed()).await.unwrap().unwrap();
        let seen = status.borrow_and_update().clone();
        assert_eq!(seen.state, RecorderState::Recording);
        loudest = loudest.max(seen.level_dbfs);
        updates += 1;
    }
    let length = began.elapsed();
    recorder.stop().await.unwrap();
    assert!(loudest > -40.0, "speech shows on the level: {loudest}");
    assert!(updates >= length.as_millis() / 200, "{updates} updates in {length:?}");
    assert_eq!(recorder.status().borrow().state, RecorderState::Idle);

    let kept = recording(&db, &id).await;
    assert_eq!((kept.state.as_str(), kept.problem), ("finished", None));
    let (sound, reader) = read_all(&data, &id, &key_of(&db, &id).await);
    assert!(reader.ended() && reader.breaks().is_empty());
    assert_eq!(sound.len() as i64, kept.samples);
    let clocked = began.elapsed().as_secs_f64();
    let recorded = sound.len() as f64 / 16_000.0;
    assert!((clocked - recorded).abs() < 1.5, "{recorded} s recorded in {clocked} s");
    let spoken = read_wav(&source).unwrap();
    let (at, likeness) = find(&spoken, &sound);
    println!("found at {at} of {} samples, likeness {likeness:.5}", sound.len());
    assert!(likeness > 0.99, "{likeness}");

    let queued =
        db.read("read the job", move |c| jobs::state(c, jobs::TRANSCRIBE, &id)).await.unwrap().unwrap();
    assert_eq!(queued.state, "queued");
}

/// People press stop while the last sentence is still being said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_two_seconds_after_the_stop_are_kept() {
    let Some((folder, microphone, _feeder)) = with_microphone("the_two_seconds_after_the_stop_are_kept")
    else {
        return;
    };
    let (db, data, clock) = open(&folder).await;
    let recorder = Recorder::start(db.clone(), data, clock, Some(microphone.device_id())).unwrap();
    let mut status = recorder.status();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let before = status.borrow().elapsed_ms;
    let pressed = Instant::now();
    let (stopped, stopping) = tokio::join!(recorder.stop(), async {
        let seen = status.wait_for(|s| s.state == RecorderState::Stopping).await.map(|s| s.clone());
        seen.map(|s| (s, pressed.elapsed()))
    });
    stopped.unwrap();
    let (seen, after) = stopping.unwrap();
    assert!(after < pressed.elapsed() / 4, "it says at once that it stops: {after:?}, {seen:?}");
    let kept = recording(&db, &id).await.samples / 16;
    assert!(kept - before as i64 >= 1_900, "{before} ms at the stop, {kept} ms kept");

    // A second press ends it there and then.
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    let (first, second) = tokio::join!(recorder.stop(), recorder.stop());
    assert!(first.is_ok() && second.is_ok());
    assert!(recording(&db, &id).await.samples < 16_000 * 3 / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_of_the_box_keeps_the_recording() {
    let Some((folder, microphone, _feeder)) = with_microphone("the_stop_of_the_box_keeps_the_recording")
    else {
        return;
    };
    let (db, data, clock) = open(&folder).await;
    let recorder = Recorder::start(db.clone(), data.clone(), clock, Some(microphone.device_id())).unwrap();
    let id = recorder.press("Ada".into(), Consent::Written).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let asked = Instant::now();
    recorder.shutdown().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let kept = recording(&db, &id).await;
    assert_eq!((kept.state.as_str(), kept.problem), ("finished", None));
    assert!(kept.samples > 16_000, "{}", kept.samples);
    assert!(matches!(recorder.press("Ada".into(), Consent::Written).await, Err(RecorderError::Stopped)));
}

/// Every alarm that waits for head office, oldest first: its code, and whether it is over.
async fn alarms(db: &Database) -> Vec<(String, bool)> {
    let events = db.read("read the outbox", |c| outbox::oldest(c, 1000)).await.unwrap();
    let alarm =
        |e: &outbox::Event| (e.body["code"].as_str().unwrap().to_owned(), e.body["over"].as_bool().unwrap());
    events.iter().filter(|e| e.kind == "alarm").map(alarm).collect()
}

async fn wait_for(
    status: &mut tokio::sync::watch::Receiver<RecorderStatus>,
    what: impl FnMut(&RecorderStatus) -> bool,
) -> RecorderStatus {
    let seen = tokio::time::timeout(Duration::from_secs(20), status.wait_for(what)).await;
    seen.expect("it comes in time").unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_microphone_that_is_pulled_out_and_plugged_in_again_is_recorded_on() {
    let test = "a_microphone_that_is_pulled_out_and_plugged_in_again_is_recorded_on";
    let Some((folder, microphone, feeder)) = with_microphone(test) else { return };
    let (db, data, clock) = open(&folder).await;
    let recorder = Recorder::start(db.clone(), data.clone(), clock, Some(microphone.device_id())).unwrap();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    let began = Instant::now();
    let source = fixture("en_2.wav");
    let mut status = recorder.status();
    tokio::time::sleep(Duration::from_millis(800)).await;
    // Keeps the FIFO open, so that the device hangs rather than ends; then it is gone altogether.
    let fifo = folder.join("microphone/microphone.fifo");
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
    drop(feeder);
    std::fs::remove_file(&fifo).unwrap();
    let died = Instant::now();
    let seen = wait_for(&mut status, |s| s.state == RecorderState::Interrupted).await;
    let told = async {
        while alarms(&db).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
    assert!(died.elapsed() < Duration::from_secs(3), "{:?}", died.elapsed());
    assert!(seen.warnings[0].starts_with("microphone-silent: "), "{seen:?}");
    assert_eq!(alarms(&db).await, [("microphone-silent".into(), false)]);
    let again = recorder.press("Ben".into(), Consent::Spoken).await.unwrap_err();
    assert!(matches!(again, RecorderError::AlreadyRecording { .. }), "{again}");
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    drop(held);
    VirtualMicrophone::create(&folder.join("microphone")).unwrap();
    let _feeder = microphone.feed().unwrap();
    let seen = wait_for(&mut status, |s| s.state == RecorderState::Recording).await;
    assert!(seen.warnings.is_empty(), "{seen:?}");
    microphone.play(&source).unwrap();
    let waited = Instant::now();
    while microphone.is_playing() {
        assert!(waited.elapsed() < Duration::from_secs(30), "it does not speak");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    recorder.stop().await.unwrap();
    let clocked = began.elapsed();
    let kept = recording(&db, &id).await;
    assert_eq!((kept.state.as_str(), &kept.problem), ("finished", &None));
    let name = id.clone();
    let gaps = db.read("read the gaps", move |c| recording_notes::gaps(c, &name)).await.unwrap();
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    println!("{gap:?}");
    assert_eq!(gap.kind, GapKind::Microphone);
    assert!((gap.samples / 16 - gap.length_ms.unwrap()).abs() <= 1, "{gap:?}");
    assert!(gap.length_ms.unwrap() > 2_500 && gap.at_sample > 10_000, "{gap:?}");
    let (sound, reader) = read_all(&data, &id, &key_of(&db, &id).await);
    assert!(reader.ended() && reader.breaks().is_empty());
    let (from, to) = (gap.at_sample as usize, (gap.at_sample + gap.samples) as usize);
    assert!(sound[from..to].iter().all(|s| *s == 0), "the gap is silence");
    let recorded = Duration::from_secs_f64(sound.len() as f64 / 16_000.0);
    println!("{recorded:?} recorded in {clocked:?}");
    assert!(recorded.abs_diff(clocked) < clocked / 8, "{recorded:?} in {clocked:?}");
    let (at, likeness) = find(&read_wav(&source).unwrap(), &sound[to..]);
    assert!(likeness > 0.99, "{likeness} at {at}: what was said after the return is kept");
    assert_eq!(alarms(&db).await, [("microphone-silent".into(), false), ("microphone-silent".into(), true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_microphone_that_does_not_return_ends_the_recording_and_keeps_it() {
    let test = "a_microphone_that_does_not_return_ends_the_recording_and_keeps_it";
    let Some((folder, microphone, feeder)) = with_microphone(test) else { return };
    let (db, data, clock) = open(&folder).await;
    let settings = RecorderSettings {
        microphone_wait: Duration::from_secs(3),
        ..RecorderSettings::new(Some(microphone.device_id()))
    };
    let recorder = Recorder::start_with(db.clone(), data.clone(), clock, settings).unwrap();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let fifo = folder.join("microphone/microphone.fifo");
    let _held = std::fs::OpenOptions::new().read(true).write(true).open(fifo).unwrap();
    drop(feeder);
    let seen = wait_for(&mut recorder.status(), |s| s.state == RecorderState::Idle).await;
    let problem = seen.problem.unwrap();
    assert!(problem.starts_with("microphone-lost: ") && problem.contains("within 3 s"), "{problem}");
    let kept = recording(&db, &id).await;
    assert_eq!((kept.state.as_str(), kept.problem), ("finished", Some(problem)));
    let (sound, reader) = read_all(&data, &id, &key_of(&db, &id).await);
    assert!(reader.ended() && sound.len() > 10_000, "{}", sound.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_microphone_that_delivers_zeros_is_told_of() {
    let Some((folder, microphone, _feeder)) = with_microphone("a_microphone_that_delivers_zeros_is_told_of")
    else {
        return;
    };
    let (db, data, clock) = open(&folder).await;
    let recorder = Recorder::start(db.clone(), data, clock, Some(microphone.device_id())).unwrap();
    recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    let mut status = recorder.status();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(status.borrow().warnings.is_empty(), "{:?}", status.borrow());
    microphone.mute(true).unwrap();
    let muted = Instant::now();
    let seen = wait_for(&mut status, |s| !s.warnings.is_empty()).await;
    println!("told {:?} after the switch", muted.elapsed());
    assert!(seen.warnings[0].starts_with("digital-silence: "), "{seen:?}");
    assert_eq!(seen.state, RecorderState::Recording, "it goes on");
    microphone.mute(false).unwrap();
    wait_for(&mut status, |s| s.warnings.is_empty()).await;
    recorder.stop().await.unwrap();
    assert_eq!(alarms(&db).await, [("digital-silence".into(), false), ("digital-silence".into(), true)]);
}

/// Only the beginning is read off the wall clock: one that jumps changes neither length nor order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_changes_nothing() {
    let Some((folder, microphone, _feeder)) = with_microphone("a_clock_that_jumps_changes_nothing") else {
        return;
    };
    let (db, data, _) = open(&folder).await;
    let start: jiff::Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
    let clock = Clock::fixed(start);
    let recorder =
        Recorder::start(db.clone(), data.clone(), clock.clone(), Some(microphone.device_id())).unwrap();
    let began = Instant::now();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    let step = || tokio::time::sleep(Duration::from_millis(700));
    step().await;
    clock.set("2031-01-01T00:00:00Z".parse().unwrap());
    recorder.pause().await.unwrap();
    step().await;
    clock.set("1999-01-01T00:00:00Z".parse().unwrap());
    recorder.resume().await.unwrap();
    let first = recorder.mark().await.unwrap();
    step().await;
    clock.set("2026-11-20T06:00:00Z".parse().unwrap());
    let second = recorder.mark().await.unwrap();
    assert!(first < second, "{first} {second}");
    recorder.stop().await.unwrap();
    let passed = began.elapsed();

    let kept = recording(&db, &id).await;
    let lasted = |text: &str| {
        let at: jiff::Timestamp = text.parse().unwrap();
        Duration::try_from(at.duration_since(start)).expect("after the start")
    };
    assert_eq!(lasted(&kept.started_at), Duration::ZERO);
    let stopped = lasted(kept.stopped_at.as_deref().unwrap());
    assert!(stopped <= passed && passed - stopped < Duration::from_millis(500), "{stopped:?} {passed:?}");
    let name = id.clone();
    let (gaps, markers) = db
        .read("read the notes", move |c| {
            Ok((recording_notes::gaps(c, &name)?, recording_notes::markers(c, &name)?))
        })
        .await
        .unwrap();
    let [pause] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!(pause.kind, GapKind::Pause);
    let paused = pause.length_ms.unwrap();
    assert!((600..1_500).contains(&paused), "{pause:?}");
    let order = [pause.began_at, markers[0].noted_at, markers[1].noted_at];
    assert!(order.is_sorted() && order[0] > start, "{order:?}");
    let recorded = Duration::from_millis(kept.samples as u64 / 16 + paused as u64);
    assert!(recorded.abs_diff(stopped) < Duration::from_millis(400), "{recorded:?} of {stopped:?}");
    // And its transcript is due at once, by the clock as it is now.
    let (name, now) = (id.clone(), clock.now());
    db.write("look at the job", move |tx| {
        assert_eq!(jobs::claim(tx, jobs::TRANSCRIBE, now)?.expect("it is due").subject, name);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn no_microphone_is_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (db, data, clock) = open(folder.path()).await;
    for (choice, code, part) in [
        (Some("alsa:null"), "microphone-null", "not a microphone"),
        (
            Some("alsa:hw:CARD=Nowhere,DEV=0"),
            "microphone-absent",
            "there is no microphone \"alsa:hw:CARD=Nowhere,DEV=0\"",
        ),
        (Some("rubbish"), "microphone-absent", "there is no microphone \"rubbish\""),
    ] {
        let choice = choice.map(str::to_owned);
        let recorder = Recorder::start(db.clone(), data.clone(), clock.clone(), choice).unwrap();
        let error = recorder.press("Ada".into(), Consent::Spoken).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(recorder.status().borrow().state, RecorderState::Idle);
    }
    let none = db.read("list recordings", |c| recordings::latest(c, 10)).await.unwrap();
    assert!(none.is_empty(), "a press without a microphone leaves nothing behind");
}

#[tokio::test]
async fn nothing_starts_without_room_for_a_whole_meeting() {
    let folder = tempfile::tempdir().unwrap();
    let (db, data, clock) = open(folder.path()).await;
    let settings = RecorderSettings { margin_bytes: u64::MAX / 2, ..RecorderSettings::new(None) };
    let recorder = Recorder::start_with(db, data, clock, settings).unwrap();
    let error = recorder.press("Ada".into(), Consent::Spoken).await.unwrap_err();
    assert_eq!(error.code(), "disk-full");
    assert!(error.to_string().contains("free some space"), "{error}");
}

/// The disk fills up while recording: the longest meeting is recorded all the same. A small file system of its own, so it needs the right to mount one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_the_longest_meeting_and_keeps_it() {
    let test = "a_full_disk_takes_the_longest_meeting_and_keeps_it";
    let Some((folder, microphone, _feeder)) = with_microphone(test) else { return };
    let (db, data, clock) = open(&folder).await;
    let disk = data.recordings();
    std::fs::create_dir_all(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|m| m.status.success()) {
        println!("skipped: mounting a small file system is not permitted here");
        return;
    }
    let settings = RecorderSettings {
        microphone: Some(microphone.device_id()),
        longest_meeting: Duration::from_secs(10),
        margin_bytes: 0,
        ..RecorderSettings::new(None)
    };
    let recorder = Recorder::start_with(db.clone(), data.clone(), clock, settings).unwrap();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    // somebody else takes the rest
    let filled = std::fs::write(disk.join("other"), vec![1; 2 << 20]).unwrap_err();
    assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull);
    let mut status = recorder.status();
    let seen = status.wait_for(|s| s.state == RecorderState::Idle);
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    let result = match seen {
        Ok(Ok(seen)) => seen.problem.clone().unwrap_or_default(),
        _ => "still recording".into(),
    };
    let kept = recording(&db, &id).await;
    let (sound, reader) = read_all(&data, &id, &key_of(&db, &id).await);
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|s| s.success()));
    assert!(result.starts_with("disk-full: the disk is full"), "{result}");
    assert_eq!(kept.state, "finished");
    assert!(!reader.ended());
    assert_eq!(sound.len() as i64, kept.samples);
    println!("{} s on a full disk, of 10 s promised", sound.len() / 16_000);
    assert!(sound.len() >= 10 * 16_000, "{}: the room was reserved", sound.len());
}

/// The recording half of the next test: records until it is killed.
async fn record_for_ever(folder: &Path, device: String) -> ! {
    let (db, data, clock) = open(folder).await;
    let recorder = Recorder::start(db, data, clock, Some(device)).unwrap();
    let id = recorder.press("Ada".into(), Consent::Spoken).await.unwrap();
    std::fs::write(folder.join("recording"), id).unwrap();
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// kill -9 loses at most half a second of sound, and the next start finds the recording and says where it broke off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_at_most_half_a_second() {
    let test = "a_kill_loses_at_most_half_a_second";
    if let Some(folder) = std::env::var_os(CHILD) {
        let folder = PathBuf::from(folder);
        let device = VirtualMicrophone::create(&folder.join("microphone")).unwrap().device_id();
        record_for_ever(&folder, device).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let microphone = VirtualMicrophone::create(&folder.path().join("microphone")).unwrap();
    let feeder = microphone.feed().unwrap();
    // Noise that is like nothing else in it, so that a piece of it tells its place.
    let noise = folder.path().join("noise.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&noise, spec).unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut smooth = 0.0;
    for _ in 0..16_000 * 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        smooth = smooth * 0.7 + (state % 10_001) as f64 - 5_000.0;
        writer.write_sample((smooth * 0.5) as i16).unwrap();
    }
    writer.finalize().unwrap();

    let mut recording_process = child(test, folder.path(), &microphone).spawn().unwrap();
    let waited = Instant::now();
    while !folder.path().join("recording").exists() {
        assert!(waited.elapsed() < Duration::from_secs(30), "the child does not record");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    microphone.play(&noise).unwrap();
    tokio::time::sleep(Duration::from_millis(3_700)).await;
    let spoken = feeder.spoken();
    recording_process.kill().unwrap();
    recording_process.wait().unwrap();

    let (db, data, clock) = open(folder.path()).await;
    let found = audio::recover_unfinished(&db, &data, &clock).await.unwrap();
    let [found] = &found[..] else { panic!("{found:?}") };
    let problem = found.problem.as_deref().unwrap();
    assert!(problem.starts_with("broken-off: the box stopped while recording"), "{problem}");
    let kept = recording(&db, &found.id).await;
    assert_eq!((kept.state.as_str(), kept.broken_off_at), ("broken_off", Some(kept.samples)));
    assert_eq!(kept.problem.as_deref(), Some(problem));

    let (sound, reader) = read_all(&data, &found.id, &key_of(&db, &found.id).await);
    assert_eq!(sound.len() as i64, kept.samples);
    assert!(!reader.ended());
    let last = &sound[sound.len() - 1_600..];
    let (at, likeness) = find(last, &read_wav(&noise).unwrap());
    assert!(likeness > 0.95, "{likeness}");
    let lost = spoken as i64 - (at + last.len()) as i64;
    println!("spoken {spoken}, kept to {}, lost {} ms", at + last.len(), lost / 16);
    assert!(lost <= 8_000, "{} ms lost", lost / 16);
    assert!(audio::recover_unfinished(&db, &data, &clock).await.unwrap().is_empty());
}
