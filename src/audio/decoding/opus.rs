//! The packets of an Opus stream to sound at 48 kHz. The demuxer finds the packets; the decoder is opus-pure.
//!
//! The encoder's delay at the beginning (pre-skip) is dropped here, and the gain of the header applied, as RFC 7845
//! (4.2 and 5.1) asks.

use opus_pure::{OpusDecoder, OpusMSDecoder};

/// Opus is decoded at this rate, whatever was put in.
pub(super) const RATE: u32 = 48_000;
/// Most samples of a channel in one packet: 120 ms (RFC 6716, 3.2.5).
const MAX_FRAMES: usize = 5_760;

/// Decodes one stream.
pub(super) struct Packets {
    decoder: Decoder,
    channels: usize,
    /// Samples of a channel that are still to be dropped.
    skip: usize,
    gain: f32,
    scratch: Vec<f32>,
}

enum Decoder {
    One(Box<OpusDecoder>),
    Many(Box<OpusMSDecoder>),
}

impl Packets {
    /// A decoder for the stream that `head` describes: the packet `OpusHead` of RFC 7845, 5.1.
    pub(super) fn new(head: &[u8]) -> Result<Self, String> {
        let (Some(b"OpusHead"), Some(head)) = (head.get(..8), head.get(..19)) else {
            return Err("its Opus header is damaged".into());
        };
        let channels = usize::from(head[9]);
        // In OGG the header has version 1 and its figures begin with their low byte; in MP4 it is version 0 and the
        // other way round ("Encapsulation of Opus in ISOBMFF", 4.3.2).
        let word = if head[8] == 0 { u16::from_be_bytes } else { u16::from_le_bytes };
        let skip = usize::from(word([head[10], head[11]]));
        // 1/256 dB
        let gain = f32::from(word([head[16], head[17]]).cast_signed()) / 256.0;
        let wrong = |e: opus_pure::Error| format!("Opus with {channels} channels is not decoded ({e})");
        let decoder = match head[18] {
            0 => Decoder::One(Box::new(OpusDecoder::new(RATE as i32, channels).map_err(wrong)?)),
            family => {
                Decoder::Many(Box::new(OpusMSDecoder::new(RATE as i32, channels, family).map_err(wrong)?))
            }
        };
        let gain = 10_f32.powf(gain / 20.0);
        Ok(Self { decoder, channels, skip, gain, scratch: vec![0.0; MAX_FRAMES * channels] })
    }

    /// Appends the sound of a packet, channels averaged. Gives back how many samples were kept and how many dropped.
    pub(super) fn decode(&mut self, packet: &[u8], mono: &mut Vec<f32>) -> Result<(usize, usize), String> {
        let frames = match &mut self.decoder {
            Decoder::One(decoder) => decoder.decode(packet, MAX_FRAMES, &mut self.scratch),
            Decoder::Many(decoder) => decoder.decode(packet, MAX_FRAMES, &mut self.scratch),
        }
        .map_err(|e| format!("a packet of Opus is damaged ({e})"))?;
        let skip = self.skip.min(frames);
        self.skip -= skip;
        let sound = &self.scratch[skip * self.channels..frames * self.channels];
        let scale = self.gain / self.channels as f32;
        mono.extend(sound.chunks_exact(self.channels).map(|f| f.iter().sum::<f32>() * scale));
        Ok((frames - skip, skip))
    }
}
