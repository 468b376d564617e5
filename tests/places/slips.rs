//! Slips of the pen, made by rule: what people and speech recognisers do to the name of a place.
//!
//! The sounds come from the program's tables of readings; nothing here asks the program how close two names are.

use std::collections::HashMap;

const JYUTPING: &str = include_str!("../../src/language/data/jyutping.txt");
const PINYIN: &str = include_str!("../../src/language/data/pinyin.txt");

/// One way of getting a name wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// A character that sounds the same in Cantonese.
    Homophone,
    /// A character that sounds the same in Mandarin.
    Mandarin,
    /// A character that lazy or unclear speech makes the same (n/l, ng/none, -ng/-n, -k/-t, zh/z).
    NearHomophone,
    /// A character left out, of a name of four or more.
    DropChar,
    /// A character left out, of a name of three.
    DropOfThree,
    /// Two characters or letters that change places.
    Swap,
    /// A letter left out.
    DropLetter,
    /// A letter doubled.
    DoubleLetter,
    /// A letter for the one beside it on the keyboard.
    NextKey,
    /// One space left out.
    DropSpace,
    /// All spaces left out.
    NoSpaces,
    /// Another way of spelling Cantonese in Latin letters.
    Romanised,
    /// The Chinese name in pinyin.
    Pinyin,
}

/// A small generator of numbers (SplitMix64).
pub struct Draw(pub u64);

impl Draw {
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// Readings by character and characters by reading.
pub struct Sounds {
    of: HashMap<char, Vec<&'static str>>,
    chars: HashMap<&'static str, Vec<char>>,
}

impl Sounds {
    fn of(table: &'static str) -> Self {
        let (mut of, mut chars) = (HashMap::<char, Vec<_>>::new(), HashMap::<_, Vec<char>>::new());
        for (syllable, all) in table.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' '))
        {
            for c in all.chars() {
                of.entry(c).or_default().push(syllable);
                chars.entry(syllable).or_default().push(c);
            }
        }
        Self { of, chars }
    }
    /// Cantonese.
    pub fn cantonese() -> Self {
        Self::of(JYUTPING)
    }
    /// Mandarin.
    pub fn mandarin() -> Self {
        Self::of(PINYIN)
    }
    fn like(&self, c: char, near: bool, draw: &mut Draw) -> Option<char> {
        let own = self.of.get(&c)?;
        let mut all: Vec<char> = Vec::new();
        for syllable in own {
            if near {
                let others = self.chars.keys().filter(|s| *s != syllable && unclear(s) == unclear(syllable));
                let mut others: Vec<_> = others.collect();
                others.sort();
                others.iter().for_each(|s| all.extend(&self.chars[**s]));
            } else {
                all.extend(&self.chars[syllable]);
            }
        }
        all.retain(|&o| o != c && (!near || !self.of[&o].iter().any(|s| own.contains(s))));
        (!all.is_empty()).then(|| all[draw.below(all.len())])
    }
    /// The reading of a whole name.
    pub fn read(&self, name: &str) -> Option<String> {
        name.chars().map(|c| self.of.get(&c).map(|s| s[0])).collect()
    }
}

/// A syllable as unclear speech has it.
fn unclear(s: &str) -> String {
    let s = match s {
        _ if s.starts_with("ng") => &s[2..],
        _ if s.starts_with('n') => return unclear(&format!("l{}", &s[1..])),
        _ => s,
    };
    let s = s.replacen("gw", "g", 1).replacen("kw", "k", 1);
    let s = ["zh", "ch", "sh"].iter().fold(s, |s, p| match s.strip_prefix(p) {
        Some(rest) if !rest.is_empty() => format!("{}{rest}", &p[..1]),
        _ => s,
    });
    let s = s.strip_suffix('g').filter(|r| r.ends_with('n')).map(str::to_owned).unwrap_or(s);
    match s.strip_suffix('k') {
        Some(rest) if !rest.is_empty() => format!("{rest}t"),
        _ => s,
    }
}

