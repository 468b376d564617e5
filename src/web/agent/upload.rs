//! `POST /agent/api/recordings/upload?consent=spoken|written&recorded_at=RFC3339`: a recording made elsewhere. The body
//! is the file as it is.
//!
//! The body goes to an encrypted file without a name ([`Spool`]) and is decoded from there. Once it is all here the
//! box goes on by itself: the page may be closed. 201 with what became of it, or a sentence, and then nothing of the
//! file is left.

use super::signed_in::{Agent, FromPage};
use crate::audio::{self, Spool, UploadError};
use crate::store::recordings::{self, Consent, UploadedRecording};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// A body that brings nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Parts of a body that wait for the disk.
const AHEAD_PARTS: usize = 16;
/// How far a clock elsewhere may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What the agent notes with a file.
#[derive(Deserialize)]
pub struct Noted {
    consent: Consent,
    /// When it was recorded; without it the file's own date, or now.
    recorded_at: Option<Timestamp>,
}

/// Takes a file.
pub async fn upload(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    noted: Result<Query<Noted>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Query(noted) = noted.map_err(|e| Problem::bad_request(format!("{}.", e.body_text())))?;
    if noted.recorded_at.is_some_and(|at| at > web.parts.clock.now() + AHEAD) {
        return Err(Problem::bad_request("recorded_at lies in the future; give the time of the recording."));
    }
    let busy = || {
        let detail = "The box is taking in another recording; upload this one when that is done.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "upload-busy", "Another upload is running", detail)
    };
    let one = Arc::clone(&web.uploads).try_acquire_owned().map_err(|_| busy().retry_after(10))?;
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let spool = receive(&web, body, stated).await?;
    // From here on it is the box's: whether the page waits for it or not.
    let kept = tokio::spawn(async move {
        let kept = keep(&web, spool, noted, agent.name).await;
        drop(one);
        kept
    });
    kept.await.map_err(|e| Problem::fault("take in a recording", e))?
}

/// The body, as far as it is allowed to be long.
async fn receive(web: &Web, body: Body, stated: Option<u64>) -> Result<Spool, Problem> {
    let limit = web.parts.upload_limit;
    let too_large = || {
        let detail = format!(
            "A recording may have {} MB here; cut it into parts, or save it as MP3, M4A or Opus.",
            limit / 1_000_000
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "upload-too-large", "The file is too large", detail)
    };
    if stated.is_some_and(|n| n > limit) {
        return Err(too_large());
    }
    audio::check_room(&web.parts.data, stated.unwrap_or(0)).map_err(problem)?;
    let mut spool = Spool::create(web.parts.data.path()).map_err(|e| problem(e.into()))?;
    let (send, mut parts) = mpsc::channel::<Bytes>(AHEAD_PARTS);
    let writing = tokio::task::spawn_blocking(move || {
        while let Some(part) = parts.blocking_recv() {
            spool.write(&part)?;
        }
        Ok::<_, std::io::Error>(spool)
    });
    let read = read_body(body, limit, send).await;
    let spool =
        writing.await.map_err(|e| Problem::fault("store a recording", e))?.map_err(|e| problem(e.into()))?;
    match read? {
        Whole::Yes => Ok(spool),
        Whole::TooLarge => Err(too_large()),
    }
}

enum Whole {
    Yes,
    TooLarge,
}

/// Hands on the body part by part, at most `limit` bytes of it.
async fn read_body(body: Body, limit: u64, send: mpsc::Sender<Bytes>) -> Result<Whole, Problem> {
    let (mut stream, mut length) = (body.into_data_stream(), 0);
    loop {
        let broken = |why: &str| {
            let detail = format!("The file did not arrive whole ({why}); upload it again.");
            Problem::new(StatusCode::BAD_REQUEST, "upload-broken-off", "The upload broke off", detail)
        };
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        let bytes = match next.map_err(|_| broken("nothing came for a minute"))? {
            None => return Ok(Whole::Yes),
            Some(bytes) => bytes.map_err(|_| broken("the connection was lost"))?,
        };
        length += bytes.len() as u64;
        if length > limit {
            return Ok(Whole::TooLarge);
        }
        if send.send(bytes).await.is_err() {
            return Ok(Whole::Yes); // the disk has refused; the writer says why
        }
    }
}

async fn keep(
    web: &Web,
    spool: Spool,
    noted: Noted,
    agent: String,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (data, stopping) = (web.parts.data.clone(), web.parts.stopping.clone());
    let arrived = tokio::task::spawn_blocking(move || {
        let reader = spool.into_reader()?;
        audio::take_in(reader, &data, &stopping)
    });
    let arrived = arrived.await.map_err(|e| Problem::fault("decode a recording", e))?.map_err(problem)?;
    let now = web.parts.clock.now();
    let (started_at, said_by) = match (noted.recorded_at, arrived.made_at.filter(|at| *at <= now)) {
        (Some(at), _) => (at, "agent"),
        (None, Some(at)) => (at, "file"),
        (None, None) => (now, "upload"),
    };
    let new = UploadedRecording {
        id: arrived.id.to_string(),
        started_at,
        agent,
        consent: noted.consent,
        key: *arrived.key,
        samples: arrived.samples as i64,
        problem: arrived.damage.as_ref().map(|d| format!("file-damaged: {d}")),
        form: arrived.form.clone(),
    };
    let answer = json!({
        "id": new.id, "form": new.form, "seconds": arrived.samples as f64 / f64::from(recordings::SAMPLE_RATE),
        "recorded_at": started_at.to_string(), "recorded_at_from": said_by, "problem": new.problem,
    });
    web.parts.db.write("take in a recording", move |tx| recordings::take_in(tx, &new, now)).await?;
    log::info!(recording = arrived.id.to_string().as_str(), form = arrived.form.as_str(); "recording uploaded");
    arrived.keep();
    web.parts.transcriber.wake();
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The refusals under words that the page translates.
fn problem(error: UploadError) -> Problem {
    use UploadError as E;
    let (status, code, title) = match &error {
        E::Sound(e) => (StatusCode::UNPROCESSABLE_ENTITY, e.code(), "The file was not taken"),
        E::NoRoom { .. } => (StatusCode::INSUFFICIENT_STORAGE, "disk-full", "The disk is full"),
        E::Disk(e) if e.kind() == std::io::ErrorKind::StorageFull => {
            (StatusCode::INSUFFICIENT_STORAGE, "disk-full", "The disk is full")
        }
        E::Disk(_) => (StatusCode::INTERNAL_SERVER_ERROR, "disk-error", "The file was not kept"),
        E::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopped", "The box is stopping"),
    };
    log::warn!("web.upload refused: {code}");
    let sentence = error.to_string();
    let mut letters = sentence.chars();
    let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    Problem::new(status, code, title, format!("{sentence}."))
}
