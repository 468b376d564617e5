//! Room on the disk for a whole meeting, taken before the first sample.
//!
//! The space belongs to files of their own, one a segment, in a folder beside the recordings (`.reserve-ID`). Each
//! becomes its segment when its turn comes, so that at no moment another program can take what was promised. What is
//! left goes back when the recording ends; what a crash left behind goes back at the next start. Beyond its length a
//! recording goes on with what the disk still has. A file system that cannot reserve is said in the log; there the
//! look at the free space before the start is all there is.

use super::SAMPLE_RATE;
use super::segment::HEADER_BYTES;
use rustix::fs::FallocateFlags;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the folders begin.
pub const PREFIX: &str = ".reserve-";
/// Seconds of a segment.
const SEGMENT_SECONDS: u64 = 60;
/// A segment ends up to a second late, where the disk was slow and a frame is long.
const LATE_SECONDS: u64 = 1;

/// What is still reserved; it goes back when this is dropped.
#[derive(Debug)]
pub struct Reserve {
    folder: PathBuf,
    segments: u32,
}

impl Reserve {
    /// Reserves room for a recording of this length. `StorageFull` where there is none.
    pub fn make(recordings: &Path, id: &str, length: Duration) -> io::Result<Self> {
        let folder = recordings.join(format!("{PREFIX}{id}"));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut reserve = Self { folder, segments: 0 };
        let mut left = length.as_secs();
        while left > 0 {
            let seconds = left.min(SEGMENT_SECONDS);
            left -= seconds;
            let mut options = OpenOptions::new();
            let file =
                options.write(true).create_new(true).mode(0o600).open(reserve.path(reserve.segments))?;
            match rustix::fs::fallocate(&file, FallocateFlags::KEEP_SIZE, 0, bytes(seconds)) {
                Ok(()) => reserve.segments += 1,
                Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
                    log::warn!("audio.reserve the file system cannot reserve room for recordings");
                    break;
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(reserve)
    }

    /// The room of a segment, if it was reserved: an empty file, and where it is.
    pub(super) fn open(&self, number: u32) -> io::Result<Option<(File, PathBuf)>> {
        if number >= self.segments {
            return Ok(None);
        }
        let path = self.path(number);
        Ok(Some((OpenOptions::new().write(true).open(&path)?, path)))
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:06}"))
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        if let Err(e) = std::fs::remove_dir_all(&self.folder) {
            log::warn!("audio.reserve cannot give back {}: {e}", self.folder.display());
        }
    }
}

/// Most bytes of a segment of so many seconds: 16-bit samples, five frames a second with prefix and tag.
fn bytes(seconds: u64) -> u64 {
    let seconds = seconds + LATE_SECONDS;
    HEADER_BYTES as u64 + seconds * (u64::from(SAMPLE_RATE) * 2 + 6 * 21)
}

/// Gives back what a crash left reserved. Called once at start.
pub(super) fn give_back_left_over(recordings: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(recordings) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Gives back the room behind the end of the segments of one recording.
pub(super) fn trim(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "seg") {
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(file.metadata()?.len())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{RecordingWriter, read_recording};
    use std::os::unix::fs::MetadataExt;

    fn held(path: &Path) -> u64 {
        let of = |p: PathBuf| if p.is_dir() { held(&p) } else { p.metadata().unwrap().blocks() * 512 };
        std::fs::read_dir(path).unwrap().map(|e| of(e.unwrap().path())).sum()
    }

    #[test]
    fn the_room_of_a_meeting_is_held_and_what_is_left_goes_back() {
        let place = tempfile::tempdir().unwrap();
        let id = uuid::Uuid::now_v7();
        let reserve = Reserve::make(place.path(), &id.to_string(), Duration::from_secs(150)).unwrap();
        let before = held(place.path());
        if before == 0 {
            return println!("skipped: the file system here cannot reserve");
        }
        assert!(before >= 150 * 32_000, "{before}");
        let folder = place.path().join(id.to_string());
        let mut writer = RecordingWriter::create_in(Some(reserve), &folder, id, [7; 32]).unwrap();
        for _ in 0..65 {
            writer.write(&[5; 16_000]).unwrap();
        }
        // Growing takes nothing from the disk, and the room of a full segment that was not needed went back.
        assert!(held(place.path()).abs_diff(before) < 100_000, "{} {before}", held(place.path()));
        assert_eq!(writer.finish().unwrap(), 65 * 16_000);
        assert!(held(place.path()) < 65 * 33_000 + 20_000, "{}", held(place.path()));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "only the recording is left");
        let mut reader = read_recording(&folder, &[7; 32]).unwrap();
        assert_eq!(reader.by_ref().flatten().count(), 65 * 16_000);
        assert!(reader.ended() && reader.breaks().is_empty());
    }

    #[test]
    fn what_a_crash_left_goes_back_at_the_next_start() {
        let place = tempfile::tempdir().unwrap();
        std::mem::forget(Reserve::make(place.path(), "a", Duration::from_secs(60)).unwrap());
        std::fs::create_dir(place.path().join("b")).unwrap();
        give_back_left_over(place.path()).unwrap();
        let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["b"]);
        give_back_left_over(&place.path().join("none")).unwrap();
    }
}
