//! How loud it is, for the page: root mean square in dB of full scale, and the highest sample.

/// What silence is shown as, in dBFS: the floor of 16-bit samples.
pub(super) const SILENCE_DBFS: f32 = -96.0;

/// Loudness since the last look.
#[derive(Debug, Default)]
pub(super) struct Level {
    squares: f64,
    samples: u64,
    peak: u16,
}

impl Level {
    pub(super) fn add(&mut self, sound: &[i16]) {
        self.samples += sound.len() as u64;
        for sample in sound {
            self.squares += f64::from(*sample).powi(2);
            self.peak = self.peak.max(sample.unsigned_abs());
        }
    }

    /// Level in dBFS and peak in 0.0 to 1.0 since the last call.
    pub(super) fn take(&mut self) -> (f32, f32) {
        let seen = std::mem::take(self);
        if seen.samples == 0 || seen.squares == 0.0 {
            return (SILENCE_DBFS, 0.0);
        }
        let rms = (seen.squares / seen.samples as f64).sqrt() / 32_768.0;
        ((20.0 * rms.log10()).max(f64::from(SILENCE_DBFS)) as f32, f32::from(seen.peak) / 32_768.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_wave_of_half_scale_is_six_decibels_down() {
        let mut level = Level::default();
        level.add(&[16_384, -16_384, 16_384, -16_384]);
        let (dbfs, peak) = level.take();
        assert!((dbfs + 6.02).abs() < 0.01 && peak == 0.5, "{dbfs} {peak}");
        assert_eq!(level.take(), (SILENCE_DBFS, 0.0));
    }
}
