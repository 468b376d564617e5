//! A recording as a file that others read: the head of a WAV file, and FLAC.
//!
//! Both begin with how long they are, so the length is said first; [`Exact`] makes the sound as long as that whatever
//! becomes of the disk.

use super::{RecordingReader, SAMPLE_RATE};
use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, Stream, StreamInfo};
use flacenc::config::Encoder;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Fill, FrameBuf};

/// Bytes of a WAV file before its first sample.
pub const WAV_HEADER: u64 = 44;
/// Samples of a FLAC frame, at most.
const BLOCK: u64 = 4_096;
/// The smallest frame that the encoder makes.
const SMALLEST: u64 = 32;

/// The head of a WAV file of `samples`. Longer than 37 hours is said to be 37 hours long: the form has no more room.
pub fn wav_header(samples: u64) -> [u8; WAV_HEADER as usize] {
    let data = u32::try_from(samples * 2).unwrap_or(u32::MAX - 36).min(u32::MAX - 36);
    let mut header = [0; WAV_HEADER as usize];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"RIFF");
    put(4, &(data + 36).to_le_bytes());
    put(8, b"WAVEfmt ");
    put(16, &16_u32.to_le_bytes());
    put(20, &1_u16.to_le_bytes()); // PCM
    put(22, &1_u16.to_le_bytes()); // one channel
    put(24, &SAMPLE_RATE.to_le_bytes());
    put(28, &(SAMPLE_RATE * 2).to_le_bytes());
    put(32, &2_u16.to_le_bytes());
    put(34, &16_u16.to_le_bytes());
    put(36, b"data");
    put(40, &data.to_le_bytes());
    header
}

/// The sound of a recording from one sample on, exactly as much as was asked for: what is not there is silence.
pub struct Exact {
    reader: RecordingReader,
    /// Samples that are still to be dropped.
    skip: u64,
    left: u64,
}

impl Exact {
    /// `samples` of the recording from sample `from` on.
    pub fn new(mut reader: RecordingReader, from: u64, samples: u64) -> Self {
        reader.skip_segments_before(from);
        let skip = from.saturating_sub(reader.samples());
        Self { reader, skip, left: samples }
    }
}

impl Iterator for Exact {
    type Item = Vec<i16>;

    fn next(&mut self) -> Option<Vec<i16>> {
        while self.left > 0 {
            let mut block = self.reader.next().unwrap_or_else(|| {
                self.skip = 0;
                vec![0; self.left.min(u64::from(SAMPLE_RATE)) as usize]
            });
            let skip = self.skip.min(block.len() as u64);
            self.skip -= skip;
            block.drain(..skip as usize);
            block.truncate(self.left.min(block.len() as u64) as usize);
            self.left -= block.len() as u64;
            if !block.is_empty() {
                return Some(block);
            }
        }
        None
    }
}

/// Writes FLAC (RFC 9639) frame by frame.
pub struct FlacWriter {
    config: Verified<Encoder>,
    info: StreamInfo,
    block: usize,
    waiting: Vec<i32>,
    frames: usize,
}

impl FlacWriter {
    /// For a recording of `samples`; also the head of the file.
    pub fn new(samples: u64) -> Result<(Self, Vec<u8>), String> {
        let wrong = |e: &dyn std::fmt::Display| format!("the FLAC encoder refuses: {e}");
        // The last frame may be smaller than the others, and not smaller than the encoder makes them.
        let fits = |block: &u64| samples.is_multiple_of(*block) || samples % block >= SMALLEST;
        let block = (SMALLEST..=BLOCK).rev().find(fits).unwrap_or(BLOCK) as usize;
        let mut info = StreamInfo::new(SAMPLE_RATE as usize, 1, 16).map_err(|e| wrong(&e))?;
        info.set_block_sizes(block, block).map_err(|e| wrong(&e))?;
        info.set_frame_sizes(0, 0).map_err(|e| wrong(&e))?; // not known yet
        info.set_total_samples(samples.max(SMALLEST) as usize);
        let mut head = ByteSink::new();
        Stream::with_stream_info(info.clone()).write(&mut head).map_err(|e| wrong(&e))?;
        let mut config = Encoder::default();
        config.block_size = block;
        let config = config.into_verified().map_err(|(_, e)| wrong(&e))?;
        Ok((Self { config, info, block, waiting: Vec::new(), frames: 0 }, head.into_inner()))
    }

