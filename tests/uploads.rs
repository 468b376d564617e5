//! Recordings made elsewhere come in and go out over the agent page's API: whole, encrypted, audited, or not at all.

mod support;

use branchbox::audio::{MARK_OF_ARRIVAL, clear_broken_uploads, read_recording, read_wav};
use branchbox::store::{jobs, recordings};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::branch::{Branch, UPLOAD_LIMIT};
use support::http::client;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn audio(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join("audio").join(name)).unwrap()
}

/// A branch and an agent who is signed in.
struct Desk {
    branch: Branch,
    cookie: String,
}

impl Desk {
    async fn open() -> Self {
        let branch = Branch::start(0).await;
        let sign_in = client()
            .post(branch.url("/agent/api/sign-in"))
            .header("X-Branchbox", "1")
            .json(&json!({ "code": branch.code, "name": "May Chan" }));
        let answer = sign_in.send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { branch, cookie }
    }

    async fn upload(&self, query: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let answer = client()
            .post(self.branch.url(&format!("/agent/api/recordings/upload{query}")))
            .header("cookie", &self.cookie)
            .header("X-Branchbox", "1")
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn get(&self, path: &str, range: Option<&str>) -> Response {
        let mut request = client().get(self.branch.url(path)).header("cookie", &self.cookie);
        if let Some(range) = range {
            request = request.header("range", range);
        }
        request.send().await.unwrap()
    }

    /// The folders of recordings that are on disk.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.branch.data.recordings()).into_iter().flatten();
        entries.map(|e| e.unwrap().path()).collect()
    }

    async fn audited(&self) -> Vec<(String, String)> {
        let rows = self.branch.db.read("read the audit trail", |c| {
            let mut statement = c.prepare("SELECT action, subject FROM audit ORDER BY id")?;
            let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        });
        rows.await.unwrap()
    }
}

