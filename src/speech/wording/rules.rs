//! The words that the rules of writing go by, from `wording.toml`, folded where they are compared.

use crate::language::{Folded, fold_str, numerals};
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct File {
    cantonese: Cantonese,
    cues: Cues,
    ordinary: Ordinary,
    english: English,
}

#[derive(Deserialize)]
struct Cantonese {
    write: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Cues {
    after: Vec<String>,
    short: Vec<String>,
    numbered: Vec<String>,
    before: Vec<String>,
    english_before: Vec<String>,
    english_after: Vec<String>,
}

#[derive(Deserialize)]
struct Ordinary {
    characters: String,
}

#[derive(Deserialize)]
struct English {
    sounds: Vec<(String, String)>,
}

/// The rules.
pub struct Rules {
    /// Cantonese phrases and how they are written, the longest first.
    pub write: Vec<(String, String)>,
    /// How English spells sounds, in order.
    pub sounds: Vec<(String, String)>,
    /// Folded English words that stand before and behind names.
    pub english_before: HashSet<String>,
    pub english_after: HashSet<String>,
    cues: Cues,
    ordinary: HashSet<char>,
}

/// The rules that come with the program.
pub fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let file: File = toml::from_str(include_str!("wording.toml")).expect("wording.toml is well formed");
        let mut cues = file.cues;
        for list in [&mut cues.after, &mut cues.short, &mut cues.numbered, &mut cues.before] {
            list.iter_mut().for_each(|s| *s = fold_str(s));
        }
        let mut write = file.cantonese.write;
        write.sort_by_key(|(from, _)| std::cmp::Reverse(from.chars().count()));
        Rules {
            write,
            sounds: file.english.sounds,
            english_before: cues.english_before.iter().cloned().collect(),
            english_after: cues.english_after.iter().cloned().collect(),
            ordinary: fold_str(&file.ordinary.characters).chars().collect(),
            cues,
        }
    })
}

impl Rules {
    /// Whether a folded character is a word that is said all the time.
    pub fn is_ordinary(&self, c: char) -> bool {
        self.ordinary.contains(&c)
    }

    /// Whether what stands straight before or behind a stretch says that it is a name of an estate.
    pub fn hinted(&self, text: &Folded, start: usize, end: usize) -> bool {
        let rest = skip(text, end);
        self.cues.after.iter().any(|c| stands(text, rest, c))
            || self.numbered(text, rest)
            || self.cues.before.iter().any(|c| {
                let n = c.chars().count();
                start >= n && stands(text, start - n, c)
            })
    }

    /// Whether what stands straight behind a stretch of two characters leaves nothing else: an ending of estates, or a
    /// number of a block or a phase.
    pub fn surely_named(&self, text: &Folded, end: usize) -> bool {
        let rest = skip(text, end);
        self.cues.short.iter().any(|c| stands(text, rest, c)) || self.numbered(text, rest)
    }

    fn numbered(&self, text: &Folded, at: usize) -> bool {
        let at = if text.at(at) == '第' { at + 1 } else { at };
        numerals::number_at(text, at)
            .is_some_and(|n| self.cues.numbered.iter().any(|c| stands(text, n.end, c)))
    }
}

fn skip(text: &Folded, at: usize) -> usize {
    if text.at(at) == ' ' { at + 1 } else { at }
}

/// Whether a phrase stands at a place.
fn stands(text: &Folded, at: usize, phrase: &str) -> bool {
    phrase.chars().enumerate().all(|(i, c)| text.at(at + i) == c)
}
