//! How the name of a place is shortened in speech: what is derived from the name alone, by lists in a data file.

use super::fold_str;
use serde::Deserialize;
use std::sync::OnceLock;

/// A place as the data file lists it: Chinese, English, other names.
pub(super) type Row = Vec<String>;

/// The data file.
#[derive(Deserialize)]
pub(super) struct HongKong {
    pub regions: Vec<Row>,
    pub districts: Vec<Row>,
    pub stations: Vec<Row>,
    pub estates: Vec<Row>,
    plain_words: Vec<String>,
    tails: Vec<String>,
    heads: Vec<String>,
    /// Endings that estates drop in speech, the longest first.
    pub tails_zh: Vec<String>,
    /// Endings that estates and buildings have.
    pub endings_zh: Vec<String>,
    /// Those of them that make another name of a short one they follow.
    pub builds_zh: Vec<String>,
    builds: Vec<String>,
    /// Characters that tell one name from the next: numbers, directions.
    pub telling_zh: String,
    /// Spellings of one sound: what is written, and what stands for it. Applied in order.
    pub spellings: Vec<(String, String)>,
    /// Common words of names that are written in several ways, the first as in full.
    same_words: Vec<Vec<String>>,
}

impl HongKong {
    /// Whether a folded Latin word is one that names commonly end in.
    pub fn is_tail(&self, word: &str) -> bool {
        self.tails.iter().any(|t| t == word)
    }

    /// The folded Latin words that names commonly end in.
    pub fn tails(&self) -> impl Iterator<Item = &str> {
        self.tails.iter().map(String::as_str)
    }

    /// One way of writing a common word, for all of its ways.
    pub fn same_word<'a>(&'a self, word: &'a str) -> &'a str {
        let ways = self.same_words.iter().find(|ways| ways.iter().any(|w| w == word));
        ways.and_then(|w| w.first()).map_or(word, String::as_str)
    }

    /// Whether a folded Latin word makes another building's name of a short name that it follows.
    pub fn is_building(&self, word: &str) -> bool {
        self.builds.iter().any(|t| t == word)
    }
}

/// The places of Hong Kong, folded where they are compared.
pub(super) fn hong_kong() -> &'static HongKong {
    static HONG_KONG: OnceLock<HongKong> = OnceLock::new();
    HONG_KONG.get_or_init(|| {
        let mut data: HongKong =
            toml::from_str(include_str!("data/hong_kong.toml")).expect("hong_kong.toml is well formed");
        for list in [
            &mut data.plain_words,
            &mut data.tails,
            &mut data.heads,
            &mut data.tails_zh,
            &mut data.endings_zh,
            &mut data.builds_zh,
            &mut data.builds,
        ] {
            list.iter_mut().for_each(|s| *s = fold_str(s));
            list.sort_by_key(|s| std::cmp::Reverse(s.chars().count()));
        }
        data.telling_zh = fold_str(&data.telling_zh);
        data
    })
}

