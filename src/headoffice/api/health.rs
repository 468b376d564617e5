//! `POST /v1/health`: how a box stands now. Not through the outbox: only the latest counts. The reply says what there is
//! for the box to fetch.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::branches::note_health;
use crate::headoffice::store::{Tx, groups, logs, releases};
use crate::sync::protocol::{Directives, Health, Problem};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    branch: Branch,
    body: Result<Json<Health>, JsonRejection>,
) -> Result<Json<Directives>, Problem> {
    let Json(health) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let now = office.clock.now();
    let note = move |tx: &Tx| {
        note_health(tx, &branch.id, &health, now)?;
        releases::note(tx, &branch.id, &health.software, &health.vitals, now)?;
        Ok(Directives {
            trust: None,
            settings: Some(groups::version(tx)?).filter(|n| *n > 0),
            phrasebook: groups::words_for(tx, &branch.id)?.map(|(_, version)| version),
            update: releases::offered(tx, &branch.id)?.filter(|v| *v != health.software),
            logs: logs::open(tx, &branch.id)?,
        })
    };
    let directives = office.store.write("note a branch's health", note).await?;
    let trust = Some(office.identity.authorities().trust_hash());
    Ok(Json(Directives { trust, ..directives }))
}
