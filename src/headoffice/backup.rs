//! Backup of a running head office into one file, and restore of it into an empty folder.
//!
//! The file is a ZIP: `manifest.json` with the SHA-256 of every other member, the database (copied while in use) and the
//! keys that open it. Whoever has the file has everything, so it is its owner's only, and belongs where keys belong.
//! The database in it is SQLite's, also of a head office on PostgreSQL, and can be restored to either: so an office moves
//! from the one to the other.
//!
//! After a restore, branches are ahead of the ledger: what they sent since the backup is acknowledged and gone from
//! their outboxes. Restoring notes for each branch that this may be so; its next batch then goes on from where the branch
//! is, once, and the lost numbers are written down (`store::restored`) rather than asked for for ever.

use super::HeadOfficeError;
use super::store::{self, Place, Tx, restored};
use crate::clock::Clock;
use crate::store::{DatabaseKey, KeySource, StoreError, stamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Version of the layout of the file.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "headoffice.db";
/// Most bytes of a member: a damaged length must not fill the disk.
const LARGEST: u64 = 1 << 40;

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// Version of Branchbox that made it.
    software: String,
    made_at: String,
    /// SQLite or PostgreSQL
    engine: String,
    files: Vec<Member>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Member {
    name: String,
    sha256: String,
    bytes: u64,
}

/// What was backed up or restored, for the command.
#[derive(Debug)]
pub struct Done {
    pub made_at: String,
    pub engine: String,
    pub files: usize,
    pub bytes: u64,
}

fn refused(sentence: String) -> HeadOfficeError {
    HeadOfficeError::Refused(sentence)
}

/// Writes a backup of the head office at `place` to `to`, which must not be there yet. `config` comes along.
pub async fn back_up(
    place: &Place,
    config: Option<PathBuf>,
    to: &Path,
    clock: &Clock,
) -> Result<Done, HeadOfficeError> {
    if to.exists() {
        return Err(refused(format!("{} is there already: take another name", to.display())));
    }
    let store = store::open(place, clock).await?.store;
    let copied = place.data.join("backup.tmp");
    let _ = std::fs::remove_file(&copied); // of a try that was broken off
    let key_is_there = store.as_sqlite().is_some() || key_source(&place.data).path().exists();
    let key = DatabaseKey::load_or_make(&key_source(&place.data), key_is_there)?;
    store.copy(&copied, key, &store::SCHEMA).await?;
    let mut members = key_files(&place.data)?;
    members.extend(config.map(|path| ("headoffice.toml".to_owned(), path)));
    members.push((DATABASE.to_owned(), copied.clone()));
    let (target, made_at, engine) = (to.to_owned(), stamp(clock.now()), store.engine().to_owned());
    let written = tokio::task::spawn_blocking(move || write(&target, members, made_at, engine)).await;
    let _ = std::fs::remove_file(&copied);
    let written = written.map_err(|e| refused(format!("the backup broke off: {e}")))?;
    written.map_err(|e| {
        let _ = std::fs::remove_file(to);
        refused(format!("the backup {} cannot be written: {e}", to.display()))
    })
}

/// Where the key of the SQLite database lies, in use or in a backup.
fn key_source(data: &Path) -> KeySource {
    KeySource::credential_or_file("headoffice-key", data.join("headoffice.key"))
}

/// Everything in the folder that is not the database or a lock: keys, and what the authority keeps there.
fn key_files(data: &Path) -> Result<Vec<(String, PathBuf)>, HeadOfficeError> {
    let failed = |source| StoreError::Io { operation: "list", path: data.to_owned(), source };
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), data.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            let is_key = [".key", ".pem", ".seal"].iter().any(|end| name.ends_with(end));
            if kind.is_dir() {
                folders.push((format!("{name}/"), entry.path()));
            } else if kind.is_file() && is_key {
                found.push((name, entry.path()));
            }
        }
    }
    // Keys that systemd hands in lie elsewhere; restored, they lie in the folder.
    for (credential, name) in [("headoffice-key", "headoffice.key"), ("headoffice-seal", "headoffice.seal")] {
        let source = KeySource::credential_or_file(credential, data.join(name));
        if source.path().exists() && !found.iter().any(|(n, _)| n == name) {
            found.push((name.to_owned(), source.path().to_owned()));
        }
    }
    found.sort();
    Ok(found)
}

