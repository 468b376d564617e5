//! Head office's settings on a box: a small file, replaced whole, after the same check as the box's own.

use super::{Client, Shared};
use crate::config::{self, DataFolder};
use crate::durable;
use crate::sync::protocol::SettingsReply;
use crate::sync::vitals::SettingsHeld;
use std::path::PathBuf;

/// Where they lie.
pub fn path(data: &DataFolder) -> PathBuf {
    data.path().join("headoffice-settings.json")
}

/// The settings of head office that lie here; `None` where there are none, or they cannot be read (they come again).
pub fn held(data: &DataFolder) -> Option<SettingsReply> {
    let bytes = std::fs::read(path(data)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What a process began with, for its reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    pub version: Option<i64>,
    /// Keys that the box's own file sets too.
    pub overruled: Vec<String>,
}

impl Running {
    /// How the box stands with the settings now; `None` where it never had any.
    pub fn held(&self, data: &DataFolder) -> Option<SettingsHeld> {
        let held = held(data).map(|s| s.version);
        let some = held.is_some() || self.version.is_some();
        some.then(|| SettingsHeld { held, running: self.version, overruled: self.overruled.clone() })
    }
}

/// Fetches the settings where others are wanted than lie here.
pub(super) async fn fetch(shared: &Shared, client: &Client, wanted: Option<i64>) -> Result<(), String> {
    let data = shared.data.clone();
    let here = tokio::task::spawn_blocking(move || held(&data)).await.ok().flatten().map(|s| s.version);
    if wanted.is_none() || wanted == here {
        return Ok(());
    }
    let reply = client.settings().await.map_err(|e| e.to_string())?;
    config::check_shared(&reply.settings).map_err(|problems| {
        format!(
            "the settings from head office are not taken, and the ones before stay: {} (bring this box up to date where a setting is newer than it)",
            problems.join("; ")
        )
    })?;
    let path = path(&shared.data);
    let version = reply.version;
    let write = move || {
        let content = serde_json::to_vec(&reply).map_err(std::io::Error::other)?;
        durable::write(&path, &content)
    };
    tokio::task::spawn_blocking(write)
        .await
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("the settings from head office cannot be put into place: {e}"))?;
    log::info!("sync.settings version={version}");
    Ok(())
}
