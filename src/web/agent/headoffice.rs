//! `GET /agent/api/headoffice`: what head office has of this branch, what waits and since when, and what may go.

use super::signed_in::Agent;
use crate::store::receipts::{self, Receipt};
use crate::store::sound_outbox::{self, Standing};
use crate::store::{Tx, outbox};
use crate::sync::{Status, uplink::Policy};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;

/// Days of receipts, and meetings' sound, that are shown.
const SHOWN: usize = 14;

/// What a manager wants to know of the line.
#[derive(Serialize)]
pub struct Uplink {
    status: Status,
    /// Events that wait, by kind.
    waiting: BTreeMap<String, i64>,
    /// What head office acknowledged, by day, the newest first.
    receipts: Vec<Receipt>,
    /// Meetings whose sound goes there.
    sound: Vec<Standing>,
    /// What personal data goes there.
    policy: Policy,
}

/// Tells how the line stands.
pub async fn headoffice(State(web): Shared, _: Agent) -> Result<Json<Uplink>, Problem> {
    let read = |c: &Tx| {
        let waiting = outbox::waiting_by_kind(c)?;
        Ok((waiting, receipts::latest(c, SHOWN)?, sound_outbox::standing(c, SHOWN)?))
    };
    let (waiting, receipts, sound) = web.parts.db.read("read what head office has", read).await?;
    let status = web.parts.sync.borrow().clone();
    Ok(Json(Uplink { status, waiting, receipts, sound, policy: web.parts.uplink }))
}
