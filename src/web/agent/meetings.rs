//! `GET /agent/api/recordings`: the latest meetings, and where the work on each stands.

use super::signed_in::Agent;
use crate::store::jobs::{self, JobState};
use crate::store::recordings::{self, Recording, SAMPLE_RATE};
use crate::store::{StoreResult, Tx};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// How many meetings the page lists: some weeks of a busy branch.
const LISTED: usize = 100;

/// One meeting in the list.
#[derive(Serialize)]
pub struct Meeting {
    id: String,
    /// RFC 3339.
    started_at: String,
    agent: String,
    microphone: String,
    /// microphone or upload
    origin: String,
    /// recording, finished or broken_off
    state: String,
    /// Length in seconds of what is on disk (0 while it records).
    seconds: f64,
    /// Where a crash or a power cut ended it, in seconds.
    broken_off_at: Option<f64>,
    problem: Option<String>,
    /// The job that transcribes, from the press of the button.
    transcript: Option<JobState>,
    /// The job that draws up minutes; null before the transcript is complete.
    minutes: Option<JobState>,
}

impl Meeting {
    /// A recording with the state of its jobs.
    pub(super) fn load(c: &Tx, recording: Recording) -> StoreResult<Self> {
        let seconds = |samples: i64| samples as f64 / f64::from(SAMPLE_RATE);
        Ok(Self {
            transcript: jobs::state(c, jobs::TRANSCRIBE, &recording.id)?,
            minutes: jobs::state(c, jobs::MINUTES, &recording.id)?,
            seconds: seconds(recording.samples),
            broken_off_at: recording.broken_off_at.map(seconds),
            id: recording.id,
            started_at: recording.started_at,
            agent: recording.agent,
            microphone: recording.microphone,
            origin: recording.origin,
            state: recording.state,
            problem: recording.problem,
        })
    }
}

/// Lists the latest meetings, newest first.
pub async fn meetings(State(web): Shared, _: Agent) -> Result<Json<Vec<Meeting>>, Problem> {
    let list = web.parts.db.read("list the meetings", |c| {
        recordings::latest(c, LISTED)?.into_iter().map(|r| Meeting::load(c, r)).collect()
    });
    Ok(Json(list.await?))
}
