//! The agent's page: signing in, the record button, meetings with their transcripts and minutes, and
//! why the box answered clients as it did.
//!
//! Everything under `/agent/api` but the sign-in itself needs the cookie ([`signed_in::Agent`]); what changes
//! something also needs the header `X-Branchbox: 1`, which a form on another site cannot send
//! ([`signed_in::FromPage`]).

mod answer;
mod answers;
mod button;
mod button_holder;
mod code;
mod events;
mod export;
mod headoffice;
mod live_text;
mod mark;
mod me;
mod meeting;
mod meetings;
mod microphones;
mod minutes;
mod pause;
mod press;
mod resume;
mod sign_in;
pub(super) mod sign_ins;
mod sign_out;
mod signed_in;
mod stop;
mod try_microphone;
mod upload;

pub use button_holder::ButtonHolder;
pub use code::{AgentCode, AgentCodeError};

use super::Web;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes of the agent's page, its static files apart.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/agent/api/sign-in", post(sign_in::sign_in))
        .route("/agent/api/sign-out", post(sign_out::sign_out))
        .route("/agent/api/me", get(me::me))
        .route("/agent/api/microphones", get(microphones::microphones))
        .route("/agent/api/microphones/test", post(try_microphone::try_microphone))
        .route("/agent/api/button", get(button::button).post(button::switch))
        .route("/agent/api/recordings", get(meetings::meetings).post(press::press))
        .route("/agent/api/recordings/stop", post(stop::stop))
        .route("/agent/api/recordings/pause", post(pause::pause))
        .route("/agent/api/recordings/resume", post(resume::resume))
        .route("/agent/api/recordings/mark", post(mark::mark))
        .route("/agent/api/recordings/upload", post(upload::upload))
        .route("/agent/api/recordings/{id}", get(meeting::meeting))
        .route("/agent/api/recordings/{id}/segments", get(live_text::live_text))
        .route("/agent/api/recordings/{id}/audio", get(export::export))
        .merge(minutes::routes())
        .route("/agent/api/answers", get(answers::answers))
        .route("/agent/api/answers/{id}", get(answer::answer))
        .route("/agent/api/headoffice", get(headoffice::headoffice))
        .route("/agent/api/events", get(events::events))
}
