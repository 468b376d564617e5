//! What the reader makes of recordings that were stopped, killed, cut, changed and shuffled.

use super::*;
use crate::audio::{RecordingWriter, segment::segment_path};
use uuid::Uuid;

const KEY: [u8; 32] = [9; 32];

/// A recording of `samples` samples in segments of 10,000.
fn recorded(samples: usize, finish: bool) -> (tempfile::TempDir, PathBuf, Vec<i16>) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("recording");
    let sound: Vec<i16> = (0..samples).map(|n| (n % 30_011) as i16 + 1).collect();
    let mut writer = RecordingWriter::with_segments_of(10_000, &folder, Uuid::now_v7(), KEY).unwrap();
    for block in sound.chunks(777) {
        writer.write(block).unwrap();
    }
    if finish {
        assert_eq!(writer.finish().unwrap(), samples as u64);
    }
    (root, folder, sound)
}

fn read(folder: &Path, key: &[u8; 32]) -> (Vec<i16>, RecordingReader) {
    let mut reader = read_recording(folder, key).unwrap();
    let mut sound = Vec::new();
    for block in reader.by_ref() {
        sound.extend(block);
    }
    (sound, reader)
}

#[test]
fn what_was_stopped_comes_back_to_the_sample() {
    let (_root, folder, sound) = recorded(50_123, true);
    let (read, reader) = read(&folder, &KEY);
    assert!(read == sound && reader.ended() && reader.breaks().is_empty());
    assert_eq!(reader.samples(), 50_123);
}

#[test]
fn what_was_cut_off_is_good_up_to_its_last_frame() {
    let (_root, folder, sound) = recorded(29_000, false);
    let (whole, reader) = read(&folder, &KEY);
    assert!(sound.starts_with(&whole) && sound.len() - whole.len() < 3_200 + 777);
    assert!(!reader.ended());
    assert_eq!(reader.breaks().len(), 1, "{:?}", reader.breaks());

    // a power cut inside a frame
    let last = segment_path(&folder, 2);
    let file = std::fs::OpenOptions::new().write(true).open(&last).unwrap();
    file.set_len(file.metadata().unwrap().len() - 100).unwrap();
    let (shorter, reader) = read(&folder, &KEY);
    assert!(
        sound.starts_with(&shorter) && shorter.len() < whole.len() && whole.len() - shorter.len() <= 3_977
    );
    assert_eq!(reader.breaks()[0].why, "the last frame is incomplete");
    assert_eq!(reader.breaks()[0].at, shorter.len() as u64);
}

#[test]
fn a_forged_frame_is_silence_and_the_rest_stays_in_place() {
    let (_root, folder, sound) = recorded(50_000, true);
    let path = segment_path(&folder, 1);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let (read, reader) = read(&folder, &KEY);
    assert_eq!(read.len(), sound.len());
    assert!(reader.ended());
    let [broken] = reader.breaks() else { panic!("{:?}", reader.breaks()) };
    assert!(broken.why.contains("does not authenticate"));
    let (from, to) = (broken.at as usize, (broken.at + broken.missing) as usize);
    assert!(read[..from] == sound[..from] && read[to..] == sound[to..]);
    assert!(read[from..to].iter().all(|s| *s == 0) && broken.missing > 0);
}

#[test]
fn a_missing_segment_leaves_a_gap_of_its_length() {
    let (_root, folder, sound) = recorded(50_000, true);
    std::fs::remove_file(segment_path(&folder, 2)).unwrap();
    let (read, reader) = read(&folder, &KEY);
    assert_eq!(read.len(), sound.len());
    assert_eq!(reader.breaks().len(), 1);
    assert!(reader.breaks()[0].missing >= 10_000);
}

#[test]
fn another_key_opens_nothing() {
    let (_root, folder, _) = recorded(20_000, true);
    let (read, reader) = read(&folder, &[1; 32]);
    assert!(read.is_empty() && !reader.ended() && !reader.breaks().is_empty());
}

#[test]
fn nothing_recorded_is_no_error() {
    let root = tempfile::tempdir().unwrap();
    let reader = read_recording(&root.path().join("absent"), &KEY).unwrap().measure();
    assert_eq!((reader.samples(), reader.ended(), reader.breaks().len()), (0, false, 0));
}

#[test]
fn the_sound_is_not_on_the_disk_in_clear() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("recording");
    let mut writer = RecordingWriter::create(&folder, Uuid::now_v7(), KEY).unwrap();
    writer.write(&[12_345; 16_000]).unwrap();
    writer.finish().unwrap();
    let bytes = std::fs::read(segment_path(&folder, 0)).unwrap();
    assert!(bytes.len() > 32_000);
    let pattern: Vec<u8> = [12_345_i16; 4].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert!(!bytes.windows(pattern.len()).any(|w| w == pattern));
}

#[test]
fn a_recording_is_followed_while_it_grows() {
    let (_keep, whole, sound) = recorded(1_000_000, true);
    let growing = tempfile::tempdir().unwrap();
    let folder = growing.path().join("recording");
    let mut reader = follow_recording(&folder, &KEY).unwrap();
    let mut heard = Vec::new();
    let mut catch_up = |reader: &mut RecordingReader| loop {
        match reader.follow() {
            Followed::Sound(block) => heard.extend(block),
            other => return other,
        }
    };
    assert_eq!(catch_up(&mut reader), Followed::NotYet);
    std::fs::create_dir(&folder).unwrap();
    let mut segments: Vec<PathBuf> = std::fs::read_dir(&whole).unwrap().map(|e| e.unwrap().path()).collect();
    segments.sort();
    assert!(segments.len() > 1);
    let last = segments.len() - 1;
    for (n, segment) in segments.iter().enumerate() {
        let bytes = std::fs::read(segment).unwrap();
        let mut copy = std::fs::File::create(folder.join(segment.file_name().unwrap())).unwrap();
        assert_eq!(catch_up(&mut reader), Followed::NotYet, "an empty segment");
        // Steps that fall into headers, prefixes and frames.
        for (i, part) in bytes.chunks(4_999).enumerate() {
            std::io::Write::write_all(&mut copy, part).unwrap();
            let whole = n == last && i == bytes.len().div_ceil(4_999) - 1;
            let expected = if whole { Followed::End } else { Followed::NotYet };
            assert_eq!(catch_up(&mut reader), expected, "segment {n}, step {i}");
        }
    }
    assert!(heard == sound && reader.ended() && reader.breaks().is_empty(), "{:?}", reader.breaks());
}

#[test]
fn what_was_followed_and_broke_off_ends_at_its_last_good_frame() {
    let (_keep, folder, sound) = recorded(29_000, false);
    let segment = segment_path(&folder, 2);
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 100]).unwrap();
    let mut reader = follow_recording(&folder, &KEY).unwrap();
    let mut heard = Vec::new();
    while let Followed::Sound(block) = reader.follow() {
        heard.extend(block);
    }
    assert_eq!(reader.follow(), Followed::NotYet);
    reader.stop_following();
    assert_eq!(reader.follow(), Followed::End);
    assert!(sound.starts_with(&heard) && !reader.ended() && heard.len() > 20_000);
}
