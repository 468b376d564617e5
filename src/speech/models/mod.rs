//! Model files: what the manifest knows, what is installed, how a file gets in.
//!
//! An installed model is `models/NAME.bin` in the data folder, with `NAME.sha256` beside it: the hash that the file
//! had when it was installed. Files come from the network ([`fetch`]) or from disk ([`Installation`]); either way they
//! are written aside, checked, synced and renamed, so that a model that is there is whole.

mod fetching;
mod installing;
mod manifest;

pub use fetching::{FetchError, fetch};
pub use installing::{InstallError, Installation, Installed};
pub use manifest::{Kind, KnownModel, Manifest, Traits};

use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A model file in the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
}

/// What became of checking a model file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the manifest's file.
    Genuine,
    /// It is what was installed; the manifest has no hash to compare it with.
    Unchanged { sha256: String },
    /// Nothing is known to compare it with.
    Unknown { sha256: String },
    /// It is not what it should be.
    Wrong { expected: String, found: String },
}

/// The installed models, those of the manifest first and in its order, then the others by name; a model that is only
/// for tests comes last.
pub fn installed(folder: &Path, manifest: &Manifest) -> io::Result<Vec<InstalledModel>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut models = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|s| s.to_str()).filter(|n| is_name(n)).map(str::to_owned);
        if let (Some("bin"), Some(name)) = (path.extension().and_then(|e| e.to_str()), name) {
            models.push(InstalledModel { bytes: std::fs::metadata(&path)?.len(), name, path });
        }
    }
    models.sort_by_key(|m| (manifest.rank(&m.name), m.name.clone()));
    Ok(models)
}

/// The speech model to use: the wanted one, or the best that is installed.
pub fn choose(
    folder: &Path,
    manifest: &Manifest,
    wanted: Option<&str>,
) -> io::Result<Option<InstalledModel>> {
    let mut all = installed(folder, manifest)?.into_iter().filter(|m| manifest.kind(&m.name) == Kind::Speech);
    Ok(all.find(|m| wanted.is_none_or(|w| w == m.name)))
}

/// The voice activity model, where one is installed.
pub fn voice(folder: &Path, manifest: &Manifest) -> io::Result<Option<InstalledModel>> {
    Ok(installed(folder, manifest)?.into_iter().find(|m| manifest.kind(&m.name) == Kind::Voice))
}

/// Reads an installed model and compares it with what it should be.
pub fn verify(model: &InstalledModel, manifest: &Manifest) -> io::Result<Verdict> {
    let found = sha256_of(&model.path)?;
    if let Some(expected) = manifest.get(&model.name).and_then(|k| k.sha256.clone()) {
        return Ok(if expected == found { Verdict::Genuine } else { Verdict::Wrong { expected, found } });
    }
    Ok(match std::fs::read_to_string(model.path.with_extension("sha256")) {
        Ok(noted) if noted.trim() == found => Verdict::Unchanged { sha256: found },
        Ok(noted) => Verdict::Wrong { expected: noted.trim().to_owned(), found },
        Err(_) => Verdict::Unknown { sha256: found },
    })
}

/// Whether a name may be a model's: what is safe as a file name on any system.
pub fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && name.len() <= 64
        && name.chars().all(allowed)
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests;
