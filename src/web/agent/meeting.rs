//! `GET /agent/api/recordings/{id}`: one meeting with its transcript so far. Its minutes have verbs of their own.

use super::meetings::Meeting;
use super::signed_in::Agent;
use crate::store::recording_notes::{self, Gap, GapKind, Marker};
use crate::store::recordings::SAMPLE_RATE;
use crate::store::transcripts::{self, Segment, Transcript};
use crate::store::{StoreResult, Tx, audit, recordings};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

/// A meeting, opened.
#[derive(Serialize)]
pub struct Opened {
    #[serde(flatten)]
    meeting: Meeting,
    /// Where the recording does not simply go on, in time order.
    gaps: Vec<GapShown>,
    markers: Vec<MarkerShown>,
    /// In time order; grows while the transcript is made.
    segments: Vec<Segment>,
    /// The transcript's heading, once it is complete.
    heading: Option<Transcript>,
}

/// A gap or a pause.
#[derive(Serialize)]
struct GapShown {
    kind: GapKind,
    /// Where it stands in the recording, in seconds.
    at: f64,
    /// How long it lasted, in seconds; null while it lasts, and for a pause that a crash ended.
    seconds: Option<f64>,
    /// RFC 3339.
    began_at: String,
}

impl From<Gap> for GapShown {
    fn from(gap: Gap) -> Self {
        let seconds = gap.length_ms.map(|ms| ms as f64 / 1000.0);
        Self { kind: gap.kind, at: place(gap.at_sample), seconds, began_at: gap.began_at.to_string() }
    }
}

/// A moment that was marked as important.
#[derive(Serialize)]
struct MarkerShown {
    /// Where it stands in the recording, in seconds.
    at: f64,
    /// RFC 3339.
    noted_at: String,
}

impl From<Marker> for MarkerShown {
    fn from(marker: Marker) -> Self {
        Self { at: place(marker.at_sample), noted_at: marker.noted_at.to_string() }
    }
}

/// A sample's place in seconds.
fn place(sample: i64) -> f64 {
    sample as f64 / f64::from(SAMPLE_RATE)
}

/// Opens a meeting and notes in the audit trail who did, once a sign-in.
pub async fn meeting(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
) -> Result<Json<Opened>, Problem> {
    let wanted = id.clone();
    let opened = web.parts.db.read("open a meeting", move |c| {
        let Some(recording) = recordings::get(c, &wanted)? else { return Ok(None) };
        Ok(Some(Opened {
            meeting: Meeting::load(c, recording)?,
            gaps: recording_notes::gaps(c, &wanted)?.into_iter().map(GapShown::from).collect(),
            markers: recording_notes::markers(c, &wanted)?.into_iter().map(MarkerShown::from).collect(),
            segments: transcripts::segments(c, &wanted)?,
            heading: transcripts::get(c, &wanted)?,
        }))
    });
    let opened = opened.await?.ok_or_else(|| Problem::not_found("There is no such meeting on this box."))?;
    note_reading(&web, agent, id).await?;
    Ok(Json(opened))
}

/// Notes in the audit trail who read a transcript, once a sign-in.
pub(super) async fn note_reading(web: &Web, agent: Agent, id: String) -> StoreResult<()> {
    if !web.sign_ins.opens(&agent.id, &id) {
        return Ok(());
    }
    let now = web.parts.clock.now();
    let note = move |tx: &Tx| audit::add(tx, now, &agent.name, "meeting.read", &id, None);
    web.parts.db.write("note who read a transcript", note).await
}
