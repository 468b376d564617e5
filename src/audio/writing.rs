//! Writes a recording so that a crash at any moment leaves all but the last fraction of a second readable.
//!
//! A frame is written whole and synced (`fdatasync`) before the next; a new segment begins every minute, and its
//! folder is synced when it is made. What was not acknowledged by the disk does not count: see
//! [`RecordingWriter::samples`].

use super::segment::{FrameCipher, FrameKind, Header, MAX_FRAME_SAMPLES, segment_path};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Samples that make a frame: 200 ms, so that with the device's own buffer a kill costs less than half a second.
const FRAME_SAMPLES: usize = 3_200;
/// Samples after which a new segment begins: a minute.
const SEGMENT_SAMPLES: u64 = 960_000;

/// The open end of a recording.
pub struct RecordingWriter {
    folder: PathBuf,
    recording: Uuid,
    key: Zeroizing<[u8; 32]>,
    /// Not yet a frame.
    waiting: Vec<i16>,
    /// On disk and synced, from the first sample of the recording.
    samples: u64,
    segment: Segment,
    segment_samples: u64,
    /// Sync every frame, and not every segment only.
    every_frame: bool,
}

struct Segment {
    file: File,
    cipher: FrameCipher,
    number: u32,
    first_sample: u64,
    /// End of the last whole frame.
    good_bytes: u64,
}

impl RecordingWriter {
    /// Makes the folder and the first segment, both durable.
    pub fn create(folder: &Path, recording: Uuid, key: [u8; 32]) -> io::Result<Self> {
        Self::with_segments_of(SEGMENT_SAMPLES, folder, recording, key)
    }

    /// [`RecordingWriter::create`] with another length of segment.
    pub fn with_segments_of(
        segment_samples: u64,
        folder: &Path,
        recording: Uuid,
        key: [u8; 32],
    ) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent() {
            sync_folder(parent)?;
        }
        let key = Zeroizing::new(key);
        let segment = Segment::create(folder, recording, &key, 0, 0)?;
        let folder = folder.to_owned();
        Ok(Self {
            folder,
            recording,
            key,
            waiting: Vec::new(),
            samples: 0,
            segment,
            segment_samples,
            every_frame: true,
        })
    }

    /// Syncs once a segment and at the end: for what is kept whole or not at all, and can be had again.
    pub fn sync_by_segment(mut self) -> Self {
        self.every_frame = false;
        self
    }

    /// Takes sound and writes what makes whole frames.
    pub fn write(&mut self, sound: &[i16]) -> io::Result<()> {
        self.waiting.extend_from_slice(sound);
        while self.waiting.len() >= FRAME_SAMPLES {
            // A disk that was slow for a while finds more than one frame waiting: one sync serves them all.
            let take = self.waiting.len().min(MAX_FRAME_SAMPLES);
            let rest = self.waiting.split_off(take);
            let frame = std::mem::replace(&mut self.waiting, rest);
            let full = self.samples + take as u64 - self.segment.first_sample >= self.segment_samples;
            self.frame(if full { FrameKind::EndOfSegment } else { FrameKind::More }, &frame)?;
            if full {
                let number = self.segment.number + 1;
                self.segment =
                    Segment::create(&self.folder, self.recording, &self.key, number, self.samples)?;
            }
        }
        Ok(())
    }

    /// Samples on disk and synced.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Writes the tail and marks the end. Returns the samples of the whole recording.
    pub fn finish(mut self) -> io::Result<u64> {
        let rest = std::mem::take(&mut self.waiting);
        self.frame(FrameKind::EndOfRecording, &rest)?;
        Ok(self.samples)
    }

    /// Gives up after an error: cuts off what is not a whole frame, as far as the disk still allows it.
    pub fn abandon(self) -> u64 {
        let _ =
            self.segment.file.set_len(self.segment.good_bytes).and_then(|()| self.segment.file.sync_data());
        self.samples
    }

    fn frame(&mut self, kind: FrameKind, samples: &[i16]) -> io::Result<()> {
        let frame = self
            .segment
            .cipher
            .seal(kind, samples)
            .map_err(|_| io::Error::other("a segment holds more frames than its cipher may seal"))?;
        self.segment.file.write_all(&frame)?;
        if self.every_frame || kind != FrameKind::More {
            self.segment.file.sync_data()?;
        }
        self.segment.good_bytes += frame.len() as u64;
        self.samples += samples.len() as u64;
        Ok(())
    }
}

impl Segment {
    fn create(
        folder: &Path,
        recording: Uuid,
        key: &[u8; 32],
        number: u32,
        first_sample: u64,
    ) -> io::Result<Self> {
        let header = Header::new(recording, number, first_sample)?;
        // Never over a file that is there: a nonce belongs to one segment.
        let path = segment_path(folder, number);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let bytes = header.to_bytes();
        file.write_all(&bytes)?;
        file.sync_data()?;
        sync_folder(folder)?;
        let cipher = FrameCipher::new(key, &header);
        Ok(Self { file, cipher, number, first_sample, good_bytes: bytes.len() as u64 })
    }
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
