//! Puts a model file in its place: written aside, checked, synced, renamed.

use super::{KnownModel, Manifest, is_name};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// First bytes of every ggml model file ("ggml" as a little-endian number).
const MAGIC: &[u8; 4] = b"lmgg";

/// Why a model file was not installed. The text is a sentence.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("\"{name}\" cannot be a model's name: letters, digits, dots, dashes and underscores, at most 64")]
    Name { name: String },
    #[error("{from} is not a whisper.cpp model (it does not begin as a ggml file does)")]
    NotAModel { from: String },
    #[error(
        "{from} has {found} bytes, and the model {name} has {expected}: it is incomplete or another file"
    )]
    Length { from: String, name: String, expected: u64, found: u64 },
    #[error("{from} is not the model {name}: its sha256 is {found}, and the manifest says {expected}")]
    Hash { from: String, name: String, expected: String, found: String },
    #[error("cannot {operation} {path}: {source}")]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub name: String,
    pub path: PathBuf,
    pub sha256: String,
    /// Whether the manifest vouches for this hash.
    pub vouched: bool,
}

/// A model file on its way in. Dropped before [`Installation::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Installation {
    name: String,
    folder: PathBuf,
    aside: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    begins: Vec<u8>,
    finished: bool,
}

impl Installation {
    /// Opens a file beside the models.
    pub fn begin(folder: &Path, name: &str) -> Result<Self, InstallError> {
        if !is_name(name) {
            return Err(InstallError::Name { name: name.to_owned() });
        }
        let io = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| InstallError::Io { operation, path, source }
        };
        std::fs::create_dir_all(folder).map_err(io("make the folder", folder))?;
        let aside = folder.join(format!("{name}.{}.part", std::process::id()));
        let file = File::create(&aside).map_err(io("write", &aside))?;
        Ok(Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            aside,
            file,
            hash: Sha256::new(),
            bytes: 0,
            begins: Vec::new(),
            finished: false,
        })
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds what has come in.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), InstallError> {
        let missing = MAGIC.len().saturating_sub(self.begins.len());
        self.begins.extend(bytes.iter().take(missing));
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| self.io("write", &self.aside, source))
    }

    /// Checks the whole against the manifest and puts it in its place. `from` names the source in errors.
    pub fn finish(mut self, known: Option<&KnownModel>, from: &str) -> Result<Installed, InstallError> {
        let from = from.to_owned();
        if self.begins != MAGIC {
            return Err(InstallError::NotAModel { from });
        }
        let found = hex::encode(std::mem::take(&mut self.hash).finalize());
        if let Some(known) = known {
            let name = known.name.clone();
            if known.bytes != self.bytes {
                return Err(InstallError::Length { from, name, expected: known.bytes, found: self.bytes });
            }
            if let Some(expected) = known.sha256.clone().filter(|e| *e != found) {
                return Err(InstallError::Hash { from, name, expected, found });
            }
        }
        let path = self.folder.join(format!("{}.bin", self.name));
        let note = path.with_extension("sha256");
        let put = || -> io::Result<()> {
            self.file.sync_all()?;
            std::fs::write(&note, format!("{found}\n"))?;
            File::open(&note)?.sync_all()?;
            std::fs::rename(&self.aside, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        put().map_err(|source| self.io("install", &path, source))?;
        self.finished = true;
        let vouched = known.is_some_and(|k| k.sha256.is_some());
        Ok(Installed { name: self.name.clone(), path, sha256: found, vouched })
    }

    /// Installs a file from disk. Without a name it takes the manifest's, where the file is one of those, else the
    /// file's own.
    pub fn add(
        folder: &Path,
        file: &Path,
        name: Option<&str>,
        manifest: &Manifest,
    ) -> Result<Installed, InstallError> {
        let from = file.display().to_string();
        let read = |source| InstallError::Io { operation: "read", path: file.to_owned(), source };
        let mut source = File::open(file).map_err(read)?;
        let bytes = source.metadata().map_err(read)?.len();
        let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let stem = stem.strip_prefix("ggml-").unwrap_or(stem);
        let guessed = manifest.models.iter().find(|m| m.bytes == bytes).map_or(stem, |m| &m.name);
        let name = name.unwrap_or(guessed);
        let mut installation = Self::begin(folder, name)?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            match source.read(&mut buffer).map_err(read)? {
                0 => break,
                n => installation.write(&buffer[..n])?,
            }
        }
        installation.finish(manifest.get(name), &from)
    }

    fn io(&self, operation: &'static str, path: &Path, source: io::Error) -> InstallError {
        InstallError::Io { operation, path: path.to_owned(), source }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.aside);
        }
    }
}
