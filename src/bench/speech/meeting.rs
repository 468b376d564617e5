//! A meeting for the measurement: phrases of the fixtures in turns, with pauses whose lengths are known.
//!
//! A turn is one to four phrases of one voice, at one level. Between phrases and between turns lie pauses of
//! log-normal length, as Heldner and Edlund (2010, "Pauses, gaps and overlaps in conversations") found them, at the long
//! end and without overlaps; and where speech has come to more than its share, somebody looks something up in papers or
//! on the screen and nobody speaks for a while. The share of speech is said by whoever measures. Over all lies noise some 60 dB
//! below full scale. By seed: the same meeting everywhere.

use crate::audio::{SAMPLE_RATE, read_wav, wav_header};
use crate::chance::Chance;
use anyhow::{Context, ensure};
use std::io::Write;
use std::path::Path;

const SEED: u64 = 60;
/// Loudness below which a moment of a fixture is no speech (0.4 % of full scale), and its length.
const QUIET: u16 = 131;
const MOMENT: usize = 160;
/// So long a quiet stretch parts two phrases of a fixture: 0.4 s.
const PARTING: usize = 40;
/// Pauses as median seconds, spread of the logarithm, least and most: within a turn, between turns.
const WITHIN: (f64, f64, f64, f64) = (0.45, 0.5, 0.15, 2.0);
const BETWEEN: (f64, f64, f64, f64) = (0.8, 0.7, 0.2, 5.0);
/// Somebody looks something up: seconds at least and at most.
const LOOKING_UP: (f64, f64) = (4.0, 18.0);
/// Root mean square of the noise, of a sample's full scale.
const NOISE: f64 = 0.0008;

/// Sound at 16 kHz.
pub(super) struct Meeting {
    pub samples: Vec<i16>,
    /// Seconds of it in which somebody speaks.
    pub speech_s: f64,
}

impl Meeting {
    /// A meeting of so many minutes, of which a share is speech, from the phrases in `fixtures` (`meeting.wav` and `speech/*.wav`).
    pub fn make(fixtures: &Path, minutes: f64, share: f64) -> anyhow::Result<Self> {
        let phrases = phrases(fixtures)?;
        let length = (minutes * 60.0 * f64::from(SAMPLE_RATE)) as usize;
        let mut chance = Chance(SEED);
        let mut sound: Vec<f64> = vec![0.0; SAMPLE_RATE as usize];
        let mut spoken = 0;
        while sound.len() < length {
            let level = 0.15 + 0.5 * chance.unit();
            let count = chance.between(1, 4);
            for n in 0..count {
                let phrase = &phrases[chance.between(0, phrases.len() - 1)];
                let room = length.saturating_sub(sound.len()).min(phrase.len());
                spoken += room;
                sound.extend(phrase[..room].iter().map(|s| s * level));
                let pause = if n + 1 < count {
                    pause(&mut chance, WITHIN)
                } else if spoken as f64 > share * sound.len() as f64 {
                    LOOKING_UP.0 + (LOOKING_UP.1 - LOOKING_UP.0) * chance.unit()
                } else {
                    pause(&mut chance, BETWEEN)
                };
                sound.resize(sound.len() + (pause * f64::from(SAMPLE_RATE)) as usize, 0.0);
            }
        }
        sound.truncate(length);
        let full = f64::from(i16::MAX);
        let samples =
            sound.iter().map(|s| ((s + NOISE * chance.normal()) * full).clamp(-full, full) as i16).collect();
        Ok(Self { samples, speech_s: spoken as f64 / f64::from(SAMPLE_RATE) })
    }

    /// Length, seconds.
    pub fn audio_s(&self) -> f64 {
        self.samples.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Writes it as a WAV file.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let bytes: Vec<u8> = self.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let cannot = || format!("cannot write {}", path.display());
        let mut file = std::fs::File::create(path).with_context(cannot)?;
        file.write_all(&wav_header(self.samples.len() as u64)).with_context(cannot)?;
        file.write_all(&bytes).with_context(cannot)
    }
}

fn pause(chance: &mut Chance, (median, spread, least, most): (f64, f64, f64, f64)) -> f64 {
    (median * (spread * chance.normal()).exp()).clamp(least, most)
}

/// The phrases of the fixtures, without silence around them, their peaks at 1.
fn phrases(fixtures: &Path) -> anyhow::Result<Vec<Vec<f64>>> {
    let folder = fixtures.join("speech");
    let listed = std::fs::read_dir(&folder).with_context(|| {
        format!("cannot read {}: run this from the source tree, or say where its tests/fixtures is with --fixtures", folder.display())
    })?;
    let mut files: Vec<_> = listed.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "wav"));
    files.sort();
    files.push(fixtures.join("meeting.wav"));
    let mut phrases = Vec::new();
    for file in files {
        let sound = read_wav(&file).with_context(|| format!("cannot read {}", file.display()))?;
        phrases.extend(cut(&sound));
    }
    ensure!(!phrases.is_empty(), "there is no speech in {}", folder.display());
    Ok(phrases)
}

fn cut(sound: &[i16]) -> Vec<Vec<f64>> {
    let loudest = |at: usize| sound[at..].iter().take(MOMENT).map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let loud: Vec<usize> = (0..sound.len()).step_by(MOMENT).filter(|at| loudest(*at) > QUIET).collect();
    loud.chunk_by(|a, b| b - a < PARTING * MOMENT)
        .filter(|part| part.len() > PARTING)
        .map(|part| {
            let phrase = &sound[part[0]..(part[part.len() - 1] + MOMENT).min(sound.len())];
            let peak = phrase.iter().map(|s| s.unsigned_abs()).max().map_or(1.0, f64::from);
            phrase.iter().map(|s| f64::from(*s) / peak).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_has_its_share_of_speech_and_is_the_same_every_time() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        for wanted in [0.45, 0.58] {
            let meeting = Meeting::make(&fixtures, 10.0, wanted).unwrap();
            let share = meeting.speech_s / meeting.audio_s();
            assert!((share - wanted).abs() < 0.03, "{share} of {wanted}");
            assert_eq!(meeting.samples.len(), 600 * 16_000);
            assert!(Meeting::make(&fixtures, 10.0, wanted).unwrap().samples == meeting.samples);
        }
    }
}
