//! From whatever rate a device or a file has to the 16 kHz that speech models take, counted to the sample.
//!
//! The filter's delay is taken off the beginning and its tail is added at the end, so that sample `n` of the output
//! is the moment `n / 16000 s` of the input and the length is the input's length, rounded down.

use super::SAMPLE_RATE;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

/// Frames of input that are converted at once, at least: 20 ms at 48 kHz.
const CHUNK: usize = 960;

/// Turns mono sound of any rate into 16-bit samples at [`SAMPLE_RATE`].
pub struct ToSpeechRate {
    filter: Option<Box<Fft<f32>>>,
    rate: u64,
    /// Input that does not make a chunk yet.
    waiting: Vec<f32>,
    /// Output of the filter's delay that is still to be dropped.
    skip: usize,
    taken: u64,
    given: u64,
    /// Holds one chunk of output.
    scratch: Vec<f32>,
}

impl ToSpeechRate {
    /// From `rate` samples a second. A rate of 0, or one that has no filter, is refused in a sentence.
    pub fn new(rate: u32) -> Result<Self, String> {
        let mut converter = Self {
            filter: None,
            rate: u64::from(rate),
            waiting: Vec::new(),
            skip: 0,
            taken: 0,
            given: 0,
            scratch: Vec::new(),
        };
        if rate == 0 {
            return Err("a rate of 0 samples a second is no sound".into());
        }
        if rate != SAMPLE_RATE {
            let (from, to) = (rate as usize, SAMPLE_RATE as usize);
            // A filter of even length, or its middle falls between two samples and all sound comes that much late.
            let even = 2 * from / greatest_common_divisor(from, to);
            let chunk = CHUNK.next_multiple_of(even);
            let window = WindowFunction::BlackmanHarris2;
            let filter = Fft::new_custom(from, to, chunk, 1, 1, window, FixedSync::Both)
                .map_err(|e| format!("cannot convert {rate} samples a second to {SAMPLE_RATE}: {e}"))?;
            converter.skip = filter.output_delay();
            converter.scratch = vec![0.0; filter.output_frames_max()];
            converter.filter = Some(Box::new(filter));
        }
        Ok(converter)
    }

    /// Takes sound in -1.0 to 1.0 and appends what is ready.
    pub fn push(&mut self, sound: &[f32], out: &mut Vec<i16>) -> Result<(), String> {
        self.taken += sound.len() as u64;
        if self.filter.is_none() {
            self.given += sound.len() as u64;
            out.extend(sound.iter().copied().map(to_i16));
            return Ok(());
        }
        self.waiting.extend_from_slice(sound);
        self.convert(out)
    }

    /// Samples at [`SAMPLE_RATE`] that the sound taken so far makes, the tail included.
    pub(super) fn due(&self) -> u64 {
        self.taken * u64::from(SAMPLE_RATE) / self.rate
    }

    /// Appends the tail; the output is then as long as the input.
    pub fn finish(mut self, out: &mut Vec<i16>) -> Result<(), String> {
        let due = self.due();
        while self.filter.is_some() && self.given < due {
            self.waiting.resize(self.waiting.len() + CHUNK, 0.0);
            self.convert(out)?;
        }
        let extra = (self.given - due) as usize;
        out.truncate(out.len().saturating_sub(extra));
        Ok(())
    }

    fn convert(&mut self, out: &mut Vec<i16>) -> Result<(), String> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let mut used = 0;
        loop {
            let need = filter.input_frames_next();
            let Some(chunk) = self.waiting.get(used..used + need) else { break };
            let input = InterleavedSlice::new(chunk, 1, need).map_err(|e| e.to_string())?;
            let room = self.scratch.len();
            let mut output =
                InterleavedSlice::new_mut(&mut self.scratch, 1, room).map_err(|e| e.to_string())?;
            let (_, made) =
                filter.process_into_buffer(&input, &mut output, None).map_err(|e| e.to_string())?;
            used += need;
            let skip = self.skip.min(made);
            self.skip -= skip;
            self.given += (made - skip) as u64;
            out.extend(self.scratch[skip..made].iter().copied().map(to_i16));
        }
        self.waiting.drain(..used);
        Ok(())
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A sample in -1.0 to 1.0 as 16 bits; louder is clipped.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(rate: u32, sound: &[f32]) -> Vec<i16> {
        let mut converter = ToSpeechRate::new(rate).unwrap();
        let mut out = Vec::new();
        for block in sound.chunks(333) {
            converter.push(block, &mut out).unwrap();
        }
        converter.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn sixteen_kilohertz_passes_unchanged() {
        let sound: Vec<f32> = (-500..500).map(|n| n as f32 * 60.0 / 32_768.0).collect();
        let out = convert(16_000, &sound);
        assert!(out.iter().zip(-500..500).all(|(a, n)| i32::from(*a) == n * 60));
        assert_eq!(out.len(), 1000);
    }

    #[test]
    fn length_and_place_are_kept_to_the_sample() {
        for rate in [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000] {
            let seconds = 1.37;
            let n = (f64::from(rate) * seconds) as usize;
            let tone = |i: f64| (i * 2.0 * std::f64::consts::PI * 440.0).sin() * 0.5;
            let sound: Vec<f32> = (0..n).map(|i| tone(i as f64 / f64::from(rate)) as f32).collect();
            let out = convert(rate, &sound);
            assert_eq!(out.len(), n * 16_000 / rate as usize, "{rate}");
            // away from the edges, the same wave at the same time (1 % of full scale)
            let worst = (1_000..out.len() - 1_000)
                .map(|i| (f64::from(out[i]) / 32_768.0 - tone(i as f64 / 16_000.0)).abs())
                .fold(0.0, f64::max);
            assert!(worst < 0.01, "{rate}: {worst}");
        }
    }

    #[test]
    fn a_rate_of_nothing_is_refused() {
        assert!(ToSpeechRate::new(0).is_err());
    }
}
