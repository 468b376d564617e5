//! Which microphones there are, and how one is chosen: by its stable name (`alsa:NAME`), or the system's default.
//!
//! ALSA offers much that is no microphone. Its null device is listed first and records perfect silence, so it is
//! refused by name; a default stands in the list even where there is no sound card, so a device counts as usable only
//! when it names a form in which it would deliver sound.

use super::alsa_messages::hush;
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{SampleFormat, SupportedStreamConfigRange};
use serde::Serialize;

/// The system's default input.
const DEFAULT_ID: &str = "alsa:default";
/// ALSA's silent null device.
const NULL_ID: &str = "alsa:null";
/// Rates that are taken where offered, best first: 48 kHz is what hardware runs at, so nothing before us converts.
const RATES: [u32; 7] = [48_000, 16_000, 32_000, 44_100, 96_000, 22_050, 8_000];
/// Sample formats, best first.
const FORMATS: [SampleFormat; 10] = [
    SampleFormat::I16,
    SampleFormat::I32,
    SampleFormat::F32,
    SampleFormat::I24,
    SampleFormat::F64,
    SampleFormat::U16,
    SampleFormat::U32,
    SampleFormat::U24,
    SampleFormat::I8,
    SampleFormat::U8,
];

/// A device that sound may come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Microphone {
    /// Stable name, for the configuration.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is what is used when none is chosen.
    pub default: bool,
    pub usable: bool,
    /// Why not, in a sentence.
    pub why_not: Option<String>,
}

/// Why there is no microphone to record with; the text is the sentence for the agent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MicrophoneError {
    #[error(
        "\"alsa:null\" is ALSA's silent null device, not a microphone: it would record nothing but silence. Choose another one (branchbox doctor lists them)"
    )]
    Null,
    #[error(
        "there is no microphone \"{id}\" on this machine: plug it in, or choose another one (branchbox doctor lists them)"
    )]
    Absent { id: String },
    #[error(
        "no microphone is connected: the system's default input cannot be opened ({reason}). Plug one in, or name one in the configuration (audio.microphone)"
    )]
    NoDefault { reason: String },
    #[error(
        "the microphone \"{id}\" cannot be opened: {reason}. Check that it is plugged in and that no other program uses it"
    )]
    CannotOpen { id: String, reason: String },
    #[error(
        "the microphone \"{id}\" opened but delivered no sound within {seconds} s: unplug it and plug it in again"
    )]
    Silent { id: String, seconds: u64 },
    #[error("the sound system of this machine does not answer: {reason}")]
    NoHost { reason: String },
}

/// The form in which a device is asked for sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Form {
    pub rate: u32,
    pub channels: u16,
    pub format: SampleFormat,
}

/// Everything that ALSA lists as an input, the default first. Opens each for a moment, so not while recording.
pub fn microphones() -> Result<Vec<Microphone>, MicrophoneError> {
    hush();
    let host = host()?;
    let no_host = |e: cpal::Error| MicrophoneError::NoHost { reason: e.to_string() };
    let mut devices: Vec<cpal::Device> = host.default_input_device().into_iter().collect();
    for device in host.devices().map_err(no_host)? {
        let id = id(&device);
        if device.supports_input() && !devices.iter().any(|d| self::id(d) == id) {
            devices.push(device);
        }
    }
    Ok(devices.iter().map(describe).collect())
}

/// Whether the device of that stable name, or the default one, is there. Lists names only.
pub fn is_present(choice: Option<&str>) -> bool {
    hush();
    find(choice).is_ok()
}

/// The device of that stable name, or the default.
pub(super) fn find(choice: Option<&str>) -> Result<cpal::Device, MicrophoneError> {
    let id = choice.unwrap_or(DEFAULT_ID);
    let absent = || MicrophoneError::Absent { id: id.to_owned() };
    if id == NULL_ID {
        return Err(MicrophoneError::Null);
    }
    let host = host()?;
    if id == DEFAULT_ID {
        let reason = "there is none".to_owned();
        return host.default_input_device().ok_or(MicrophoneError::NoDefault { reason });
    }
    let parsed = id.parse().map_err(|_| absent())?;
    host.device_by_id(&parsed).ok_or_else(absent)
}

/// The best form in which the device would deliver sound.
pub(super) fn form(device: &cpal::Device) -> Result<Form, MicrophoneError> {
    let ranges = device.supported_input_configs().map_err(|e| cannot_open(device, &e.to_string()))?;
    ranges
        .filter_map(|range| offer(&range))
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, form)| form)
        .ok_or_else(|| cannot_open(device, "it offers no form of sound that can be recorded"))
}

/// The stable name of a device.
pub(super) fn id(device: &cpal::Device) -> String {
    device.id().map_or_else(|_| "alsa:?".to_owned(), |id| id.to_string())
}

/// The sentence for a device that does not open.
pub(super) fn cannot_open(device: &cpal::Device, reason: &str) -> MicrophoneError {
    let id = id(device);
    let reason = reason.trim_end_matches('.').to_owned();
    if id == DEFAULT_ID {
        MicrophoneError::NoDefault { reason }
    } else {
        MicrophoneError::CannotOpen { id, reason }
    }
}

fn host() -> Result<cpal::Host, MicrophoneError> {
    cpal::host_from_id(cpal::HostId::Alsa).map_err(|e| MicrophoneError::NoHost { reason: e.to_string() })
}

fn describe(device: &cpal::Device) -> Microphone {
    let id = id(device);
    let why_not = if id == NULL_ID {
        Some(MicrophoneError::Null.to_string())
    } else {
        form(device).err().map(|e| e.to_string())
    };
    Microphone {
        name: device.description().map_or_else(|_| id.clone(), |d| d.name().to_owned()),
        default: id == DEFAULT_ID,
        usable: why_not.is_none(),
        why_not,
        id,
    }
}

/// What a range of forms has to offer, and what it costs us: rate first, then format, then channels to mix.
fn offer(range: &SupportedStreamConfigRange) -> Option<((usize, usize, u16), Form)> {
    let within = |rate: &u32| (range.min_sample_rate()..=range.max_sample_rate()).contains(rate);
    let rate_cost = RATES.iter().position(within);
    let rate = rate_cost.map_or(range.max_sample_rate(), |i| RATES[i]);
    let format = range.sample_format();
    let format_cost = FORMATS.iter().position(|f| *f == format)?;
    let cost = (rate_cost.unwrap_or(RATES.len()), format_cost, range.channels());
    Some((cost, Form { rate, channels: range.channels(), format }))
}
