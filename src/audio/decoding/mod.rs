//! A recording made elsewhere to blocks of what a recording here is made of: 16 kHz mono, 16 bits.
//!
//! WAV (PCM of any width, float, A-law, mu-law, ADPCM), FLAC, MP3, AAC, M4A and MP4 with AAC or ALAC, OGG with Opus or
//! Vorbis. The form is told by content. One packet at a time is decoded, so two hours of MP3 take no more memory than
//! two minutes. What is damaged is silence of the same length, as far as the file's own times say how long that is,
//! and is named as a [`Break`]; the sound after it comes at its place. A decoder that panics has met damage: the file
//! ends there and the box goes on.
//! Left out: the encoder's delay of AAC (some 50 ms of silence at the beginning), and forms of no use for speech.

mod codec;
mod content;
mod mp4;
mod ogg;
mod ogg_stream;
mod opus;
mod packets;
mod problem;

pub use problem::DecodeFileError;

use super::{Break, SAMPLE_RATE, ToSpeechRate};
use content::{Content, Form};
use jiff::Timestamp;
use ogg_stream::OggStream;
use packets::{Packets, Step};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Hours of sound after which a file is refused: ten times the longest meeting. A small file can unfold without end.
const LONGEST_HOURS: u64 = 24;
/// A break is noted where the file's times and its sound differ by more than this, in seconds.
const TOLERANCE: f64 = 0.03;
/// A jump in the file's times longer than this, in seconds, is not believed: the time is damaged, not the sound.
const LONGEST_GAP: f64 = 600.0;
/// Breaks that are kept word for word.
const MOST_BREAKS: usize = 1_000;
/// Samples of silence that are put in at once.
const SILENCE: usize = 16_000;

/// What finds the packets.
enum Reader {
    Ogg(OggStream),
    Other(Box<Packets>),
}

/// A file of sound, open for decoding; see the module.
pub struct SoundFile {
    reader: Reader,
    form: String,
    made_at: Option<Timestamp>,
    stated_s: Option<f64>,
    /// A WAV file that was written into a pipe: its header promises more than any file holds.
    endless: bool,
    converter: Option<(u32, ToSpeechRate)>,
    /// Seconds of sound and silence that went into the converters.
    position: f64,
    /// Frames of silence at the converter's rate that are still to be put in, and the sound that comes after them.
    silence: u64,
    after_silence: Option<Vec<f32>>,
    given: u64,
    breaks: Vec<Break>,
    over: bool,
    /// Where the sound of one packet is mixed.
    mono: Vec<f32>,
}

