//! kill -9 while a meeting is recorded, twenty times at random moments (`BRANCHBOX_KILLS` sets another number): at
//! most half a second of sound is lost, every file is whole up to there, the recording is there after the restart, and
//! it says where it broke off. Real sound through a real ALSA device.

mod support;

use branchbox::audio::{VirtualMicrophone, read_recording};
use branchbox::config::DataFolder;
use branchbox::store::recordings::SAMPLE_RATE;
use branchbox::store::{Database, open_records, recordings};
use std::time::{Duration, Instant};
use support::http::Agent;
use support::process::{Process, branchbox_output, text};

/// What a kill may cost (issue 2, item 6).
const MAY_LOSE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_costs_at_most_half_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::new(folder.path().join("branch"));
    let microphone = VirtualMicrophone::create(&folder.path().join("microphone")).unwrap();
    let _feeder = microphone.feed().unwrap();
    let start = || {
        Process::start_box(data.path(), |c| {
            c.env("ALSA_CONFIG_PATH", microphone.config_path())
                .args(["--microphone", &microphone.device_id()]);
        })
    };

    let kills: usize = std::env::var("BRANCHBOX_KILLS").map_or(20, |n| n.parse().expect("a number of kills"));
    let mut lost = Vec::new();
    for round in 0..kills {
        let (process, address) = start();
        let agent = Agent::sign_in(&address, data.path()).await;
        let pressed = Instant::now();
        let id = agent.press().await.unwrap_or_else(|problem| panic!("round {round}: {problem}"));
        let acknowledged = pressed.elapsed();
        let random = uuid::Uuid::new_v4().as_u128();
        let moment = acknowledged + Duration::from_millis((random % 3_000) as u64);
        tokio::time::sleep(moment.saturating_sub(acknowledged)).await;
        let running = pressed.elapsed() - acknowledged;
        process.kill();

        // The restart closes what broke off.
        let (process, _) = start();
        let db = open_records(data.path(), &data.records_key()).unwrap();
        let recording = row(&db, id.clone()).await;
        assert_eq!(recording.state, "broken_off", "round {round}");
        assert_eq!(recording.broken_off_at, Some(recording.samples), "round {round}");
        assert!(recording.problem.is_some(), "round {round}: it does not say what happened");
        let name = id.clone();
        let key = db.read("read the key", move |c| recordings::key(c, &name)).await.unwrap().unwrap();
        let reader = read_recording(&data.recordings().join(&id), &key).unwrap().measure();
        assert_eq!(reader.samples() as i64, recording.samples, "round {round}");
        assert!(
            reader.breaks().len() <= 1,
            "round {round}: broken elsewhere than at its end: {:?}",
            reader.breaks()
        );
        let kept = Duration::from_secs_f64(recording.samples as f64 / f64::from(SAMPLE_RATE));
        lost.push(running.saturating_sub(kept));
        let (status, took) = process.terminate();
        assert!(status.success() && took < Duration::from_secs(5), "stop took {took:?}: {status}");
    }
    lost.sort();
    let (median, most) = (lost[kills / 2], lost[kills - 1]);
    println!("kill -9 while recording, {kills} times: lost {median:?} (median), {most:?} (most)");
    assert!(most <= MAY_LOSE, "{lost:?}");

    let check = branchbox_output(["check", "--data", data.path().to_str().unwrap()]);
    assert!(check.status.success(), "{}", text(&check));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_keeps_the_running_recording() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::new(folder.path().join("branch"));
    let microphone = VirtualMicrophone::create(&folder.path().join("microphone")).unwrap();
    let _feeder = microphone.feed().unwrap();
    let (process, address) = Process::start_box(data.path(), |c| {
        c.env("ALSA_CONFIG_PATH", microphone.config_path()).args(["--microphone", &microphone.device_id()]);
    });
    let agent = Agent::sign_in(&address, data.path()).await;
    let id = agent.press().await.unwrap();
    let pressed = Instant::now();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let running = pressed.elapsed();
    let (status, took) = process.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "it took {took:?}");

    let db = open_records(data.path(), &data.records_key()).unwrap();
    let recording = row(&db, id).await;
    assert_eq!(recording.state, "finished");
    let kept = recording.samples as f64 / f64::from(SAMPLE_RATE);
    assert!(kept >= running.as_secs_f64() - 0.1, "kept {kept} s of {running:?}: the tail is missing");
}

async fn row(db: &Database, id: String) -> recordings::Recording {
    db.read("read the recording", move |c| recordings::get(c, &id))
        .await
        .unwrap()
        .expect("the recording is there")
}