fn write(
    to: &Path,
    members: Vec<(String, PathBuf)>,
    made_at: String,
    engine: String,
) -> std::io::Result<Done> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    let mut files = Vec::new();
    for (name, path) in members {
        zip.start_file(name.as_str(), options)?;
        let (sha256, bytes) = carry(&mut File::open(&path)?, &mut zip)?;
        files.push(Member { name, sha256, bytes });
    }
    let done = Done {
        made_at: made_at.clone(),
        engine: engine.clone(),
        files: files.len(),
        bytes: files.iter().map(|f| f.bytes).sum(),
    };
    let manifest =
        Manifest { format: FORMAT, software: env!("CARGO_PKG_VERSION").into(), made_at, engine, files };
    zip.start_file(MANIFEST, options)?;
    zip.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    zip.finish()?.sync_all()?;
    Ok(done)
}

/// Copies; the SHA-256 and the length of what was copied.
fn carry(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<(String, u64)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok((hex::encode(hash.finalize()), bytes)),
            n => {
                hash.update(&buffer[..n]);
                to.write_all(&buffer[..n])?;
                bytes += n as u64;
            }
        }
    }
}

/// Restores a backup into `place`, whose folder must be empty or not there.
pub async fn restore(from: &Path, place: &Place, clock: &Clock) -> Result<Done, HeadOfficeError> {
    if std::fs::read_dir(&place.data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(refused(format!(
            "{} is not empty: restore into an empty folder, then put it in the other one's place",
            place.data.display()
        )));
    }
    let (archive, data) = (from.to_owned(), place.data.clone());
    let unpacked = tokio::task::spawn_blocking(move || unpack(&archive, &data)).await;
    let manifest = unpacked.map_err(|e| refused(format!("the restore broke off: {e}")))??;
    let copied = place.data.join(DATABASE);
    if place.database.is_some() && copied.exists() {
        let (store, _lock) = store::open_database(place).await?;
        // The key is the backup's, not one that systemd hands to this machine's head office.
        let key = DatabaseKey::load_or_make(&KeySource::File(place.data.join("headoffice.key")), true)?;
        let taken = store.take_over(&copied, key, &store::SCHEMA).await;
        let _ = std::fs::remove_file(&copied);
        if taken.is_err() {
            // The folder was empty, so all that is in it came from the backup: the next try finds it empty again.
            let _ = std::fs::remove_dir_all(&place.data);
        }
        taken?;
    }
    let store = store::open(place, clock).await?.store;
    let now = clock.now();
    store.write("note the restore", move |tx: &Tx| restored::note(tx, now)).await?;
    Ok(Done {
        made_at: manifest.made_at,
        engine: manifest.engine,
        files: manifest.files.len(),
        bytes: manifest.files.iter().map(|f| f.bytes).sum(),
    })
}

fn unpack(archive: &Path, data: &Path) -> Result<Manifest, HeadOfficeError> {
    let damaged = |why: String| {
        refused(format!("{} is not a sound backup ({why}): nothing was restored", archive.display()))
    };
    let open = || -> Result<_, String> {
        let mut zip =
            ZipArchive::new(File::open(archive).map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let mut text = String::new();
        let member = zip.by_name(MANIFEST).map_err(|e| e.to_string())?;
        member.take(1 << 20).read_to_string(&mut text).map_err(|e| e.to_string())?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        Ok((zip, manifest))
    };
    let (mut zip, manifest) = open().map_err(damaged)?;
    if manifest.format > FORMAT {
        return Err(damaged("it was made by a newer Branchbox: restore it with that one".into()));
    }
    let put = |zip: &mut ZipArchive<File>, member: &Member, to: Option<&Path>| -> Result<(), String> {
        let entry = zip.by_name(&member.name).map_err(|e| e.to_string())?;
        let mut entry = entry.take(LARGEST);
        let (hash, _) = match to {
            None => carry(&mut entry, &mut std::io::sink()),
            Some(path) => place_file(&mut entry, path),
        }
        .map_err(|e| format!("{}: {e}", member.name))?;
        (hash == member.sha256)
            .then_some(())
            .ok_or_else(|| format!("{} does not match its hash", member.name))
    };
    for member in &manifest.files {
        let inside =
            Path::new(&member.name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if !inside {
            return Err(damaged(format!("{} is not a name within a folder", member.name)));
        }
        // All of it is checked before any of it is written.
        put(&mut zip, member, None).map_err(damaged)?;
    }
    for member in &manifest.files {
        put(&mut zip, member, Some(&data.join(&member.name))).map_err(damaged)?;
    }
    Ok(manifest)
}

fn place_file(from: &mut impl Read, path: &Path) -> std::io::Result<(String, u64)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let carried = carry(from, &mut file)?;
    file.sync_all()?;
    Ok(carried)
}
