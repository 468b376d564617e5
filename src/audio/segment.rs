//! The form of a segment file, shared by the writer and the reader.
//!
//! A recording is a folder of segments `000000.seg`, `000001.seg` …, about a minute each. A segment is a header of
//! [`HEADER_BYTES`] in clear and then frames: one byte of [`FrameKind`], four bytes of length (little endian), and
//! the ciphertext of up to a second of 16-bit samples (little endian) with its tag. Frames are the blocks of a STREAM
//! (Hoang, Reyhanitabar, Rogaway, Vizár 2015; BE32) over XChaCha20-Poly1305 under the recording's own key: they can
//! be neither changed, reordered, dropped from the middle nor moved to another segment without that being noticed.
//! The header and the frame's own five bytes are its associated data.

use aead_stream::{StreamBE32, StreamPrimitive};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Bytes before the first frame.
pub(super) const HEADER_BYTES: usize = 55;
/// Bytes before a frame's ciphertext.
pub(super) const FRAME_PREFIX_BYTES: usize = 5;
/// Most samples in one frame: a second. A longer length is damage.
pub(super) const MAX_FRAME_SAMPLES: usize = 16_000;
/// Most bytes of ciphertext in one frame.
pub(super) const MAX_FRAME_BYTES: usize = MAX_FRAME_SAMPLES * 2 + TAG_BYTES;
/// Poly1305's tag.
const TAG_BYTES: usize = 16;
/// First bytes of a segment; the last of them is the version of the form.
const MAGIC: &[u8; 8] = b"BRBXSEG\x01";
/// XChaCha20's nonce of 24 bytes less the 5 that STREAM counts in.
const NONCE_BYTES: usize = 19;

/// Where a frame stands. The end of a segment and of a recording are both marked, so that what is missing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// More follows in this segment.
    More,
    /// The last frame of its segment; another segment follows.
    EndOfSegment,
    /// The last frame of the recording: it was stopped, not cut off.
    EndOfRecording,
}

impl FrameKind {
    fn byte(self) -> u8 {
        match self {
            Self::More => 0,
            Self::EndOfSegment => 1,
            Self::EndOfRecording => 2,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::More, Self::EndOfSegment, Self::EndOfRecording].into_iter().find(|k| k.byte() == byte)
    }
}

/// What a segment says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub recording: Uuid,
    pub number: u32,
    /// Position of the segment's first sample in the recording.
    pub first_sample: u64,
    pub nonce: [u8; NONCE_BYTES],
}

impl Header {
    pub(super) fn new(recording: Uuid, number: u32, first_sample: u64) -> std::io::Result<Self> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|e| std::io::Error::other(e.to_string()))?;
        Ok(Self { recording, number, first_sample, nonce })
    }

    pub(super) fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..24].copy_from_slice(self.recording.as_bytes());
        bytes[24..28].copy_from_slice(&self.number.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.first_sample.to_le_bytes());
        bytes[36..].copy_from_slice(&self.nonce);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        if &bytes[..8] != MAGIC {
            return None;
        }
        Some(Self {
            recording: Uuid::from_slice(&bytes[8..24]).ok()?,
            number: u32::from_le_bytes(bytes[24..28].try_into().ok()?),
            first_sample: u64::from_le_bytes(bytes[28..36].try_into().ok()?),
            nonce: bytes[36..].try_into().ok()?,
        })
    }
}

/// Seals or opens the frames of one segment, in order.
pub(super) struct FrameCipher {
    stream: StreamBE32<XChaCha20Poly1305>,
    header: [u8; HEADER_BYTES],
    position: u32,
}

impl FrameCipher {
    pub(super) fn new(key: &[u8; 32], header: &Header) -> Self {
        let aead = XChaCha20Poly1305::new(&(*key).into());
        let stream = aead_stream::NewStream::from_aead(aead, &header.nonce.into());
        Self { stream, header: header.to_bytes(), position: 0 }
    }

    /// A whole frame, prefix and ciphertext, ready to be written.
    pub(super) fn seal(
        &mut self,
        kind: FrameKind,
        samples: &[i16],
    ) -> Result<Vec<u8>, aead_stream::aead::Error> {
        let mut sound: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let prefix = prefix(kind, sound.len() + TAG_BYTES);
        let (position, last) = (self.position, kind != FrameKind::More);
        self.stream.encrypt_in_place(position, last, &self.associated(&prefix), &mut sound)?;
        self.position = position.checked_add(1).ok_or(aead_stream::aead::Error)?;
        let mut frame = prefix.to_vec();
        frame.append(&mut sound);
        Ok(frame)
    }

    /// The samples of the next frame; an error says that it is not what was written here.
    pub(super) fn open(
        &mut self,
        kind: FrameKind,
        ciphertext: &[u8],
    ) -> Result<Vec<i16>, aead_stream::aead::Error> {
        let mut sound = ciphertext.to_vec();
        let associated = self.associated(&prefix(kind, ciphertext.len()));
        self.stream.decrypt_in_place(self.position, kind != FrameKind::More, &associated, &mut sound)?;
        self.position = self.position.checked_add(1).ok_or(aead_stream::aead::Error)?;
        Ok(sound.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
    }

    fn associated(&self, prefix: &[u8; FRAME_PREFIX_BYTES]) -> [u8; HEADER_BYTES + FRAME_PREFIX_BYTES] {
        let mut data = [0; HEADER_BYTES + FRAME_PREFIX_BYTES];
        data[..HEADER_BYTES].copy_from_slice(&self.header);
        data[HEADER_BYTES..].copy_from_slice(prefix);
        data
    }
}

fn prefix(kind: FrameKind, ciphertext_bytes: usize) -> [u8; FRAME_PREFIX_BYTES] {
    let mut bytes = [0; FRAME_PREFIX_BYTES];
    bytes[0] = kind.byte();
    bytes[1..].copy_from_slice(&(ciphertext_bytes as u32).to_le_bytes());
    bytes
}

/// The file of segment `number`.
pub(super) fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.seg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_opens_only_where_it_was_written() {
        let key = [7; 32];
        let header = Header::new(Uuid::now_v7(), 3, 960_000).unwrap();
        assert_eq!(Header::from_bytes(&header.to_bytes()), Some(header.clone()));
        let mut seal = FrameCipher::new(&key, &header);
        let first = seal.seal(FrameKind::More, &[1, -2, 3]).unwrap();
        let second = seal.seal(FrameKind::EndOfRecording, &[4]).unwrap();
        let body = |frame: &[u8]| frame[FRAME_PREFIX_BYTES..].to_vec();

        let mut open = FrameCipher::new(&key, &header);
        assert_eq!(open.open(FrameKind::More, &body(&first)).unwrap(), [1, -2, 3]);
        assert_eq!(open.open(FrameKind::EndOfRecording, &body(&second)).unwrap(), [4]);

        // another order, another kind, another segment, another key
        assert!(FrameCipher::new(&key, &header).open(FrameKind::EndOfRecording, &body(&second)).is_err());
        assert!(FrameCipher::new(&key, &header).open(FrameKind::EndOfSegment, &body(&first)).is_err());
        let other = Header { number: 4, ..header.clone() };
        assert!(FrameCipher::new(&key, &other).open(FrameKind::More, &body(&first)).is_err());
        assert!(FrameCipher::new(&[8; 32], &header).open(FrameKind::More, &body(&first)).is_err());
    }
}
