//! Tries a microphone: listens for a second and says how loud it was. Nothing is kept.

use super::MicrophoneError;
use super::capture::{Capture, Captured};
use super::level::SILENCE_DBFS;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How long it is listened to.
const LISTEN: Duration = Duration::from_secs(1);
/// From here on a sample is at full scale.
const FULL_SCALE: f32 = 0.9995;

/// What a microphone sounds like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The device's stable name.
    pub id: String,
    pub verdict: TrialVerdict,
    /// Root mean square of the second, dB of full scale.
    pub level_dbfs: f32,
    /// Highest sample, 0.0 to 1.0.
    pub peak: f32,
}

/// Whether it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialVerdict {
    Good,
    /// Every sample was the same: muted or broken.
    Silent,
    /// Sound at full scale.
    Clipping,
}

/// Listens to the microphone of that stable name, or the default. Not while it records. Waits for up to ten seconds.
pub fn try_microphone(choice: Option<&str>) -> Result<Trial, MicrophoneError> {
    let mut capture = Capture::open(choice)?;
    let id = capture.id.clone();
    let (mut sound, until) = (Vec::new(), Instant::now() + LISTEN);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        match capture.next(left) {
            Ok(Captured::Sound(block)) => sound.extend(block.sound),
            Ok(Captured::Failed(reason)) => return Err(MicrophoneError::CannotOpen { id, reason }),
            Ok(Captured::Overrun) | Err(_) => {}
        }
    }
    drop(capture.close());
    Ok(judge(id, &sound))
}

fn judge(id: String, sound: &[f32]) -> Trial {
    let peak = sound.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    let squares: f64 = sound.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (squares / sound.len().max(1) as f64).sqrt();
    let verdict = match sound {
        [first, rest @ ..] if rest.iter().any(|s| s != first) && peak >= FULL_SCALE => TrialVerdict::Clipping,
        [first, rest @ ..] if rest.iter().any(|s| s != first) => TrialVerdict::Good,
        _ => TrialVerdict::Silent,
    };
    Trial { id, verdict, level_dbfs: (20.0 * rms.log10()).max(f64::from(SILENCE_DBFS)) as f32, peak }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_sound_is_judged() {
        let verdict = |sound: &[f32]| judge("x".into(), sound).verdict;
        assert_eq!(verdict(&[]), TrialVerdict::Silent);
        assert_eq!(verdict(&[0.25; 100]), TrialVerdict::Silent);
        assert_eq!(verdict(&[0.0, 0.0001, 0.0]), TrialVerdict::Good);
        assert_eq!(verdict(&[0.1, 1.0, -1.0]), TrialVerdict::Clipping);
        let half = judge("x".into(), &[0.5, -0.5]);
        assert!((half.level_dbfs + 6.02).abs() < 0.01 && half.peak == 0.5, "{half:?}");
        assert_eq!(judge("x".into(), &[0.0; 9]).level_dbfs, SILENCE_DBFS);
    }
}
