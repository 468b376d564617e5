//! Every form against the sound that it was made of; refusals; damage. The files are from `tests/fixtures/audio/make.sh`.

use super::*;
use crate::audio::read_wav;
use std::io::Cursor;
use std::path::PathBuf;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join("audio").join(name)).unwrap()
}

fn open(bytes: Vec<u8>) -> Result<SoundFile, DecodeFileError> {
    let length = bytes.len() as u64;
    SoundFile::read(Cursor::new(bytes), length)
}

fn all(file: &mut SoundFile) -> Result<Vec<i16>, DecodeFileError> {
    let mut out = Vec::new();
    while let Some(block) = file.next_block()? {
        assert!(!block.is_empty() && block.len() <= 40_000, "{}", block.len());
        out.extend(block);
    }
    Ok(out)
}

fn decoded(bytes: Vec<u8>) -> (Vec<i16>, SoundFile) {
    let mut file = open(bytes).unwrap();
    (all(&mut file).unwrap(), file)
}

fn original() -> Vec<i16> {
    read_wav(&fixtures().join("speech/yue_0.wav")).unwrap()
}

/// How alike two sounds are, sample by sample: 1.0 for the same.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let pairs = a.iter().zip(b).map(|(x, y)| (f64::from(*x), f64::from(*y)));
    let (xy, xx, yy) =
        pairs.fold((0.0, 0.0, 0.0), |(xy, xx, yy), (x, y)| (xy + x * y, xx + x * x, yy + y * y));
    xy / (xx * yy).sqrt().max(1.0)
}

#[test]
fn every_form_is_decoded_to_its_sound_at_its_place() {
    let original = original();
    // file, form, samples that it comes late (the delay of an encoder that does not note it), likeness at least,
    // samples that it is longer. What the reference decoders make of the same files is as like to the sample.
    let cases = [
        ("voice_message.ogg", "ogg/opus", 0, 0.89, 0),
        ("stereo.opus", "ogg/opus", 0, 0.98, 0),
        ("surround.opus", "ogg/opus", 0, 0.92, 0),
        ("vorbis.ogg", "ogg/vorbis", 0, 0.99, 0),
        ("mono.flac", "flac/flac", 0, 0.999_999, 0),
        ("variable.mp3", "mp3/mp3", 0, 0.99, 0),
        ("constant.mp3", "mp3/mp3", 802, 0.98, 1_300),
        ("memo.m4a", "isomp4/aac", 372, 0.95, 800),
        ("raw.aac", "aac/aac", 1_024, 0.98, 2_048),
        ("lossless.m4a", "isomp4/alac", 0, 0.999_999, 0),
        ("a_law.wav", "wave/pcm_alaw", 0, 0.97, 0),
        ("mu_law.wav", "wave/pcm_mulaw", 0, 0.97, 0),
        ("adpcm.wav", "wave/adpcm_ima_wav", 0, 0.97, 2_600),
    ];
    for (name, form, late, alike, longer) in cases {
        let (sound, file) = decoded(bytes(name));
        let found = likeness(&original[..original.len() - 3_000], &sound[late..]);
        assert_eq!(file.form(), form, "{name}");
        assert!(found >= alike, "{name}: likeness {found}");
        let surplus = sound.len() as i64 - original.len() as i64;
        assert!((0..=longer).contains(&surplus), "{name}: {surplus} samples too many");
        assert_eq!(file.damage(), None, "{name}");
    }
}

