//! The stream of Opus or Vorbis in an OGG file, page by page, each at its place in time.

use super::codec::{Broken, Codec};
use super::ogg::{Page, Pages};
use super::packets::Step;
use super::problem::DecodeFileError;
use std::io::Read;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

/// Pages that may come before a stream of sound is found.
const MOST_PAGES: usize = 1_000;
/// Most bytes of one packet: the headers of Vorbis and Opus may hold a picture.
const LARGEST_PACKET: usize = 16 << 20;

/// See the module.
pub(super) struct OggStream {
    pages: Pages<Box<dyn Read + Send + Sync>>,
    sound: Sound,
    /// The beginning of a packet that goes on on the next page.
    unfinished: Vec<u8>,
}

/// The stream that is decoded.
struct Sound {
    serial: u32,
    kind: Kind,
    /// The first packets, for as long as they are not all there.
    headers: Vec<Vec<u8>>,
    codec: Option<Codec>,
    /// The granule position at which the first sound begins.
    begin: Option<i64>,
    /// Frames from there, with what is missing in between.
    heard: i64,
    /// Frames at the beginning that are the encoder's delay.
    delay: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Opus,
    Vorbis,
}

impl Kind {
    /// Packets before the first sound (RFC 7845, 3; Vorbis I, 4.2).
    fn headers(self) -> usize {
        match self {
            Self::Opus => 2,
            Self::Vorbis => 3,
        }
    }
}

impl OggStream {
    pub(super) fn open(source: impl Read + Send + Sync + 'static) -> Result<Self, DecodeFileError> {
        let source: Box<dyn Read + Send + Sync> = Box::new(source);
        let mut pages = Pages::new(source);
        let mut other = None;
        for _ in 0..MOST_PAGES {
            let Some(page) = pages.next_page()? else { break };
            if let Some(sound) = Sound::of(&page) {
                return Ok(Self { pages, sound, unfinished: Vec::new() });
            }
            if page.first && other.is_none() {
                let name = page.packets.first().map(|p| String::from_utf8_lossy(p).into_owned());
                let name: String =
                    name.iter().flat_map(|n| n.chars()).filter(char::is_ascii_alphabetic).collect();
                other = Some(name.chars().take(8).collect::<String>());
            }
        }
        Err(match other {
            Some(name) => DecodeFileError::Unsupported(format!("OGG with {name}")),
            None => DecodeFileError::Damaged("its first pages are damaged".into()),
        })
    }

    pub(super) fn form(&self) -> String {
        match self.sound.kind {
            Kind::Opus => "ogg/opus".into(),
            Kind::Vorbis => "ogg/vorbis".into(),
        }
    }

    /// Decodes the packets that end on the next page that has any.
    pub(super) fn step(&mut self, mono: &mut Vec<f32>) -> Result<Step, DecodeFileError> {
        loop {
            let Some(page) = self.pages.next_page()? else {
                let cut = self.pages.damage() || !self.unfinished.is_empty();
                return Ok(Step::Ended(cut.then(|| "it ends in the middle of its sound".into())));
            };
            // One stream after the other in one file: the second begins anew.
            if let Some(sound) = Sound::of(&page) {
                self.sound = sound;
                self.unfinished.clear();
            } else if page.serial == self.sound.serial {
                let page = self.whole_packets(page);
                if let Some(step) = self.sound.decode(&page, mono)? {
                    return Ok(step);
                }
            }
        }
    }

    /// The page with the packets that end on it, and no others.
    fn whole_packets(&mut self, mut page: Page) -> Page {
        let mut packet = std::mem::take(&mut self.unfinished);
        if page.continued && !page.packets.is_empty() {
            let rest = page.packets.remove(0);
            // Without its beginning the rest of a packet is of no use.
            let usable = !packet.is_empty() && !page.after_damage && packet.len() < LARGEST_PACKET;
            packet.extend(rest);
            if page.packets.is_empty() && page.unfinished {
                if usable {
                    self.unfinished = packet;
                }
                return page;
            }
            if usable {
                page.packets.insert(0, packet);
            }
        }
        if page.unfinished {
            self.unfinished = page.packets.pop().unwrap_or_default();
        }
        page
    }
}

