//! The minutes of a meeting at this moment, with their reviews: those that were drawn up, or, while the meeting is
//! recorded or transcribed, what its text so far gives. Also the reply that the page gets of them.

use crate::assistant::Assistant;
use crate::language::{Language, Tongue};
use crate::minutes::matching::{Matching, matching};
use crate::minutes::review::{Reviewed, overlay};
use crate::minutes::shown::{Shown, show};
use crate::minutes::{of_recording, slots::Refusal};
use crate::store::jobs::{self, JobState};
use crate::store::minutes::{self, Minutes};
use crate::store::minutes_reviews::{self, Review};
use crate::store::recordings::{self, Recording};
use crate::store::transcripts::{self, Segment, SegmentKind, Transcript};
use crate::store::{StoreResult, Tx, audit};
use crate::web::Web;
use crate::web::problem::Problem;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Who reads.
#[derive(Deserialize)]
pub struct Reader {
    /// yue, cmn or en; without one it is the meeting's own.
    language: Option<String>,
}

impl Reader {
    /// The reader's tongue, if one is named.
    pub fn tongue(&self) -> Result<Option<Tongue>, Problem> {
        let named = self.language.as_deref().map(|code| {
            Language::of_code(code).map(Tongue::of).ok_or_else(|| {
                Problem::bad_request(format!("language: {code:?} is none of yue, cmn and en."))
            })
        });
        named.transpose()
    }
}

/// Where the minutes of a meeting stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The meeting is still recorded or transcribed: points as far as heard.
    Live,
    /// They are drawn up, or drawn up again.
    Pending,
    Ready,
    /// The transcript or the minutes failed; the points are those there were or that the text so far gives.
    Failed,
}

/// The minutes of a meeting.
pub struct Drawn {
    pub id: String,
    /// When the meeting began, RFC 3339.
    pub started_at: String,
    /// Who recorded it.
    pub agent: String,
    pub state: State,
    /// RFC 3339; none before they were drawn up.
    pub made_at: Option<String>,
    /// The text so far; points name its segments by their place.
    pub segments: Vec<Segment>,
    /// As extracted.
    pub minutes: Minutes,
    /// The record, in order.
    pub reviews: Vec<Review>,
    /// What stands.
    pub reviewed: Reviewed,
    /// The summary that the second opinion proposes.
    pub proposed_summary: Option<String>,
    /// Over the base that the minutes are read with.
    pub assistant: Arc<Assistant>,
    /// The day in the branch.
    pub today: Date,
}

/// What the records hold of it.
struct Kept {
    recording: Recording,
    segments: Vec<Segment>,
    heading: Option<Transcript>,
    transcript_job: Option<JobState>,
    minutes_job: Option<JobState>,
    minutes: Option<Minutes>,
    made_at: Option<String>,
    proposed_summary: Option<String>,
    reviews: Vec<Review>,
}

impl Kept {
    fn read(c: &Tx, id: &str) -> StoreResult<Option<Self>> {
        let Some(recording) = recordings::get(c, id)? else { return Ok(None) };
        Ok(Some(Self {
            recording,
            segments: transcripts::segments(c, id)?,
            heading: transcripts::get(c, id)?,
            transcript_job: jobs::state(c, jobs::TRANSCRIBE, id)?,
            minutes_job: jobs::state(c, jobs::MINUTES, id)?,
            minutes: minutes::get(c, id)?,
            made_at: minutes::made_at(c, id)?,
            proposed_summary: minutes::proposed_summary(c, id)?,
            reviews: minutes_reviews::all(c, id)?,
        }))
    }

    fn state(&self) -> State {
        let of = |job: &Option<JobState>, state: &str| job.as_ref().is_some_and(|j| j.state == state);
        match &self.heading {
            None if of(&self.transcript_job, "failed") => State::Failed,
            None => State::Live,
            Some(_) if of(&self.minutes_job, "failed") => State::Failed,
            Some(_) if of(&self.minutes_job, "done") && self.minutes.is_some() => State::Ready,
            Some(_) => State::Pending,
        }
    }

