//! What the page shows about the recorder.

use super::level::SILENCE_DBFS;
use serde::Serialize;

/// Whether a recording runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecorderState {
    Idle,
    Recording,
    /// The microphone was lost; silence is recorded in its stead until it returns.
    Interrupted,
    /// An agent paused: nothing is kept until the recording is resumed.
    Paused,
    /// The stop was pressed; the last 2 s are being taken.
    Stopping,
}

/// A look at the recorder, about ten times a second while it records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecorderStatus {
    pub state: RecorderState,
    /// The running recording, or the last one.
    pub recording: Option<String>,
    /// Length of what is on disk and synced.
    pub elapsed_ms: u64,
    /// Root mean square of the last tenth of a second, dB of full scale (-96 is silence).
    pub level_dbfs: f32,
    /// Highest sample of the last tenth of a second, 0.0 to 1.0.
    pub peak: f32,
    /// What is wrong just now, each as `code: sentence`. Codes: microphone-lost, microphone-silent, digital-silence,
    /// clipping, disk-failing.
    pub warnings: Vec<String>,
    /// What went wrong with this recording, as `code: sentence`. Codes: microphone-lost, microphone-runaway,
    /// disk-full, disk-error, sound-lost, store-error.
    pub problem: Option<String>,
}

impl RecorderStatus {
    pub(super) fn idle(recording: Option<String>, elapsed_ms: u64, problem: Option<String>) -> Self {
        Self {
            state: RecorderState::Idle,
            recording,
            elapsed_ms,
            level_dbfs: SILENCE_DBFS,
            peak: 0.0,
            warnings: Vec::new(),
            problem,
        }
    }
}
