//! Writes a recording so that a crash at any moment leaves all but the last fraction of a second readable.
//!
//! A frame is written whole and synced (`fdatasync`) before the next; a new segment begins every minute, and its
//! folder is synced when it is made. What was not acknowledged by the disk does not count: see
//! [`RecordingWriter::samples`]. Where room was reserved, a segment is written into it ([`super::reserve`]); a write
//! that fails is tried again ([`super::segment_file`]).

use super::reserve::Reserve;
use super::segment::{FrameCipher, FrameKind, Header, MAX_FRAME_SAMPLES, segment_path};
use super::segment_file::SegmentFile;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
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
    reserve: Option<Reserve>,
    /// Writes that failed in the segments before this one, and then went well.
    failures: u64,
    /// Sync every frame, and not every segment only.
    every_frame: bool,
}

struct Segment {
    file: SegmentFile,
    cipher: FrameCipher,
    number: u32,
    first_sample: u64,
}

impl RecordingWriter {
    /// Makes the folder and the first segment, both durable.
    pub fn create(folder: &Path, recording: Uuid, key: [u8; 32]) -> io::Result<Self> {
        Self::begin(SEGMENT_SAMPLES, None, folder, recording, key)
    }

    /// [`RecordingWriter::create`] in room that was reserved for it.
    pub fn create_in(
        reserve: Option<Reserve>,
        folder: &Path,
        recording: Uuid,
        key: [u8; 32],
    ) -> io::Result<Self> {
        Self::begin(SEGMENT_SAMPLES, reserve, folder, recording, key)
    }

    /// [`RecordingWriter::create`] with another length of segment.
    pub fn with_segments_of(
        segment_samples: u64,
        folder: &Path,
        recording: Uuid,
        key: [u8; 32],
    ) -> io::Result<Self> {
        Self::begin(segment_samples, None, folder, recording, key)
    }

    fn begin(
        segment_samples: u64,
        reserve: Option<Reserve>,
        folder: &Path,
        recording: Uuid,
        key: [u8; 32],
    ) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent() {
            sync_folder(parent)?;
        }
        let key = Zeroizing::new(key);
        let segment = Segment::create(reserve.as_ref(), folder, recording, &key, 0, 0)?;
        Ok(Self {
            folder: folder.to_owned(),
            recording,
            key,
            waiting: Vec::new(),
            samples: 0,
            segment,
            segment_samples,
            reserve,
            failures: 0,
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
                self.next_segment()?;
            }
        }
        Ok(())
    }

    /// Samples on disk and synced.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Samples taken, those included that do not make a frame yet.
    pub(super) fn position(&self) -> u64 {
        self.samples + self.waiting.len() as u64
    }

    /// Writes that the disk refused and then took.
    pub(super) fn failures(&self) -> u64 {
        self.failures + self.segment.file.failures
    }

    /// Writes the tail and marks the end. Returns the samples of the whole recording.
    pub fn finish(mut self) -> io::Result<u64> {
        let rest = std::mem::take(&mut self.waiting);
        self.frame(FrameKind::EndOfRecording, &rest)?;
        self.trim();
        Ok(self.samples)
    }

    /// Gives up after an error: cuts off what is not a whole frame, as far as the disk still allows it.
    pub fn abandon(self) -> u64 {
        self.trim();
        self.samples
    }

    fn next_segment(&mut self) -> io::Result<()> {
        self.trim();
        let number = self.segment.number + 1;
        let reserve = self.reserve.as_ref();
        let next = Segment::create(reserve, &self.folder, self.recording, &self.key, number, self.samples)?;
        self.failures += self.segment.file.failures;
        self.segment = next;
        Ok(())
    }

    /// Gives back the room behind the last whole frame. That it fails costs room, not sound.
    fn trim(&self) {
        if let Err(e) = self.segment.file.trim() {
            log::warn!("audio.segment cannot be cut to its length: {e}");
        }
    }

    fn frame(&mut self, kind: FrameKind, samples: &[i16]) -> io::Result<()> {
        let frame = self
            .segment
            .cipher
            .seal(kind, samples)
            .map_err(|_| io::Error::other("a segment holds more frames than its cipher may seal"))?;
        let sync = self.every_frame || kind != FrameKind::More;
        self.segment.file.append(&frame, sync)?;
        self.samples += samples.len() as u64;
        Ok(())
    }
}

