//! Voice activity: cuts sound into utterances, so that nothing is decoded where nobody speaks.
//!
//! Whisper invents sentences in silence, so the detector decides what it hears at all. An utterance begins a little
//! before the first voice and ends when there has been none for half a second; one that does not end is cut at its
//! quietest moment. Pure: samples in, utterances out.

use earshot::Detector;

/// Samples that the detector looks at: 16 ms.
const FRAME: usize = 256;
/// Score from which a frame is voice; the detector's authors recommend it.
const VOICE: f32 = 0.5;
/// Kept before the first voice, for soft beginnings: 304 ms.
const PRE_ROLL: u64 = 19 * FRAME as u64;
/// Silence that ends an utterance: 512 ms.
const HANGOVER: u64 = 32 * FRAME as u64;
/// Kept after the last voice, for soft ends: 304 ms.
const POST_ROLL: u64 = 19 * FRAME as u64;
/// Voice that makes an utterance: 96 ms. Less is a click or a cough.
const MIN_VOICE: u64 = 6 * FRAME as u64;
/// Longest utterance: 20 s of whisper's window of 30 s.
const MAX_UTTERANCE: u64 = 20 * 16_000;
/// Length of the moment whose loudness is compared when a long utterance is cut: 100 ms.
const MOMENT: usize = 1_600;

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// Its first sample in the recording, at 16 kHz.
    pub start: u64,
    pub samples: Vec<i16>,
}

impl Utterance {
    /// The sample after its last.
    pub fn end(&self) -> u64 {
        self.start + self.samples.len() as u64
    }
}

/// Finds the utterances in a stream of 16 kHz samples.
pub struct VoiceActivity {
    detector: Box<Detector>,
    /// Sound that may still belong to an utterance, and the position of its first sample.
    kept: Vec<i16>,
    kept_from: u64,
    /// Up to where the detector has looked.
    looked: u64,
    speaking: Option<Speaking>,
}

