//! The pictures on a box: `media/`, a file for each by its SHA-256, and `media/index.json`, which says what each reference
//! of the listings is.
//!
//! The index names only what lies there whole: a picture is written aside (`.part`), checked and renamed first. It is read
//! at the start and again whenever it was replaced. What no listing names any more goes ([`Shelf::tidy`]).

use super::{Picture, Shown, image, is_hash};
use crate::config::DataFolder;
use crate::disk;
use crate::durable;
use crate::listings::{Pictures, Status};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// What is on the shelf.
#[derive(Debug, Default)]
pub struct Index {
    by_reference: BTreeMap<String, Picture>,
    by_hash: HashMap<String, String>,
}

impl Index {
    /// The index of these pictures.
    pub fn of(by_reference: BTreeMap<String, Picture>) -> Self {
        let by_hash = by_reference.iter().map(|(r, p)| (p.sha256.clone(), r.clone())).collect();
        Self { by_reference, by_hash }
    }

    /// What is on the shelf under a reference.
    pub fn get(&self, reference: &str) -> Option<&Picture> {
        self.by_reference.get(reference)
    }

    /// The picture with this SHA-256.
    pub fn by_hash(&self, sha256: &str) -> Option<&Picture> {
        self.by_reference.get(self.by_hash.get(sha256)?)
    }

    /// How many pictures by references.
    pub fn len(&self) -> usize {
        self.by_reference.len()
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.by_hash.keys().filter_map(|hash| self.by_hash(hash)).map(|p| p.bytes).sum()
    }

    /// References and pictures.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Picture)> {
        self.by_reference.iter()
    }

    /// What of a listing's pictures is here: photos in their order, then the floor plan. One that is missing is not there.
    pub fn of_listing(&self, pictures: &Pictures) -> Vec<Shown> {
        let shown = |kind| {
            move |reference: &String| {
                let Picture { sha256, image, .. } = self.get(reference)?;
                let url = format!("/media/{sha256}");
                Some(Shown { kind, url, width: image.width, height: image.height })
            }
        };
        let photos = pictures.photos.iter().filter_map(shown("photo"));
        photos.chain(pictures.floor_plan.iter().filter_map(shown("floor_plan"))).collect()
    }
}