impl Segment {
    fn create(
        reserve: Option<&Reserve>,
        folder: &Path,
        recording: Uuid,
        key: &[u8; 32],
        number: u32,
        first_sample: u64,
    ) -> io::Result<Self> {
        let header = Header::new(recording, number, first_sample)?;
        // Never over a file that is there: a nonce belongs to one segment.
        let path = segment_path(folder, number);
        let file = match reserve.map_or(Ok(None), |r| r.open(number))? {
            Some((file, reserved)) => {
                std::fs::hard_link(&reserved, &path)?;
                std::fs::remove_file(reserved)?;
                file
            }
            None => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?,
        };
        let mut file = SegmentFile::new(file);
        file.append(&header.to_bytes(), true)?;
        sync_folder(folder)?;
        let cipher = FrameCipher::new(key, &header);
        Ok(Self { file, cipher, number, first_sample })
    }
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::read_recording;
    use crate::audio::segment_file::faults::fail_every;

    const KEY: [u8; 32] = [7; 32];

    /// Records until the disk is given up or two thousand frames are written. What was said to be there, and what is.
    fn record(place: &Path, writes: u64, syncs: u64) -> (io::Result<u64>, u64, Vec<i16>, bool) {
        let folder = place.join(format!("{writes}-{syncs}"));
        let mut writer = RecordingWriter::with_segments_of(40_000, &folder, Uuid::now_v7(), KEY).unwrap();
        fail_every(writes, syncs);
        let mut refused = None;
        for n in 0..200_i16 {
            if let Err(e) = writer.write(&[n; FRAME_SAMPLES]) {
                refused = Some(e);
                break;
            }
        }
        let (said, failures) = (writer.samples(), writer.failures());
        let outcome = match refused {
            Some(e) => {
                assert_eq!(writer.abandon(), said);
                Err(e)
            }
            None => writer.finish(),
        };
        fail_every(0, 0);
        let mut reader = read_recording(&folder, &KEY).unwrap();
        let sound: Vec<i16> = reader.by_ref().flatten().collect();
        assert!(sound.chunks(FRAME_SAMPLES).zip(0..).all(|(frame, n)| frame.iter().all(|s| *s == n)));
        assert!(sound.len() as u64 >= said, "what was acknowledged is there");
        (outcome, failures, sound, reader.ended() && reader.breaks().is_empty())
    }

    #[test]
    fn an_error_on_every_nth_write_loses_nothing() {
        let place = tempfile::tempdir().unwrap();
        for (writes, syncs) in [(2, 0), (3, 0), (7, 0), (0, 2), (0, 5), (2, 2), (2, 3), (3, 2)] {
            let (outcome, failures, sound, whole) = record(place.path(), writes, syncs);
            assert_eq!(outcome.unwrap(), 200 * FRAME_SAMPLES as u64, "every {writes} and {syncs}");
            assert!(whole && sound.len() == 200 * FRAME_SAMPLES, "every {writes} and {syncs}");
            assert!(failures >= 200 / 7, "every {writes} and {syncs}: {failures}");
        }
    }

    #[test]
    fn a_disk_that_takes_nothing_more_keeps_what_it_has() {
        let place = tempfile::tempdir().unwrap();
        for (writes, syncs) in [(1, 0), (0, 1)] {
            let (outcome, _, sound, whole) = record(place.path(), writes, syncs);
            assert!(outcome.is_err() && !whole, "every {writes} and {syncs}");
            assert!(sound.len() <= FRAME_SAMPLES, "{}", sound.len());
        }
    }
}
