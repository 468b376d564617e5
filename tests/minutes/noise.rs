//! What recognisers and rooms do to a transcript: characters swapped for sound-alikes, the other script, fillers,
//! phrases said twice, segments cut in two or joined. Known points keep their segments through all of it.

use super::scoring::Known;
use branchbox::chance::Chance;
use branchbox::language::{chinese, sounds};
use serde_json::{Value, json};

/// A way to spoil a transcript.
#[derive(Debug, Clone, Copy)]
pub enum Noise {
    /// One Chinese character in thirty becomes another with the same sound; one English word in thirty loses a letter.
    SoundAlikes,
    /// All in Simplified script.
    Simplified,
    /// A filler at one gap in four.
    Fillers,
    /// One phrase in eight is said twice.
    Repeated,
    /// One long segment in three is cut in two, at a gap or in the middle of a phrase.
    Cut,
    /// One segment in four is joined with the next.
    Joined,
}

pub const ALL: [Noise; 6] =
    [Noise::SoundAlikes, Noise::Simplified, Noise::Fillers, Noise::Repeated, Noise::Cut, Noise::Joined];

const FILLERS: [(&str, [&str; 4]); 3] = [
    ("yue", ["呃", "即係", "嗯", "咁呢"]),
    ("cmn", ["呃", "那个", "嗯", "就是"]),
    ("en", ["um", "you know", "uh", "like"]),
];

/// Whether something that happens once in `n` happens.
fn once_in(chance: &mut Chance, n: usize) -> bool {
    chance.between(0, n - 1) == 0
}

/// The transcript with that noise.
pub fn spoil(case: &Known, noise: Noise, chance: &mut Chance) -> Known {
    match noise {
        Noise::SoundAlikes => each(case, |text| sound_alikes(text, case.lang == "yue", chance)),
        Noise::Simplified => each(case, chinese::to_simplified),
        Noise::Fillers => each(case, |text| fillers(text, &case.lang, chance)),
        Noise::Repeated => each(case, |text| repeated(text, chance)),
        Noise::Cut => cut(case, chance),
        Noise::Joined => joined(case, chance),
    }
}

fn each(case: &Known, mut change: impl FnMut(&str) -> String) -> Known {
    let mut out = case.clone();
    for segment in &mut out.segments {
        let text = change(segment["text"].as_str().unwrap_or_default());
        segment["text"] = json!(text);
    }
    out
}

/// Common characters, to be taken for another with the same sound.
const COMMON: &str = "的一是不了人我在有他这為之大来以个中上们到说國和地也子時道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从知使机平实四間新意信千百萬元房樓景海山價錢買租業主聽講問睇樓價預算幾多鐘點星期";

fn sound_alikes(text: &str, cantonese: bool, chance: &mut Chance) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let latin = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '\'');
        if latin && word.len() > 4 && once_in(chance, 30) {
            let at = chance.between(1, word.len() - 2);
            words.push(format!("{}{}", &word[..at], &word[at + 1..]));
            continue;
        }
        let swapped = word.chars().map(|c| {
            if !chinese::is_han(c) || !once_in(chance, 30) {
                return c;
            }
            let alike = |o: &char| {
                chinese::canonical(*o) != chinese::canonical(c)
                    && sounds::closeness_in(cantonese, c, *o) == sounds::Closeness::Homophone
            };
            let others: Vec<char> = COMMON.chars().filter(alike).collect();
            if others.is_empty() { c } else { others[chance.between(0, others.len() - 1)] }
        });
        words.push(swapped.collect());
    }
    words.join(" ")
}

fn fillers(text: &str, lang: &str, chance: &mut Chance) -> String {
    let words = FILLERS.iter().find(|f| f.0 == lang).map_or(FILLERS[2].1, |f| f.1);
    let mut out: Vec<&str> = Vec::new();
    for phrase in text.split(' ') {
        if once_in(chance, 4) {
            out.push(words[chance.between(0, 3)]);
        }
        out.push(phrase);
    }
    out.join(" ")
}

fn repeated(text: &str, chance: &mut Chance) -> String {
    let phrases = text.split(' ').map(|phrase| {
        let twice = once_in(chance, 8);
        if twice { format!("{phrase} {phrase}") } else { phrase.to_owned() }
    });
    phrases.collect::<Vec<_>>().join(" ")
}

/// A copy whose segments are those given, each with the numbers of the ones it came from.
fn rebuilt(case: &Known, segments: Vec<(Value, Vec<usize>)>) -> Known {
    let mut out = case.clone();
    for point in &mut out.points {
        let old: Vec<usize> = serde_json::from_value(point["segments"].clone()).unwrap();
        let new = segments.iter().enumerate().filter(|(_, (_, from))| from.iter().any(|n| old.contains(n)));
        point["segments"] = json!(new.map(|(n, _)| n).collect::<Vec<_>>());
    }
    out.segments = segments.into_iter().map(|s| s.0).collect();
    out
}

fn cut(case: &Known, chance: &mut Chance) -> Known {
    let mut out = Vec::new();
    for (n, segment) in case.segments.iter().enumerate() {
        let text = segment["text"].as_str().unwrap_or_default();
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        if chars.len() < 10 || !once_in(chance, 3) {
            out.push((segment.clone(), vec![n]));
            continue;
        }
        // Somewhere in the middle half: at a gap, or for Chinese as often between two characters.
        let latin = chars.iter().all(|c| c.1.is_ascii());
        let middle = chars.len() / 4..chars.len() * 3 / 4;
        let gap = middle.clone().find(|&i| chars[i].1 == ' ').filter(|_| latin || once_in(chance, 2));
        let start = chance.between(middle.start, middle.end - 1);
        let plain = (start..chars.len()).find(|&i| !chars[i].1.is_ascii() && !chars[i - 1].1.is_ascii());
        let Some(at) = gap.or(plain).map(|i| chars[i].0) else {
            out.push((segment.clone(), vec![n]));
            continue;
        };
        let (start, end) = (segment["start"].as_f64().unwrap(), segment["end"].as_f64().unwrap());
        let half = start + (end - start) * at as f64 / text.len() as f64;
        out.push((json!({"start": start, "end": half, "text": text[..at].trim()}), vec![n]));
        out.push((json!({"start": half, "end": end, "text": text[at..].trim()}), vec![n]));
    }
    rebuilt(case, out)
}

fn joined(case: &Known, chance: &mut Chance) -> Known {
    let mut out: Vec<(Value, Vec<usize>)> = Vec::new();
    let mut join = false;
    for (n, segment) in case.segments.iter().enumerate() {
        match out.last_mut().filter(|_| join) {
            Some((last, from)) => {
                let text = |v: &Value| v["text"].as_str().unwrap_or_default().to_owned();
                last["text"] = json!(format!("{} {}", text(last), text(segment)));
                last["end"] = segment["end"].clone();
                from.push(n);
                join = false;
            }
            None => {
                out.push((segment.clone(), vec![n]));
                join = once_in(chance, 4);
            }
        }
    }
    rebuilt(case, out)
}
