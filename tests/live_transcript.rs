//! The text of a meeting while it runs, through real parts: encrypted segments on disk that grow, the store, the worker
//! process, a real model. What interrupts it (kills, another meeting, a restart) changes no word.

mod support;

use branchbox::audio::RecordingWriter;
use branchbox::clock::Clock;
use branchbox::demo::listings::generate;
use branchbox::speech::models::{Installation, Manifest};
use branchbox::store::jobs;
use branchbox::store::transcripts::{self, Segment, SegmentKind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::transcribing::{PATIENCE, Transcribing, assert_every_millisecond, phrase, spoken, words};

/// The program under test: it is its own worker.
const BRANCHBOX: &str = env!("CARGO_BIN_EXE_branchbox");

const FIRST: (&str, &str) = ("yue", "按揭做到百分之四十");
const SECOND: (&str, &str) = ("cmn", "客户想要三房全海景");
const THIRD: (&str, &str) = ("en", "Does Kornhill have an ensuite bedroom?");

/// A phrase and two seconds in which nobody speaks.
fn say(writer: &mut RecordingWriter, name: &str) -> u64 {
    let sound = phrase(name);
    writer.write(&sound).unwrap();
    writer.write(&[0; 32_000]).unwrap();
    (sound.len() + 32_000) as u64
}

async fn text_of(branch: &Transcribing, id: &str) -> Vec<Segment> {
    let id = id.to_owned();
    branch.db.read("read the text", move |c| transcripts::segments(c, &id)).await.unwrap()
}

/// Waits until so many phrases are written of a recording.
async fn wait_for_phrases(branch: &Transcribing, id: &str, wanted: usize) -> Vec<Segment> {
    let began = Instant::now();
    loop {
        let segments = text_of(branch, id).await;
        if words(&segments).len() >= wanted {
            return segments;
        }
        assert!(began.elapsed() < PATIENCE, "{segments:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_comes_while_the_meeting_runs() {
    let (branch, mut writer) = Transcribing::while_it_runs().await;
    branch.install_model();
    let _transcriber = branch.transcriber(Path::new(BRANCHBOX));
    let mut samples = say(&mut writer, "yue_0.wav");
    assert_eq!(words(&wait_for_phrases(&branch, &branch.id, 1).await), [FIRST]);
    samples += say(&mut writer, "zh_3.wav");
    assert_eq!(words(&wait_for_phrases(&branch, &branch.id, 2).await), [FIRST, SECOND]);
    assert_eq!(branch.job().await.state, "running");
    let (_, heading) = branch.transcript().await;
    assert!(heading.is_none(), "it still runs");
    samples += say(&mut writer, "en_1.wav");
    branch.stop(writer).await;
    branch.wait_for_job("done").await;
    let (segments, heading) = branch.transcript().await;
    assert_eq!(words(&segments), [FIRST, SECOND, THIRD]);
    assert_every_millisecond(&segments, samples as i64 / 16);
    assert!(heading.is_some());
    let id = branch.id.clone();
    let minutes = branch.db.read("read the job", move |c| jobs::state(c, jobs::MINUTES, &id)).await;
    assert_eq!(minutes.unwrap().unwrap().state, "queued");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_that_runs_goes_before_one_that_is_over() {
    let names = ["yue_0.wav", "zh_3.wav", "en_1.wav"].repeat(8);
    let branch = Transcribing::with_recording(&spoken(&names)).await;
    branch.install_model();
    let transcriber = branch.transcriber(Path::new(BRANCHBOX));
    wait_for_phrases(&branch, &branch.id, 1).await;
    let (meeting, mut writer) = branch.begin().await;
    transcriber.wake();
    say(&mut writer, "en_1.wav");
    assert_eq!(words(&wait_for_phrases(&branch, &meeting, 1).await), [THIRD]);
    let (older, _) = branch.transcript().await;
    assert!(words(&older).len() < names.len(), "the older one was set aside");
    assert_eq!(branch.job().await.state, "queued");
    branch.stop_that(&meeting, writer).await;
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    assert_eq!(words(&segments), [FIRST, SECOND, THIRD].repeat(8));
    assert_every_millisecond(&segments, spoken(&names).len() as i64 / 16);
    for id in [branch.id.clone(), meeting] {
        let minutes = branch.db.read("read the job", move |c| jobs::state(c, jobs::MINUTES, &id)).await;
        assert_eq!(minutes.unwrap().unwrap().state, "queued", "each transcript is finished once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_in_the_middle_of_a_meeting_goes_on_where_it_was() {
    let (branch, mut writer) = Transcribing::while_it_runs().await;
    branch.install_model();
    let first = branch.transcriber(Path::new(BRANCHBOX));
    let mut samples = say(&mut writer, "yue_0.wav");
    wait_for_phrases(&branch, &branch.id, 1).await;
    first.shutdown().await;
    let before = text_of(&branch, &branch.id).await;
    samples += say(&mut writer, "zh_3.wav");
    branch.stop(writer).await;
    branch.db.write("queue again", jobs::requeue_running).await.unwrap();
    let _second = branch.transcriber(Path::new(BRANCHBOX));
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    assert_eq!(words(&segments), [FIRST, SECOND]);
    assert_eq!(segments[..before.len()], before[..], "what is written stays");
    assert_every_millisecond(&segments, samples as i64 / 16);
}

/// Kills the worker fifty times at random moments of its work; `BRANCHBOX_KILLS` for another number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_of_the_worker_cost_no_word() {
    let kills: usize = std::env::var("BRANCHBOX_KILLS").map_or(50, |n| n.parse().unwrap());
    let names = ["yue_0.wav", "zh_3.wav", "en_1.wav"];
    let (branch, mut writer) = Transcribing::while_it_runs().await;
    branch.install_model();
    let _transcriber = branch.transcriber(Path::new(BRANCHBOX));
    // Moments within what two phrases take here and now, so that some get through.
    let began = Instant::now();
    say(&mut writer, names[0]);
    wait_for_phrases(&branch, &branch.id, 1).await;
    let longest = 2 * began.elapsed().as_millis() as u64;
    let (mut killed, mut said) = (0, 1);
    let mut random = [0; 4];
    while killed < kills {
        getrandom::fill(&mut random).unwrap();
        tokio::time::sleep(Duration::from_millis(u64::from(u32::from_le_bytes(random)) % longest)).await;
        match branch.worker().and_then(rustix::process::Pid::from_raw) {
            Some(pid) => {
                let kill = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                killed += usize::from(kill.is_ok());
            }
            // It has nothing to do: the meeting goes on.
            None => {
                say(&mut writer, names[said % names.len()]);
                said += 1;
            }
        }
    }
    branch.stop(writer).await;
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    println!("{killed} kills of the worker over {said} phrases");
    let expected: Vec<_> = [FIRST, SECOND, THIRD].into_iter().cycle().take(said).collect();
    assert_eq!(words(&segments), expected);
}

/// A model of whisper's own shape is steered with the names of the branch; this one has no weights and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_steered_with_the_names_of_the_listings() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models/for-tests-ggml-tiny.bin");
    if !model.is_file() {
        println!("skipped: needs ../shared/models/for-tests-ggml-tiny.bin");
        return;
    }
    let branch = Transcribing::with_recording(&spoken(&["yue_0.wav", "en_1.wav"])).await;
    Installation::add(&branch.data.models(), &model, Some("tiny-test"), &Manifest::built_in()).unwrap();
    let rows = generate(300, 5, Clock::system().today());
    let listings = rows.into_iter().map(|(listing, _)| Arc::new(listing)).collect();
    let _transcriber = branch.transcriber_of(Path::new(BRANCHBOX), listings);
    branch.wait_for_job("done").await;
    let (segments, heading) = branch.transcript().await;
    assert_every_millisecond(&segments, spoken(&["yue_0.wav", "en_1.wav"]).len() as i64 / 16);
    assert!(words(&segments).is_empty(), "{segments:?}");
    assert!(segments.iter().all(|s| s.kind == SegmentKind::NoSpeech), "{segments:?}");
    assert_eq!(heading.unwrap().model, "tiny-test");
}
