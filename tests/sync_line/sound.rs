//! The sound of meetings: it goes up only where the branch's policy sends it, in pieces that go on where they broke off, and
//! head office has what was recorded.

use crate::parts::*;
use branchbox::audio::{RecordingWriter, SoundFile};
use branchbox::clock::Clock;
use branchbox::store::receipts;
use branchbox::store::recordings::{Consent, UploadedRecording, take_in};
use branchbox::store::sound_outbox::{Standing, standing};
use branchbox::sync::client::CallError;
use branchbox::sync::uplink::{Policy, Sound};
use sha2::{Digest, Sha256};
use std::io::Cursor;

on_both_engines!(
    pieces_come_in_order_and_count_as_a_whole_only_with_the_right_hash,
    only_meetings_agreed_to_in_writing_go_where_the_policy_says_so
);

const KEY: [u8; 32] = [7; 32];

/// Noise, which FLAC cannot make smaller: 16-bit samples at 16 kHz.
fn noise(seconds: usize) -> Vec<i16> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 48) as i16
    };
    (0..seconds * 16_000).map(|_| next()).collect()
}

/// A meeting in the branch, with its sound on disk.
async fn meet(branch: &Branch, consent: Consent, sound: &[i16]) -> String {
    let id = uuid::Uuid::now_v7();
    let folder = branch.data.recordings().join(id.to_string());
    let mut writer = RecordingWriter::create(&folder, id, KEY).unwrap();
    writer.write(sound).unwrap();
    let samples = writer.finish().unwrap() as i64;
    let now = Clock::system().now();
    let recording = UploadedRecording {
        id: id.to_string(),
        started_at: now,
        agent: "May Chan".into(),
        consent,
        key: KEY,
        samples,
        problem: None,
        form: "test".into(),
    };
    branch.db.write("keep a meeting", move |tx| take_in(tx, &recording, now)).await.unwrap();
    id.to_string()
}

async fn sounds(branch: &Branch) -> Vec<Standing> {
    branch.db.read("read what goes up", |c| standing(c, 100)).await.unwrap()
}

/// The sound as head office's page gives it; `None` where it has not all of it.
async fn exported(console: std::net::SocketAddr, branch: &str, recording: &str) -> Option<Vec<i16>> {
    let url = format!("http://{console}/api/branches/{branch}/sound/{recording}");
    let reply = reqwest_plain().get(url).send().await.unwrap();
    if reply.status() == 404 {
        return None;
    }
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["content-type"]),
        (200, &"audio/flac".parse().unwrap())
    );
    let bytes = reply.bytes().await.unwrap().to_vec();
    let length = bytes.len() as u64;
    let mut file = SoundFile::read(Cursor::new(bytes), length).unwrap();
    let mut sound = Vec::new();
    while let Some(block) = file.next_block().unwrap() {
        sound.extend(block);
    }
    Some(sound)
}

async fn pieces_come_in_order_and_count_as_a_whole_only_with_the_right_hash(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let client = branch.client();
    let (one, two) = (vec![1_u8; 700_000], vec![2_u8; 300_000]);
    let hash = hex::encode(Sha256::new().chain_update(&one).chain_update(&two).finalize());
    let id = "01936f0e-0000-7000-8000-000000000001";
    let expected = |error: CallError| match error {
        CallError::Refused(p) => (p.status, p.expected),
        other => panic!("{other}"),
    };

    let early = client.sound(id, 700_000, None, two.clone()).await.unwrap_err();
    assert_eq!(expected(early), (409, Some(0)), "the first piece comes first");
    for _ in 0..2 {
        assert_eq!(
            client.sound(id, 0, None, one.clone()).await.unwrap().held,
            700_000,
            "doubled, it counts once"
        );
    }
    let again = client.sound(id, 1_000, None, two.clone()).await.unwrap_err();
    assert_eq!(expected(again), (409, Some(700_000)), "it says where to go on");
    let damaged = client.sound(id, 700_000, Some(&hash), vec![3; 300_000]).await.unwrap_err();
    assert_eq!(expected(damaged), (409, Some(0)), "what is not what was sent is thrown away whole");
    assert_eq!(exported(office.running.console, &branch.link().branch.id, id).await, None);

    client.sound(id, 0, None, one.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.sound(id, 700_000, Some(&hash), two.clone()).await.unwrap().held, 1_000_000);
    }
    assert_eq!(client.sound(id, 0, None, one).await.unwrap().held, 1_000_000, "what is whole stays");
    let named = client.sound("..%2Fheadoffice.key", 0, None, two).await.unwrap_err();
    assert_eq!(expected(named), (400, None));
    let read = |tx: &branchbox::headoffice::store::Tx| {
        tx.query("SELECT bytes FROM sound_piece", &[], |r| r.get::<Vec<u8>>(0))
    };
    let kept = office.store().read("read the pieces", read).await.unwrap();
    let clear = |p: &Vec<u8>| p.windows(64).any(|w| w == [1; 64] || w == [2; 64]);
    assert!(kept.len() == 2 && !kept.iter().any(clear), "the store never sees the sound");
}

