//! kill -9 while a recording is uploaded, at different moments: after the restart it is there whole or not at all, no
//! half of it is left, and nothing of it lies on the disk in clear.

mod support;

use branchbox::config::DataFolder;
use branchbox::store::{open_records, recordings};
use std::path::Path;
use std::time::Duration;
use support::http::{Agent, client};
use support::process::{Process, branchbox_output, eventually, text};

/// Twenty minutes of sound whose bytes can be told from any other.
fn recording() -> Vec<u8> {
    let samples = 20 * 60 * 16_000_u32;
    let mut file = branchbox::audio::wav_header(u64::from(samples)).to_vec();
    file.extend((0..samples).flat_map(|n| ((n * 31 % 10_007) as i16).to_le_bytes()));
    file
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_a_whole_upload_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::new(folder.path().join("branch"));
    let file = recording();
    let (mut whole, mut none) = (0, 0);
    for round in 0..6_u64 {
        let (process, address) = Process::start_box(data.path(), |_| {});
        let agent = Agent::sign_in(&address, data.path()).await;
        let known = std::fs::read_dir(data.recordings()).into_iter().flatten().count();
        let request = client()
            .post(format!("{address}/agent/api/recordings/upload?consent=spoken"))
            .header("cookie", agent.cookie())
            .header("X-Branchbox", "1")
            .body(file.clone());
        let mut sending = tokio::spawn(request.send());
        let mut answer = None;
        // the first rounds while the file comes in, the others while it is written, the last when it was acknowledged
        if round == 5 {
            answer = Some((&mut sending).await.unwrap());
        } else if round < 2 {
            tokio::time::sleep(Duration::from_millis(5 + 40 * round)).await;
        } else {
            let recordings = data.recordings();
            tokio::task::spawn_blocking(move || {
                eventually("a recording arrives", || {
                    (std::fs::read_dir(&recordings).ok()?.count() > known).then_some(())
                })
            })
            .await
            .unwrap();
            tokio::time::sleep(Duration::from_millis(300 * (round - 2))).await;
        }
        process.kill();
        let answer = match answer {
            Some(answer) => answer,
            None => sending.await.unwrap(),
        };
        let answered = answer.is_ok_and(|r| r.status().is_success());
        assert!(!holds(data.path(), &file[100..140]), "round {round}: the sound lies on the disk in clear");

        let (process, _) = Process::start_box(data.path(), |_| {});
        let db = open_records(data.path(), &data.records_key()).unwrap();
        let rows = db.read("list", |c| recordings::latest(c, 100)).await.unwrap();
        let there = rows.len() - whole;
        assert!(
            there <= 1 && (there == 1 || !answered),
            "round {round}: it was acknowledged and is not there"
        );
        whole += there;
        none += 1 - there;
        for row in &rows {
            assert_eq!((row.state.as_str(), row.samples), ("finished", 20 * 60 * 16_000), "round {round}");
        }
        let folders = std::fs::read_dir(data.recordings()).into_iter().flatten().count();
        assert_eq!(folders, whole, "round {round}: what is half is left");
        drop(db);
        process.kill();
    }
    println!("kill -9 while uploading, 6 times: {whole} whole, {none} not there");
    assert!(none >= 2 && whole >= 1, "the kills came all before the end, or all after it");
    let check = branchbox_output(["check", "--data", data.path().to_str().unwrap()]);
    assert!(check.status.success(), "{}", text(&check));
}
