//! Which language and script a text is in: marker characters and words, not statistics, because questions are short
//! and mixed. A text that gives nothing away stays in the language that the conversation is in.

use super::{Language, Script, chinese};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// A language in its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tongue {
    /// The language.
    pub language: Language,
    /// The script it is written in.
    pub script: Script,
}

impl Tongue {
    /// Cantonese, which is always written in Traditional characters here.
    pub const YUE: Self = Self { language: Language::Yue, script: Script::Hant };
    /// English.
    pub const EN: Self = Self { language: Language::En, script: Script::Latn };

    /// A language in the script it is written in when nothing else is known.
    pub fn of(language: Language) -> Self {
        match language {
            Language::Yue => Self::YUE,
            Language::En => Self::EN,
            Language::Cmn => Self { language, script: Script::Hans },
        }
    }
}

#[derive(Deserialize)]
struct Markers {
    yue: Vec<String>,
    cmn: Vec<String>,
    en: Vec<String>,
}

fn markers() -> &'static Markers {
    static MARKERS: OnceLock<Markers> = OnceLock::new();
    MARKERS.get_or_init(|| {
        toml::from_str(include_str!("data/markers.toml")).expect("markers.toml is well formed")
    })
}

/// The language of a text; `before` is that of the conversation so far.
pub fn detect(text: &str, before: Option<Tongue>) -> Tongue {
    let han = text.chars().filter(|&c| chinese::is_han(c)).count();
    let lower = text.to_lowercase().replace('’', "'").replace('\'', "");
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.chars().any(|c| c.is_ascii_alphabetic()) && !w.chars().any(|c| c.is_ascii_digit()))
        .collect();
    let english = words.iter().filter(|w| markers().en.iter().any(|m| m == *w)).count();
    if han == 0 {
        // A lone reference or a figure says nothing about its speaker.
        let says = words.len() > 1 || words.first().is_some_and(|w| w.len() > 3);
        return if says { Tongue::EN } else { before.unwrap_or(Tongue::EN) };
    }
    let count = |list: &[String]| list.iter().filter(|m| text.contains(m.as_str())).count();
    let (yue, cmn) = (count(&markers().yue), count(&markers().cmn));
    let simplified = text.chars().filter(|&c| chinese::only_simplified(c)).count();
    let traditional = text.chars().filter(|&c| chinese::only_traditional(c)).count();
    if english >= 2 && yue == 0 && words.len() > han / 3 {
        return Tongue::EN;
    }
    let script = match (simplified > traditional, traditional > 0, before) {
        (true, ..) => Script::Hans,
        (_, true, _) => Script::Hant,
        (_, _, Some(b)) if b.script != Script::Latn => b.script,
        _ => Script::Hans,
    };
    let mandarin = Tongue { language: Language::Cmn, script };
    if yue > 0 && (yue >= cmn || simplified == 0) && !(simplified > 0 && cmn > 0 && yue <= cmn) {
        Tongue::YUE
    } else if cmn > 0 || simplified > 0 {
        mandarin
    } else {
        match before {
            Some(b) if b.language == Language::Cmn => mandarin,
            _ => Tongue::YUE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_three_apart() {
        for (text, language, script) in [
            ("唔該，九座十七樓B實用幾多呎？", Language::Yue, Script::Hant),
            ("珀丽湾三房租盘有冇呀", Language::Yue, Script::Hant),
            ("这套房子的物业费一个月多少钱？", Language::Cmn, Script::Hans),
            ("請問這個單位有沒有車位", Language::Cmn, Script::Hant),
            ("呢個 unit 有冇 carpark", Language::Yue, Script::Hant),
            ("Do you have any 未補地價 居屋 flats for sale?", Language::En, Script::Latn),
            ("屯門兩房，租兩萬以內", Language::Yue, Script::Hant),
            ("恒生呢", Language::Yue, Script::Hant),
        ] {
            assert_eq!(detect(text, None), Tongue { language, script }, "{text}");
        }
    }

    #[test]
    fn neutral_text_keeps_the_conversation() {
        let hans = Tongue { language: Language::Cmn, script: Script::Hans };
        assert_eq!(detect("三房", Some(hans)), hans);
        assert_eq!(detect("TS-0035", Some(hans)), hans);
    }
}
