//! `PUT /v1/sound/{recording}?from=BYTE[&last=SHA256]`: a piece of a meeting's sound. Acknowledged after the commit.
//!
//! A piece that is not the next is answered with the byte that is; the last one is acknowledged only when the whole has the
//! hash that the box has said.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::sound::hash_of;
use crate::headoffice::store::Tx;
use crate::headoffice::store::sound::{self, Kept, Standing};
use crate::sync::protocol::{Problem, SoundHeld};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Asked {
    from: u32,
    last: Option<String>,
}

pub(super) async fn put(
    State(office): State<Arc<Office>>,
    branch: Branch,
    Path(recording): Path<String>,
    Query(asked): Query<Asked>,
    piece: Bytes,
) -> Result<Json<SoundHeld>, Problem> {
    if uuid::Uuid::try_parse(&recording).is_err() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "sound: a meeting is named by its UUID"));
    }
    let (at, bytes) = (i64::from(asked.from), piece.len() as i64);
    let name = sound::name(&branch.id, &recording, at);
    let sealed = office.identity.seal().close(&piece, &name);
    let sealed = sealed.map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    let (now, id, file) = (office.clock.now(), branch.id.clone(), recording.clone());
    let keep = move |tx: &Tx| sound::keep(tx, &id, &file, (at, bytes), &sealed, now);
    let standing = match office.store.write("keep a piece of sound", keep).await? {
        Kept::Yes(standing) => standing,
        Kept::Elsewhere(there) => return Err(elsewhere(there.held, "another piece comes next")),
        Kept::TooLarge => {
            let detail = "the sound of one meeting is taken up to 4 GB";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
    };
    if let Some(theirs) = asked.last
        && !standing.complete
    {
        finish(&office, branch.id, recording, standing, theirs).await?;
    }
    Ok(Json(SoundHeld { held: u64::try_from(standing.held).unwrap_or(0) }))
}

/// Takes the whole as complete where its hash is `theirs`; throws it away where it is not.
async fn finish(
    office: &Office,
    branch: String,
    recording: String,
    standing: Standing,
    theirs: String,
) -> Result<(), Problem> {
    let ours = hash_of(office, &branch, &recording).await?;
    let now = office.clock.now();
    if ours == theirs {
        let done = move |tx: &Tx| sound::complete(tx, &branch, &recording, standing.held, &ours, now);
        if office.store.write("note that sound is complete", done).await? {
            return Ok(());
        }
        return Err(elsewhere(standing.held, "the file has changed meanwhile"));
    }
    log::error!("headoffice.sound branch={branch} recording={recording}: the whole is not what the box sent");
    let forget = move |tx: &Tx| sound::forget(tx, &branch, &recording);
    office.store.write("throw damaged sound away", forget).await?;
    Err(elsewhere(0, "the whole is not what was sent: it is thrown away and begins anew"))
}

fn elsewhere(held: i64, detail: &str) -> Problem {
    Problem { expected: Some(held), ..Problem::new(StatusCode::CONFLICT, format!("sound: {detail}")) }
}
