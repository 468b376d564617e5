//! `POST /agent/api/sign-in`: the branch's code and the agent's name in, a cookie out.

use super::{sign_ins, signed_in};
use crate::web::problem::{Body, Problem};
use crate::web::{Shared, Web};
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::Deserialize;

/// Longest name, in characters.
const LONGEST_NAME: usize = 60;

/// What the agent typed.
#[derive(Deserialize)]
pub struct SignIn {
    code: String,
    name: String,
}

/// Signs in. 403 for a wrong code, 429 with `Retry-After` during the pause after five of them.
pub async fn sign_in(
    State(web): Shared,
    _: signed_in::FromPage,
    Body(typed): Body<SignIn>,
) -> Result<(StatusCode, [(HeaderName, String); 1]), Problem> {
    web.sign_ins.may_try().map_err(|seconds| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-tries",
            "Too many wrong codes",
            format!("The code was wrong five times; try again in {seconds} seconds."),
        )
        .retry_after(seconds)
    })?;
    let name = checked(&typed.name)?;
    if !web.parts.agent_code.fits(&typed.code) {
        web.sign_ins.wrong();
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong-code",
            "The code is wrong",
            "That is not this branch's agent code; the branch manager has it.",
        ));
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&web, &web.sign_ins.enter(name)))]))
}

fn checked(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned()).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "name-missing",
            "The name is missing",
            format!("Give your name, in at most {LONGEST_NAME} characters."),
        )
    })
}

fn cookie(web: &Web, id: &str) -> String {
    let secure = if web.parts.listen.ip().is_loopback() { "" } else { "; Secure" };
    let seconds = sign_ins::LASTS.as_secs();
    format!("{}={id}; Path=/agent; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", signed_in::COOKIE)
}
