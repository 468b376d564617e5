//! `GET /agent/api/events`: what is happening, as server-sent events: `recorder` (state, level, elapsed time),
//! `progress` (of a transcript), `sync` and `base`. Each is sent once at the start and then when it changes.
//!
//! The stream ends when the agent is signed out, when the page goes away, and when the box stops.

use super::signed_in::Agent;
use crate::web::{Shared, Web};
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// The level moves ten times a second: smooth to the eye, and little for a mini-PC to paint.
const STEP: Duration = Duration::from_millis(100);
/// How often the sign-in is looked at again.
const LOOK: Duration = Duration::from_secs(5);

/// Streams events to the page.
pub async fn events(State(web): Shared, agent: Agent) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (send, receive) = mpsc::channel(8);
    tokio::spawn(async move {
        let stopping = web.parts.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => {}
            () = until_signed_out(&web, &agent) => {}
            () = feed(&web, &send) => {}
            () = send.closed() => {}
        }
    });
    Sse::new(ReceiverStream::new(receive)).keep_alive(KeepAlive::default())
}

async fn until_signed_out(web: &Web, agent: &Agent) {
    while web.sign_ins.name(&agent.id).is_some() {
        tokio::time::sleep(LOOK).await;
    }
}

type Sender = mpsc::Sender<Result<Event, Infallible>>;

/// Sends until nobody listens. A part that stopped changing (its owner is gone) falls silent; the others go on.
async fn feed(web: &Arc<Web>, send: &Sender) {
    tokio::join!(
        follow("recorder", web.parts.recorder.status(), send),
        follow("progress", web.parts.progress.clone(), send),
        follow("sync", web.parts.sync.clone(), send),
        follow("base", web.parts.base.clone(), send),
    );
}

async fn follow<T: Serialize + Clone>(name: &str, mut source: watch::Receiver<T>, send: &Sender) {
    source.mark_changed();
    while source.changed().await.is_ok() {
        let value = source.borrow_and_update().clone();
        let event = match Event::default().event(name).json_data(&value) {
            Ok(event) => event,
            Err(e) => return log::error!("web.events cannot encode {name}: {e}"),
        };
        if send.send(Ok(event)).await.is_err() {
            return;
        }
        tokio::time::sleep(STEP).await;
    }
}