/// Letters and digits of a folded Latin name, joined: "tai koo shing" and "taikooshing" are the same.
pub(super) fn joined(folded: &str) -> String {
    folded.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Whether the ending of a folded Chinese name is one that estates and buildings have.
pub(super) fn ends_like_a_name(folded: &str) -> bool {
    hong_kong()
        .endings_zh
        .iter()
        .any(|e| folded.ends_with(e.as_str()) && folded.chars().count() > e.chars().count())
}

/// Whether the ending, two characters or more, is one that nothing but a name has, with two more before it.
pub(super) fn ends_surely(folded: &str) -> bool {
    let count = folded.chars().count();
    hong_kong()
        .endings_zh
        .iter()
        .any(|e| e.chars().count() == 2 && folded.ends_with(e.as_str()) && count >= 4)
}

const ROMAN: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
const FIGURES: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// Other ways of writing a folded name that holds a dot or a figure: 譽.港灣 and 譽港灣, 溱岸8號 and 溱岸八號.
pub(super) fn written(folded: &str) -> Vec<String> {
    if folded.is_ascii() {
        // K. City and K City are the same; joined letters see to the rest.
        return vec![folded.replace(". ", " ").replace('.', "")];
    }
    let bare: String = folded.chars().filter(|c| !matches!(c, '.' | '·' | '‧' | '・' | '•')).collect();
    let mut out = vec![bare.clone()];
    let single = |i: usize, chars: &[char]| {
        let figure = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        figure(chars.get(i)) && !figure(chars.get(i + 1)) && !(i > 0 && figure(chars.get(i - 1)))
    };
    let chars: Vec<char> = bare.chars().collect();
    if let Some(i) = (0..chars.len()).find(|&i| single(i, &chars)) {
        let mut other = chars.clone();
        other[i] = FIGURES[chars[i].to_digit(10).unwrap_or_default() as usize];
        out.push(other.into_iter().collect());
    } else if let Some(i) = (1..chars.len()).find(|&i| chars[i] == '号') {
        let mut other = chars.clone();
        if let Some(n) =
            FIGURES.iter().position(|f| *f == chars[i - 1] || (chars[i - 1] == '壹' && *f == '一'))
        {
            other[i - 1] = char::from_digit(n as u32, 10).unwrap_or_default();
            out.push(other.iter().collect());
            other[i - 1] = FIGURES[n];
            out.push(other.into_iter().collect());
        }
    }
    out
}

/// Other ways of writing a folded name that holds a phase: 第2期3座 is 2期3座 and 二期三座, "phase 2 tower 3" is "tower 3,
/// phase 2" and "phase ii block 3".
pub(super) fn phased(folded: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(at) = folded.find('期') {
        let (head, tail) = folded.split_at(at);
        let stem = head.trim_end_matches(|c: char| c.is_ascii_digit() || FIGURES.contains(&c));
        let number = &head[stem.len()..];
        if number.is_empty() {
            return out;
        }
        let stem = stem.strip_suffix('第').unwrap_or(stem);
        let ways = |text: &str| {
            let figured = |(i, f): (usize, &char)| text.replace(*f, &i.to_string());
            let plain = FIGURES.iter().enumerate().skip(1).find(|(_, f)| text.contains(**f)).map(figured);
            let arabic = plain.unwrap_or_else(|| text.to_owned());
            let digit = |c: char| c.to_digit(10).map_or(c, |d| FIGURES[d as usize]);
            let one = arabic.chars().filter(char::is_ascii_digit).count() == 1;
            let chinese = one.then(|| arabic.chars().map(digit).collect());
            [Some(arabic), chinese].into_iter().flatten().collect::<Vec<String>>()
        };
        for number in ways(number) {
            for tail in ways(tail) {
                out.extend(["", "第"].map(|the| format!("{stem}{the}{number}{tail}")));
            }
        }
    } else if let Some((stem, rest)) = folded.split_once("phase ") {
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let n = number.parse().ok().or_else(|| ROMAN.iter().position(|r| *r == number));
        let Some((n, roman)) = n.and_then(|n| Some((n, ROMAN.get(n)?))) else { return out };
        let towers: Vec<String> = match rest.split_once(' ') {
            Some(("tower" | "block", which)) => {
                ["tower", "block"].map(|word| format!("{word} {which}")).into()
            }
            _ => vec![rest.to_owned()],
        };
        for number in [n.to_string(), (*roman).to_owned()] {
            for tower in &towers {
                let phase = format!("{stem}phase {number}");
                match tower.is_empty() {
                    true => out.push(phase),
                    false => out.extend([
                        format!("{phase} {tower}"),
                        format!("{phase}, {tower}"),
                        format!("{tower} {phase}"),
                        format!("{tower}, {phase}"),
                    ]),
                }
            }
        }
    }
    // "Mayfair by the Sea II" is its phase 2.
    if folded.is_ascii()
        && let Some((stem, number)) = folded.rsplit_once(' ').filter(|(stem, _)| !stem.contains("phase"))
        && let Some(n) = ROMAN.iter().position(|r| *r == number && n_is_phase(r))
    {
        out.extend(["phase ", "ph ", ""].map(|word| format!("{stem} {word}{n}")));
        out.extend([format!("{stem} phase {number}"), format!("{stem}, phase {n}")]);
    }
    out.retain(|name| name != folded);
    out
}

/// Whether a Roman number is one that names end in: "i" and "v" alone may be letters.
fn n_is_phase(roman: &str) -> bool {
    !matches!(roman, "" | "v")
}

/// Shorter forms of an estate's folded names. `near` holds the folded names of its district, region and station.
pub(super) fn shortened(zh: &str, en: &str, near: &[String]) -> Vec<String> {
    let data = hong_kong();
    let mut out = Vec::new();
    for tail in &data.tails_zh {
        if let Some(rest) = zh.strip_suffix(tail.as_str())
            && rest.chars().count() >= 2
        {
            out.push(rest.to_owned());
            break;
        }
    }
    for place in near {
        if let Some(rest) = zh.strip_prefix(place.as_str())
            && rest.chars().count() >= 3
            && !rest.starts_with('市')
        {
            out.push(rest.to_owned());
        }
    }
    let mut english = en.to_owned();
    for head in &data.heads {
        if let Some(rest) = english.strip_prefix(&format!("{head} "))
            && joined(rest).len() >= 4
        {
            out.push(rest.to_owned());
            english = rest.to_owned();
            break;
        }
    }
    // "Taikoo Shing" has no tail; "City One Shatin" ends in its district; "Whampoa Garden" in a common noun.
    if let Some((rest, last)) = english.rsplit_once(' ')
        && near.iter().any(|n| joined(n) == last)
        && joined(rest).len() >= 6
    {
        out.push(rest.to_owned());
    }
    for tail in &data.tails {
        if let Some(rest) = english.strip_suffix(&format!(" {tail}")) {
            if joined(rest).len() >= 4 {
                out.push(rest.to_owned());
            }
            break;
        }
    }
    if let Some(stem) = english.strip_suffix('s')
        && joined(stem).len() >= 6
    {
        out.push(stem.to_owned());
    }
    // 80 Robinson is 80 Robinson Road.
    if en.starts_with(|c: char| c.is_ascii_digit())
        && let Some((stem, "road" | "street" | "avenue" | "drive" | "terrace")) = en.rsplit_once(' ')
        && stem.contains(' ')
    {
        out.push(stem.to_owned());
    }
    // A phase's development, which may stand for any of its phases.
    if let Some(stem) = zh.strip_suffix('期') {
        let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit() || FIGURES.contains(&c));
        out.push(stem.strip_suffix('第').unwrap_or(stem).to_owned());
    }
    if let Some((stem, number)) = en.rsplit_once(' ')
        && ROMAN.iter().any(|r| *r == number && n_is_phase(r))
        && stem.contains(' ')
    {
        out.push(stem.to_owned());
    }
    out.retain(|name| name.chars().count() > 1 && !data.plain_words.contains(name));
    // Garden or Gardens, Centre or Ctr: any of the ways in which the same word is written.
    for name in [en, english.as_str()] {
        let words: Vec<&str> = name.split(' ').collect();
        for (i, word) in words.iter().enumerate() {
            let Some(ways) = data.same_words.iter().find(|ways| ways.iter().any(|w| w == word)) else {
                continue;
            };
            for way in ways.iter().filter(|w| *w != word) {
                let mut other = words.clone();
                other[i] = way;
                out.push(other.join(" "));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_written_in_many_ways() {
        for (name, other) in [
            ("第2期3座", "2期3座"),
            ("第2期3座", "二期三座"),
            ("海盈山第4期", "海盈山4期"),
            ("逸瓏灣1期", "逸瓏灣第一期"),
            ("Phase 2 Tower 3", "Tower 3, Phase II"),
            ("Phase 2 Tower 3", "phase 2 block 3"),
            ("Mayfair by the Sea II", "mayfair by the sea phase 2"),
        ] {
            assert!(phased(&fold_str(name)).contains(&fold_str(other)), "{name} {other}");
        }
        assert!(phased("phase").is_empty() && phased("長期").is_empty());
    }

    #[test]
    fn names_are_shortened_as_people_do() {
        let short =
            |zh: &str, en: &str, near: &str| shortened(&fold_str(zh), &fold_str(en), &[fold_str(near)]);
        assert!(short("嘉湖山莊", "Kingswood Villas", "天水圍").contains(&"kingswood".to_owned()));
        assert!(short("沙田第一城", "City One Shatin", "沙田").contains(&fold_str("第一城")));
        assert!(short("富榮花園", "Charming Garden", "大角咀").iter().all(|s| s != "charming"));
    }
}
