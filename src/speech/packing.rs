//! Puts utterances that follow close on one another together, to suit the model: each decode costs the encoder some
//! seconds beyond its sound, and a model understands a sentence better with the one before it. Pure.

use super::voice::Utterance;
use crate::audio::SAMPLE_RATE;

/// Utterances further apart than this, in samples, are not put together: it may be another speaker, and the page waits.
pub(super) const APART: u64 = SAMPLE_RATE as u64;

/// What is decoded at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pack {
    /// At least one.
    pub utterances: Vec<Utterance>,
}

impl Pack {
    /// The first sample.
    pub(super) fn start(&self) -> u64 {
        self.utterances.first().map_or(0, |u| u.start)
    }

    /// The sample after the last.
    pub(super) fn end(&self) -> u64 {
        self.utterances.last().map_or(0, Utterance::end)
    }

    /// The sound; pauses between the utterances are silence of their length.
    pub(super) fn sound(&self) -> Vec<i16> {
        let mut sound = Vec::with_capacity((self.end() - self.start()) as usize);
        for utterance in &self.utterances {
            sound.resize((utterance.start - self.start()) as usize, 0);
            sound.extend_from_slice(&utterance.samples);
        }
        sound
    }
}

/// Collects packs.
#[derive(Debug)]
pub(super) struct Packer {
    longest: u64,
    open: Vec<Utterance>,
}

impl Packer {
    /// Packs of up to so many seconds; one utterance may be longer.
    pub(super) fn new(longest_s: u32) -> Self {
        Self { longest: u64::from(longest_s) * u64::from(SAMPLE_RATE), open: Vec::new() }
    }

    /// Takes an utterance and gives out the packs to which nothing can be added any more.
    pub(super) fn add(&mut self, utterance: Utterance) -> Vec<Pack> {
        let fits = match (self.open.first(), self.open.last()) {
            (Some(first), Some(last)) => {
                utterance.start - last.end() <= APART && utterance.end() - first.start <= self.longest
            }
            _ => true,
        };
        let before = if fits { None } else { self.take() };
        self.open.push(utterance);
        let length = self.open.last().map_or(0, Utterance::end) - self.open.first().map_or(0, |u| u.start);
        let full = if length >= self.longest { self.take() } else { None };
        before.into_iter().chain(full).collect()
    }

    /// Gives out what there is.
    pub(super) fn take(&mut self) -> Option<Pack> {
        let utterances = std::mem::take(&mut self.open);
        (!utterances.is_empty()).then_some(Pack { utterances })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From and to, in tenths of a second.
    fn spoken(from: u64, to: u64) -> Utterance {
        Utterance { start: from * 1_600, samples: vec![1; ((to - from) * 1_600) as usize] }
    }

    #[test]
    fn what_follows_closely_is_put_together() {
        let mut packer = Packer::new(15);
        assert!(packer.add(spoken(5, 30)).is_empty());
        assert!(packer.add(spoken(36, 60)).is_empty());
        let first = packer.add(spoken(71, 90)).remove(0);
        assert_eq!((first.start(), first.end(), first.utterances.len()), (8_000, 96_000, 2));
        let sound = first.sound();
        assert_eq!(sound.len(), 88_000);
        assert_eq!(sound.iter().filter(|s| **s == 0).count(), 6 * 1_600);
        assert_eq!(packer.take().unwrap().start(), 71 * 1_600);
        assert_eq!(packer.take(), None);
    }

    #[test]
    fn a_pack_does_not_outgrow_its_length() {
        let mut packer = Packer::new(5);
        assert!(packer.add(spoken(0, 30)).is_empty());
        assert_eq!(packer.add(spoken(31, 60))[0].end(), 30 * 1_600);
        // One that is long enough by itself waits for nobody.
        let both = packer.add(spoken(61, 141));
        assert_eq!(both.iter().map(|p| p.start()).collect::<Vec<_>>(), [31 * 1_600, 61 * 1_600]);
        assert_eq!(packer.take(), None);
    }
}
