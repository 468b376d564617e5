//! Transcribing through real parts: encrypted recordings, the store, the worker process, whisper.cpp, a real model.
//!
//! The model hears espeak-ng and nothing else; the phrases here are ones that it is known to hear exactly.

mod support;

use branchbox::audio::read_wav;
use branchbox::store::jobs;
use branchbox::store::transcripts::SegmentKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use support::transcribing::{
    PATIENCE, Transcribing, assert_every_millisecond, fixtures, model, spoken, words,
};

/// The program under test: it is its own worker.
const BRANCHBOX: &str = env!("CARGO_BIN_EXE_branchbox");

const MEETING: [(&str, &str); 7] = [
    ("yue", "我想搵太古城嘅兩房單位"),
    ("yue", "我嘅預算係八百萬左右"),
    ("yue", "最好係高層同埋有海景"),
    ("cmn", "客户想要两房海景"),
    ("en", "My budget is eight million."),
    ("yue", "我想約星期六下晝三點睇樓"),
    ("yue", "今日會議到此為止"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_becomes_its_words() {
    let sound = read_wav(&fixtures().join("meeting.wav")).unwrap();
    let total_ms = sound.len() as i64 / 16;
    let branch = Transcribing::with_recording(&sound).await;
    branch.install_model();
    let transcriber = branch.transcriber(Path::new(BRANCHBOX));
    let mut progress = transcriber.progress();
    let watching = tokio::spawn(async move {
        let mut seen = Vec::new();
        while progress.changed().await.is_ok() {
            let Some(at) = progress.borrow_and_update().clone() else { break };
            seen.push((at.done_ms, at.total_ms));
        }
        seen
    });
    branch.wait_for_job("done").await;
    let (segments, heading) = branch.transcript().await;
    assert_eq!(words(&segments), MEETING);
    assert_every_millisecond(&segments, total_ms);
    let heading = heading.unwrap();
    assert_eq!((heading.model.as_str(), heading.language.as_deref()), ("estate-test", Some("yue")));
    let seen = watching.await.unwrap();
    assert!(seen.len() >= 4 && seen.is_sorted(), "{seen:?}");
    assert!(seen.iter().all(|(done, total)| *total == total_ms && done <= total));
    let id = branch.id.clone();
    let minutes = branch.db.read("read the job", move |c| jobs::state(c, jobs::MINUTES, &id)).await;
    assert_eq!(minutes.unwrap().unwrap().state, "queued");
    transcriber.shutdown().await;
    assert_eq!(branch.worker(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_worker_costs_nothing() {
    let branch = Transcribing::with_recording(&spoken(&["yue_0.wav", "zh_3.wav", "en_1.wav"])).await;
    branch.install_model();
    let transcriber = branch.transcriber(Path::new(BRANCHBOX));
    let mut progress = transcriber.progress();
    // after the first utterance, so in the middle of the second
    let second = progress.wait_for(|p| p.as_ref().is_some_and(|p| p.done_ms > 0));
    tokio::time::timeout(PATIENCE, second).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let killed = branch.worker().expect("a worker runs");
    assert!(Command::new("kill").args(["-9", &killed.to_string()]).status().unwrap().success());
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    assert_eq!(
        words(&segments),
        [
            ("yue", "按揭做到百分之四十"),
            ("cmn", "客户想要三房全海景"),
            ("en", "Does Kornhill have an ensuite bedroom?")
        ]
    );
}

/// A worker that says it is ready and aborts at the first five requests; after that the real one.
fn crashing_worker(folder: &Path) -> PathBuf {
    let script = folder.join("crashing-worker");
    let ready = r#"{"kind":"ready","languages":["en"]}"#;
    let text = format!(
        "#!/bin/sh\necho once more >> '{count}'\n\
         if [ \"$(wc -l < '{count}')\" -gt 5 ]; then exec '{BRANCHBOX}' \"$@\"; fi\n\
         printf '\\{length:03o}\\000\\000\\000{ready}'\nhead -c 4 >/dev/null\nkill -ABRT $$\n",
        count = folder.join("count").display(),
        length = ready.len(),
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_utterance_that_kills_every_worker_is_given_up_and_the_next_goes_on() {
    let sound = spoken(&["yue_0.wav", "en_1.wav"]);
    let branch = Transcribing::with_recording(&sound).await;
    branch.install_model();
    let _transcriber = branch.transcriber(&crashing_worker(branch.data.path()));
    branch.wait_for_job("done").await;
    let (segments, heading) = branch.transcript().await;
    assert_every_millisecond(&segments, sound.len() as i64 / 16);
    let failed: Vec<_> = segments.iter().filter(|s| s.kind == SegmentKind::Failed).collect();
    assert_eq!(failed.len(), 1, "{segments:?}");
    assert!(failed[0].text.contains("signal: 6"), "{}", failed[0].text);
    assert_eq!(words(&segments), [("en", "Does Kornhill have an ensuite bedroom?")]);
    assert!(heading.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transcript_waits_for_a_model_and_then_goes_on_by_itself() {
    let branch = Transcribing::with_recording(&spoken(&["en_1.wav"])).await;
    let transcriber = branch.transcriber(Path::new(BRANCHBOX));
    let job = branch.wait_for_job("waiting").await;
    let why = job.detail.unwrap();
    assert!(why.starts_with("no-model: waits for a speech model: install one with branchbox model"), "{why}");

    // a file that is no model: said so, and not tried for ever
    std::fs::create_dir_all(branch.data.models()).unwrap();
    let bad = branch.data.models().join("half.bin");
    let mut damaged = std::fs::read(model()).unwrap();
    damaged[4..40].fill(0x7e);
    std::fs::write(&bad, damaged).unwrap();
    transcriber.wake();
    let began = Instant::now();
    loop {
        let why = branch.job().await.detail.unwrap_or_default();
        if why.starts_with("bad-model: ") {
            assert!(why.contains("half.bin") && why.contains("cannot be loaded"), "{why}");
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{why}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    std::fs::remove_file(&bad).unwrap();
    branch.install_model();
    transcriber.wake();
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    assert_eq!(words(&segments), [("en", "Does Kornhill have an ensuite bedroom?")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_does_not_start_is_tried_again_later() {
    let branch = Transcribing::with_recording(&spoken(&["en_1.wav"])).await;
    branch.install_model();
    let _transcriber = branch.transcriber(Path::new("/bin/false"));
    let began = Instant::now();
    loop {
        let job = branch.job().await;
        if let Some(why) = job.detail {
            assert_eq!(job.state, "queued");
            assert!(why.starts_with("transcription-failed: the speech worker does not start"), "{why}");
            break;
        }
        assert!(began.elapsed() < PATIENCE, "no reason given");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (segments, heading) = branch.transcript().await;
    assert!(segments.is_empty() && heading.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stop_interrupts_is_done_after_the_next_start() {
    let branch = Transcribing::with_recording(&spoken(&["zh_0.wav", "en_2.wav"])).await;
    branch.install_model();
    let first = branch.transcriber(Path::new(BRANCHBOX));
    let mut progress = first.progress();
    let begun = progress.wait_for(|p| p.as_ref().is_some_and(|p| p.done_ms > 0));
    tokio::time::timeout(PATIENCE, begun).await.unwrap().unwrap();
    let asked = Instant::now();
    first.shutdown().await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(branch.job().await.state, "running");

    branch.db.write("queue again", jobs::requeue_running).await.unwrap();
    let _second = branch.transcriber(Path::new(BRANCHBOX));
    branch.wait_for_job("done").await;
    let (segments, _) = branch.transcript().await;
    assert_eq!(
        words(&segments),
        [
            ("cmn", "成交价是一千三百五十万"),
            ("en", "Do you have anything below thirty-five and a half million?")
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_no_speech_and_needs_no_worker() {
    let branch = Transcribing::with_recording(&[0; 80_000]).await;
    branch.install_model();
    let _transcriber = branch.transcriber(Path::new("/bin/false"));
    branch.wait_for_job("done").await;
    let (segments, heading) = branch.transcript().await;
    let [only] = &segments[..] else { panic!("{segments:?}") };
    assert_eq!((only.kind, only.start_ms, only.end_ms), (SegmentKind::NoSpeech, 0, 5_000));
    assert_eq!(heading.unwrap().language, None);
}

fn branchbox(arguments: &[&str]) -> Output {
    Command::new(BRANCHBOX).args(arguments).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_transcribes_a_file() {
    let model = model();
    let model = model.to_str().unwrap();
    let file = fixtures().join("speech/yue_1.wav");
    let file = file.to_str().unwrap();
    let (code, out, err) = said(&branchbox(&["transcribe", "--model", model, file]));
    assert_eq!((code, out.as_str()), (Some(0), "我想睇日出康城嘅相\n"), "{err}");
    let (_, out, _) = said(&branchbox(&["transcribe", "--model", model, "--format", "vtt", file]));
    assert!(out.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:02."), "{out}");

    let (code, _, err) = said(&branchbox(&["transcribe", "--model", "absent.bin", file]));
    assert!(code == Some(1) && err.contains("there is no model file absent.bin"), "{err}");
    let (code, _, err) = said(&branchbox(&["transcribe", "--model", model, model]));
    assert!(code == Some(1) && err.contains("is not known as sound"), "{err}");
    let (code, _, err) = said(&branchbox(&["transcribe", "--model", file, file]));
    assert!(code == Some(1) && err.contains("cannot be loaded"), "{err}");
}

#[test]
fn the_command_takes_every_form_of_sound() {
    let model = model();
    let transcribe = |path: &Path, format: &str| {
        let (model, path) = (model.to_str().unwrap(), path.to_str().unwrap());
        said(&branchbox(&["transcribe", "--model", model, "--format", format, path]))
    };
    let (code, wav, err) = transcribe(&fixtures().join("speech/yue_0.wav"), "text");
    assert!(code == Some(0) && err.is_empty() && !wav.trim().is_empty(), "{wav} {err}");
    for name in ["mono.flac", "lossless.m4a", "memo.m4a", "variable.mp3", "stereo.opus", "vorbis.ogg"] {
        let (code, out, err) = transcribe(&fixtures().join("audio").join(name), "text");
        assert_eq!((code, out.as_str(), err.as_str()), (Some(0), wav.as_str(), ""), "{name}");
    }
    // 16 kbit/s and half the band are hard on a model this small: words come, and nothing is said against the file
    for name in ["voice_message.ogg", "a_law.wav", "constant.mp3", "raw.aac"] {
        let (code, out, err) = transcribe(&fixtures().join("audio").join(name), "text");
        assert!(code == Some(0) && err.is_empty() && !out.trim().is_empty(), "{name}: {out} {err}");
    }
    // by content, not by name; and what is damaged is named with its second
    let folder = tempfile::tempdir().unwrap();
    let renamed = folder.path().join("memo.wav");
    let whole = std::fs::read(fixtures().join("audio/variable.mp3")).unwrap();
    std::fs::write(&renamed, &whole[..whole.len() / 2]).unwrap();
    let (code, _, err) = transcribe(&renamed, "text");
    assert!(code == Some(0) && err.contains("memo.wav: the file is damaged at 1."), "{err}");
    let (code, _, err) = transcribe(&fixtures().join("audio/silent_film.mp4"), "text");
    assert!(code == Some(1) && err.contains("silent_film.mp4: there is no sound in it"), "{err}");
}

/// Milliseconds of a time such as 01:02:03.004, which must be written in full.
fn milliseconds(time: &str, mark: char) -> i64 {
    let (seconds, ms) = time.split_once(mark).unwrap_or_else(|| panic!("{time}"));
    let parts: Vec<&str> = seconds.split(':').collect();
    assert!(parts.len() == 3 && parts.iter().all(|p| p.len() == 2) && ms.len() == 3, "{time}");
    let figures: Vec<i64> = parts.iter().chain([&ms]).map(|p| p.parse().unwrap()).collect();
    assert!(figures[1] < 60 && figures[2] < 60, "{time}");
    ((figures[0] * 60 + figures[1]) * 60 + figures[2]) * 1000 + figures[3]
}

/// Start, end and text of every cue, in order, one after the other.
fn cues<'a>(blocks: impl Iterator<Item = &'a [&'a str]>, mark: char) -> Vec<(i64, i64, String)> {
    let mut cues: Vec<(i64, i64, String)> = Vec::new();
    for block in blocks {
        let [times, text] = block else { panic!("{block:?}") };
        let (from, to) = times.split_once(" --> ").unwrap_or_else(|| panic!("{times}"));
        let (from, to) = (milliseconds(from, mark), milliseconds(to, mark));
        assert!(from < to && cues.last().is_none_or(|c| c.1 <= from) && !text.trim().is_empty(), "{block:?}");
        cues.push((from, to, (*text).to_owned()));
    }
    cues
}

#[test]
fn each_format_holds_to_its_rules_and_says_the_same() {
    let printed = |format: &str| {
        let (model, file) = (model(), fixtures().join("meeting.wav"));
        let args =
            ["transcribe", "--model", model.to_str().unwrap(), "--format", format, file.to_str().unwrap()];
        let (code, out, err) = said(&branchbox(&args));
        assert_eq!((code, err.as_str()), (Some(0), ""), "{format}");
        out
    };
    let text: Vec<String> = printed("text").lines().map(str::to_owned).collect();
    assert!(text.len() >= 5, "{text:?}");

    let srt = printed("srt");
    let lines: Vec<&str> = srt.strip_suffix("\n\n").unwrap().split('\n').collect();
    let blocks: Vec<&[&str]> = lines.split(|l| l.is_empty()).collect();
    for (n, block) in blocks.iter().enumerate() {
        assert_eq!(block[0], (n + 1).to_string());
    }
    let srt = cues(blocks.iter().map(|b| &b[1..]), ',');

    let vtt = printed("vtt");
    let lines: Vec<&str> = vtt.strip_suffix('\n').unwrap().split('\n').collect();
    let mut blocks = lines.split(|l| l.is_empty());
    assert_eq!(blocks.next(), Some(&["WEBVTT"][..]));
    let vtt = cues(blocks, '.');

    let json: serde_json::Value = serde_json::from_str(&printed("json")).unwrap();
    let segments = json["segments"].as_array().unwrap();
    let mut at = 0;
    for segment in segments {
        assert_eq!(segment["start_ms"], at, "every millisecond is accounted for: {segment}");
        at = segment["end_ms"].as_i64().unwrap();
    }
    assert_eq!(at, 32_628, "the length of the meeting");
    let spoken: Vec<(i64, i64, String)> = segments
        .iter()
        .filter(|s| s["kind"] == "speech")
        .map(|s| {
            let ms = |key: &str| s[key].as_i64().unwrap();
            (ms("start_ms"), ms("end_ms"), s["text"].as_str().unwrap().trim().to_owned())
        })
        .collect();
    let words: Vec<String> = spoken.iter().map(|s| s.2.clone()).collect();
    assert_eq!((&words, &srt, &vtt), (&text, &spoken, &spoken));
}

#[test]
fn the_command_keeps_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (code, out, _) = said(&branchbox(&["model", "--data", data, "list"]));
    assert!(
        code == Some(0)
            && out.contains("large-v3-turbo-q5_0")
            && out.contains("no speech model is installed"),
        "{out}"
    );
    let (code, _, err) = said(&branchbox(&["model", "--data", data, "verify"]));
    assert!(code == Some(1) && err.contains("no model is installed"), "{err}");
    let (code, out, _) = said(&branchbox(&["model", "--data", data, "add", model().to_str().unwrap()]));
    assert!(code == Some(0) && out.contains("installed estate-test"), "{out}");
    let (code, out, _) = said(&branchbox(&["model", "--data", data, "verify"]));
    assert!(code == Some(0) && out.contains("estate-test is the file of the manifest"), "{out}");
    let (code, _, err) = said(&branchbox(&["model", "--data", data, "fetch", "huge"]));
    assert!(code == Some(1) && err.contains("there is no model huge in the manifest"), "{err}");
    let (code, _, err) = said(&branchbox(&["model", "--data", data, "fetch", "estate-test"]));
    assert!(code == Some(1) && err.contains("comes with the source"), "{err}");
}

#[test]
fn a_second_opinion_on_voice_changes_no_word_and_a_broken_one_is_named() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models");
    let silero = shared.join("for-tests-silero-v6.2.0-ggml.bin");
    if !silero.is_file() {
        println!("skipped: needs ../shared/models/for-tests-silero-v6.2.0-ggml.bin");
        return;
    }
    let transcribe = |sound: &[&str]| {
        let output = Command::new(BRANCHBOX)
            .args(["transcribe", "--model", model().to_str().unwrap()])
            .args(["--voice-model", silero.to_str().unwrap()])
            .args(sound)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let meeting = transcribe(&[fixtures().join("meeting.wav").to_str().unwrap()]);
    let words: Vec<&str> = MEETING.iter().map(|(_, words)| *words).collect();
    assert_eq!(meeting.lines().collect::<Vec<_>>(), words);

    let broken = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(broken.path(), "no model").unwrap();
    let output = Command::new(BRANCHBOX)
        .args(["transcribe", "--model", model().to_str().unwrap()])
        .arg("--voice-model")
        .arg(broken.path())
        .arg(fixtures().join("meeting.wav"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("the voice activity model"), "{said}");
}
