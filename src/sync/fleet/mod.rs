//! What head office has for this box beside listings: settings, scripts and words, an update, a request for the log.
//!
//! The reply to a health report hints at what there is ([`Directives`]); this fetches it, puts it into place whole or not
//! at all, and says with the next report how far it got. Nothing here holds up listings or events, and what fails is
//! tried again after a minute. Settings take effect when the box's process begins anew; an update is only fetched and
//! checked: putting it into place is the work of the image's updater.

mod settings;
mod update;

pub use settings::{Running, held as held_settings};
pub use update::folder as updates_folder;

use super::client::Client;
use super::protocol::Directives;
use super::status::Way;
use super::vitals::UpdateHeld;
use super::{Line, Shared};
use crate::listings::phrasebook;
use crate::log_tail;
use std::sync::Arc;
use std::time::Duration;

/// The wait before what failed is tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// How far the box is with what it was told to fetch; goes up with its health.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Progress {
    pub update: Option<UpdateHeld>,
    pub problem: Option<String>,
}

pub(super) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = follow(shared) => {}
    }
}

async fn follow(shared: Arc<Shared>) {
    let mut line = Line::new(Arc::clone(&shared), Way::Down);
    let mut hints = shared.directives.subscribe();
    let mut sent_log = None;
    let mut failed = false;
    loop {
        tokio::select! {
            changed = hints.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(AGAIN), if failed => {}
        }
        let wanted = hints.borrow_and_update().clone();
        let client = line.enrolled().await;
        let problems: Vec<String> = [
            settings::fetch(&shared, &client, wanted.settings).await,
            words(&shared, &client, &wanted).await,
            update::fetch(&shared, &client, wanted.update.as_deref()).await,
            log(&client, &wanted, &mut sent_log).await,
        ]
        .into_iter()
        .filter_map(Result::err)
        .collect();
        failed = !problems.is_empty();
        let problem = failed.then(|| problems.join("; "));
        shared.fleet.send_if_modified(|p| {
            let changed = p.problem != problem;
            if changed && let Some(problem) = &problem {
                log::warn!("sync.fleet {problem}");
            }
            p.problem = problem;
            changed
        });
    }
}

/// Takes the scripts and words of the branch's groups. Without any there, what was imported here stays.
async fn words(shared: &Shared, client: &Client, wanted: &Directives) -> Result<(), String> {
    let Some(version) = wanted.phrasebook.clone() else { return Ok(()) };
    let path = shared.data.phrasebook();
    let load = move || phrasebook::load(&path).ok().map(|b| b.version);
    let held = tokio::task::spawn_blocking(load).await.ok().flatten();
    if held.as_ref() == Some(&version) {
        return Ok(());
    }
    let book = client.phrasebook().await.map_err(|e| e.to_string())?;
    if book.content_hash() != book.version {
        return Err(
            "the scripts and words from head office were damaged on the way: the ones before stay".into()
        );
    }
    phrasebook::replace(
        &shared.data,
        &shared.db,
        Some(book.scripts),
        Some(book.words),
        "headoffice",
        &shared.clock,
    )
    .await
    .map(|(version, ..)| log::info!("sync.phrasebook version={version}"))
    .map_err(|e| e.to_string())
}

/// Sends the log once for each request, with what could be personal left out.
async fn log(client: &Client, wanted: &Directives, sent: &mut Option<String>) -> Result<(), String> {
    let Some(id) = wanted.logs.as_ref().filter(|id| Some(*id) != sent.as_ref()) else { return Ok(()) };
    let lines: Vec<String> = log_tail::latest().iter().map(|l| log_tail::redacted(l)).collect();
    client.logs(id, lines.join("\n")).await.map_err(|e| e.to_string())?;
    *sent = Some(id.clone());
    Ok(())
}
