//! Sound: the microphone, its level, the recorder, and the files it leaves behind.
//!
//! The only user of cpal and of evdev. A press of the button opens the microphone, makes the permit durable and only then writes
//! sound: 16 kHz mono, in frames of a fifth of a second, each encrypted and synced, so that a power cut costs at
//! most half a second. What a crash left open is closed at the next start at its last good frame
//! ([`recover_unfinished`]). Speech is recognised in the room `speech`, not here.

mod actor;
mod alarms;
mod alsa_messages;
pub mod button;
mod capture;
mod decoding;
mod export;
mod level;
mod microphones;
mod reading;
mod recorder;
mod recovery;
mod resample;
mod reserve;
mod segment;
mod segment_file;
mod session;
mod sound_watch;
mod source;
mod spool;
mod status;
mod track;
mod trial;
mod upload;
mod virtual_microphone;
mod wav;
mod writing;

pub use decoding::{DecodeFileError, SoundFile};
pub use export::{Exact, FlacWriter, WAV_HEADER, wav_header};
pub use microphones::{Microphone, MicrophoneError, is_present, microphones};
pub use reading::{Break, Followed, RecordingReader, follow_recording, read_recording};
pub use recorder::{Recorder, RecorderError, RecorderSettings};
pub use recovery::{Recovered, recover_unfinished};
pub use resample::ToSpeechRate;
pub use reserve::{PREFIX as RESERVE_PREFIX, Reserve};
pub use spool::{Spool, SpoolReader};
pub use status::{RecorderState, RecorderStatus};
pub use trial::{Trial, TrialVerdict, try_microphone};
pub use upload::{
    Arrived, MARK_OF_ARRIVAL, UploadError, check_room, clear_broken_uploads, is_arriving, take_in,
};
pub use virtual_microphone::{Feeder, VirtualMicrophone};
pub use wav::{WavError, read_wav};
pub use writing::RecordingWriter;

pub use crate::store::recordings::SAMPLE_RATE;