    /// Takes sound; gives the frames that are full.
    pub fn push(&mut self, sound: &[i16]) -> Result<Vec<u8>, String> {
        self.waiting.extend(sound.iter().map(|s| i32::from(*s)));
        let mut out = Vec::new();
        while self.waiting.len() >= self.block {
            let rest = self.waiting.split_off(self.block);
            let full = std::mem::replace(&mut self.waiting, rest);
            self.frame(&full, &mut out)?;
        }
        Ok(out)
    }

    /// The last frame.
    pub fn finish(mut self) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut rest = std::mem::take(&mut self.waiting);
        if self.frames == 0 || !rest.is_empty() {
            rest.resize(rest.len().max(SMALLEST as usize), 0);
            self.frame(&rest, &mut out)?;
        }
        Ok(out)
    }

    fn frame(&mut self, sound: &[i32], out: &mut Vec<u8>) -> Result<(), String> {
        let mut buffer = FrameBuf::with_size(1, sound.len()).map_err(|e| e.to_string())?;
        buffer.fill_interleaved(sound).map_err(|e| e.to_string())?;
        let frame = flacenc::encode_fixed_size_frame(&self.config, &buffer, self.frames, &self.info)
            .map_err(|e| e.to_string())?;
        let mut bytes = ByteSink::new();
        frame.write(&mut bytes).map_err(|e| e.to_string())?;
        self.frames += 1;
        out.append(&mut bytes.into_inner());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{RecordingWriter, SoundFile, read_recording};
    use std::io::Cursor;

    fn noise(n: usize) -> Vec<i16> {
        (0..n as i32).map(|i| (i.wrapping_mul(7_919) % 20_000 - 10_000) as i16).collect()
    }

    #[test]
    fn flac_is_the_same_sound_bit_for_bit_at_any_length() {
        for length in [1, 31, 32, 4_095, 4_096, 4_097, 8_200, 48_011] {
            let sound = noise(length);
            let (mut writer, mut file) = FlacWriter::new(length as u64).unwrap();
            for part in sound.chunks(3_200) {
                file.extend(writer.push(part).unwrap());
            }
            file.extend(writer.finish().unwrap());
            let size = file.len() as u64;
            let mut read = SoundFile::read(Cursor::new(file), size).unwrap();
            let mut back = Vec::new();
            while let Some(block) = read.next_block().unwrap() {
                back.extend(block);
            }
            // the smallest frame is longer than the shortest of these
            assert!(back.len() == length.max(32), "{length}: {}", back.len());
            back.truncate(length);
            assert_eq!((read.damage(), back), (None, sound), "{length}");
        }
    }

    #[test]
    fn any_stretch_of_a_recording_is_found_whatever_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (key, sound) = ([3; 32], noise(50_000));
        let mut writer =
            RecordingWriter::with_segments_of(9_000, folder.path(), uuid::Uuid::now_v7(), key).unwrap();
        for part in sound.chunks(1_111) {
            writer.write(part).unwrap();
        }
        writer.finish().unwrap();
        let stretch = |from: u64, samples: u64| -> Vec<i16> {
            Exact::new(read_recording(folder.path(), &key).unwrap(), from, samples).flatten().collect()
        };
        for (from, to) in [(0, 50_000), (0, 1), (9_599, 9_601), (27_000, 28_000), (49_999, 50_000)] {
            assert_eq!(stretch(from, to - from), sound[from as usize..to as usize], "{from}");
        }
        assert_eq!(stretch(49_000, 3_000)[1_000..], [0; 2_000], "beyond the end there is silence");
        std::fs::remove_file(folder.path().join("000001.seg")).unwrap();
        let (around, after) = (stretch(0, 50_000), stretch(40_000, 10_000));
        assert_eq!((around.len(), &around[40_000..]), (50_000, &sound[40_000..]));
        assert_eq!(after, sound[40_000..]);
    }
}
