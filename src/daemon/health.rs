//! How the box itself stands, looked at every half minute (and when the recorder changes), for the health report.
//!
//! It goes up with `POST /v1/health`, where only the latest counts. It does not go through the outbox: a box without a
//! line for weeks would keep thousands of events that say how it stood at some quarter of an hour, before the meetings.

use crate::audio::{self, Recorder, RecorderState, RecorderStatus};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::phrasebook;
use crate::store::jobs::{self, JobQueue};
use crate::store::{Database, StoreResult, Tx, recordings};
use crate::sync::protocol::PROTOCOL;
use crate::sync::vitals::{MicrophoneState, Vitals};
use crate::sync::{fleet, identity};
use crate::web::BaseInfo;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often it looks; head office calls a branch offline after 75 s of silence.
const EVERY: Duration = Duration::from_secs(30);

/// What is looked at.
pub struct Looked {
    pub db: Database,
    pub data: DataFolder,
    pub base: watch::Receiver<Option<BaseInfo>>,
    pub recorder: Recorder,
    /// The chosen microphone's stable name; `None` is the system's default.
    pub microphone: Option<String>,
    /// The settings of head office that this process began with.
    pub settings: fleet::Running,
    pub clock: Clock,
}

/// Looks until `stop`, and puts what it sees into `vitals`.
pub async fn watch(
    looked: Looked,
    vitals: watch::Sender<Vitals>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let began = looked.clock.now();
    let mut recorder = looked.recorder.status();
    loop {
        let seen = looked.look(began).await;
        vitals.send_if_modified(|v| {
            let changed = *v != seen;
            *v = seen;
            changed
        });
        let (state, known) = {
            let status = recorder.borrow_and_update();
            (status.state, codes(&status))
        };
        let changed = async {
            // The recorder's end is the box's end, which `stop` tells of.
            let _ = recorder.wait_for(|s| codes(s) != known || s.state != state).await;
        };
        let pause = tokio::time::timeout(EVERY, changed);
        if stop.run_until_cancelled(pause).await.is_none() {
            return Ok(());
        }
    }
}

impl Looked {
    async fn look(&self, began: Timestamp) -> Vitals {
        let now = self.clock.now();
        let kept = self.db.read("look how the box stands", move |c| kept(c, now)).await;
        let (last_meeting, queue) = match kept {
            Ok((meeting, queue)) => (meeting, Some(queue)),
            Err(e) => {
                log::warn!("health.look failed: {e}");
                (None, None)
            }
        };
        let status = self.recorder.status().borrow().clone();
        let (data, choice) = (self.data.clone(), self.microphone.clone());
        let (state, alarms) = (status.state, codes(&status));
        let lost = alarms.iter().any(|c| c == "microphone-lost");
        let silent = alarms.iter().any(|c| c == "microphone-silent" || c == "digital-silence");
        let running = self.settings.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let disk = disk(&data);
            let microphone = match state {
                // The one in use is not looked for: ALSA may open it for a moment.
                RecorderState::Idle if audio::is_present(choice.as_deref()) => MicrophoneState::Present,
                RecorderState::Idle => MicrophoneState::Absent,
                _ if lost || state == RecorderState::Interrupted => MicrophoneState::Lost,
                _ if silent => MicrophoneState::Silent,
                _ => MicrophoneState::Present,
            };
            Vitals {
                disk_free: disk.map(|d| d.0),
                disk_total: disk.map(|d| d.1),
                microphone: Some(microphone),
                certificate_until: identity::dates(&data).map(|d| crate::store::stamp(d.not_after)),
                phrasebook: phrasebook::load(&data.phrasebook()).ok().map(|b| b.version),
                settings: running.held(&data),
                ..Vitals::default()
            }
        });
        let listings_taken_at = self.base.borrow().as_ref().map(|b| b.imported_at.clone());
        Vitals {
            protocol: Some(PROTOCOL),
            uptime_s: u64::try_from(now.duration_since(began).as_secs()).ok(),
            last_meeting,
            jobs: queue,
            alarms,
            listings_taken_at,
            ..looked.await.unwrap_or_default()
        }
    }
}

fn kept(c: &Tx, now: Timestamp) -> StoreResult<(Option<String>, JobQueue)> {
    Ok((recordings::last_end(c)?, jobs::queue_length(c, now)?))
}

/// The codes of what is wrong just now, without their sentences.
fn codes(status: &RecorderStatus) -> Vec<String> {
    let code = |w: &String| w.split(':').next().unwrap_or_default().to_owned();
    let mut codes: Vec<String> = status.warnings.iter().map(code).collect();
    codes.sort();
    codes
}

/// Bytes free for us where the data folder is, and of how many.
fn disk(data: &DataFolder) -> Option<(u64, u64)> {
    crate::disk::room(data.path()).ok().map(|room| (room.free, room.total))
}
