//! A recording made elsewhere becomes one of the box's own: decoded, encrypted under a key of its own, kept whole or
//! not at all.
//!
//! While it arrives its folder holds the file [`MARK_OF_ARRIVAL`]. The store learns of the recording, its permit and its key in
//! one transaction when the last sample is on disk; then the mark goes. A folder with a mark that the store does not
//! know is what a kill left: it cannot be read any more, for its key was only in memory, and is removed at the start.

use super::spool::SpoolReader;
use super::{DecodeFileError, RecordingWriter, SAMPLE_RATE, SoundFile};
use crate::config::DataFolder;
use crate::disk;
use crate::store::{Database, StoreError, StoreResult, recordings};
use jiff::Timestamp;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Name of the mark of a recording that is still arriving.
pub const MARK_OF_ARRIVAL: &str = "arriving";
/// Bytes that stay free for a meeting that is recorded meanwhile: three hours of it, and 64 MiB for the databases.
const ROOM: u64 = 3 * 3600 * SAMPLE_RATE as u64 * 2 + (64 << 20);
/// Samples after which the room is looked at again: a minute.
const LOOK: u64 = 60 * SAMPLE_RATE as u64;
/// Samples that are written at once.
const WRITE: usize = 16_000;

/// Why a file did not become a recording. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the file was not taken: {0}")]
    Sound(#[from] DecodeFileError),
    #[error(
        "the disk has room for {free_mb} MB, and {needed_mb} MB stay free for meetings: free some space first"
    )]
    NoRoom { free_mb: u64, needed_mb: u64 },
    #[error("the file cannot be kept: {0}")]
    Disk(#[from] io::Error),
    #[error("the box is stopping; upload the file again when it has started")]
    Stopping,
}

/// A recording that is on disk, and unknown to the store. Dropped, it is gone.
pub struct Arrived {
    pub id: Uuid,
    pub key: Zeroizing<[u8; 32]>,
    pub samples: u64,
    /// Container and codec.
    pub form: String,
    /// When it was made, as the file says.
    pub made_at: Option<Timestamp>,
    /// What is damaged, in a sentence.
    pub damage: Option<String>,
    folder: Folder,
}

/// Removes itself unless it was kept.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(e) = std::fs::remove_dir_all(&self.path)
        {
            log::warn!("cannot remove what is left of an upload: {e}");
        }
    }
}

impl Arrived {
    /// Takes the mark away: the store knows the recording now.
    pub fn keep(mut self) {
        self.folder.kept = true;
        if let Err(e) = std::fs::remove_file(self.folder.path.join(MARK_OF_ARRIVAL)) {
            log::warn!("cannot take the mark off an upload; the next start will: {e}");
        }
    }
}

/// Checks that there is room for `bytes` more beside a meeting.
pub fn check_room(data: &DataFolder, bytes: u64) -> Result<(), UploadError> {
    let (free, needed) = (disk::room(data.path())?.free, ROOM + bytes);
    if free < needed {
        return Err(UploadError::NoRoom { free_mb: free / 1_000_000, needed_mb: needed / 1_000_000 });
    }
    Ok(())
}

/// Decodes what was uploaded and writes it as a recording. Blocks for as long as that takes.
pub fn take_in(
    upload: SpoolReader,
    data: &DataFolder,
    stopping: &CancellationToken,
) -> Result<Arrived, UploadError> {
    let length = upload.len();
    let mut sound = SoundFile::read(upload, length)?;
    // The first block tells most files that are none: nothing is made on disk for those.
    let mut block = sound.next_block()?;
    let id = Uuid::now_v7();
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(|e| io::Error::other(e.to_string()))?;
    let folder = Folder { path: data.recordings().join(id.to_string()), kept: false };
    DirBuilder::new().recursive(true).mode(0o700).create(&folder.path)?;
    File::create(folder.path.join(MARK_OF_ARRIVAL))?.sync_all()?;
    File::open(&folder.path)?.sync_all()?;
    let mut writer = RecordingWriter::create(&folder.path, id, *key)?.sync_by_segment();
    let mut looked = None;
    while let Some(samples) = block {
        if stopping.is_cancelled() {
            return Err(UploadError::Stopping);
        }
        if looked.is_none_or(|at| writer.samples() >= at + LOOK) {
            check_room(data, 0)?;
            looked = Some(writer.samples());
        }
        for part in samples.chunks(WRITE) {
            writer.write(part)?;
        }
        block = sound.next_block()?;
    }
    let samples = writer.finish()?;
    let (form, made_at, damage) = (sound.form().to_owned(), sound.made_at(), sound.damage());
    Ok(Arrived { id, key, samples, form, made_at, damage, folder })
}

/// Whether the recording in `folder` is still arriving.
pub fn is_arriving(folder: &Path) -> bool {
    folder.join(MARK_OF_ARRIVAL).exists()
}

/// At start: removes what a kill left of uploads, and takes the mark off those that the store knows. How many were
/// removed.
pub async fn clear_broken_uploads(db: &Database, data: &DataFolder) -> StoreResult<usize> {
    let entries = match std::fs::read_dir(data.recordings()) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(StoreError::Refused(format!("cannot look into the recordings: {e}"))),
    };
    let mut removed = 0;
    for path in entries.flatten().map(|e| e.path()).filter(|p| is_arriving(p)) {
        let id = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let known = db.read("find an uploaded recording", move |c| recordings::get(c, &id)).await?.is_some();
        let done = if known {
            std::fs::remove_file(path.join(MARK_OF_ARRIVAL))
        } else {
            removed += 1;
            std::fs::remove_dir_all(&path)
        };
        if let Err(e) = done {
            log::warn!("cannot tidy up after an upload that was broken off: {e}");
        }
    }
    Ok(removed)
}