/// The references that listings name, each once, in the order in which they are worth having: of units on offer before
/// others, and of each unit the first photo, then the floor plan, then the other photos.
pub fn wanted<'a>(listings: impl Iterator<Item = (Status, &'a Pictures)>) -> Vec<String> {
    let mut ranked: Vec<(bool, usize, &str)> = listings
        .flat_map(|(status, p)| {
            p.all().enumerate().map(move |(rank, r)| (status != Status::Available, rank, r))
        })
        .collect();
    ranked.sort_by_key(|(off, rank, _)| (*off, *rank));
    let mut seen = HashSet::new();
    ranked.into_iter().map(|(.., r)| r).filter(|r| seen.insert(*r)).map(str::to_owned).collect()
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// The shelf of a box; nothing is made yet.
    pub fn of(data: &DataFolder) -> Self {
        Self(data.media())
    }

    /// Where a picture lies. `sha256` must be a hash ([`is_hash`]): nothing else becomes a file's name.
    pub fn path(&self, sha256: &str) -> Option<PathBuf> {
        is_hash(sha256).then(|| self.0.join(sha256))
    }

    fn part(&self, sha256: &str) -> io::Result<PathBuf> {
        let path = self.path(sha256).ok_or_else(|| io::Error::other("a picture's hash is none"))?;
        Ok(path.with_extension("part"))
    }

    fn index(&self) -> PathBuf {
        self.0.join("index.json")
    }

    /// What is there: an entry counts when its file has its length. An index that cannot be read counts as none, and the
    /// pictures are fetched anew.
    pub fn load(&self) -> Index {
        let read = std::fs::read(self.index()).ok();
        let mut all: BTreeMap<String, Picture> =
            read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let there = |p: &Picture| {
            let path = self.path(&p.sha256);
            path.and_then(|path| std::fs::metadata(path).ok()).is_some_and(|m| m.len() == p.bytes)
        };
        all.retain(|_, picture| there(picture));
        Index::of(all)
    }

    /// Keeps the index.
    pub fn save(&self, index: &Index) -> io::Result<()> {
        durable::write(&self.index(), &serde_json::to_vec(&index.by_reference).map_err(io::Error::other)?)
    }

    /// Drops what `wanted` does not name: from the index first, then the files. While pictures are still `missing`, parts
    /// and files that the index does not know stay: a process may have died before it wrote that they came.
    pub fn tidy(&self, index: Index, wanted: &HashSet<&str>, missing: bool) -> io::Result<Index> {
        let before = index;
        let kept = before.iter().filter(|(reference, _)| wanted.contains(reference.as_str()));
        let index = Index::of(kept.map(|(r, p)| (r.clone(), p.clone())).collect());
        if index.len() != before.len() {
            self.save(&index)?;
        }
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(index),
            Err(e) => return Err(e),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let hash = name.strip_suffix(".part").unwrap_or(&name);
            let may_be_missing = missing && !before.by_hash.contains_key(hash);
            if is_hash(hash) && !index.by_hash.contains_key(hash) && !may_be_missing {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(index)
    }

    /// Whether a picture lies there whole, in the index or not: a process may have died before it wrote that.
    pub fn has(&self, picture: &Picture) -> io::Result<bool> {
        let Some(path) = self.path(&picture.sha256) else { return Ok(false) };
        match std::fs::read(path) {
            Ok(bytes) => Ok(hex::encode(Sha256::digest(&bytes)) == picture.sha256),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Bytes free for us on its disk.
    pub fn free(&self) -> io::Result<u64> {
        std::fs::create_dir_all(&self.0)?;
        Ok(disk::room(&self.0)?.free)
    }

    /// When and how the index was written last: another one has another.
    pub fn trace(&self) -> Option<(u64, u64, i64, i64)> {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(self.index()).ok().map(|m| (m.ino(), m.size(), m.mtime(), m.mtime_nsec()))
    }

    /// How many bytes of a picture have come.
    pub fn begun(&self, sha256: &str) -> io::Result<u64> {
        std::fs::create_dir_all(&self.0)?;
        match std::fs::metadata(self.part(sha256)?) {
            Ok(m) => Ok(m.len()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(e),
        }
    }

    /// Adds a piece that begins at byte `at`.
    pub fn append(&self, sha256: &str, at: u64, piece: &[u8]) -> io::Result<()> {
        let part = self.part(sha256)?;
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(part)?;
        file.set_len(at)?;
        file.write_all(piece)
    }

    /// Puts a picture that has come whole into place where it is what it should be; throws it away and says why where it
    /// is not.
    pub fn finish(&self, picture: &Picture) -> io::Result<Result<(), String>> {
        let part = self.part(&picture.sha256)?;
        let file = File::open(&part)?;
        let mut bytes = Vec::new();
        (&file).take(super::LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        let right = hex::encode(Sha256::digest(&bytes)) == picture.sha256;
        let image = image::look(&bytes);
        if !right || image != Ok(picture.image) {
            std::fs::remove_file(&part)?;
            return Ok(Err(match image {
                Err(reason) if right => format!("a picture from head office {reason}"),
                _ => "a picture from head office was damaged on the way: it is fetched anew".into(),
            }));
        }
        file.sync_all()?;
        std::fs::rename(&part, self.0.join(&picture.sha256))?;
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(photos: &[&str], plan: Option<&str>) -> Pictures {
        Pictures {
            photos: photos.iter().map(|p| p.to_string()).collect(),
            floor_plan: plan.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_on_offer_comes_first_and_first_photos_before_others() {
        let sold = pictures(&["s1", "s2"], None);
        let one = pictures(&["a1", "a2"], Some("ap"));
        let two = pictures(&["b1", "a1"], None);
        let listings =
            [(Status::Sold, &sold), (Status::Available, &one), (Status::Available, &two)].into_iter();
        assert_eq!(wanted(listings), ["a1", "b1", "ap", "a2", "s1", "s2"]);
    }

    /// The smallest PNG there is, with a grey of one's own.
    fn png(grey: u8) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([0, 0, 0, 1]);
        bytes.extend(b"IDAT");
        bytes.extend([grey, 0, 0, 0, 0]);
        bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
        bytes
    }

    fn picture(bytes: &[u8]) -> Picture {
        let sha256 = hex::encode(Sha256::digest(bytes));
        Picture { sha256, bytes: bytes.len() as u64, image: image::look(bytes).unwrap() }
    }

    #[test]
    fn a_picture_comes_in_pieces_and_goes_when_nobody_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&DataFolder::new(folder.path()));
        let (bytes, other) = (png(1), png(2));
        let (one, two) = (picture(&bytes), picture(&other));
        assert_eq!(shelf.begun(&one.sha256).unwrap(), 0);
        shelf.append(&one.sha256, 0, &bytes[..20]).unwrap();
        // What was written after the place where it goes on is not trusted.
        shelf.append(&one.sha256, 20, b"lost in a crash").unwrap();
        shelf.append(&one.sha256, 20, &bytes[20..]).unwrap();
        assert_eq!(shelf.begun(&one.sha256).unwrap(), one.bytes);
        assert_eq!(shelf.finish(&one).unwrap(), Ok(()));
        shelf.append(&two.sha256, 0, &bytes).unwrap();
        assert!(shelf.finish(&two).unwrap().unwrap_err().contains("fetched anew"));
        assert_eq!(shelf.begun(&two.sha256).unwrap(), 0, "it is thrown away");
        shelf.append(&two.sha256, 0, &other).unwrap();
        assert_eq!(shelf.finish(&two).unwrap(), Ok(()));

        let all = [("a.png", &one), ("b.png", &two), ("again.png", &one)];
        let index = Index::of(all.iter().map(|(r, p)| (r.to_string(), (*p).clone())).collect());
        assert_eq!(index.bytes(), one.bytes + two.bytes, "the same picture under two names lies there once");
        shelf.save(&index).unwrap();
        let listing = pictures(&["missing.png", "a.png"], Some("b.png"));
        let shown = shelf.load().of_listing(&listing);
        let kinds: Vec<_> = shown.iter().map(|s| (s.kind, s.url.as_str(), s.width)).collect();
        let (a, b) = (format!("/media/{}", one.sha256), format!("/media/{}", two.sha256));
        assert_eq!(kinds, [("photo", a.as_str(), 1), ("floor_plan", b.as_str(), 1)]);

        // A part and a whole picture that came before a crash, and of which the index does not say.
        shelf.append(&"a".repeat(64), 0, b"begun").unwrap();
        let come = shelf.path(&"b".repeat(64)).unwrap();
        std::fs::write(&come, "come").unwrap();
        let index = shelf.tidy(shelf.load(), &HashSet::from(["again.png"]), true).unwrap();
        assert!(come.exists() && shelf.begun(&"a".repeat(64)).unwrap() == 5, "they may be what is missing");
        assert!(!shelf.path(&two.sha256).unwrap().exists());
        shelf.tidy(shelf.load(), &HashSet::from(["again.png"]), false).unwrap();
        assert!(!come.exists() && shelf.begun(&"a".repeat(64)).unwrap() == 0);
        assert_eq!((index.len(), shelf.load().len()), (1, 1));
        assert!(shelf.path(&one.sha256).unwrap().exists() && !shelf.path(&two.sha256).unwrap().exists());
        std::fs::remove_file(shelf.path(&one.sha256).unwrap()).unwrap();
        assert!(shelf.load().is_empty(), "what is not there is not shown");
    }

    #[test]
    fn nothing_but_a_hash_becomes_a_path() {
        let shelf = Shelf::of(&DataFolder::new("/data"));
        assert_eq!(shelf.path("../records.key"), None);
        assert!(shelf.append("../records.key", 0, b"x").is_err());
    }
}
