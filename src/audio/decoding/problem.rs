//! Why a file is not taken as a recording, in a sentence that says what to do.

use std::io;
use symphonia::core::errors::Error;

/// How to make a form that every box reads.
const CONVERT: &str = "convert it first, for example with: ffmpeg -i FILE -ar 16000 -ac 1 FILE.wav";
/// What is read.
const TAKEN: &str = "WAV, FLAC, MP3, M4A, AAC, OGG or Opus";

/// Why a file was not decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeFileError {
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("it is empty (0 bytes): perhaps it was not copied to its end; copy it again")]
    Empty,
    #[error("it is {0}, not a recording; choose a {TAKEN} file")]
    NotSound(&'static str),
    #[error("its content is not known as sound, so it cannot be decoded; choose a {TAKEN} file")]
    Unknown,
    #[error("its sound is in a form that is not decoded here ({0}); {CONVERT}")]
    Unsupported(String),
    #[error(
        "its sound is locked by its seller (DRM), so nothing can read it; use a recording of your own making"
    )]
    Locked,
    #[error("there is no sound in it, only pictures or text; choose a {TAKEN} file")]
    NoSound,
    #[error(
        "it was not copied to its end: the index, which is written last, is missing; copy it again, and let the recorder finish before"
    )]
    NoIndex,
    #[error("nothing of its sound can be read ({0}): it is damaged; copy it again from where it was made")]
    Damaged(String),
    #[error("it says that its sound has {0}, which no recorder makes: it is damaged; copy it again")]
    Absurd(String),
    #[error("it holds more than {0} hours of sound; cut it into parts")]
    TooLong(u64),
}

impl DecodeFileError {
    /// What symphonia says of a file that it cannot open.
    pub(super) fn from_demuxer(error: Error) -> Self {
        match error {
            Error::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Damaged("it ends before its sound begins".into())
            }
            Error::IoError(e) => Self::Read(e),
            Error::Unsupported(what) => Self::Unsupported(what.to_owned()),
            other => Self::Damaged(other.to_string()),
        }
    }

    /// A word that the page knows this error by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "file-unreadable",
            Self::Empty => "file-empty",
            Self::NotSound(_) | Self::Unknown => "file-not-sound",
            Self::Unsupported(_) => "file-unsupported",
            Self::Locked => "file-locked",
            Self::NoSound => "file-no-sound",
            Self::NoIndex | Self::Damaged(_) | Self::Absurd(_) => "file-damaged",
            Self::TooLong(_) => "file-too-long",
        }
    }
}