async fn only_meetings_agreed_to_in_writing_go_where_the_policy_says_so(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let id = branch.link().branch.id;
    let sound = noise(3);
    let before = meet(&branch, Consent::Written, &sound).await;

    let (sync, _) = branch.sync_with(Clock::system(), Policy { sound: Sound::Written, ..Policy::default() });
    until(&mut sync.status(), "connected", |s| s.connected && s.waiting.count == 0).await;
    let spoken = meet(&branch, Consent::Spoken, &sound).await;
    let written = meet(&branch, Consent::Written, &sound).await;
    eventually("the sound is there", async || sounds(&branch).await.iter().any(|s| s.done_at.is_some()))
        .await;
    assert_eq!(sounds(&branch).await.iter().map(|s| &s.recording).collect::<Vec<_>>(), [&written]);
    assert!(
        exported(office.running.console, &id, &written).await.as_ref() == Some(&sound),
        "as it was recorded"
    );
    for other in [before, spoken] {
        assert_eq!(exported(office.running.console, &id, &other).await, None);
    }
    sync.stop().await;
    let receipts = branch.db.read("read the receipts", |c| receipts::latest(c, 9)).await.unwrap();
    // One day's, or two days' where midnight in Hong Kong came between.
    let (newest, oldest) = (receipts.first().unwrap(), receipts.last().unwrap());
    assert_eq!((oldest.first, newest.last), (1, 3), "of three meetings: {receipts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_goes_on_where_it_broke_off_when_head_office_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut office = OfficeProcess::start(folder.path(), ANY, ANY);
    let branch = Branch::new();
    branch.enrol(&format!("https://{}", office.branches), &office.code("Taikoo Shing")).await.unwrap();
    let (sync, _) = branch.sync_with(Clock::system(), Policy { sound: Sound::All, ..Policy::default() });
    until(&mut sync.status(), "connected", |s| s.connected).await;
    let sound = noise(400);
    let recording = meet(&branch, Consent::Spoken, &sound).await;
    let mut kills = 0;
    for least in [1, 4_000_000, 8_000_000] {
        eventually("some of it is there", async || sounds(&branch).await.iter().any(|s| s.held >= least))
            .await;
        let (data, listen, console) = office.kill();
        let at = sounds(&branch).await.remove(0);
        kills += usize::from(at.done_at.is_none());
        office = OfficeProcess::start(&data, &listen, &console);
        eventually("it goes on", async || {
            let now = sounds(&branch).await.remove(0);
            assert!(now.held >= at.held, "it began again: {at:?}, {now:?}");
            now.held > at.held || now.done_at.is_some()
        })
        .await;
    }
    assert!(kills > 0, "head office was never killed in the middle");
    eventually("all of it is there", async || sounds(&branch).await[0].done_at.is_some()).await;
    let at_head_office = exported(office.console, &branch.link().branch.id, &recording).await;
    assert!(at_head_office.as_ref() == Some(&sound), "as it was recorded");
    println!("killed {kills} times in the middle of {} bytes", sounds(&branch).await[0].held);
    sync.stop().await;
}