#[derive(Debug, Clone, Copy)]
struct Speaking {
    start: u64,
    /// End of the last frame with voice.
    last_voice: u64,
    /// Samples with voice.
    voiced: u64,
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl VoiceActivity {
    /// Takes sound from this sample of the recording on.
    pub fn starting_at(sample: u64) -> Self {
        Self {
            detector: Detector::default_boxed(),
            kept: Vec::new(),
            kept_from: sample,
            looked: sample,
            speaking: None,
        }
    }

    /// The sample up to which nobody speaks; `None` within an utterance.
    pub fn quiet_until(&self) -> Option<u64> {
        self.speaking.is_none().then_some(self.looked)
    }

    /// Takes sound and gives out the utterances that it completes.
    pub fn push(&mut self, sound: &[i16]) -> Vec<Utterance> {
        self.kept.extend_from_slice(sound);
        let mut complete = Vec::new();
        while let Some(frame) = self.frame_at(self.looked) {
            let voice = self.detector.predict_i16(&frame) >= VOICE;
            let from = self.looked;
            self.looked += FRAME as u64;
            complete.extend(self.step(from, voice));
        }
        complete
    }

    /// The utterance that was under way when the sound ended.
    pub fn finish(mut self) -> Option<Utterance> {
        let end = self.kept_from + self.kept.len() as u64;
        let speaking = self.speaking.take()?;
        self.complete(speaking, (speaking.last_voice + POST_ROLL).min(end))
    }

    fn frame_at(&self, position: u64) -> Option<[i16; FRAME]> {
        let at = (position - self.kept_from) as usize;
        self.kept.get(at..at + FRAME)?.try_into().ok()
    }

    fn step(&mut self, from: u64, voice: bool) -> Option<Utterance> {
        let to = from + FRAME as u64;
        match (&mut self.speaking, voice) {
            (None, false) => {
                self.forget_before(to.saturating_sub(PRE_ROLL));
                None
            }
            (None, true) => {
                let start = from.saturating_sub(PRE_ROLL).max(self.kept_from);
                self.speaking = Some(Speaking { start, last_voice: to, voiced: FRAME as u64 });
                None
            }
            (Some(speaking), _) => {
                if voice {
                    speaking.last_voice = to;
                    speaking.voiced += FRAME as u64;
                }
                let speaking = *speaking;
                if to - speaking.last_voice >= HANGOVER {
                    self.speaking = None;
                    let done = self.complete(speaking, speaking.last_voice + POST_ROLL);
                    self.forget_before(speaking.last_voice + POST_ROLL);
                    done
                } else if to - speaking.start >= MAX_UTTERANCE {
                    let cut = self.quietest(speaking.start + MAX_UTTERANCE / 2, to);
                    self.speaking = Some(Speaking { start: cut, ..speaking });
                    let done = self.complete(speaking, cut);
                    self.forget_before(cut);
                    done
                } else {
                    None
                }
            }
        }
    }

    fn complete(&self, speaking: Speaking, end: u64) -> Option<Utterance> {
        if speaking.voiced < MIN_VOICE {
            return None;
        }
        let at = |position: u64| (position - self.kept_from) as usize;
        Some(Utterance { start: speaking.start, samples: self.kept[at(speaking.start)..at(end)].to_vec() })
    }

    /// The middle of the quietest moment between two positions.
    fn quietest(&self, from: u64, to: u64) -> u64 {
        let within = &self.kept[(from - self.kept_from) as usize..(to - self.kept_from) as usize];
        let loudness = |at: usize| within[at..at + MOMENT].iter().map(|s| i64::from(*s).pow(2)).sum::<i64>();
        let at = (0..within.len().saturating_sub(MOMENT)).step_by(FRAME).min_by_key(|at| loudness(*at));
        from + (at.unwrap_or(0) + MOMENT / 2) as u64
    }

    fn forget_before(&mut self, position: u64) {
        let gone = position.saturating_sub(self.kept_from);
        self.kept.drain(..gone as usize);
        self.kept_from += gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::read_wav;
    use std::path::Path;

    fn spoken(name: &str) -> Vec<i16> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
        read_wav(&folder.join(name)).unwrap()
    }

    fn utterances(sound: &[i16], block: usize) -> Vec<Utterance> {
        let mut activity = VoiceActivity::default();
        let mut all: Vec<Utterance> = sound.chunks(block).flat_map(|b| activity.push(b)).collect();
        all.extend(activity.finish());
        all
    }

    #[test]
    fn phrases_with_pauses_are_found_one_by_one() {
        let mut sound = vec![0; 24_000];
        let mut places = Vec::new();
        for name in ["en_1.wav", "yue_0.wav", "zh_3.wav"] {
            let phrase = spoken(name);
            places.push((sound.len() as u64, (sound.len() + phrase.len()) as u64));
            sound.extend(phrase);
            sound.extend(vec![0; 24_000]);
        }
        let found = utterances(&sound, 1_000);
        assert_eq!(found.len(), 3, "{:?}", found.iter().map(|u| (u.start, u.end())).collect::<Vec<_>>());
        for (utterance, (from, to)) in found.iter().zip(places) {
            assert!(utterance.start < from + 8_000 && utterance.start + 8_000 > from, "{}", utterance.start);
            assert!(utterance.end() + 8_000 > to && utterance.end() < to + 8_000, "{} {to}", utterance.end());
            let (from, to) = (utterance.start as usize, utterance.end() as usize);
            assert!(utterance.samples[..] == sound[from..to]);
        }
        assert_eq!(found, utterances(&sound, 37_777), "the size of the blocks does not matter");
    }

    #[test]
    fn silence_and_hum_are_no_speech() {
        assert!(utterances(&vec![0; 160_000], 4_096).is_empty());
        let hum: Vec<i16> = (0..160_000).map(|n| ((n as f32 * 0.0196).sin() * 1_500.0) as i16).collect();
        assert!(utterances(&hum, 4_096).is_empty());
    }

    #[test]
    fn speech_that_does_not_pause_is_cut_and_nothing_is_lost() {
        let trimmed: Vec<i16> = spoken("en_2.wav")[1_000..54_000].to_vec();
        let sound: Vec<i16> = trimmed.iter().copied().cycle().take(16_000 * 50).collect();
        let found = utterances(&sound, 4_096);
        assert!(found.len() >= 3);
        assert!(found.iter().all(|u| u.samples.len() as u64 <= MAX_UTTERANCE));
        for pair in found.windows(2) {
            assert!(pair[1].start >= pair[0].end() && pair[1].start - pair[0].end() < 8_000);
        }
    }
}
