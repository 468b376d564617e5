//! Reads a recording back, whole or broken.
//!
//! Every good sample comes out, at its place: what is missing in between (a frame that was damaged or forged, a
//! segment that is gone) is silence of the same length, and is named as a [`Break`]. What is missing at the end is
//! simply not there; [`RecordingReader::ended`] says whether the recording was stopped or cut off.
//!
//! A recording that still runs is followed ([`follow_recording`]): where the file ends, the reader stays and looks again
//! when it is asked again.

use super::segment::{FRAME_PREFIX_BYTES, FrameCipher, FrameKind, HEADER_BYTES, Header, MAX_FRAME_BYTES};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Most silence put in the place of missing segments, in samples: a day. A header that asks for more is not believed.
const MAX_GAP: u64 = 16_000 * 86_400;
/// Samples of silence given out at once.
const GAP_BLOCK: u64 = 16_000;

/// A place where the recording does not go on as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The sample at which it breaks.
    pub at: u64,
    /// Samples of silence that stand in; 0 where nothing follows.
    pub missing: u64,
    /// What was found, in words.
    pub why: String,
}

/// What a running recording has to give.
#[derive(Debug, PartialEq, Eq)]
pub enum Followed {
    Sound(Vec<i16>),
    /// Nothing more as yet.
    NotYet,
    /// The end, marked or not.
    End,
}

/// Gives out the blocks of a recording in order; see the module.
pub struct RecordingReader {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
    segments: VecDeque<PathBuf>,
    open: Option<OpenSegment>,
    /// The segment that was opened last.
    opened: Option<PathBuf>,
    /// The recording may still grow.
    live: bool,
    /// It ends here for now.
    waiting: bool,
    samples: u64,
    /// Silence still to be given out, and the sound that comes after it.
    gap: u64,
    after_gap: Option<Vec<i16>>,
    breaks: Vec<Break>,
    ended: bool,
}

struct OpenSegment {
    file: BufReader<File>,
    cipher: FrameCipher,
    /// Where the next frame begins.
    offset: u64,
    /// Samples between what came before and this segment. Believed once the first frame proves the header.
    gap: u64,
}

/// Opens the recording in `folder`. A folder that is not there is a recording without a sample.
pub fn read_recording(folder: &Path, key: &[u8; 32]) -> io::Result<RecordingReader> {
    Ok(RecordingReader {
        folder: folder.to_owned(),
        key: Zeroizing::new(*key),
        segments: segments_in(folder)?,
        open: None,
        opened: None,
        live: false,
        waiting: false,
        samples: 0,
        gap: 0,
        after_gap: None,
        breaks: Vec::new(),
        ended: false,
    })
}

/// Opens a recording that is still being written, for [`RecordingReader::follow`].
pub fn follow_recording(folder: &Path, key: &[u8; 32]) -> io::Result<RecordingReader> {
    Ok(RecordingReader { live: true, ..read_recording(folder, key)? })
}

/// The segments in their order.
fn segments_in(folder: &Path) -> io::Result<VecDeque<PathBuf>> {
    let mut segments = Vec::new();
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|e| e == "seg") {
                    segments.push(path);
                }
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    segments.sort();
    Ok(segments.into())
}

impl RecordingReader {
    /// The next block of a recording that still runs.
    pub fn follow(&mut self) -> Followed {
        self.waiting = false;
        match self.next() {
            Some(sound) => Followed::Sound(sound),
            None if self.waiting && !self.ended => Followed::NotYet,
            None => Followed::End,
        }
    }

    /// Nothing is written any more: what is there is all.
    pub fn stop_following(&mut self) {
        self.live = false;
    }

