//! One packet to its sound, channels averaged: symphonia's decoders, and [`opus`] beside them.

use super::opus;
use super::problem::DecodeFileError;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;

/// Rates that recorders make, in samples a second.
const RATES: std::ops::RangeInclusive<u32> = 2_000..=384_000;
/// Most channels that are mixed.
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;

/// The decoder of one stream.
pub(super) enum Codec {
    Opus(opus::Packets),
    Other { decoder: Box<dyn AudioDecoder>, samples: Vec<f32> },
}

/// What a packet gave, beside its sound.
pub(super) struct Decoded {
    pub rate: u32,
    /// Frames at its beginning that were dropped: the encoder's delay, and no sound.
    pub skipped: usize,
}

/// Why a packet gave nothing.
pub(super) enum Broken {
    /// It is damaged; the next may not be.
    Packet(String),
    /// No other will do better.
    File(DecodeFileError),
}

impl Codec {
    /// The decoder for a stream that is described so.
    pub(super) fn new(sound: &AudioCodecParameters) -> Result<Self, DecodeFileError> {
        if let Some(rate) = sound.sample_rate {
            check_rate(rate)?;
        }
        if let Some(channels) = &sound.channels {
            check_channels(channels.count())?;
        }
        if sound.codec == CODEC_ID_OPUS {
            let head = sound.extra_data.as_deref().unwrap_or_default();
            return Ok(Self::Opus(opus::Packets::new(head).map_err(DecodeFileError::Unsupported)?));
        }
        let options = AudioDecoderOptions::default();
        let decoder = symphonia::default::get_codecs().make_audio_decoder(sound, &options);
        Ok(Self::Other { decoder: decoder.map_err(DecodeFileError::from_demuxer)?, samples: Vec::new() })
    }

    /// The name of the decoder for `sound`; `None` where there is none.
    pub(super) fn name(sound: &AudioCodecParameters) -> Option<&'static str> {
        if sound.codec == CODEC_ID_OPUS {
            return Some("opus");
        }
        let registered = symphonia::default::get_codecs().get_audio_decoder(sound.codec)?;
        Some(registered.codec.info.short_name)
    }

    /// Appends the sound of a packet; `None` where it holds none.
    pub(super) fn decode(&mut self, packet: &Packet, mono: &mut Vec<f32>) -> Result<Option<Decoded>, Broken> {
        let (decoder, samples) = match self {
            Self::Opus(decoder) => {
                let (kept, skipped) = decoder.decode(&packet.data, mono).map_err(Broken::Packet)?;
                // The delay at the beginning is the decoder's to drop; the padding at the end only a demuxer knows.
                let surplus = (packet.trim_end.get() as usize).min(kept);
                mono.truncate(mono.len() - surplus);
                return Ok(Some(Decoded { rate: opus::RATE, skipped }));
            }
            Self::Other { decoder, samples } => (decoder, samples),
        };
        let buffer = match decoder.decode(packet) {
            Ok(buffer) => buffer,
            Err(Error::ResetRequired) => {
                decoder.reset();
                return Ok(None);
            }
            Err(e) => return Err(Broken::Packet(e.to_string())),
        };
        if buffer.frames() == 0 {
            return Ok(None);
        }
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        check_rate(rate).and_then(|()| check_channels(channels)).map_err(Broken::File)?;
        samples.clear();
        buffer.copy_to_vec_interleaved(samples);
        let share = 1.0 / channels as f32;
        // A float file may hold anything; what is not a number would deafen the filter for good.
        let sound = |s: &f32| if s.is_finite() { s.clamp(-8.0, 8.0) } else { 0.0 };
        mono.extend(samples.chunks_exact(channels).map(|f| f.iter().map(sound).sum::<f32>() * share));
        Ok(Some(Decoded { rate, skipped: 0 }))
    }
}

fn check_rate(rate: u32) -> Result<(), DecodeFileError> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(DecodeFileError::Absurd(format!("{rate} samples a second")))
}

fn check_channels(channels: usize) -> Result<(), DecodeFileError> {
    if CHANNELS.contains(&channels) {
        return Ok(());
    }
    Err(DecodeFileError::Absurd(format!("{channels} channels")))
}
