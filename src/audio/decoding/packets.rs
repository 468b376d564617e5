//! Packet by packet through every container but OGG, with symphonia's demuxers.

use super::codec::{Broken, Codec};
use super::problem::DecodeFileError;
use crate::clock::hong_kong;
use jiff::Timestamp;
use jiff::civil::DateTime;
use std::io::{self, Read, Seek};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::{MetadataOptions, StandardTag};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

/// Most bytes of text and pictures in a file's tags that are kept.
const TAG_BYTES: usize = 1 << 20;
/// Packets in a row that may give no sound before the rest is given up.
const MOST_BARREN: u32 = 20_000;

/// What a step through the file gave.
pub(super) enum Step {
    /// Sound, in the caller's buffer, of `rate` samples a second; it belongs at second `at` where the file knows that.
    Sound { rate: u32, at: Option<f64> },
    /// A packet that is damaged, and how long it would have been.
    Damaged { why: String, seconds: f64 },
    /// The end; with a reason if it came too early.
    Ended(Option<String>),
}

/// The packets of the track of sound.
pub(super) struct Packets {
    format: Box<dyn FormatReader>,
    stream: Stream,
    /// Whether a packet's time is written in the file, and not counted by the demuxer.
    timed: bool,
    barren: u32,
}

/// The track that is decoded.
struct Stream {
    track: u32,
    codec: Codec,
    codec_name: &'static str,
    stated_s: Option<f64>,
    time: Option<TimeBase>,
    /// The file's own time of the first packet.
    begin: Option<i64>,
}

struct Source<S> {
    inner: S,
    length: u64,
}

impl<S: Read> Read for Source<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<S: Seek> Seek for Source<S> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Source<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

impl Packets {
    pub(super) fn open<S: Read + Seek + Send + Sync + 'static>(
        inner: S,
        length: u64,
    ) -> Result<Self, DecodeFileError> {
        let source = MediaSourceStream::new(Box::new(Source { inner, length }), Default::default());
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
            .limit_visual_bytes(Limit::Maximum(TAG_BYTES));
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), source, FormatOptions::default(), tags)
            .map_err(DecodeFileError::from_demuxer)?;
        let stream = Stream::choose(format.as_ref())?;
        let timed = format.format_info().short_name != "mp3";
        Ok(Self { format, stream, timed, barren: 0 })
    }

    pub(super) fn form(&self) -> String {
        format!("{}/{}", self.format.format_info().short_name, self.stream.codec_name)
    }

    /// How long the file says it is.
    pub(super) fn stated_seconds(&self) -> Option<f64> {
        self.stream.stated_s
    }

    /// The date of recording among the tags, if it has a time of day. Without an offset it is Hong Kong's.
    pub(super) fn made_at(&mut self) -> Option<Timestamp> {
        let mut metadata = self.format.metadata();
        let revision = metadata.skip_to_latest()?;
        revision.media.tags.iter().find_map(|tag| match tag.std.as_ref()? {
            StandardTag::RecordingDate(text)
            | StandardTag::OriginalRecordingDate(text)
            | StandardTag::DigitizedDate(text) => text.parse().ok().or_else(|| {
                let local: DateTime = text.parse().ok().filter(|_| text.len() > 10)?;
                Some(local.to_zoned(hong_kong()).ok()?.timestamp())
            }),
            _ => None,
        })
    }

    /// Decodes the next packet, appending its sound to `mono`.
    pub(super) fn step(&mut self, mono: &mut Vec<f32>) -> Result<Step, DecodeFileError> {
        loop {
            self.barren += 1;
            if self.barren > MOST_BARREN {
                return Ok(Step::Ended(Some("the rest gives no sound".into())));
            }
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.stream.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(Step::Ended(None)),
                Err(Error::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(Step::Ended(Some("it ends in the middle of its sound".into())));
                }
                Err(Error::IoError(e)) => return Err(e.into()),
                // One stream after the other in one file.
                Err(Error::ResetRequired) => match Stream::choose(self.format.as_ref()) {
                    Ok(stream) => {
                        self.stream = stream;
                        continue;
                    }
                    Err(e) => return Ok(Step::Ended(Some(e.to_string()))),
                },
                Err(Error::DecodeError(why)) => {
                    return Ok(Step::Damaged { why: why.to_owned(), seconds: 0.0 });
                }
                Err(e) => return Ok(Step::Ended(Some(e.to_string()))),
            };
            let length = self.stream.time.map_or(0.0, |t| seconds(packet.dur.get() as f64, t));
            match self.stream.codec.decode(&packet, mono) {
                Ok(Some(decoded)) => {
                    let at = self.place(&packet);
                    if !mono.is_empty() {
                        self.barren = 0;
                        return Ok(Step::Sound { rate: decoded.rate, at });
                    }
                }
                Ok(None) => {}
                Err(Broken::Packet(why)) => return Ok(Step::Damaged { why, seconds: length }),
                Err(Broken::File(e)) => return Err(e),
            }
        }
    }

    /// The second at which a packet belongs, where the file says.
    fn place(&mut self, packet: &Packet) -> Option<f64> {
        let time = self.stream.time.filter(|_| self.timed)?;
        let begin = *self.stream.begin.get_or_insert(packet.pts.get());
        Some(seconds(packet.pts.get().saturating_sub(begin) as f64, time))
    }
}

impl Stream {
    /// The track of sound that the file holds now.
    fn choose(format: &dyn FormatReader) -> Result<Self, DecodeFileError> {
        let playable = |track: &&Track| match &track.codec_params {
            Some(CodecParameters::Audio(sound)) => Codec::name(sound).is_some(),
            _ => false,
        };
        let default = format.default_track(TrackType::Audio).filter(playable);
        let Some(track) = default.or_else(|| format.tracks().iter().find(playable)) else {
            let sound = |t: &Track| matches!(t.codec_params, Some(CodecParameters::Audio(_)) | None);
            return Err(match format.tracks().iter().any(sound) {
                true => DecodeFileError::Unsupported("an unusual codec".into()),
                false => DecodeFileError::NoSound,
            });
        };
        let Some(CodecParameters::Audio(sound)) = &track.codec_params else {
            return Err(DecodeFileError::NoSound);
        };
        Ok(Self {
            track: track.id,
            codec: Codec::new(sound)?,
            codec_name: Codec::name(sound).unwrap_or("unknown"),
            stated_s: track.duration.zip(track.time_base).map(|(d, t)| seconds(d.get() as f64, t)),
            time: track.time_base,
            begin: None,
        })
    }
}

/// Ticks in seconds.
fn seconds(ticks: f64, time: TimeBase) -> f64 {
    ticks * f64::from(time.numer.get()) / f64::from(time.denom.get())
}
