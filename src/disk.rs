//! How much room is left on a disk: asked in one place, so that everybody counts the same bytes.

use std::io;
use std::path::Path;

/// Room on the disk that holds a path, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// That this program may still write: without what is set aside for root.
    pub free: u64,
    /// The whole disk; 0 on some file systems that keep nothing.
    pub total: u64,
}

/// Asks the file system that holds `path`, which must be there.
pub fn room(path: &Path) -> io::Result<Room> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(Room { free: stat.f_bavail * stat.f_frsize, total: stat.f_blocks * stat.f_frsize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_part_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let Room { free, total } = room(folder.path()).unwrap();
        assert!(free > 0 && free <= total);
        assert_eq!(room(&folder.path().join("nowhere")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
