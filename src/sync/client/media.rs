//! The calls that bring pictures.

use super::{CALL, CallError, Client};
use crate::sync::protocol::{PicturesAsked, PicturesKnown};

impl Client {
    /// Which pictures these references are, as far as head office has them.
    pub async fn pictures(&self, asked: &PicturesAsked) -> Result<PicturesKnown, CallError> {
        let call = self.http.post(format!("{}/v1/media", self.url)).json(asked).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// The next piece of a picture from byte `from` on. `sha256` is one that head office named.
    pub async fn picture_piece(&self, sha256: &str, from: u64) -> Result<Vec<u8>, CallError> {
        self.piece(&format!("media/{sha256}"), from).await
    }
}