    /// Samples given out so far, silence in gaps included.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Passes over the segments that end before `sample`, without a look at their sound; to be called before the first
    /// block. What [`RecordingReader::samples`] says then is where the sound begins that comes out next.
    pub fn skip_segments_before(&mut self, sample: u64) {
        let first_sample = |path: &PathBuf| {
            let mut bytes = [0; HEADER_BYTES];
            File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).ok()?;
            Some(Header::from_bytes(&bytes)?.first_sample)
        };
        let starts: Vec<Option<u64>> = self.segments.iter().map(first_sample).collect();
        let last = starts.iter().enumerate().rev().find_map(|(n, s)| Some((n, s.filter(|s| *s <= sample)?)));
        if let Some((n, start)) = last {
            self.samples = start;
            self.segments.drain(..n);
        }
    }

    /// The breaks met so far.
    pub fn breaks(&self) -> &[Break] {
        &self.breaks
    }

    /// Whether the last frame read was the marked end of the recording.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Reads to the end and forgets the sound: how long it is and where it breaks.
    pub fn measure(mut self) -> Self {
        while self.next().is_some() {}
        self
    }

    fn broken(&mut self, why: &str) {
        self.open = None;
        self.breaks.push(Break { at: self.samples, missing: 0, why: why.to_owned() });
    }

    /// Whether a segment is there after the one that was opened last.
    fn another_follows(&mut self) -> bool {
        if self.segments.is_empty() && self.live {
            let opened = self.opened.clone();
            match segments_in(&self.folder) {
                Ok(found) => {
                    self.segments =
                        found.into_iter().filter(|p| opened.as_ref().is_none_or(|o| p > o)).collect();
                }
                Err(e) => log::warn!("audio.follow cannot look for segments: {e}"),
            }
        }
        !self.segments.is_empty()
    }

    /// Opens the next segment; `None` when there is none left, or none as yet.
    fn next_segment(&mut self) -> Option<()> {
        if !self.another_follows() {
            self.waiting = self.live;
            return None;
        }
        let path = self.segments.pop_front()?;
        let mut bytes = [0; HEADER_BYTES];
        let file = File::open(&path).and_then(|mut file| file.read_exact(&mut bytes).map(|()| file));
        if self.live && matches!(&file, Err(e) if e.kind() == io::ErrorKind::UnexpectedEof) {
            // Made this moment: its header comes.
            self.segments.push_front(path);
            self.waiting = true;
            return None;
        }
        self.opened = Some(path);
        let header = match (&file, Header::from_bytes(&bytes)) {
            (Ok(_), Some(header)) => header,
            (Ok(_), None) => return self.skip("a segment's header is not one"),
            (Err(e), _) if e.kind() == io::ErrorKind::UnexpectedEof => {
                return self.skip("a segment ends inside its header");
            }
            (Err(_), _) => return self.skip("a segment cannot be read"),
        };
        let Ok(file) = file else { return Some(()) };
        let gap = match header.first_sample.checked_sub(self.samples) {
            None => return self.skip("a segment begins before the end of the one before it"),
            Some(gap) if gap > MAX_GAP => return self.skip("a segment's place in time is not believable"),
            Some(gap) => gap,
        };
        let cipher = FrameCipher::new(&self.key, &header);
        let offset = HEADER_BYTES as u64;
        self.open = Some(OpenSegment { file: BufReader::new(file), cipher, offset, gap });
        Some(())
    }

    fn skip(&mut self, why: &str) -> Option<()> {
        self.broken(why);
        Some(())
    }

    /// The next frame of the open segment; `None` when the segment gives nothing more, or nothing as yet.
    fn frame(&mut self) -> Option<Vec<i16>> {
        // Looked for before the frame: a segment that has a successor does not grow any more.
        let may_grow = self.live && !self.another_follows();
        let segment = self.open.as_mut()?;
        let mut prefix = [0; FRAME_PREFIX_BYTES];
        match read_up_to(&mut segment.file, &mut prefix) {
            Ok(read) if read < FRAME_PREFIX_BYTES && may_grow => return self.wait_here(),
            Ok(0) => {
                // Between frames: where a kill leaves it.
                self.broken("the segment ends without an end mark");
                return None;
            }
            Ok(FRAME_PREFIX_BYTES) => {}
            Ok(_) => {
                self.broken("the last frame is incomplete");
                return None;
            }
            Err(_) => {
                self.broken("a segment cannot be read");
                return None;
            }
        }
        let length = u32::from_le_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        let (Some(kind), true) = (FrameKind::from_byte(prefix[0]), length <= MAX_FRAME_BYTES) else {
            self.broken("a frame is damaged");
            return None;
        };
        let mut ciphertext = vec![0; length];
        match read_up_to(&mut segment.file, &mut ciphertext) {
            Ok(n) if n == length => {}
            Ok(_) if may_grow => return self.wait_here(),
            Ok(_) => {
                self.broken("the last frame is incomplete");
                return None;
            }
            Err(_) => {
                self.broken("a segment cannot be read");
                return None;
            }
        }
        let Ok(sound) = segment.cipher.open(kind, &ciphertext) else {
            self.broken(
                "a frame does not authenticate: it is damaged, forged, or the key is another recording's",
            );
            return None;
        };
        segment.offset += (FRAME_PREFIX_BYTES + length) as u64;
        let gap = std::mem::take(&mut segment.gap);
        self.ended = kind == FrameKind::EndOfRecording;
        if gap > 0 {
            // What is before it has a break already, unless a whole segment is missing.
            if self.breaks.last().is_none_or(|b| b.at != self.samples) {
                let why = "sound is missing".to_owned();
                self.breaks.push(Break { at: self.samples, missing: 0, why });
            }
            if let Some(found) = self.breaks.last_mut() {
                found.missing = gap;
            }
            self.gap = gap;
        }
        if kind != FrameKind::More {
            self.open = None;
        }
        Some(sound)
    }

    /// Goes back to where the frame begins that is not whole yet.
    fn wait_here(&mut self) -> Option<Vec<i16>> {
        if let Some(segment) = &mut self.open
            && segment.file.seek(SeekFrom::Start(segment.offset)).is_err()
        {
            self.broken("a segment cannot be read");
            return None;
        }
        self.waiting = true;
        None
    }
}

impl Iterator for RecordingReader {
    type Item = Vec<i16>;

    fn next(&mut self) -> Option<Vec<i16>> {
        loop {
            if self.gap > 0 {
                let silence = self.gap.min(GAP_BLOCK);
                self.gap -= silence;
                self.samples += silence;
                return Some(vec![0; silence as usize]);
            }
            if let Some(sound) = self.after_gap.take().filter(|s| !s.is_empty()) {
                self.samples += sound.len() as u64;
                return Some(sound);
            }
            if self.open.is_none() {
                self.next_segment()?;
            }
            self.after_gap = self.frame();
            if self.waiting {
                return None;
            }
        }
    }
}

/// Fills `buffer` as far as the file goes.
fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