impl SoundFile {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self, DecodeFileError> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(DecodeFileError::NotSound("a folder"));
        }
        Self::read(file, about.len())
    }

    /// Opens what `source` holds: `length` bytes from its beginning.
    pub fn read<S: Read + Seek + Send + Sync + 'static>(
        mut source: S,
        length: u64,
    ) -> Result<Self, DecodeFileError> {
        if length == 0 {
            return Err(DecodeFileError::Empty);
        }
        let mut head = Vec::new();
        source.seek(SeekFrom::Start(0))?;
        source.by_ref().take(content::LOOK as u64).read_to_end(&mut head)?;
        let form = match content::recognise(&head) {
            Content::Sound(form) => form,
            Content::OtherSound(name) => return Err(DecodeFileError::Unsupported(name.into())),
            Content::Else(name) => return Err(DecodeFileError::NotSound(name)),
            Content::Unknown => return Err(DecodeFileError::Unknown),
        };
        let riff = head.get(4..8).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let endless =
            form == Form::Wav && (riff == 0 || riff >= 0x7fff_0000) && u64::from(riff) != length - 8;
        let mut made_at = None;
        if form == Form::Mp4 {
            let index = mp4::read_index(&mut source, length)?.ok_or(DecodeFileError::NoIndex)?;
            if index.locked {
                return Err(DecodeFileError::Locked);
            }
            if !index.has_sound {
                return Err(DecodeFileError::NoSound);
            }
            made_at = index.made_at;
        }
        source.seek(SeekFrom::Start(0))?;
        let opened = catch_unwind(AssertUnwindSafe(|| match form {
            Form::Ogg => OggStream::open(source).map(Reader::Ogg),
            _ => Packets::open(source, length).map(|p| Reader::Other(Box::new(p))),
        }));
        let mut reader =
            opened.unwrap_or_else(|_| Err(DecodeFileError::Damaged("its decoder failed".into())))?;
        let (form, stated, tagged) = match &mut reader {
            Reader::Ogg(stream) => (stream.form(), None, None),
            Reader::Other(packets) => (packets.form(), packets.stated_seconds(), packets.made_at()),
        };
        Ok(Self {
            reader,
            form,
            made_at: made_at.or(tagged),
            stated_s: stated.filter(|_| !endless),
            endless,
            converter: None,
            position: 0.0,
            silence: 0,
            after_silence: None,
            given: 0,
            breaks: Vec::new(),
            over: false,
            mono: Vec::new(),
        })
    }

    /// Container and codec, in short: `ogg/opus`.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// When it was recorded, as the file says; it may be wrong, as the recorder's clock may be.
    pub fn made_at(&self) -> Option<Timestamp> {
        self.made_at
    }

    /// How long the file says it is, in seconds. Not to be trusted with memory or disk.
    pub fn stated_seconds(&self) -> Option<f64> {
        self.stated_s
    }

    /// Samples given out so far.
    pub fn samples(&self) -> u64 {
        self.given
    }

    /// Where sound is missing or damaged, as far as it has been met.
    pub fn breaks(&self) -> &[Break] {
        &self.breaks
    }

    /// The breaks in a sentence; `None` for a whole file.
    pub fn damage(&self) -> Option<String> {
        let first = self.breaks.first()?;
        let at = first.at as f64 / f64::from(SAMPLE_RATE);
        let why = &first.why;
        Some(match self.breaks.len() {
            1 => format!("the file is damaged at {at:.1} s ({why}); all that could be read is kept"),
            n => format!(
                "the file is damaged in {n} places, from {at:.1} s on ({why}); all that could be read is kept, with silence where sound is missing"
            ),
        })
    }

    /// The next block, mostly of less than a second and never empty; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<Vec<i16>>, DecodeFileError> {
        let mut out = Vec::new();
        while out.is_empty() {
            if self.over {
                return match (self.given, self.breaks.first()) {
                    (0, Some(first)) => Err(DecodeFileError::Damaged(first.why.clone())),
                    (0, None) => Err(DecodeFileError::Damaged("it holds no packet of sound".into())),
                    _ => Ok(None),
                };
            }
            self.step(&mut out)?;
        }
        self.given += out.len() as u64;
        if self.given > LONGEST_HOURS * 3600 * u64::from(SAMPLE_RATE) {
            return Err(DecodeFileError::TooLong(LONGEST_HOURS));
        }
        Ok(Some(out))
    }

    fn step(&mut self, out: &mut Vec<i16>) -> Result<(), DecodeFileError> {
        if self.silence > 0 {
            let now = self.silence.min(SILENCE as u64) as usize;
            self.silence -= now as u64;
            self.mono.clear();
            self.mono.resize(now, 0.0);
            return self.convert(out);
        }
        if let Some(sound) = self.after_silence.take() {
            self.mono = sound;
            return self.convert(out);
        }
        self.mono.clear();
        let (reader, mono) = (&mut self.reader, &mut self.mono);
        let step = catch_unwind(AssertUnwindSafe(|| match reader {
            Reader::Ogg(stream) => stream.step(mono),
            Reader::Other(packets) => packets.step(mono),
        }));
        let step = step.unwrap_or_else(|_| Ok(Step::Ended(Some("its decoder failed".into()))))?;
        match step {
            Step::Sound { rate, at } => {
                self.at_rate(rate, out)?;
                // What is missing before this packet comes first, then the packet.
                let missing = at.map_or(0.0, |at| at - self.position);
                if missing > TOLERANCE {
                    self.gap(missing, "sound is missing");
                    self.after_silence = Some(std::mem::take(&mut self.mono));
                    return Ok(());
                }
                self.convert(out)
            }
            Step::Damaged { why, seconds } => {
                self.gap(seconds, &why);
                Ok(())
            }
            Step::Ended(why) => {
                if let Some(why) = why.filter(|_| !self.endless) {
                    self.gap(0.0, &why);
                } else if let Some(stated) = self.stated_s
                    && self.position + TOLERANCE < stated
                {
                    self.gap(0.0, &format!("it says that it is {stated:.1} s long, and ends here"));
                }
                self.over = true;
                self.finish(out)
            }
        }
    }

    /// Notes a break here, with silence of `seconds` as far as that is to be believed.
    fn gap(&mut self, seconds: f64, why: &str) {
        let Some((rate, _)) = &self.converter else {
            // Nothing has been heard yet: there is no place for it to be missing from.
            if self.breaks.is_empty() {
                self.breaks.push(Break { at: 0, missing: 0, why: why.to_owned() });
            }
            return;
        };
        let believed = if seconds > 0.0 && seconds <= LONGEST_GAP { seconds } else { 0.0 };
        self.silence += (believed * f64::from(*rate)).round() as u64;
        let at = (self.position * f64::from(SAMPLE_RATE)) as u64;
        let missing = (believed * f64::from(SAMPLE_RATE)) as u64;
        // Packet after packet of one damaged stretch is one break.
        let adjoins = |b: &&mut Break| b.at + b.missing + u64::from(SAMPLE_RATE) / 100 >= at;
        if let Some(last) = self.breaks.last_mut().filter(adjoins) {
            last.missing = (at + missing).saturating_sub(last.at);
        } else if self.breaks.len() < MOST_BREAKS {
            self.breaks.push(Break { at, missing, why: why.to_owned() });
        }
    }

    /// Makes the converter take `rate` samples a second from here on.
    fn at_rate(&mut self, rate: u32, out: &mut Vec<i16>) -> Result<(), DecodeFileError> {
        if self.converter.as_ref().is_none_or(|(is, _)| *is != rate) {
            self.finish(out)?;
            let converter = ToSpeechRate::new(rate).map_err(DecodeFileError::Absurd)?;
            self.converter = Some((rate, converter));
        }
        Ok(())
    }

    fn convert(&mut self, out: &mut Vec<i16>) -> Result<(), DecodeFileError> {
        let Some((rate, converter)) = &mut self.converter else { return Ok(()) };
        self.position += self.mono.len() as f64 / f64::from(*rate);
        converter.push(&self.mono, out).map_err(DecodeFileError::Damaged)
    }

    fn finish(&mut self, out: &mut Vec<i16>) -> Result<(), DecodeFileError> {
        match self.converter.take() {
            Some((_, converter)) => converter.finish(out).map_err(DecodeFileError::Damaged),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
