//! `GET /agent/api/recordings/{id}/audio?format=wav|flac`: the sound of a meeting.
//!
//! WAV says its length and takes a range of bytes (RFC 9110, 14), so that a player can begin at any second; FLAC is
//! half the size and comes in one piece. The sound is decrypted as it goes out; none of it is put on disk.

use super::signed_in::Agent;
use crate::audio::{self, Exact, FlacWriter, WAV_HEADER};
use crate::store::{Tx, audit, recordings};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::io;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Blocks that wait for a slow listener.
const AHEAD: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Wav,
    Flac,
}

/// The form that is asked for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    format: Format,
}

/// The whole of a recording, to be read from any sample on.
struct Sound {
    folder: std::path::PathBuf,
    key: [u8; 32],
    samples: u64,
}

/// Sends the sound, and notes in the audit trail who had it, once a sign-in.
pub async fn export(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|e| Problem::bad_request(format!("{}.", e.body_text())))?;
    let sound = find(&web, id.clone()).await?;
    if web.sign_ins.opens(&agent.id, &format!("{id}/{:?}", asked.format)) {
        let (now, form) =
            (web.parts.clock.now(), json!({ "format": format!("{:?}", asked.format).to_lowercase() }));
        let note = move |tx: &Tx| audit::add(tx, now, &agent.name, "recording.exported", &id, Some(&form));
        web.parts.db.write("note who had the sound", note).await?;
    }
    match asked.format {
        Format::Wav => wav(sound, &headers),
        Format::Flac => Ok(flac(sound)),
    }
}

async fn find(web: &Web, id: String) -> Result<Sound, Problem> {
    let subject = id.clone();
    let found = web.parts.db.read("find a recording", move |c| {
        Ok(recordings::get(c, &subject)?.map(|r| (r, recordings::key(c, &subject))))
    });
    let (recording, key) =
        found.await?.ok_or_else(|| Problem::not_found("There is no such meeting on this box."))?;
    if recording.state == "recording" {
        let detail = "The meeting is still being recorded; its sound can be had when it has stopped.";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "still-recording",
            "It is still being recorded",
            detail,
        ));
    }
    let key = key?.ok_or_else(|| {
        let detail = "The sound of this meeting has been deleted; its minutes may still be there.";
        Problem::new(StatusCode::GONE, "sound-deleted", "The sound has been deleted", detail)
    })?;
    let samples = u64::try_from(recording.samples).unwrap_or(0);
    Ok(Sound { folder: web.parts.data.recordings().join(id), key, samples })
}

fn wav(sound: Sound, headers: &HeaderMap) -> Result<Response, Problem> {
    let length = WAV_HEADER + sound.samples * 2;
    // A condition on a version is never met: there is none to compare.
    let range = headers.get(header::RANGE).filter(|_| !headers.contains_key(header::IF_RANGE));
    let (status, from, to) =
        match range.and_then(|r| r.to_str().ok()).map_or(Range::Whole, |r| range_of(r, length)) {
            Range::Whole => (StatusCode::OK, 0, length),
            Range::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
            Range::Beyond => {
                let detail = format!("The file has {length} bytes; ask for a range within them.");
                let problem = Problem::new(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "no-such-range",
                    "There is no such range",
                    detail,
                );
                return Ok(([(header::CONTENT_RANGE, format!("bytes */{length}"))], problem).into_response());
            }
        };
    let body = stream(move |send| {
        let head =
            &audio::wav_header(sound.samples)[from.min(WAV_HEADER) as usize..to.min(WAV_HEADER) as usize];
        if !head.is_empty() && !send(head.to_vec()) {
            return Ok(());
        }
        // bytes of sound, and the samples that hold them
        let (from, to) = (from.max(WAV_HEADER) - WAV_HEADER, to.max(WAV_HEADER) - WAV_HEADER);
        let (mut odd, mut left) = ((from % 2) as usize, to - from);
        let reader = audio::read_recording(&sound.folder, &sound.key)?;
        for block in Exact::new(reader, from / 2, to.div_ceil(2) - from / 2) {
            let mut bytes: Vec<u8> =
                block.iter().flat_map(|s| s.to_le_bytes()).skip(std::mem::take(&mut odd)).collect();
            bytes.truncate(left.min(bytes.len() as u64) as usize);
            left -= bytes.len() as u64;
            if !send(bytes) {
                break;
            }
        }
        Ok(())
    });
    let mut response =
        (status, [(header::CONTENT_TYPE, "audio/wav"), (header::ACCEPT_RANGES, "bytes")], body)
            .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (to - from).into());
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = format!("bytes {from}-{}/{length}", to - 1).parse()
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

fn flac(sound: Sound) -> Response {
    let body = stream(move |send| {
        let (mut writer, head) = FlacWriter::new(sound.samples).map_err(io::Error::other)?;
        if !send(head) {
            return Ok(());
        }
        for block in Exact::new(audio::read_recording(&sound.folder, &sound.key)?, 0, sound.samples) {
            let frames = writer.push(&block).map_err(io::Error::other)?;
            if !frames.is_empty() && !send(frames) {
                return Ok(());
            }
        }
        send(writer.finish().map_err(io::Error::other)?);
        Ok(())
    });
    ([(header::CONTENT_TYPE, "audio/flac"), (header::ACCEPT_RANGES, "none")], body).into_response()
}

/// A body that `make` writes beside the pages; its `send` says whether anybody still listens. An error breaks the body
/// off, so that nobody takes it for whole.
fn stream(make: impl FnOnce(&dyn Fn(Vec<u8>) -> bool) -> io::Result<()> + Send + 'static) -> Body {
    let (send, receive) = mpsc::channel::<io::Result<Bytes>>(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(e) = make(&|bytes| send.blocking_send(Ok(bytes.into())).is_ok()) {
            log::error!("web.export broke off: {e}");
            let _ = send.blocking_send(Err(e));
        }
    });
    Body::from_stream(ReceiverStream::new(receive))
}

/// What a request wants of a file.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// From a byte to before another.
    Part(u64, u64),
    Beyond,
}

/// One range of bytes; what is not understood, and several at once, get the whole, as RFC 9110 allows.
fn range_of(text: &str, length: u64) -> Range {
    let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return Range::Whole;
    };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first.is_empty(), number(first), last.is_empty(), number(last)) {
        (_, Some(from), true, _) if from < length => Range::Part(from, length),
        (_, Some(from), _, Some(to)) if from <= to && from < length => {
            Range::Part(from, to.saturating_add(1).min(length))
        }
        (true, _, _, Some(tail)) if tail > 0 => Range::Part(length.saturating_sub(tail), length),
        (_, Some(from), true, _) if from >= length => Range::Beyond,
        (_, Some(from), _, Some(to)) if from <= to => Range::Beyond,
        (true, _, _, Some(0)) => Range::Beyond,
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_nonsense_gets_the_whole() {
        let cases = [
            ("bytes=0-", Range::Part(0, 100)),
            ("bytes=10-19", Range::Part(10, 20)),
            ("bytes=99-500", Range::Part(99, 100)),
            ("bytes=-7", Range::Part(93, 100)),
            ("bytes=-700", Range::Part(0, 100)),
            ("bytes=100-", Range::Beyond),
            ("bytes=99999999999999999999999-", Range::Beyond),
            ("bytes=-0", Range::Beyond),
            ("bytes=9-3", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("seconds=1-2", Range::Whole),
        ];
        for (text, range) in cases {
            assert_eq!(range_of(text, 100), range, "{text}");
        }
    }
}
