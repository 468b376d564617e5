//! The files of the watched folder: which are whole, what is in them, and where they go. No store, no import.
//!
//! A file is taken for whole when it has not changed for a while, and nobody has it locked. Nothing is ever deleted but what
//! has lain in `done/` for long; a file that is moved never takes the place of another.

use crate::reason::Reason;
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{FlockOperation, fcntl_lock, flock};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes of a file; the same as by upload.
pub const LARGEST: u64 = 256 << 20;

/// Imported files.
pub const DONE: &str = "done";
/// Files that were refused.
pub const REFUSED: &str = "refused";
/// Pictures that feeds name as files.
pub const MEDIA: &str = "media";

/// Endings under which programs write what is not whole yet, and names of what they keep beside a file.
const UNFINISHED: &[&str] = &[".tmp", ".part", ".partial", ".crdownload", ".filepart", ".download", ".swp"];

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub length: u64,
    /// Seconds and nanoseconds of its last change.
    pub modified: (i64, i64),
}

impl Seen {
    fn of(name: String, metadata: &Metadata) -> Self {
        Self { name, length: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }

    /// SHA-256 over name, time and content, hexadecimal: the same file, not only the same words.
    pub fn id(&self, content: &[u8]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([0]);
        hash.update(self.modified.0.to_be_bytes());
        hash.update(self.modified.1.to_be_bytes());
        hash.update(content);
        hex::encode(hash.finalize())
    }
}

/// The plain files of a folder, unfinished and hidden ones left out. The names of links come back beside them: they are
/// not followed.
pub fn list(folder: &Path) -> io::Result<(Vec<Seen>, Vec<String>)> {
    let (mut files, mut links) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let small = name.to_ascii_lowercase();
        if name.starts_with(['.', '~']) || UNFINISHED.iter().any(|end| small.ends_with(end)) {
            continue;
        }
        match entry.metadata() {
            Ok(m) if m.is_file() => files.push(Seen::of(name, &m)),
            Ok(m) if m.is_symlink() => links.push(name),
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok((files, links))
}

/// Since when each file has been as it is. Told by looking, not by the files' own times, which are another machine's.
#[derive(Debug, Default)]
pub struct Watched(HashMap<String, (Seen, Duration)>);

impl Watched {
    /// Takes note of what is there at `now` (since some beginning). Which of it has been as it is for `quiet`, the newest
    /// first, and which has not.
    pub fn look(&mut self, there: Vec<Seen>, now: Duration, quiet: Duration) -> (Vec<Seen>, Vec<Seen>) {
        let mut before = std::mem::take(&mut self.0);
        let (mut whole, mut growing) = (Vec::new(), Vec::new());
        for seen in there {
            let since =
                before.remove(&seen.name).filter(|(known, _)| *known == seen).map_or(now, |(_, at)| at);
            let list = if now.saturating_sub(since) >= quiet { &mut whole } else { &mut growing };
            list.push(seen.clone());
            self.0.insert(seen.name.clone(), (seen, since));
        }
        whole.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
        (whole, growing)
    }
}

/// What is in a file.
#[derive(Debug, PartialEq)]
pub enum Content {
    Whole(Vec<u8>),
    /// Not now; why, the end of a sentence.
    Later(Reason),
    /// Never; why.
    Wrong(Reason),
}

/// Reads a file that was seen.
pub fn content(folder: &Path, seen: &Seen) -> Content {
    let open = || {
        let nofollow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        std::fs::OpenOptions::new().read(true).custom_flags(nofollow).open(folder.join(&seen.name))
    };
    let file = match open() {
        Ok(file) => file,
        Err(e) => {
            return Content::Later(Reason::FileUnopened { error: plain(&e) });
        }
    };
    if locked(&file) {
        return Content::Later(Reason::FileLocked);
    }
    if seen.length == 0 {
        return Content::Wrong(Reason::FileEmpty);
    }
    if seen.length > LARGEST {
        return Content::Wrong(Reason::FileTooLarge { mb: seen.length >> 20, largest: LARGEST >> 20 });
    }
    let mut bytes = Vec::new();
    if let Err(e) = (&file).take(LARGEST + 1).read_to_end(&mut bytes) {
        return Content::Later(Reason::FileUnreadable { error: plain(&e) });
    }
    match file.metadata() {
        Ok(m) if Seen::of(seen.name.clone(), &m) == *seen && m.len() == bytes.len() as u64 => {
            Content::Whole(bytes)
        }
        _ => Content::Later(Reason::FileBeingWritten),
    }
}

/// Whether another program has it locked, in either of the ways there are. A file system without locks has none.
fn locked(file: &File) -> bool {
    use rustix::io::Errno;
    let taken = |e: Errno| [Errno::WOULDBLOCK, Errno::ACCESS].contains(&e);
    flock(file, FlockOperation::NonBlockingLockShared).is_err_and(taken)
        || fcntl_lock(file, FlockOperation::NonBlockingLockShared).is_err_and(taken)
}

fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Makes the folders that belong to a watched one, open to the same people.
pub fn make(folder: &Path) -> io::Result<()> {
    for path in [DONE, REFUSED, MEDIA].map(|name| folder.join(name)) {
        if !path.exists() {
            std::fs::create_dir_all(&path)?;
            std::fs::set_permissions(&path, std::fs::metadata(folder)?.permissions())?;
        }
    }
    Ok(())
}

/// Moves a file to `done/` or `refused/`, with its report beside it. Both go by the file's own time, so that doing it
/// again after a crash leaves nothing twice.
pub fn put_away(folder: &Path, seen: &Seen, to: &str, report: &str) -> io::Result<()> {
    let at = Timestamp::from_second(seen.modified.0).unwrap_or_default().to_zoned(crate::clock::hong_kong());
    let stem = format!("{}-{}", at.strftime("%Y%m%d-%H%M%S"), seen.name);
    let to = folder.join(to);
    let free = |n: u32| {
        let name = if n == 1 { stem.clone() } else { format!("{n}-{stem}") };
        to.join(&name)
    };
    let target = (1..).map(free).find(|path| !path.exists()).unwrap_or_else(|| to.join(&stem));
    let beside = |end: &str| PathBuf::from(format!("{}{end}", target.display()));
    // The report first: a file that lies there has one.
    std::fs::write(beside(".report.tmp"), report)?;
    // Whoever may read the file may read what became of it.
    let readers = std::fs::metadata(folder.join(&seen.name))?.permissions();
    std::fs::set_permissions(beside(".report.tmp"), readers)?;
    std::fs::rename(beside(".report.tmp"), beside(".report.txt"))?;
    std::fs::rename(folder.join(&seen.name), &target)?;
    [to.as_path(), folder].iter().try_for_each(|f| File::open(f)?.sync_all())
}

/// Deletes what has lain in `done/` for longer than `days`. It holds owners' names and numbers in clear.
pub fn sweep(folder: &Path, now: Timestamp, days: i64) -> io::Result<usize> {
    let before = now - SignedDuration::from_hours(24 * days);
    let mut deleted = 0;
    for entry in std::fs::read_dir(folder.join(DONE))? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        // The time of the move, not of the file's last change.
        if metadata.is_file() && metadata.ctime() < before.as_second() {
            std::fs::remove_file(entry.path())?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, length: u64, modified: i64) -> Seen {
        Seen { name: name.into(), length, modified: (modified, 0) }
    }

    #[test]
    fn a_file_is_whole_when_it_has_stayed_as_it_is() {
        let mut watched = Watched::default();
        let (quiet, at) = (Duration::from_secs(10), Duration::from_secs);
        let names = |files: &[Seen]| files.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        let mut look = |there: &[Seen], now| {
            let (whole, growing) = watched.look(there.to_vec(), at(now), quiet);
            (names(&whole), names(&growing))
        };
        let none: Vec<String> = vec![];
        assert_eq!(look(&[seen("a", 5, 1)], 100), (none.clone(), vec!["a".into()]));
        assert_eq!(look(&[seen("a", 9, 1)], 109), (none.clone(), vec!["a".into()]), "it has grown");
        assert_eq!(look(&[seen("a", 9, 1), seen("b", 1, 7)], 119), (vec!["a".into()], vec!["b".into()]));
        assert_eq!(
            look(&[seen("a", 9, 1), seen("b", 1, 7)], 129),
            (vec!["b".into(), "a".into()], none.clone())
        );
        look(&[], 130);
        assert_eq!(look(&[seen("a", 9, 1)], 140), (none, vec!["a".into()]), "it was away");
    }

    #[test]
    fn hidden_and_unfinished_files_are_not_files_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".hidden", "~$base.xlsx", "base.csv.part", "BASE.TMP", "base.csv", "樓盤.xlsx"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        make(folder.path()).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.csv")).unwrap();
        let (files, links) = list(folder.path()).unwrap();
        let mut names: Vec<_> = files.iter().map(|f| f.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!((names, links), (vec!["base.csv", "樓盤.xlsx"], vec!["link.csv".to_owned()]));
    }

    #[test]
    fn what_cannot_be_taken_has_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let now = || list(folder.path()).unwrap().0.remove(0);
        std::fs::write(&path, "").unwrap();
        assert!(matches!(content(folder.path(), &now()), Content::Wrong(Reason::FileEmpty)));
        std::fs::write(&path, "abc").unwrap();
        let before = now();
        assert_eq!(content(folder.path(), &before), Content::Whole(b"abc".to_vec()));
        let holder = File::open(&path).unwrap();
        flock(&holder, FlockOperation::LockExclusive).unwrap();
        assert!(matches!(content(folder.path(), &before), Content::Later(Reason::FileLocked)));
        drop(holder);
        std::fs::write(&path, "abcd").unwrap();
        assert!(matches!(content(folder.path(), &before), Content::Later(Reason::FileBeingWritten)));
        File::options().write(true).open(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(matches!(
            content(folder.path(), &now()),
            Content::Wrong(Reason::FileTooLarge { largest: 256, .. })
        ));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(content(folder.path(), &before), Content::Later(_)));
    }

    #[test]
    fn what_is_moved_takes_nothings_place_and_goes_after_its_days() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        for words in ["one", "two"] {
            let path = folder.path().join("a.csv");
            std::fs::write(&path, words).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_795_000_000)).unwrap();
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
            put_away(folder.path(), &list(folder.path()).unwrap().0[0], DONE, words).unwrap();
        }
        let report = folder.path().join(DONE).join("20261118-190640-a.csv.report.txt");
        assert_eq!(
            report.metadata().unwrap().mode() & 0o777,
            0o640,
            "who may read the file may read its report"
        );
        let text = |name: &str| std::fs::read_to_string(folder.path().join(DONE).join(name)).unwrap();
        assert_eq!(text("20261118-190640-a.csv"), "one");
        assert_eq!(text("20261118-190640-a.csv.report.txt"), "one");
        assert_eq!(
            (text("2-20261118-190640-a.csv"), text("2-20261118-190640-a.csv.report.txt")),
            ("two".into(), "two".into())
        );
        let moved = crate::clock::Clock::system().now();
        assert_eq!(sweep(folder.path(), moved + SignedDuration::from_hours(24 * 29), 30).unwrap(), 0);
        assert_eq!(sweep(folder.path(), moved + SignedDuration::from_hours(24 * 31), 30).unwrap(), 4);
    }
}