#[tokio::test]
async fn a_voice_message_becomes_a_recording() {
    let desk = Desk::open().await;
    let (status, answer) = desk
        .upload("?consent=written&recorded_at=2026-11-20T15:00:00%2B08:00", audio("voice_message.ogg"))
        .await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!((&answer["form"], &answer["problem"]), (&json!("ogg/opus"), &Value::Null), "{answer}");
    assert_eq!(
        (&answer["recorded_at"], &answer["recorded_at_from"]),
        (&json!("2026-11-20T07:00:00Z"), &json!("agent"))
    );
    let id = answer["id"].as_str().unwrap().to_owned();

    let subject = id.clone();
    let (recording, key, job) = desk
        .branch
        .db
        .read("look", move |c| {
            let found = (recordings::get(c, &subject)?.unwrap(), recordings::key(c, &subject)?.unwrap());
            Ok((found.0, found.1, jobs::state(c, jobs::TRANSCRIBE, &subject)?))
        })
        .await
        .unwrap();
    assert_eq!((recording.origin.as_str(), recording.state.as_str()), ("upload", "finished"));
    assert_eq!(
        (recording.started_at.as_str(), recording.agent.as_str()),
        ("2026-11-20T07:00:00.000Z", "May Chan")
    );
    assert!(recording.stopped_at.unwrap().starts_with("2026-11-20T07:00:02."));
    assert!(job.is_some(), "its transcript is queued");
    let folder = desk.branch.data.recordings().join(&id);
    let mut reader = read_recording(&folder, &key).unwrap();
    let sound: Vec<i16> = reader.by_ref().flatten().collect();
    assert!(reader.ended() && reader.breaks().is_empty());
    assert_eq!((sound.len(), recording.samples), (46_414, 46_414));
    assert!(!folder.join(MARK_OF_ARRIVAL).exists());
    assert_eq!(desk.audited().await.last().unwrap(), &("recording.uploaded".to_owned(), id.clone()));
    let listed: Value = desk.get("/agent/api/recordings", None).await.json().await.unwrap();
    assert_eq!((&listed[0]["id"], &listed[0]["origin"]), (&json!(id), &json!("upload")), "{listed}");

    // without a time of the agent's, the file's own
    let (_, answer) = desk.upload("?consent=spoken", audio("memo.m4a")).await;
    assert_eq!(
        (&answer["recorded_at"], &answer["recorded_at_from"]),
        (&json!("2026-11-20T07:00:00Z"), &json!("file")),
        "{answer}"
    );
    let (_, answer) = desk.upload("?consent=spoken", audio("mono.flac")).await;
    assert_eq!(answer["recorded_at_from"], "upload", "{answer}");

    // what can be read of a damaged one
    let whole = audio("variable.mp3");
    let (status, answer) = desk.upload("?consent=spoken", whole[..whole.len() / 2].to_vec()).await;
    assert_eq!(status, 201, "{answer}");
    assert!(
        answer["problem"].as_str().unwrap().starts_with("file-damaged: the file is damaged at 1."),
        "{answer}"
    );
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let desk = Desk::open().await;
    let files = |data: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(data).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files(desk.branch.data.path());
    let mut hollow = audio("mono.flac");
    hollow.truncate(300);
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("?consent=spoken", b"%PDF-1.7 and so on".to_vec(), 422, "file-not-sound"),
        ("?consent=spoken", Vec::new(), 422, "file-empty"),
        ("?consent=spoken", audio("silent_film.mp4"), 422, "file-no-sound"),
        ("?consent=spoken", hollow, 422, "file-damaged"),
        ("?consent=spoken", vec![0x55; UPLOAD_LIMIT as usize + 1], 413, "upload-too-large"),
        ("", audio("mono.flac"), 400, "bad-request"),
        ("?consent=guessed", audio("mono.flac"), 400, "bad-request"),
        ("?consent=spoken&recorded_at=yesterday", audio("mono.flac"), 400, "bad-request"),
        ("?consent=spoken&recorded_at=2027-01-01T00:00:00Z", audio("mono.flac"), 400, "bad-request"),
    ];
    for (query, body, status, code) in cases {
        let (found, answer) = desk.upload(query, body).await;
        let kind = answer["type"].as_str().unwrap();
        assert!(found == status && kind.ends_with(&format!(":{code}")), "{query} {code}: {answer}");
        assert!(answer["detail"].as_str().unwrap().len() > 20, "{answer}");
    }
    // a length that is not told beforehand is counted
    let parts = futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 100_000])));
    let (status, _) = desk.upload("?consent=spoken", reqwest::Body::wrap_stream(parts)).await;
    assert_eq!(status, 413);
    assert_eq!((desk.folders(), files(desk.branch.data.path())), (Vec::new(), before));
    assert!(desk.audited().await.iter().all(|(action, _)| action != "recording.uploaded"));

    let url = desk.branch.url("/agent/api/recordings/upload?consent=spoken");
    let alone = client().post(&url).header("X-Branchbox", "1").body("x").send().await.unwrap();
    let elsewhere = client().post(&url).header("cookie", &desk.cookie).body("x").send().await.unwrap();
    assert_eq!((alone.status().as_u16(), elsewhere.status().as_u16()), (401, 403));
}

#[tokio::test]
async fn what_a_kill_left_of_an_upload_is_cleared_away() {
    let desk = Desk::open().await;
    let (_, answer) = desk.upload("?consent=spoken", audio("mono.flac")).await;
    let whole = desk.branch.data.recordings().join(answer["id"].as_str().unwrap());
    // killed before the mark was taken off, and killed in the middle
    std::fs::write(whole.join(MARK_OF_ARRIVAL), "").unwrap();
    let half = desk.branch.data.recordings().join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir(&half).unwrap();
    std::fs::write(half.join(MARK_OF_ARRIVAL), "").unwrap();
    std::fs::write(half.join("000000.seg"), "half").unwrap();
    assert_eq!(clear_broken_uploads(&desk.branch.db, &desk.branch.data).await.unwrap(), 1);
    assert_eq!(desk.folders(), std::slice::from_ref(&whole));
    assert!(!whole.join(MARK_OF_ARRIVAL).exists());
}

