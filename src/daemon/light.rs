//! A light that shows that something is recorded: a LED of the machine (`/sys/class/leds/NAME/brightness`).
//!
//! On while a recording runs (also while its microphone is away or it stops), off while it is paused and when it has
//! ended.

use crate::audio::{RecorderState, RecorderStatus};
use std::path::PathBuf;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Follows the recorder until `stop`, and turns the light off then.
pub async fn follow(
    brightness: PathBuf,
    mut status: watch::Receiver<RecorderStatus>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut shown = None;
    loop {
        let state = status.borrow_and_update().state;
        let on = !matches!(state, RecorderState::Idle | RecorderState::Paused);
        if shown != Some(on) {
            show(&brightness, on).await;
            shown = Some(on);
        }
        let changed = stop.run_until_cancelled(status.changed()).await;
        if !matches!(changed, Some(Ok(()))) {
            break;
        }
    }
    show(&brightness, false).await;
    stop.cancelled().await;
    Ok(())
}

async fn show(brightness: &PathBuf, on: bool) {
    let value = if on { "1" } else { "0" };
    if let Err(e) = tokio::fs::write(brightness, value).await {
        log::warn!("light.failed {}: {e}", brightness.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_light_is_on_while_something_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let led = folder.path().join("brightness");
        let status = |state| RecorderStatus {
            state,
            recording: None,
            elapsed_ms: 0,
            level_dbfs: -96.0,
            peak: 0.0,
            warnings: Vec::new(),
            problem: None,
        };
        let (send, receive) = watch::channel(status(RecorderState::Idle));
        let stop = CancellationToken::new();
        let task = tokio::spawn(follow(led.clone(), receive, stop.clone()));
        let shows = async |wanted: &str| {
            for _ in 0..100_000 {
                if std::fs::read_to_string(&led).is_ok_and(|t| t == wanted) {
                    return;
                }
                tokio::task::yield_now().await;
            }
            panic!("the light does not show {wanted}");
        };
        shows("0").await;
        for (state, wanted) in [
            (RecorderState::Recording, "1"),
            (RecorderState::Paused, "0"),
            (RecorderState::Interrupted, "1"),
            (RecorderState::Stopping, "1"),
        ] {
            send.send_replace(status(state));
            shows(wanted).await;
        }
        stop.cancel();
        task.await.unwrap().unwrap();
        shows("0").await;
    }
}
