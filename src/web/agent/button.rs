//! `GET` and `POST /agent/api/button`: whether there is a record button, for whom it works, and switching it.

use super::signed_in::{Agent, FromPage};
use crate::store::{Tx, audit};
use crate::web::problem::{Body, Problem};
use crate::web::{Shared, Web};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// The button as the page shows it.
#[derive(Serialize)]
pub struct Button {
    /// Whether one is configured.
    configured: bool,
    /// Whom it works for.
    agent: Option<String>,
}

impl Button {
    fn now(web: &Web) -> Self {
        Self {
            configured: web.parts.button.is_some(),
            agent: web.parts.button.as_ref().and_then(|b| b.agent()),
        }
    }
}

/// What the agent chose.
#[derive(Deserialize)]
pub struct Switch {
    /// True is also the statement that they will have everybody's agreement before every press.
    on: bool,
}

/// How it stands.
pub async fn button(State(web): Shared, _: Agent) -> Json<Button> {
    Json(Button::now(&web))
}

/// Switches it on for this sign-in, under the statement shown on the page, or off. Noted in the audit trail first.
pub async fn switch(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    Body(switch): Body<Switch>,
) -> Result<Json<Button>, Problem> {
    let holder = web.parts.button.clone().ok_or_else(|| Problem::not_found("No button is configured."))?;
    let (now, name) = (web.parts.clock.now(), agent.name.clone());
    let action = if switch.on { "button.on" } else { "button.off" };
    let note = move |tx: &Tx| audit::add(tx, now, &name, action, "button", None);
    web.parts.db.write("note who switched the button", note).await?;
    match web.sign_ins.until(&agent.id) {
        Some(until) if switch.on => holder.take(&agent.id, &agent.name, until),
        _ => holder.release(&agent.id),
    }
    Ok(Json(Button::now(&web)))
}
