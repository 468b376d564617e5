//! The calls behind head office's hints: settings, scripts and words, an update, the log.

use super::{CALL, CallError, Client};
use crate::listings::phrasebook::Phrasebook;
use crate::sync::protocol::{ReleaseReply, SettingsReply};

impl Client {
    /// The settings of the branch's groups.
    pub async fn settings(&self) -> Result<SettingsReply, CallError> {
        self.json(self.send(self.http.get(format!("{}/v1/settings", self.url)).timeout(CALL)).await?).await
    }

    /// The scripts and words of the branch's groups.
    pub async fn phrasebook(&self) -> Result<Phrasebook, CallError> {
        self.json(self.send(self.http.get(format!("{}/v1/phrasebook", self.url)).timeout(CALL)).await?).await
    }

    /// What an update is; `version` is one that head office has offered.
    pub async fn release(&self, version: &str) -> Result<ReleaseReply, CallError> {
        let call = self.http.get(format!("{}/v1/releases/{version}", self.url)).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// The next piece of an update from byte `from` on; empty at its end.
    pub async fn release_piece(&self, version: &str, from: u64) -> Result<Vec<u8>, CallError> {
        self.piece(&format!("releases/{version}/file"), from).await
    }

    /// Sends the log that head office asked for with the request `id`.
    pub async fn logs(&self, id: &str, lines: String) -> Result<(), CallError> {
        let call = self.http.post(format!("{}/v1/logs/{id}", self.url)).body(lines).timeout(CALL);
        self.send(call).await.map(drop)
    }
}
