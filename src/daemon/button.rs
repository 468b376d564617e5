//! What a press of the button does: it starts and stops the recording, held long it sets a marker.
//!
//! The law first. Whoever is recorded must know of it and of its purpose before the first sample (PDPO, data
//! protection principle 1(3)), and we take everybody's agreement. A button cannot ask, so it works only for an agent
//! who has switched it on from the agent page, in that sign-in, under the statement that they will tell everybody in
//! the room and have their agreement before every press. The press is then the agent's note of a spoken consent, in
//! their name, like the one on the page; switching it on and off is in the audit trail. It is off again with the sign-out,
//! at the end of the sign-in, when another agent takes it over, and after a restart.

use crate::audio::button::Pressed;
use crate::audio::{Recorder, RecorderError, RecorderState};
use crate::speech::Transcriber;
use crate::store::recordings::Consent;
use crate::web::ButtonHolder;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Serves presses until `stop`.
pub async fn serve(
    mut presses: mpsc::Receiver<Pressed>,
    holder: ButtonHolder,
    recorder: Recorder,
    transcriber: Transcriber,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    while let Some(Some(pressed)) = stop.run_until_cancelled(presses.recv()).await {
        let Some(agent) = holder.agent() else {
            log::warn!("button.refused nobody who is signed in has switched it on");
            continue;
        };
        let idle = recorder.status().borrow().state == RecorderState::Idle;
        let done = match (pressed, idle) {
            (Pressed::Short, true) => {
                recorder.press(agent, Consent::Spoken).await.map(|_| transcriber.wake())
            }
            (Pressed::Short, false) => {
                // The end takes its two seconds, and a second press ends it at once: so do not wait here.
                let (recorder, transcriber) = (recorder.clone(), transcriber.clone());
                tokio::spawn(async move {
                    match recorder.stop().await {
                        Ok(()) | Err(RecorderError::NotRecording) => transcriber.wake(),
                        Err(e) => log::warn!("button.refused {}", e.code()),
                    }
                });
                Ok(())
            }
            (Pressed::Long, _) => recorder.mark().await.map(drop),
        };
        if let Err(e) = done {
            log::warn!("button.refused {}", e.code());
        }
    }
    stop.cancelled().await;
    Ok(())
}
