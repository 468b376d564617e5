//! Sound in pieces.

use super::{CALL, CallError, Client};
use crate::sync::protocol::SoundHeld;

impl Client {
    /// Sends a piece of a recording's FLAC file from byte `from` on; `last` is the SHA-256 of the whole file where the piece
    /// ends it. What comes back is durable there.
    pub async fn sound(
        &self,
        recording: &str,
        from: u64,
        last: Option<&str>,
        piece: Vec<u8>,
    ) -> Result<SoundHeld, CallError> {
        let last = last.map(|hash| format!("&last={hash}")).unwrap_or_default();
        let call = self.http.put(format!("{}/v1/sound/{recording}?from={from}{last}", self.url));
        self.json(self.send(call.body(piece).timeout(CALL)).await?).await
    }
}
