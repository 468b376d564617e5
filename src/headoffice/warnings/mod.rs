//! Warnings to people: alarms are looked at, what is new becomes one message for each channel, and what waits is sent.
//!
//! Every head-office process does this; the rows in the store see to it that each message is sent by one of them. A
//! channel that fails is tried again later and later; nothing else waits for it.

mod mail;
mod webhook;
mod words;

use super::Office;
use crate::config::{MailSettings, WarningSettings, WebhookSettings};
use crate::headoffice::store::warnings::Warning;
use crate::headoffice::store::{Tx, alarms, logs, releases, warnings};
use crate::store::StoreResult;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// How often a process looks.
const LOOK: Duration = Duration::from_secs(15);

/// Looks until the server stops.
pub(super) async fn run(office: Arc<Office>, settings: WarningSettings) {
    let began = office.clock.now();
    let mut failing = false;
    loop {
        let done = round(&office, &settings, began).await;
        if let Err(e) = &done
            && !failing
        {
            log::error!("headoffice.warnings failed: {e}");
        }
        failing = done.is_err();
        if office.stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}

/// One look: alarms, new warnings, and sending what is due.
pub(super) async fn round(office: &Office, settings: &WarningSettings, began: Timestamp) -> StoreResult<()> {
    let now = office.clock.now();
    let (offline, gather) = (settings.offline_after, settings.gather);
    let mut channels = Vec::new();
    channels.extend(settings.mail.as_ref().map(|_| "mail"));
    channels.extend(settings.webhook.as_ref().map(|_| "webhook"));
    let look = move |tx: &Tx| look(tx, &channels, offline, gather, began, now);
    office.store.write("look for alarms", look).await?;
    let due = office.store.write("take warnings", move |tx| warnings::take(tx, now)).await?;
    for warning in due {
        let outcome = send(settings, &warning).await;
        match &outcome {
            Ok(()) => log::info!("headoffice.warning sent channel={}", warning.channel),
            Err(e) => log::warn!("headoffice.warning not sent channel={}: {e}", warning.channel),
        }
        let now = office.clock.now();
        let settle = move |tx: &Tx| warnings::settle(tx, &warning, &outcome, now);
        office.store.write("note what became of a warning", settle).await?;
    }
    Ok(())
}

fn look(
    tx: &Tx,
    channels: &[&str],
    offline: SignedDuration,
    gather: SignedDuration,
    began: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    alarms::update(tx, offline, began, now)?;
    warnings::make(tx, channels, gather, now)?;
    for (version, why) in releases::halt_where_it_hurts(tx, now)? {
        log::error!("headoffice.release halted version={version}: {why}");
    }
    logs::forget_old(tx, now).map(drop)
}

async fn send(settings: &WarningSettings, warning: &Warning) -> Result<(), String> {
    let news: Vec<alarms::News> = serde_json::from_str(&warning.body).map_err(|e| e.to_string())?;
    match (warning.channel.as_str(), &settings.mail, &settings.webhook) {
        ("mail", Some(mail), _) => mail::send(mail, &warning.id, &news).await,
        ("webhook", _, Some(webhook)) => webhook::send(webhook, &warning.id, &news).await,
        _ => Err("this channel is no longer in the configuration".into()),
    }
}

/// A secret from its file.
fn secret(path: &std::path::Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("the secret in {} cannot be read: {e}", path.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Sends a message that says only that it works, for `doctor`.
pub async fn try_mail(mail: &MailSettings) -> Result<(), String> {
    mail::test_connection(mail).await
}

/// What the channels are, for `doctor`.
pub fn names(settings: &WarningSettings) -> (Option<&MailSettings>, Option<&WebhookSettings>) {
    (settings.mail.as_ref(), settings.webhook.as_ref())
}
