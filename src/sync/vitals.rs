//! What a box tells of itself beside its listings and its outbox: part of the health report. Pure.
//!
//! Everything is optional, so that an older box and a newer head office (or the other way round) understand each other:
//! what is missing is unknown, what is not known is passed over. No names, no devices, no texts: states, counts and
//! times only.

use crate::store::jobs::JobQueue;
use serde::{Deserialize, Serialize};

/// How the box itself stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vitals {
    /// Version of the protocol that the box speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// Seconds since the box's process began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<u64>,
    /// Bytes free for the box where its data folder is, and of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<MicrophoneState>,
    /// When the last meeting ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_meeting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<JobQueue>,
    /// What is wrong with the running recording, by its code (`microphone-lost`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<String>,
    /// When the box's certificate ends, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_until: Option<String>,
    /// When the box took the listing base that it shows, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listings_taken_at: Option<String>,
    /// The settings of head office that the box has, and which of them its own file overrules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsHeld>,
    /// Hash of the scripts and words that the box uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrasebook: Option<String>,
    /// How far the box is with the update that it was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<UpdateHeld>,
    /// Why the settings, words or update of head office could not be taken, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet_problem: Option<String>,
}

/// Whether there is something to record with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MicrophoneState {
    Present,
    /// The chosen one (or any) is not there.
    Absent,
    /// It went away during the recording that runs.
    Lost,
    /// It is there and delivers nothing.
    Silent,
    /// A state of a later version.
    #[serde(other)]
    Other,
}

/// Settings of head office that a box holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsHeld {
    /// The version that lies on the box.
    pub held: Option<i64>,
    /// The version that was there when its process began: what it runs.
    pub running: Option<i64>,
    /// Keys that IT has set in the box's own file, which wins.
    pub overruled: Vec<String>,
}

/// An update on its way to, or on, a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateHeld {
    pub version: String,
    pub state: UpdateState,
    /// Bytes that have arrived.
    #[serde(default)]
    pub bytes: u64,
    /// Why it failed, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateState {
    Downloading,
    /// Whole, its hash and signature right: it waits for the image's updater, which puts it into place.
    Downloaded,
    Failed,
    /// A state of a later version.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use crate::sync::protocol::Health;

    #[test]
    fn an_older_box_and_a_newer_one_are_understood() {
        let old = r#"{"listings":null,"waiting":{"count":0,"since":null},"software":"0.1.0"}"#;
        let health: Health = serde_json::from_str(old).unwrap();
        assert_eq!(health.vitals, super::Vitals::default());
        let newer = r#"{"listings":null,"waiting":{"count":0,"since":null},"software":"9.0.0","mood":"fine",
            "microphone":"humming","disk_free":12,"update":{"version":"9.1","state":"on_the_moon"}}"#;
        let health: Health = serde_json::from_str(newer).unwrap();
        assert_eq!(health.vitals.disk_free, Some(12));
        assert_eq!(health.vitals.microphone, Some(super::MicrophoneState::Other));
        assert_eq!(health.vitals.update.unwrap().state, super::UpdateState::Other);
    }
}