#[tokio::test]
async fn a_recording_goes_out_as_wav_and_flac_and_from_any_byte() {
    let desk = Desk::open().await;
    let (_, answer) = desk.upload("?consent=spoken", audio("mono.flac")).await;
    let id = answer["id"].as_str().unwrap().to_owned();
    let path = |format: &str| format!("/agent/api/recordings/{id}/audio?format={format}");
    let original = read_wav(&fixtures().join("speech/yue_0.wav")).unwrap();

    let answer = desk.get(&path("wav"), None).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"audio/wav".parse().unwrap())
    );
    assert_eq!(answer.headers()["content-length"], (44 + original.len() * 2).to_string().as_str());
    assert_eq!(
        (&answer.headers()["accept-ranges"], &answer.headers()["cache-control"]),
        (&"bytes".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let wav = answer.bytes().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("out.wav"), &wav).unwrap();
    assert_eq!(read_wav(&folder.path().join("out.wav")).unwrap(), original);

    // a player begins at a second, in the middle of a sample or at the end; the pieces make the whole
    let second = 44 + 2 * 32_000;
    for (range, from, to) in [
        (format!("bytes={second}-"), second, wav.len()),
        ("bytes=0-99".into(), 0, 100),
        ("bytes=43-44".into(), 43, 45),
        ("bytes=6045-6050".into(), 6_045, 6_051),
        ("bytes=-3".into(), wav.len() - 3, wav.len()),
    ] {
        let answer = desk.get(&path("wav"), Some(&range)).await;
        assert_eq!(answer.status(), 206, "{range}");
        let stated = format!("bytes {from}-{}/{}", to - 1, wav.len());
        assert_eq!(answer.headers()["content-range"], stated.as_str());
        assert_eq!(answer.headers()["content-length"], (to - from).to_string().as_str(), "{range}");
        assert_eq!(answer.bytes().await.unwrap(), wav[from..to], "{range}");
    }
    let beyond = desk.get(&path("wav"), Some("bytes=99999999-")).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", wav.len()).as_str());

    let flac = desk.get(&path("flac"), None).await;
    assert_eq!(
        (flac.status().as_u16(), &flac.headers()["content-type"]),
        (200, &"audio/flac".parse().unwrap())
    );
    let flac = flac.bytes().await.unwrap();
    assert!(flac.len() < wav.len() * 4 / 5, "{} of {}", flac.len(), wav.len());
    // and in again: the same sound
    let (status, answer) = desk.upload("?consent=spoken", flac).await;
    assert_eq!(status, 201, "{answer}");
    let again = answer["id"].as_str().unwrap();
    let back = desk.get(&format!("/agent/api/recordings/{again}/audio"), None).await.bytes().await.unwrap();
    assert_eq!(back, wav);

    let exported =
        desk.audited().await.into_iter().filter(|(a, s)| a == "recording.exported" && *s == id).count();
    assert_eq!(exported, 2, "once a form and a sign-in, however many ranges");
    assert_eq!(desk.get(&path("mp3"), None).await.status(), 400);
    assert_eq!(desk.get("/agent/api/recordings/none/audio", None).await.status(), 404);
    let alone = client().get(desk.branch.url(&path("wav"))).send().await.unwrap();
    assert_eq!(alone.status(), 401);
    let deleted = id.clone();
    let delete = desk.branch.db.write("delete the key", move |tx| {
        Ok(tx.execute("DELETE FROM recording_key WHERE recording_id = ?1", [deleted])?)
    });
    delete.await.unwrap();
    assert_eq!(desk.get(&path("wav"), None).await.status(), 410);
}