/// Slips of a Chinese name.
pub fn chinese(name: &str, yue: &Sounds, cmn: &Sounds, draw: &mut Draw) -> Vec<(Way, String)> {
    let chars: Vec<char> = name.chars().collect();
    let mut out = Vec::new();
    let with = |i: usize, c: char| {
        let mut other = chars.clone();
        other[i] = c;
        other.into_iter().collect::<String>()
    };
    for (way, table, near) in [
        (Way::Homophone, yue, false),
        (Way::Mandarin, cmn, false),
        (Way::NearHomophone, yue, true),
        (Way::NearHomophone, cmn, true),
    ] {
        let i = draw.below(chars.len());
        out.extend(table.like(chars[i], near, draw).map(|c| (way, with(i, c))));
    }
    let i = draw.below(chars.len());
    let dropped: String = chars.iter().enumerate().filter(|x| x.0 != i).map(|x| x.1).collect();
    match chars.len() {
        3 => out.push((Way::DropOfThree, dropped)),
        4.. => out.push((Way::DropChar, dropped)),
        _ => {}
    }
    if chars.len() >= 3 {
        let i = draw.below(chars.len() - 1);
        let mut swapped = chars.clone();
        swapped.swap(i, i + 1);
        out.push((Way::Swap, swapped.into_iter().collect()));
    }
    if chars.len() >= 3 && chars.iter().all(|c| cmn.of.contains_key(c)) {
        out.extend(cmn.read(name).map(|s| (Way::Pinyin, s)));
        out.extend(yue.read(name).map(|s| (Way::Romanised, s)));
    }
    out
}

/// Other spellings of the same Cantonese sounds.
const SPELLINGS: &[(&str, &str)] = &[
    ("Koo", "Ku"),
    ("Kwun", "Koon"),
    ("Tsuen", "Chuen"),
    ("Yuen", "Yuan"),
    ("Tsz", "Tze"),
    ("Tseung", "Cheung"),
    ("Foo", "Fu"),
    ("Fu ", "Foo "),
    ("Sun ", "San "),
    ("Wui", "Wooi"),
    ("Shing", "Sing"),
    ("Kei", "Kee"),
    ("Ngau", "Au"),
    ("Hung", "Hoong"),
    ("Lai", "Lay"),
    ("Mei", "May"),
    ("Tsui", "Chui"),
    ("Tai", "Tay"),
    ("Yau", "Yow"),
];

/// Slips of an English name.
pub fn english(name: &str, draw: &mut Draw) -> Vec<(Way, String)> {
    let chars: Vec<char> = name.chars().collect();
    let letters: Vec<usize> = (0..chars.len()).filter(|&i| chars[i].is_ascii_alphabetic()).collect();
    let mut out = Vec::new();
    let pick = |draw: &mut Draw| letters[draw.below(letters.len())];
    let i = pick(draw);
    out.push((
        Way::DropLetter,
        chars.iter().enumerate().filter(|x| x.0 != i).map(|x| x.1).collect::<String>(),
    ));
    let i = pick(draw);
    let mut other = chars.clone();
    other.insert(i, chars[i].to_ascii_lowercase());
    out.push((Way::DoubleLetter, other.into_iter().collect()));
    let pairs: Vec<usize> = letters.iter().copied().filter(|i| letters.contains(&(i + 1))).collect();
    if !pairs.is_empty() {
        let i = pairs[draw.below(pairs.len())];
        let mut other = chars.clone();
        other.swap(i, i + 1);
        out.push((Way::Swap, other.into_iter().collect()));
    }
    let i = pick(draw);
    let rows = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let low = chars[i].to_ascii_lowercase();
    let row: Vec<char> = rows.iter().find(|r| r.contains(low)).expect("a letter").chars().collect();
    let at = row.iter().position(|&c| c == low).expect("it is there");
    let mut other = chars.clone();
    other[i] = if at + 1 < row.len() { row[at + 1] } else { row[at - 1] };
    out.push((Way::NextKey, other.into_iter().collect()));
    let spaces: Vec<usize> = (0..chars.len()).filter(|&i| chars[i] == ' ').collect();
    if !spaces.is_empty() {
        let gone = spaces[draw.below(spaces.len())];
        out.push((
            Way::DropSpace,
            chars.iter().enumerate().filter(|x| x.0 != gone).map(|x| x.1).collect::<String>(),
        ));
        out.push((Way::NoSpaces, name.replace(' ', "").to_lowercase()));
    }
    for (a, b) in SPELLINGS.iter().filter(|p| name.contains(p.0)) {
        out.push((Way::Romanised, name.replacen(a, b, 1)));
    }
    out
}
