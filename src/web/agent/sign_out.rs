//! `POST /agent/api/sign-out`.

use super::signed_in::{Agent, COOKIE, FromPage};
use crate::web::Shared;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};

/// Signs out and takes the cookie back. A recording that runs goes on; the record button works for nobody.
pub async fn sign_out(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
) -> (StatusCode, [(HeaderName, String); 1]) {
    web.sign_ins.leave(&agent.id);
    if let Some(holder) = &web.parts.button {
        holder.release(&agent.id);
    }
    let gone = format!("{COOKIE}=; Path=/agent; HttpOnly; SameSite=Strict; Max-Age=0");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)])
}
