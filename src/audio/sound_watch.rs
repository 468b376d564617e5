//! Watches the sound of a microphone for what no room sounds like: digital silence and clipping.
//!
//! A room is never perfectly still: three seconds in which every sample is the same come from a muted switch, a dead
//! capsule or a driver that delivers zeros. Samples at full scale mean that the microphone is turned up too high.
//! Counted in samples, not by a clock, so that the verdict is the same however late the sound is looked at.

/// Sound that does not change for so many seconds is digital silence.
const SILENT_SECONDS: u64 = 3;
/// From here on a sample counts as clipped: the last step of 12-bit sound and everything finer.
const FULL_SCALE: f32 = 0.9995;
/// One clipped sample in so many is too loud: 5 ms of every second.
const CLIPPED_ONE_IN: u64 = 200;
/// Seconds without that before the warning is over.
const CLEAN_SECONDS: u32 = 3;

/// What is wrong with the sound just now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub digital_silence: bool,
    pub clipping: bool,
}

/// The watch over one microphone at one rate.
#[derive(Debug)]
pub(super) struct SoundWatch {
    rate: u64,
    last: Option<f32>,
    /// Samples in a row that are the same as the last.
    same: u64,
    /// Of the second under way.
    seen: u64,
    clipped: u64,
    clean_seconds: u32,
    clipping: bool,
}

impl SoundWatch {
    pub(super) fn new(rate: u32) -> Self {
        let rate = u64::from(rate.max(1));
        Self { rate, last: None, same: 0, seen: 0, clipped: 0, clean_seconds: 0, clipping: false }
    }

    /// Takes mono sound in -1.0 to 1.0 and judges it with what came before.
    pub(super) fn hear(&mut self, sound: &[f32]) -> Verdict {
        for &sample in sound {
            self.same = if self.last == Some(sample) { self.same + 1 } else { 1 };
            self.last = Some(sample);
            self.seen += 1;
            self.clipped += u64::from(sample.abs() >= FULL_SCALE);
            if self.seen == self.rate {
                self.end_second();
            }
        }
        Verdict { digital_silence: self.same >= SILENT_SECONDS * self.rate, clipping: self.clipping }
    }

    fn end_second(&mut self) {
        // A device stuck at full scale is silent, not loud.
        let stuck = self.same >= self.seen;
        if self.clipped * CLIPPED_ONE_IN >= self.seen && !stuck {
            (self.clipping, self.clean_seconds) = (true, 0);
        } else {
            self.clean_seconds += 1;
            self.clipping &= self.clean_seconds < CLEAN_SECONDS;
        }
        (self.seen, self.clipped) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;

    fn tone(seconds: usize, loudness: f32) -> Vec<f32> {
        (0..seconds * RATE as usize).map(|n| ((n as f32 * 0.3).sin() * loudness).clamp(-1.0, 1.0)).collect()
    }

    #[test]
    fn three_seconds_of_the_same_sample_are_digital_silence() {
        for value in [0.0, -0.25, 1.0] {
            let mut watch = SoundWatch::new(RATE);
            watch.hear(&tone(1, 0.1));
            let still = vec![value; RATE as usize];
            assert!(!watch.hear(&still).digital_silence && !watch.hear(&still).digital_silence);
            let verdict = watch.hear(&still);
            assert!(verdict.digital_silence && !verdict.clipping, "{value}: {verdict:?}");
            assert!(!watch.hear(&[0.1]).digital_silence, "one other sample ends it");
        }
    }

    #[test]
    fn the_faintest_noise_is_not_silence() {
        let noise: Vec<f32> = (0..80_000).map(|n| ((n / 997) % 2) as f32 / 32_768.0).collect();
        assert_eq!(SoundWatch::new(RATE).hear(&noise), Verdict::default());
    }

    #[test]
    fn clipping_is_said_within_a_second_and_is_over_after_three() {
        let mut watch = SoundWatch::new(RATE);
        assert!(!watch.hear(&tone(2, 0.99)).clipping, "loud is not too loud");
        assert!(watch.hear(&tone(1, 1.2)).clipping);
        assert!(watch.hear(&tone(2, 0.5)).clipping);
        assert!(!watch.hear(&tone(1, 0.5)).clipping);
    }
}
