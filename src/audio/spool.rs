//! A file for what passes through: encrypted under a key that is only in memory, and without a name.
//!
//! What a client said must not lie on the disk in clear, nor stay there when the box is killed. It is written from
//! beginning to end once and then read anywhere, as a demuxer does.

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes that are sealed together.
const CHUNK: usize = 64 << 10;
/// The same with Poly1305's tag.
const SEALED: u64 = CHUNK as u64 + 16;

/// The file while it is written.
pub struct Spool {
    file: File,
    cipher: XChaCha20Poly1305,
    waiting: Zeroizing<Vec<u8>>,
    chunks: u64,
}

/// The file when it is read.
pub struct SpoolReader {
    file: File,
    cipher: XChaCha20Poly1305,
    length: u64,
    position: u64,
    /// The chunk that was opened last, and its number.
    open: Option<(u64, Zeroizing<Vec<u8>>)>,
}

impl Spool {
    /// An empty file in `folder`.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *key).map_err(|e| io::Error::other(e.to_string()))?;
        let path = folder.join(format!("passing-{}", uuid::Uuid::new_v4()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        let cipher = XChaCha20Poly1305::new((&*key).into());
        Ok(Self { file, cipher, waiting: Zeroizing::new(Vec::with_capacity(CHUNK)), chunks: 0 })
    }

    /// Appends.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = rest;
            if self.waiting.len() == CHUNK {
                self.seal()?;
            }
        }
        Ok(())
    }

    /// Bytes written so far.
    pub fn len(&self) -> u64 {
        self.chunks * CHUNK as u64 + self.waiting.len() as u64
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the writing.
    pub fn into_reader(mut self) -> io::Result<SpoolReader> {
        let length = self.len();
        if !self.waiting.is_empty() {
            self.seal()?;
        }
        Ok(SpoolReader { file: self.file, cipher: self.cipher, length, position: 0, open: None })
    }

    fn seal(&mut self) -> io::Result<()> {
        let sealed = self.cipher.encrypt(&nonce(self.chunks).into(), self.waiting.as_slice());
        let sealed = sealed.map_err(|_| io::Error::other("a chunk cannot be sealed"))?;
        self.file.write_all_at(&sealed, self.chunks * SEALED)?;
        self.chunks += 1;
        self.waiting.clear();
        Ok(())
    }
}

impl SpoolReader {
    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Each number is used once: a chunk is sealed when it is full, or at the end.
fn nonce(chunk: u64) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&chunk.to_le_bytes());
    nonce
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let (chunk, within) = (self.position / CHUNK as u64, (self.position % CHUNK as u64) as usize);
        if self.open.as_ref().is_none_or(|(open, _)| *open != chunk) {
            let size = (self.length - chunk * CHUNK as u64).min(CHUNK as u64) as usize + 16;
            let mut sealed = vec![0; size];
            self.file.read_exact_at(&mut sealed, chunk * SEALED)?;
            let plain = self.cipher.decrypt(&nonce(chunk).into(), sealed.as_slice());
            let plain =
                plain.map_err(|_| io::Error::other("what was stored for a moment was changed on disk"))?;
            self.open = Some((chunk, Zeroizing::new(plain)));
        }
        let Some((_, plain)) = &self.open else { return Ok(0) };
        let from = plain.get(within..).unwrap_or_default();
        let n = from.len().min(buffer.len());
        buffer[..n].copy_from_slice(&from[..n]);
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.length.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = position
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_anywhere_and_nothing_of_it_is_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        for length in [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 77] {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 7 / 5) as u8).collect();
            let mut spool = Spool::create(folder.path()).unwrap();
            assert!(spool.is_empty());
            for part in bytes.chunks(10_007) {
                spool.write(part).unwrap();
            }
            assert_eq!(spool.len(), length as u64);
            let mut reader = spool.into_reader().unwrap();
            let mut back = Vec::new();
            reader.read_to_end(&mut back).unwrap();
            assert_eq!(back, bytes);
            reader.seek(SeekFrom::End(-1)).unwrap();
            let mut last = [0];
            reader.read_exact(&mut last).unwrap();
            assert_eq!(last[0], bytes[length - 1]);
            assert!(reader.seek(SeekFrom::Current(-(length as i64) - 5)).is_err());
            let mut raw = vec![0; 200.min(length)];
            reader.file.read_exact_at(&mut raw, 0).unwrap();
            assert!(length < 100 || !raw.windows(8).any(|w| bytes.windows(8).take(400).any(|b| b == w)));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a file without a name");
    }

    #[test]
    fn what_was_changed_on_disk_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(folder.path()).unwrap();
        spool.write(&[1; 1000]).unwrap();
        let mut reader = spool.into_reader().unwrap();
        reader.file.write_all_at(&[9], 500).unwrap();
        assert!(reader.read(&mut [0; 10]).is_err());
    }
}
