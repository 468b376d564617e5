//! Room noise without a voice: not one character of text comes out of it, through the real path, `branchbox
//! transcribe` with the test model.
//!
//! An hour made up by seed: mains hum with its harmonics, air-conditioning (filtered noise that swells), a tone, a
//! beeping machine, digital silence, clicks and bumps, each at several levels.

use branchbox::chance::Chance;
use branchbox::speech::VoiceActivity;
use std::f64::consts::TAU;
use std::io::Write;
use std::path::Path;
use std::process::Command;

const RATE: usize = 16_000;
/// Minutes of noise.
const MINUTES: usize = 60;

/// Half a minute of one kind of noise, its peak near 1.
fn stretch(kind: usize, chance: &mut Chance) -> Vec<f64> {
    let length = 30 * RATE;
    let seconds = |n: usize| n as f64 / RATE as f64;
    match kind {
        // The mains, with harmonics that fall off.
        0 => (0..length)
            .map(|n| (1..=8).map(|h| (TAU * 50.0 * f64::from(h) * seconds(n)).sin() / f64::from(h * h)).sum())
            .map(|s: f64| s / 1.5)
            .collect(),
        // Air-conditioning: noise through two low passes, which swells every few seconds, with the hum of its motor.
        1 => {
            let (mut low, mut lower) = (0.0, 0.0);
            let cut = 0.02 + 0.1 * chance.unit();
            (0..length)
                .map(|n| {
                    low += cut * (chance.noise() - low);
                    lower += cut * (low - lower);
                    let swell = 0.8 + 0.2 * (TAU * 0.3 * seconds(n)).sin();
                    (lower / cut.sqrt() * 4.0 * swell + 0.1 * (TAU * 100.0 * seconds(n)).sin())
                        .clamp(-1.0, 1.0)
                })
                .collect()
        }
        // A tone.
        2 => {
            let pitch = 150.0 + 1500.0 * chance.unit();
            (0..length).map(|n| (TAU * pitch * seconds(n)).sin()).collect()
        }
        // A machine that beeps.
        3 => {
            let (pitch, pace) = (400.0 + 1600.0 * chance.unit(), 0.5 + 2.0 * chance.unit());
            (0..length)
                .map(
                    |n| {
                        if (pace * seconds(n)).fract() < 0.3 { (TAU * pitch * seconds(n)).sin() } else { 0.0 }
                    },
                )
                .collect()
        }
        // Clicks and bumps that ring for some milliseconds.
        4 => {
            let mut sound = vec![0.0; length];
            for _ in 0..40 {
                let (at, ring) = (chance.next() as usize % (length - 4_000), 20.0 + 600.0 * chance.unit());
                for n in 0..4_000 {
                    sound[at + n] += chance.noise() * (-(n as f64) / ring).exp();
                }
            }
            sound.iter().map(|s: &f64| s.clamp(-1.0, 1.0)).collect()
        }
        // White noise.
        5 => (0..length).map(|_| chance.noise()).collect(),
        // Nothing at all.
        _ => vec![0.0; length],
    }
}

#[test]
fn an_hour_of_room_noise_gives_no_character() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("noise.wav");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    out.write_all(&branchbox::audio::wav_header((MINUTES * 60 * RATE) as u64)).unwrap();
    let (mut chance, mut activity, mut utterances) = (Chance(60), VoiceActivity::default(), 0);
    for half_minute in 0..2 * MINUTES {
        // From -60 dB to -12 dB of full scale.
        let level = 10.0_f64.powf(-(0.6 + 2.4 * chance.unit()));
        let sound: Vec<i16> =
            stretch(half_minute % 7, &mut chance).iter().map(|s| (s * level * 32_767.0) as i16).collect();
        sound.iter().for_each(|s| out.write_all(&s.to_le_bytes()).unwrap());
        utterances += activity.push(&sound).len();
    }
    out.into_inner().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/estate-test-q5_0.bin");
    let done = Command::new(env!("CARGO_BIN_EXE_branchbox"))
        .args(["transcribe", "--format", "json", "--model"])
        .args([&model, &file])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let transcript: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let segments = transcript["segments"].as_array().unwrap();
    let texts: Vec<_> = segments.iter().filter(|s| s["text"] != "").collect();
    println!("{MINUTES} minutes of noise: {utterances} taken for voice, {} stretches of text", texts.len());
    assert!(texts.is_empty(), "{texts:#?}");
    // All of it was looked at.
    assert_eq!(segments.last().unwrap()["end_ms"], MINUTES * 60_000);
}