    /// Takes as long as reading the text takes, where minutes are yet to be drawn up.
    fn draw(self, assistant: Arc<Assistant>, today: Date) -> Drawn {
        let state = self.state();
        let extracted = match self.minutes {
            Some(kept) if state != State::Live => kept,
            _ => {
                let language = self.heading.as_ref().and_then(|h| h.language.as_deref());
                of_recording(assistant.places(), &self.recording.started_at, &self.segments, language)
            }
        };
        Drawn {
            reviewed: overlay(&extracted, &self.reviews),
            id: self.recording.id,
            started_at: self.recording.started_at,
            agent: self.recording.agent,
            state,
            made_at: self.made_at,
            segments: self.segments,
            minutes: extracted,
            reviews: self.reviews,
            proposed_summary: self.proposed_summary,
            assistant,
            today,
        }
    }
}

/// The reply.
#[derive(Serialize)]
pub struct Answer {
    state: State,
    made_at: Option<String>,
    #[serde(flatten)]
    shown: Shown,
    /// Proposed by the second opinion: nobody has confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_summary: Option<String>,
    /// What fits what was wanted; null where nothing was.
    listings: Option<Matching>,
}

impl Drawn {
    /// The minutes of a meeting at this moment.
    pub async fn load(web: &Web, id: &str) -> Result<Self, Problem> {
        let wanted = id.to_owned();
        let kept = web.parts.db.read("read minutes", move |c| Kept::read(c, &wanted)).await?;
        let kept = kept.ok_or_else(|| Problem::not_found("There is no such meeting on this box."))?;
        let assistant = web.parts.assistant.load_full();
        // A long meeting takes some tenths of a second, which is too much for a thread that serves others.
        let today = web.parts.clock.today();
        tokio::task::spawn_blocking(move || kept.draw(assistant, today))
            .await
            .map_err(|e| Problem::fault("read the minutes", e))
    }

    /// As the page gets them, in the reader's language or the meeting's own.
    pub fn answer(self, reader: Option<Tongue>) -> Answer {
        let (shown, listings) = (self.shown(reader), self.listings(reader));
        let Self { state, made_at, proposed_summary, .. } = self;
        Answer { state, made_at, shown, proposed_summary, listings }
    }

    /// The reader's tongue, or the meeting's own.
    pub fn tongue(&self, reader: Option<Tongue>) -> Tongue {
        let own = || Language::of_code(&self.minutes.language).map_or(Tongue::YUE, Tongue::of);
        reader.unwrap_or_else(own)
    }

    /// The points in the reader's words.
    pub fn shown(&self, reader: Option<Tongue>) -> Shown {
        show(self.assistant.places(), self.tongue(reader), &self.reviewed)
    }

    /// The listings that fit what stands.
    pub fn listings(&self, reader: Option<Tongue>) -> Option<Matching> {
        let standing = self.reviewed.points.iter().map(|s| &s.point);
        matching(&self.assistant, self.tongue(reader), standing, self.today)
    }

    /// When a segment begins, in seconds, if something was said in it.
    pub fn start(&self, n: usize) -> Option<f64> {
        let spoken = self.segments.get(n).filter(|s| s.kind == SegmentKind::Speech);
        spoken.map(|s| s.start_ms as f64 / 1000.0)
    }

    /// Keeps a review with its row of the audit trail, tells head office if it changes what stands of minutes that it
    /// knows of, and gives the minutes as they are then.
    pub async fn keep(self, web: &Web, review: Review, now: Timestamp) -> Result<Self, Problem> {
        let mut reviews = self.reviews;
        reviews.push(review.clone());
        let reviewed = overlay(&self.minutes, &reviews);
        let told = |r: &Reviewed| r.points.iter().map(|s| minutes::told(&s.point)).collect::<Vec<_>>();
        let news = self.made_at.is_some() && told(&reviewed) != told(&self.reviewed);
        let (id, language) = (self.id.clone(), self.minutes.language.clone());
        let standing = reviewed.points.clone();
        let change = move |tx: &Tx| {
            minutes_reviews::add(tx, &id, &review, now)?;
            let action = format!("minutes.{}", review.verdict.name());
            audit::add(tx, now, &review.agent, &action, &id, Some(&json!({ "point": review.point })))?;
            if news {
                let points = standing.iter().map(|s| &s.point);
                minutes::tell(tx, "minutes_reviewed", &id, &language, points, now)?;
            }
            Ok(())
        };
        web.parts.db.write("keep a review", change).await?;
        Ok(Self { reviews, reviewed, ..self })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            refusal.code,
            "That cannot be put into the minutes",
            refusal.sentence,
        )
    }
}
