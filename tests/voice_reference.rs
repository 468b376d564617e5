//! Voice activity against what people marked: seconds of speech that it misses, and seconds that it takes for speech.
//!
//! The references are in the shared audio, which is not part of this repository: a conversation with the speakers'
//! turns (RTTM, NIST), and sentences read aloud, of which all but the edges is speech. An utterance begins before the
//! first voice and ends after the last on purpose, so false alarms of some tenths of a second each are no fault; missed
//! speech is.

use branchbox::audio::read_wav;
use branchbox::speech::VoiceActivity;
use std::path::{Path, PathBuf};

/// Steps of 10 ms.
const STEP: usize = 160;
/// Steps before and after a sentence in which nobody need speak yet or still: 0.3 s.
const EDGE: usize = 30;

fn shared_audio() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|a| a.join("shared/audio")).find(|p| p.is_dir())
}

/// For each step whether it lies in an utterance; and how many utterances there are.
fn found(sound: &[i16]) -> (Vec<bool>, usize) {
    let mut activity = VoiceActivity::default();
    let mut utterances: Vec<_> = sound.chunks(4_096).flat_map(|b| activity.push(b)).collect();
    utterances.extend(activity.finish());
    let mut steps = vec![false; sound.len() / STEP];
    for utterance in &utterances {
        let (from, to) = (utterance.start as usize / STEP, utterance.end() as usize / STEP);
        let to = to.min(steps.len());
        steps[from..to].fill(true);
    }
    (steps, utterances.len())
}

/// For each step whether anybody speaks, from lines `SPEAKER file channel start length ...`.
fn marked(rttm: &str, steps: usize) -> Vec<bool> {
    let mut all = vec![false; steps];
    for line in rttm.lines() {
        let number = |n: usize| line.split_whitespace().nth(n).and_then(|s| s.parse::<f64>().ok());
        if let (Some(start), Some(length)) = (number(3), number(4)) {
            let (from, to) = (start * 100.0, (start + length) * 100.0);
            all[(from as usize).min(steps)..(to as usize).min(steps)].fill(true);
        }
    }
    all
}

fn seconds(steps: impl Iterator<Item = bool>) -> f64 {
    steps.filter(|s| *s).count() as f64 / 100.0
}

#[test]
fn what_people_marked_as_speech_is_found() {
    let Some(folder) = shared_audio() else {
        println!("skipped: the shared audio is not here");
        return;
    };
    let sound = read_wav(&folder.join("pyannote_sample.wav")).unwrap();
    let (found, count) = found(&sound);
    let marked = marked(&std::fs::read_to_string(folder.join("pyannote_sample.rttm")).unwrap(), found.len());
    let speech = seconds(marked.iter().copied());
    let missed = seconds(marked.iter().zip(&found).map(|(m, f)| *m && !f));
    let false_alarm = seconds(marked.iter().zip(&found).map(|(m, f)| !m && *f));
    println!(
        "a conversation, {:.1} s with {speech:.1} s of speech: {missed:.2} s missed, {false_alarm:.2} s of false alarm, {count} utterances",
        found.len() as f64 / 100.0
    );
    assert!(missed < 0.05 * speech, "{missed} s of {speech} s missed");
    assert!(false_alarm < 4.0, "{false_alarm} s");
}

#[test]
fn sentences_read_aloud_are_found_whole() {
    let Some(folder) = shared_audio() else {
        println!("skipped: the shared audio is not here");
        return;
    };
    for name in [
        "jfk.wav",
        "1221-135766-0002.wav",
        "1995-1837-0001.wav",
        "BAC009S0724W0121.wav",
        "BAC009S0764W0121.wav",
    ] {
        let sound = read_wav(&folder.join(name)).unwrap();
        let (found, count) = found(&sound);
        // Within 20 dB of the sentence's own loudness is speech, but for the edges, where the room sounds alone.
        let power = |s: &[i16]| s.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / s.len() as f64;
        let all = power(&sound);
        let loud = sound.chunks_exact(STEP).map(|s| power(s) > all / 100.0);
        let inside = EDGE..found.len() - EDGE;
        let missed = seconds(loud.zip(&found).enumerate().map(|(n, (l, f))| inside.contains(&n) && l && !f));
        let (length, heard) = (found.len() as f64 / 100.0, seconds(found.iter().copied()));
        println!(
            "{name}: {length:.1} s, {heard:.1} s in {count} utterances, {missed:.2} s of loud sound missed"
        );
        assert!(missed < 0.03 * length, "{name}: {missed} s missed");
        assert!(heard > 0.75 * length, "{name}: {heard} s of {length} s");
    }
}