/// A WAV file as `hound` writes it: sound of 1 s at 440 Hz on the first of its channels, silence on the others.
fn wav(channels: u16, rate: u32, bits: u16, float: bool) -> Vec<u8> {
    let sample_format = if float { hound::SampleFormat::Float } else { hound::SampleFormat::Int };
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    for n in 0..rate {
        let wave = (f64::from(n) / f64::from(rate) * 440.0 * std::f64::consts::TAU).sin() * 0.5;
        for channel in 0..channels {
            let wave = if channel == 0 { wave } else { 0.0 };
            match float {
                true => writer.write_sample(wave as f32).unwrap(),
                false => writer.write_sample((wave * f64::from(1_u32 << (bits - 1))) as i32).unwrap(),
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

#[test]
fn wav_of_any_width_rate_and_channels_is_read() {
    let forms = [
        (1, 8_000, 8, false),
        (2, 48_000, 24, false),
        (6, 44_100, 16, false),
        (1, 96_000, 32, false),
        (2, 22_050, 32, true),
    ];
    for (channels, rate, bits, float) in forms {
        let (sound, _) = decoded(wav(channels, rate, bits, float));
        assert_eq!(sound.len(), 16_000, "{channels} {rate} {bits}");
        let middle = &sound[1_000..15_000];
        let peak = f64::from(middle.iter().map(|s| s.unsigned_abs()).max().unwrap());
        let wanted = 16_384.0 / f64::from(channels);
        assert!((peak / wanted - 1.0).abs() < 0.02, "{channels} {rate} {bits}: {peak} for {wanted}");
    }
}

#[test]
fn a_float_file_that_holds_no_numbers_does_not_deafen_what_follows() {
    let mut file = wav(1, 48_000, 32, true);
    let data = file.windows(4).position(|w| w == b"data").unwrap() + 8;
    file[data + 4_000..data + 4_004].copy_from_slice(&f32::NAN.to_le_bytes());
    file[data + 8_000..data + 8_004].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let (sound, _) = decoded(file);
    assert!(sound[8_000..15_000].iter().any(|s| *s > 15_000));
}

#[test]
fn a_wav_that_was_piped_does_not_know_its_length_and_is_whole() {
    let (sound, file) = decoded(bytes("piped.wav"));
    assert_eq!((sound.len(), file.damage()), (16_000, None));
}

#[test]
fn a_telephone_says_when_a_memo_was_made() {
    let file = open(bytes("memo.m4a")).unwrap();
    assert_eq!(file.made_at().unwrap().to_string(), "2026-11-20T07:00:00Z");
}

#[test]
fn what_is_not_a_recording_is_refused_in_a_sentence() {
    let refusal = |bytes: Vec<u8>| match open(bytes).and_then(|mut f| all(&mut f)) {
        Err(e) => (e.code(), e.to_string()),
        Ok(sound) => ("read", sound.len().to_string()),
    };
    let header = |at: usize, value: &[u8]| {
        let mut file = wav(1, 16_000, 16, false);
        file[at..at + value.len()].copy_from_slice(value);
        file
    };
    let mut locked = bytes("memo.m4a");
    let entry = locked.windows(4).position(|w| w == b"mp4a").unwrap();
    locked[entry..entry + 4].copy_from_slice(b"drms");
    let memo = bytes("memo.m4a");
    let index = memo.windows(4).position(|w| w == b"moov").unwrap();
    let cases = [
        (Vec::new(), "file-empty", "empty (0 bytes)"),
        (b"%PDF-1.7 and so on".to_vec(), "file-not-sound", "it is a PDF, not a recording"),
        (b"#!AMR\n and so on".to_vec(), "file-unsupported", "(AMR)"),
        (vec![0; 5_000], "file-not-sound", "not known as sound"),
        (bytes("silent_film.mp4"), "file-no-sound", "no sound in it"),
        (locked, "file-locked", "DRM"),
        (memo[..index - 4].to_vec(), "file-damaged", "not copied to its end"),
        (header(22, &0_u16.to_le_bytes()), "file-damaged", ""),
        (header(24, &0_u32.to_le_bytes()), "file-damaged", ""),
        (header(24, &4_000_000_000_u32.to_le_bytes()), "file-damaged", "4000000000 samples a second"),
        (header(24, &7_u32.to_le_bytes()), "file-damaged", "7 samples a second"),
        (wav(1, 16_000, 16, false)[..44].to_vec(), "file-damaged", "nothing of its sound can be read"),
        (wav(1, 16_000, 16, false)[..30].to_vec(), "file-damaged", ""),
        (bytes("voice_message.ogg")[..200].to_vec(), "file-damaged", ""),
    ];
    for (file, code, words) in cases {
        let (found, sentence) = refusal(file);
        assert!(found == code && sentence.contains(words), "{code} {words:?}: {found} {sentence}");
    }
}

#[test]
fn of_a_file_that_is_cut_off_the_beginning_is_kept_and_its_end_is_named() {
    for name in ["mono.flac", "variable.mp3", "stereo.opus", "vorbis.ogg", "memo.m4a", "a_law.wav"] {
        let mut file = bytes(name);
        // the index of MP4 is at its end: cut out the middle of its sound instead
        let (whole, _) = decoded(file.clone());
        if name.ends_with("m4a") {
            let at = file.len() / 2;
            file[at..at + 600].fill(0xa5);
        } else {
            file.truncate(file.len() * 6 / 10);
        }
        let (sound, file) = decoded(file);
        let damage = file.damage().unwrap_or_else(|| panic!("{name}: no damage is named"));
        assert!(damage.starts_with("the file is damaged"), "{name}: {damage}");
        assert!(
            sound.len() > whole.len() / 3,
            "{name}: {} of {} samples, {damage}",
            sound.len(),
            whole.len()
        );
        let alike = likeness(&whole[..whole.len() / 3], &sound);
        assert!(alike > 0.99, "{name}: the beginning is another ({alike})");
        let at = file.breaks()[0].at;
        assert!(at > whole.len() as u64 / 3 && at <= sound.len() as u64, "{name}: {at} of {}", sound.len());
    }
}

#[test]
fn what_comes_after_a_damaged_stretch_keeps_its_place() {
    for name in ["mono.flac", "stereo.opus", "vorbis.ogg", "voice_message.ogg"] {
        let mut file = bytes(name);
        let (whole, _) = decoded(file.clone());
        let at = file.len() * 4 / 10;
        file[at..at + 40].fill(0x5a);
        let (sound, file) = decoded(file);
        assert!(file.damage().is_some(), "{name}: no damage is named");
        let lost = file.breaks()[0].clone();
        assert!(
            lost.missing > 0 && sound.len().abs_diff(whole.len()) <= 4,
            "{name}: {lost:?} {}",
            sound.len()
        );
        let silent = lost.at as usize..(lost.at + lost.missing) as usize;
        // the frame after the gap has lost what it builds on
        let after = (silent.end + 1_000).min(whole.len());
        if silent.start > 0 {
            assert!(
                likeness(&whole[..silent.start], &sound[..silent.start]) > 0.99,
                "{name}: before, {lost:?}"
            );
        }
        if after + 2_000 < whole.len() {
            assert!(likeness(&whole[after..], &sound[after..]) > 0.97, "{name}: after, {lost:?}");
        }
    }
}
