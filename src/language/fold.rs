//! One canonical form for understanding: NFKC, lower case, full width to half, every Chinese character to its
//! canonical one, apostrophes dropped, hyphens between letters to spaces, runs of space to one.
//!
//! Every folded character knows which bytes of the text it came from, so a quote can be shown as it was written.

use super::chinese::canonical;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// A folded text and the way back.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// The canonical characters.
    pub chars: Vec<char>,
    /// The bytes of the original that each canonical character came from.
    origin: Vec<(u32, u32)>,
    /// Whether the original character was upper case.
    upper: Vec<bool>,
}

impl Folded {
    /// The bytes of the original text behind a range of folded characters.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        match (self.origin.get(range.start), range.end.checked_sub(1).and_then(|e| self.origin.get(e))) {
            (Some(a), Some(b)) if range.start < range.end => a.0 as usize..b.1 as usize,
            _ => 0..0,
        }
    }

    /// The text without some stretches of it; what is left still knows where it came from.
    #[must_use]
    pub fn without(&self, gone: &[Range<usize>]) -> Self {
        let kept = |i: &usize| !gone.iter().any(|g| g.contains(i));
        let kept: Vec<usize> = (0..self.chars.len()).filter(kept).collect();
        Self {
            chars: kept.iter().map(|&i| self.chars[i]).collect(),
            origin: kept.iter().map(|&i| self.origin[i]).collect(),
            upper: kept.iter().map(|&i| self.upper[i]).collect(),
        }
    }

    /// Whether the character at `at` was written in upper case.
    pub fn is_upper(&self, at: usize) -> bool {
        self.upper.get(at).copied().unwrap_or(false)
    }

    /// The character at `at`, or NUL beyond the end.
    pub fn at(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or('\0')
    }

    /// The folded text of a range.
    pub fn slice(&self, range: Range<usize>) -> String {
        self.chars[range].iter().collect()
    }
}

/// The most characters that one stands for in words: ㌳ is フィート.
const LONGEST_EXPANSION: usize = 6;

/// Folds a text.
pub fn fold(text: &str) -> Folded {
    let mut raw: Vec<(char, u32, u32, bool)> = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let (start, end) = (at as u32, (at + c.len_utf8()) as u32);
        let c = match c {
            '’' | '‘' | '`' | '′' => '\'',
            '–' | '—' | '−' | '‐' | '‑' | '﹣' => '-',
            '〜' | '～' => '~',
            other => other,
        };
        // Most of what is typed has nothing to be unfolded.
        match c {
            '\0'..='\x7f' => {
                raw.push((c.to_ascii_lowercase(), start, end, c.is_ascii_uppercase()));
                continue;
            }
            '\u{4E00}'..='\u{9FFF}' => {
                raw.push((canonical(c), start, end, false));
                continue;
            }
            _ => {}
        }
        // A ligature of a whole sentence (U+FDFA) stays one character, so that 4 KiB of it are no more than that.
        let spelt_out = std::iter::once(c).nfkc().nth(LONGEST_EXPANSION).is_none();
        let (short, whole) = (std::iter::once(c).nfkc(), std::iter::once(c));
        for d in short.take_while(|_| spelt_out).chain(whole.take_while(|_| !spelt_out)) {
            let upper = d.is_uppercase();
            for e in d.to_lowercase() {
                raw.push((canonical(e), start, end, upper));
            }
        }
    }
    let mut out = Folded::default();
    for (i, &(c, start, end, upper)) in raw.iter().enumerate() {
        let letter = |j: Option<usize>| j.and_then(|j| raw.get(j)).is_some_and(|r| r.0.is_ascii_alphabetic());
        let between = letter(i.checked_sub(1)) && letter(Some(i + 1));
        let c = match c {
            '\'' if letter(i.checked_sub(1)) => continue,
            '-' if between => ' ',
            c if c.is_whitespace() => ' ',
            c if c.is_control() || c == '\u{200b}' || c == '\u{feff}' => continue,
            c => c,
        };
        if c == ' ' && out.chars.last().is_none_or(|&l| l == ' ') {
            continue;
        }
        out.chars.push(c);
        out.origin.push((start, end));
        out.upper.push(upper);
    }
    out
}

/// Folds a text where only the characters matter.
pub fn fold_str(text: &str) -> String {
    fold(text.trim()).chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_width_case_script_and_hyphens() {
        assert_eq!(fold_str("ＴＳ－００３５"), "ts-0035");
        assert_eq!(fold_str("The Belcher’s  South-east"), "the belchers south east");
        assert_eq!(fold_str("太古城"), fold_str("太古城"));
        assert_eq!(fold_str("海灣"), "海湾");
        assert_eq!(fold_str("㎡ \u{fdfa}"), "m2 \u{fdfa}");
    }

    #[test]
    fn knows_the_way_back() {
        let text = "睇 海灣 ５００呎";
        let folded = fold(text);
        let at = folded.chars.iter().position(|&c| c == '5').unwrap();
        assert_eq!(&text[folded.original(at..at + 3)], "５００");
    }
}
