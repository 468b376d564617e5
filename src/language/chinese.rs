//! Simplified and Traditional Chinese. Understanding folds every character to one canonical (Simplified) form, one
//! character at a time, so that offsets survive and context cannot change the outcome; writing converts whole
//! phrases with OpenCC's Hong Kong tables.
//!
//! OpenCC maps a few Cantonese characters (嗰) to ones outside the Basic Multilingual Plane, which most fonts lack;
//! those characters are kept as they are.

use super::quick::QuickMap;
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use std::sync::OnceLock;

/// Variants that OpenCC leaves apart and that people mix: the first stands for the others.
const VARIANTS: &str = include_str!("data/variants.txt");

fn converter(config: BuiltinConfig) -> OpenCC {
    OpenCC::from_config(config).expect("OpenCC's tables are compiled in")
}

/// Maps every character of the CJK block that changes.
fn table(config: BuiltinConfig) -> QuickMap<char, char> {
    let opencc = converter(config);
    let mut out = QuickMap::default();
    for c in COMMON_BLOCK {
        let mut buffer = [0; 4];
        let converted = opencc.convert(c.encode_utf8(&mut buffer));
        let mut chars = converted.chars();
        if let (Some(d), None) = (chars.next(), chars.next())
            && d != c
            && (d as u32) < 0x1_0000
        {
            out.insert(c, d);
        }
    }
    out
}

fn to_simple() -> &'static QuickMap<char, char> {
    static TABLE: OnceLock<QuickMap<char, char>> = OnceLock::new();
    TABLE.get_or_init(|| table(BuiltinConfig::T2s))
}

fn to_full() -> &'static QuickMap<char, char> {
    static TABLE: OnceLock<QuickMap<char, char>> = OnceLock::new();
    TABLE.get_or_init(|| table(BuiltinConfig::S2t))
}

/// The canonical character that understanding works on.
pub fn canonical(c: char) -> char {
    static COMMON: OnceLock<Box<[char]>> = OnceLock::new();
    if !is_han(c) {
        return c;
    }
    let common = COMMON.get_or_init(|| COMMON_BLOCK.map(to_canonical).collect());
    match (c as usize).checked_sub(*COMMON_BLOCK.start() as usize).and_then(|i| common.get(i)) {
        Some(&canonical) => canonical,
        None => to_canonical(c),
    }
}

/// The characters that are in use: CJK Unified Ideographs without the extensions.
const COMMON_BLOCK: std::ops::RangeInclusive<char> = '\u{4E00}'..='\u{9FFF}';

fn to_canonical(c: char) -> char {
    static VARIANT: OnceLock<QuickMap<char, char>> = OnceLock::new();
    let simple = to_simple().get(&c).copied().unwrap_or(c);
    let variants = VARIANT.get_or_init(|| {
        let mut map = QuickMap::default();
        for line in VARIANTS.lines().filter(|l| !l.starts_with('#')) {
            let mut chars = line.chars().map(|c| to_simple().get(&c).copied().unwrap_or(c));
            if let Some(first) = chars.next() {
                map.extend(chars.filter(|&c| c != first).map(|c| (c, first)));
            }
        }
        map
    });
    variants.get(&simple).copied().unwrap_or(simple)
}

/// Whether the character is a Chinese one.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}')
}

/// Whether only Traditional writing has this character.
pub fn only_traditional(c: char) -> bool {
    to_simple().contains_key(&c)
}

/// Whether only Simplified writing has this character.
pub fn only_simplified(c: char) -> bool {
    to_full().contains_key(&c) && !super::sounds::is_traditional(c)
}

fn convert_keeping(opencc: &OpenCC, text: &str) -> String {
    let out = opencc.convert(text);
    if !out.chars().any(|c| c as u32 >= 0x2_0000) {
        return out;
    }
    let (before, after): (Vec<char>, Vec<char>) = (text.chars().collect(), out.chars().collect());
    if before.len() != after.len() {
        return out;
    }
    before.iter().zip(after).map(|(&b, a)| if a as u32 >= 0x2_0000 { b } else { a }).collect()
}

/// The text in Simplified characters, Hong Kong phrases considered.
pub fn to_simplified(text: &str) -> String {
    static OPENCC: OnceLock<OpenCC> = OnceLock::new();
    convert_keeping(OPENCC.get_or_init(|| converter(BuiltinConfig::Hk2s)), text)
}

/// The text in Traditional characters as Hong Kong writes them.
pub fn to_traditional(text: &str) -> String {
    static OPENCC: OnceLock<OpenCC> = OnceLock::new();
    convert_keeping(OPENCC.get_or_init(|| converter(BuiltinConfig::S2hk)), text)
}

/// Traditional text with the characters that Hong Kong prefers (裏 and 衞).
pub fn to_hong_kong(text: &str) -> String {
    static OPENCC: OnceLock<OpenCC> = OnceLock::new();
    convert_keeping(OPENCC.get_or_init(|| converter(BuiltinConfig::T2hk)), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scripts_fold_to_one() {
        for (a, b) in [("將軍澳", "将军澳"), ("領峯", "领峰"), ("觀海台", "觀海臺"), ("東湧", "東涌")]
        {
            let fold = |s: &str| s.chars().map(canonical).collect::<String>();
            assert_eq!(fold(a), fold(b));
        }
    }

    #[test]
    fn cantonese_stays_in_the_basic_plane() {
        assert!(to_simplified("嗰個單位有海景").chars().all(|c| (c as u32) < 0x1_0000));
        assert!(to_simplified("灣仔").contains('湾'));
    }

    #[test]
    fn scripts_are_told_apart() {
        assert!(only_simplified('湾') && only_traditional('灣'));
        assert!(!only_simplified('台') && !only_simplified('里'));
    }
}
