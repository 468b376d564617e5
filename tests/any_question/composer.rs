//! Makes conversations up: places and units of a base, phrases of the lexicon, numbers as people say them, negations,
//! comparisons, follow-ups, and slips of the finger. The same seed makes the same conversations.

use super::words::{Concept, Words};
use super::world::{Row, World, text};
use branchbox::language::{Language, chinese};

/// Who asks: which words are taken, and how they are joined.
#[derive(Clone, Copy, PartialEq)]
pub enum Speaker {
    /// Cantonese or written Chinese in Traditional characters.
    Hant,
    /// The same in Simplified characters.
    Hans,
    English,
    /// 「呢個 unit 有冇 carpark」
    Mixed,
}

/// One question, and the language asked for beside it.
pub struct Turn {
    pub text: String,
    pub language: Option<Language>,
}

/// Makes questions up.
pub struct Composer<'a> {
    pub world: &'a World,
    pub words: &'a Words,
    state: u64,
}

impl<'a> Composer<'a> {
    pub fn new(world: &'a World, words: &'a Words, seed: u64) -> Self {
        Self { world, words, state: seed }
    }

    /// A number below `n` (SplitMix64).
    pub fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn of<'b, T>(&mut self, list: &'b [T]) -> &'b T {
        &list[self.below(list.len())]
    }

    /// A conversation of one to six questions.
    pub fn conversation(&mut self) -> Vec<Turn> {
        let speaker = *self.of(&[
            Speaker::Hant,
            Speaker::Hant,
            Speaker::Hans,
            Speaker::Hans,
            Speaker::English,
            Speaker::English,
            Speaker::Mixed,
        ]);
        let turns = 1 + self.below(6);
        (0..turns)
            .map(|_| {
                let text = self.question(speaker);
                let language = match self.below(24) {
                    0 => Some(Language::Yue),
                    1 => Some(Language::Cmn),
                    2 => Some(Language::En),
                    _ => None,
                };
                Turn { text, language }
            })
            .collect()
    }

    /// One question, or the piece of one that follows up.
    pub fn question(&mut self, s: Speaker) -> String {
        let pieces = match self.below(16) {
            0..=3 => self.search(s),
            4..=5 => vec![self.address(s), self.phrase(s, "field"), self.phrase(s, "filler")],
            6 => vec![self.address(s), self.phrase(s, "is"), self.phrase(s, "field")],
            7 => vec![self.place(s), self.phrase(s, "best"), self.phrase(s, "deal"), self.phrase(s, "op")],
            8 => vec![self.phrase(s, "op"), self.place(s), self.phrase(s, "field"), self.phrase(s, "deal")],
            9 => self.comparison(s),
            10..=12 => self.follow_up(s),
            13 => return self.asked(s),
            14 => {
                let (rule, other) = (self.below(self.words.rules.len()), self.below(self.words.rules.len()));
                let words = self.words;
                let rule = self.say(&words.rules[rule], s);
                let other = self.say(&words.rules[other], s);
                vec![self.place(s), rule, other, self.phrase(s, "field")]
            }
            _ => (0..1 + self.below(8)).map(|_| self.anything(s)).collect(),
        };
        self.join(s, &pieces)
    }

    fn search(&mut self, s: Speaker) -> Vec<String> {
        let mut out = vec![self.phrase(s, "filler")];
        if self.below(4) > 0 {
            out.push(self.place(s));
        }
        for _ in 0..self.below(4) {
            match self.below(5) {
                0 => out.extend([self.phrase(s, "word"), self.phrase(s, "is")]),
                1 => out.push(self.phrase(s, "facility")),
                2 => out.push(self.phrase(s, "is")),
                _ => out.push(self.measure(s)),
            }
        }
        out.push(self.phrase(s, "deal"));
        if self.below(3) == 0 {
            out.push(self.phrase(s, "order"));
        }
        out
    }

    fn comparison(&mut self, s: Speaker) -> Vec<String> {
        let and = if s == Speaker::English { " and " } else { "同" }.to_owned();
        let field = self.phrase(s, "field");
        match self.below(4) {
            0 => vec![self.reference(), and, self.reference(), self.phrase(s, "compare"), field],
            1 => vec![self.address(s), and, self.address(s), field],
            _ => vec![self.place(s), and, self.place(s), self.phrase(s, "word"), field, self.measure(s)],
        }
    }

    fn follow_up(&mut self, s: Speaker) -> Vec<String> {
        let follow = ["咁", "what about ", "那", "and "][self.below(4)].to_owned();
        let then = match self.below(8) {
            0 => self.phrase(s, "field"),
            1 => self.place(s),
            2 => self.measure(s),
            3 => self.phrase(s, "is"),
            4 => self.phrase(s, "best"),
            5 => return vec![self.phrase(s, "word"), self.phrase(s, "field")],
            6 => return vec![self.phrase(s, "word")],
            _ => self.address(s),
        };
        vec![follow, then]
    }

    /// A question of our table, as it is or with a slip, or two run together.
    fn asked(&mut self, s: Speaker) -> String {
        let words = self.words;
        let mut chars: Vec<char> = self.of(&words.asked).chars().collect();
        for _ in 0..self.below(4) {
            let at = self.below(chars.len().max(1));
            match self.below(6) {
                0 if chars.len() > 2 => drop(chars.remove(at)),
                1 if !chars.is_empty() => chars.insert(at, chars[at]),
                2 => chars
                    .splice(at.min(chars.len())..at.min(chars.len()), self.place(s).chars())
                    .for_each(drop),
                3 => chars
                    .splice(at.min(chars.len())..at.min(chars.len()), self.measure(s).chars())
                    .for_each(drop),
                4 => chars.extend(self.of(&words.asked).chars()),
                _ => {
                    let digit = char::from(b'0' + self.below(10) as u8);
                    chars.iter_mut().filter(|c| c.is_ascii_digit()).for_each(|c| *c = digit);
                }
            }
        }
        self.script(s, chars.into_iter().collect())
    }

    fn anything(&mut self, s: Speaker) -> String {
        match self.below(6) {
            0 => self.place(s),
            1 => self.measure(s),
            2 => self.address(s),
            _ => {
                let groups = self.words.groups();
                let group = groups[self.below(groups.len())].to_owned();
                self.phrase(s, &group)
            }
        }
    }

    /// A phrase of some concept of a group.
    fn phrase(&mut self, s: Speaker, group: &str) -> String {
        let concepts = self.words.group(group);
        let concept = &concepts[self.below(concepts.len())];
        self.say(concept, s)
    }

    fn say(&mut self, concept: &Concept, s: Speaker) -> String {
        let english = s == Speaker::English || (s == Speaker::Mixed && self.below(2) == 0);
        let lists = [&concept.chinese, &concept.english];
        let list =
            [lists[usize::from(english)], lists[usize::from(!english)]].into_iter().find(|l| !l.is_empty());
        list.map(|l| self.of(l).clone()).unwrap_or_default()
    }

    fn row(&mut self) -> &'a Row {
        &self.world.rows[self.below(self.world.rows.len())]
    }

    fn reference(&mut self) -> String {
        let reference = text(self.row(), "ref").to_owned();
        if self.below(8) == 0 { "ZZ-9999".into() } else { reference }
    }

    /// The name of a place of the base, sometimes with a slip, seldom one that is not there.
    fn place(&mut self, s: Speaker) -> String {
        let column = *self.of(&["estate", "estate", "district", "region", "mtr", "block"]);
        let language = if s == Speaker::English { "en" } else { "zh" };
        let mut name: Vec<char> = text(self.row(), &format!("{column}_{language}")).chars().collect();
        match self.below(16) {
            0 if name.len() > 2 => {
                let at = self.below(name.len());
                name.remove(at);
            }
            1 if name.len() > 2 => name.swap(0, 1),
            2 => name = "夢幻豪庭".chars().collect(),
            _ => {}
        }
        if column == "mtr" && self.below(2) == 0 {
            name.extend(if s == Speaker::English { " station" } else { "站" }.chars());
        }
        name.into_iter().collect()
    }

    fn address(&mut self, s: Speaker) -> String {
        let row = self.row();
        let (floor, unit) = (&row["floor"], text(row, "unit"));
        let (estate_zh, block_zh) = (text(row, "estate_zh"), text(row, "block_zh"));
        let (estate_en, block_en) = (text(row, "estate_en"), text(row, "block_en"));
        match (s == Speaker::English, self.below(6)) {
            (_, 0) => self.reference(),
            (true, 1) => format!("{estate_en} {block_en} {floor}{unit}"),
            (true, 2) => format!("{floor}/F, {block_en}"),
            (true, _) => format!("Flat {unit}, {floor}/F, {block_en}, {estate_en}"),
            (false, 1) => format!("{estate_zh}{block_zh}{floor}{unit}"),
            (false, 2) => format!("{block_zh}{floor}樓"),
            (false, 3) => format!("{estate_zh}{floor}樓{unit}室"),
            (false, _) => format!("{estate_zh}{block_zh}{floor}樓{unit}室"),
        }
    }

    /// A number with what it counts and how it is compared: 五百呎以上, under HK$9.8m, 兩三房.
    fn measure(&mut self, s: Speaker) -> String {
        let english = s == Speaker::English;
        let number = match self.below(10) {
            0 => ["千二萬", "兩萬二", "六球半", "一千二百萬", "廿三", "五百", "兩三", "三千"][self.below(8)]
                .into(),
            1 => {
                ["22k", "HK$9.8m", "12 mil", "$12M", "twenty two thousand", "8 million"][self.below(6)].into()
            }
            2 => format!("{}萬", 3 + self.below(2000)),
            3 => {
                let millions = 1 + self.below(40);
                format!("{millions},{:03},000", self.below(1000))
            }
            4 => {
                let whole = self.below(30);
                format!("{whole}.{}", self.below(100))
            }
            5 => {
                let low = 1 + self.below(900);
                format!("{low}至{}", 1 + self.below(2000))
            }
            6 => {
                let low = 1 + self.below(9);
                format!("{low}-{}", 1 + self.below(12))
            }
            _ => {
                let most = *self.of(&[9, 60, 1200]);
                (1 + self.below(most)).to_string()
            }
        };
        let unit = if self.below(3) > 0 { self.phrase(s, "unit") } else { String::new() };
        let compare = if self.below(3) > 0 { self.phrase(s, "compare") } else { String::new() };
        let space = if english { " " } else { "" };
        if english || self.below(2) == 0 {
            format!("{compare}{space}{number}{space}{unit}")
        } else {
            format!("{number}{unit}{compare}")
        }
    }

    fn join(&mut self, s: Speaker, pieces: &[String]) -> String {
        let by = match s {
            Speaker::English | Speaker::Mixed => " ",
            _ => ["", "，", "，", "", ""][self.below(5)],
        };
        let text = pieces.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(by);
        let text = text + ["", "", "？", "?", "呀"][self.below(5)];
        self.script(s, text)
    }

    fn script(&self, s: Speaker, text: String) -> String {
        if s == Speaker::Hans { chinese::to_simplified(&text) } else { text }
    }
}