impl Sound {
    /// The stream that begins on this page, if it is one of sound.
    fn of(page: &Page) -> Option<Self> {
        let head = page.packets.first().filter(|_| page.first)?;
        let kind = match head {
            head if head.starts_with(b"OpusHead") => Kind::Opus,
            head if head.starts_with(b"\x01vorbis") => Kind::Vorbis,
            _ => return None,
        };
        let headers = vec![head.clone()];
        Some(Self { serial: page.serial, kind, headers, codec: None, begin: None, heard: 0, delay: 0 })
    }

    /// The decoder that the headers describe.
    fn codec(&self) -> Result<Codec, DecodeFileError> {
        let mut sound = AudioCodecParameters::new();
        match (self.kind, self.headers.as_slice()) {
            (Kind::Vorbis, [first, _, setup]) => {
                let both = [first.as_slice(), setup].concat();
                sound.for_codec(CODEC_ID_VORBIS).with_extra_data(both.into());
            }
            (_, [first, ..]) => {
                sound.for_codec(CODEC_ID_OPUS).with_extra_data(first.as_slice().into());
            }
            (_, []) => return Err(DecodeFileError::Damaged("its headers are missing".into())),
        }
        Codec::new(&sound)
    }

    /// Decodes the packets that end on a page. `None` where they hold no sound.
    fn decode(&mut self, page: &Page, mono: &mut Vec<f32>) -> Result<Option<Step>, DecodeFileError> {
        let (mut all, mut skipped, mut packet_frames, mut rate, mut broken) = (0, 0, 0_u64, 0, None);
        for packet in &page.packets {
            let codec = match &mut self.codec {
                Some(codec) => codec,
                None => {
                    self.headers.push(packet.clone());
                    if self.headers.len() == self.kind.headers() {
                        self.codec = Some(self.codec()?);
                        self.headers.clear();
                    }
                    continue;
                }
            };
            let packet = Packet::new(0, Timestamp::new(0), Duration::new(0), packet.as_slice());
            let before = mono.len();
            match codec.decode(&packet, mono) {
                Ok(Some(decoded)) => {
                    rate = decoded.rate;
                    skipped += decoded.skipped as i64;
                    packet_frames = (decoded.skipped + mono.len() - before) as u64;
                    all += packet_frames as i64;
                }
                Ok(None) => {}
                Err(Broken::Packet(why)) => broken = Some(why),
                Err(Broken::File(e)) => return Err(e),
            }
        }
        let damaged = broken.map(|why| Step::Damaged { why, seconds: 0.0 });
        if all == 0 {
            return Ok(damaged);
        }
        // A page ends at its granule position. Only the last one may end before its last packet does (RFC 7845, 4.4).
        let ends = if page.granule < 0 { self.begin.unwrap_or(0) + self.heard + all } else { page.granule };
        // A stream that was cut out of a longer one begins anywhere; one whose first pages are damaged began at 0.
        let first = match (page.last, page.after_damage) {
            (_, true) => 0,
            (true, false) => (ends - all).max(0),
            (false, false) => ends - all,
        };
        let begin = *self.begin.get_or_insert(first);
        let mut missing = (ends - all - begin - self.heard).max(0);
        if page.last && self.kind == Kind::Opus {
            // The last page ends early, so what is missing before it seems shorter; it was whole packets.
            missing = missing.cast_unsigned().next_multiple_of(packet_frames.max(1)).cast_signed();
        }
        let place = begin + self.heard + missing;
        let surplus = if page.last { (place + all - ends).clamp(0, all) } else { 0 };
        mono.truncate(mono.len().saturating_sub(surplus as usize));
        self.delay += skipped;
        self.heard = place - begin + all;
        if mono.is_empty() {
            return Ok(damaged);
        }
        let at = (place - begin + skipped - self.delay) as f64 / f64::from(rate);
        Ok(Some(Step::Sound { rate, at: Some(at) }))
    }
}
