//! Files that are damaged, forged or noise never stop the box: no panic gets out, and work and memory are bounded by
//! the size of the file. Work is counted in bytes read and samples given, not in seconds.

use branchbox::audio::SoundFile;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counts the bytes that are held, and the most that ever were.
struct Counting;
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(HELD.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts what is read.
struct Counted {
    inner: Cursor<Vec<u8>>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Relaxed);
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Decodes to the end. Gives back what was read and given.
fn work(bytes: Vec<u8>) -> (u64, u64) {
    let (length, read) = (bytes.len() as u64, Arc::new(AtomicU64::new(0)));
    let source = Counted { inner: Cursor::new(bytes), read: Arc::clone(&read) };
    let mut samples = 0;
    if let Ok(mut file) = SoundFile::read(source, length) {
        while let Ok(Some(block)) = file.next_block() {
            samples += block.len() as u64;
        }
    }
    (read.load(Relaxed), samples)
}

/// xorshift64*: the same noise in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

#[test]
fn no_file_stops_the_box() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|p| p.extension().is_some_and(|e| e != "sh"));
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    let mut noise = Noise(20_261_122);
    let mut files = 0;
    let mut check = |what: String, bytes: Vec<u8>| {
        let (length, before) = (bytes.len() as u64, HELD.load(Relaxed));
        MOST.store(before, Relaxed);
        let (read, samples) = work(bytes);
        let memory = MOST.load(Relaxed).saturating_sub(before);
        files += 1;
        assert!(read <= 40 * length + (4 << 20), "{what}: {read} bytes read of {length}");
        // ten minutes of silence is the most that one break is believed to be
        assert!(samples <= 16_000 * 1_200, "{what}: {samples} samples");
        assert!(memory <= 96 << 20, "{what}: {memory} bytes of memory");
    };
    for path in &names {
        let (name, whole) = (path.file_name().unwrap().to_string_lossy(), std::fs::read(path).unwrap());
        for _ in 0..6 {
            let at = noise.below(whole.len());
            check(format!("{name} cut at {at}"), whole[..at].to_vec());
        }
        for round in 0..24 {
            let mut file = whole.clone();
            // in the headers, where lengths and rates are, as often as anywhere
            let within = if round % 2 == 0 { file.len() } else { file.len().min(600) };
            for _ in 0..=noise.below(8) {
                file[noise.below(within)] ^= 1 << noise.below(8);
            }
            check(format!("{name} flipped, round {round}"), file);
        }
        for round in 0..8 {
            let mut file = whole.clone();
            let (at, value) = (
                noise.below(file.len().min(600) - 4),
                [0, u32::MAX, 0x7fff_ffff, noise.next() as u32][round % 4],
            );
            file[at..at + 4].copy_from_slice(&value.to_be_bytes());
            check(format!("{name} with {value} at {at}"), file);
        }
        // its first bytes and then noise
        let mut file = whole[..whole.len().min(200)].to_vec();
        file.extend((0..30_000).map(|_| noise.next() as u8));
        check(format!("{name}, its head before noise"), file);
    }
    for mark in ["", "OggS", "fLaC", "ID3\x03", "RIFF....WAVEfmt ", "....ftypM4A ", "....moov"] {
        for _ in 0..8 {
            let mut file = mark.as_bytes().to_vec();
            file.extend((0..20_000).map(|_| noise.next() as u8));
            check(format!("noise after {mark:?}"), file);
        }
    }
    println!("{files} files");
}
