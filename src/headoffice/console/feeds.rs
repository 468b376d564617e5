//! `GET /api/feeds`: how the watched folder stands, and the pictures that listings name: how many are here, how many are
//! waited for, and what is wrong with those that cannot be had, a sentence each; and which systems have a token.

use crate::headoffice::store::feed_tokens;
use crate::headoffice::store::media::{self, Standing, Trouble};
use crate::headoffice::{Office, folder};
use crate::reason::Reason;
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(super) struct Feeds {
    /// `null` where this process watches none.
    folder: Option<folder::Now>,
    pictures: Standing,
    /// Systems that may send listings.
    systems: Vec<feed_tokens::System>,
}

pub(super) async fn get(State(office): State<Arc<Office>>) -> Result<Json<Feeds>, Problem> {
    let mut pictures = office.store.read("read how it stands with the pictures", media::standing).await?;
    let folder = office.folder.borrow().clone();
    if folder.is_none() && pictures.files > 0 {
        pictures.problems.push(Trouble::of(&Reason::PicturesNoFolder, pictures.files));
    }
    let systems = office.store.read("read the feeds' tokens", feed_tokens::all).await?;
    Ok(Json(Feeds { folder, pictures, systems }))
}
