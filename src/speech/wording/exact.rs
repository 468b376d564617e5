//! Names that were heard right and are written otherwise than the base writes them: in the other script, in a variant
//! of a character (杏花村), in small letters or in one word too many (tai koo shing).

use super::Edit;
use crate::language::chinese::{is_han, to_simplified};
use crate::language::{Folded, How, Language, Place, PlaceMatch, fold_str, is_english, lexicon};
use crate::store::transcripts::Reason;

/// How the places that are named are written. A place that is not the branch's is only seen to in its script.
pub fn edits(text: &str, folded: &Folded, named: &[PlaceMatch], language: Language) -> Vec<Edit> {
    named.iter().filter_map(|m| edit(text, folded, m, language)).collect()
}

fn edit(text: &str, folded: &Folded, m: &PlaceMatch, language: Language) -> Option<Edit> {
    let said = folded.slice(m.at.clone());
    let heard = &text[m.span.clone()];
    if said.chars().all(is_han) {
        let to = characters(&m.place, &said)?;
        let to = if language == Language::Cmn { to_simplified(&to) } else { to };
        return Some(Edit { bytes: m.span.clone(), to, reason: Reason::Script });
    }
    let ours = m.place.in_base && m.how == How::Exact && m.place.name_en.is_ascii();
    // A name of nothing but ordinary words may be just those words.
    let words = || said.split(' ').filter(|w| !w.is_empty());
    let plain = |w: &str| is_english(w) || lexicon().has(w);
    let letters = |s: &str| s.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let whole = letters(&said) == letters(&fold_str(&m.place.name_en));
    (ours && whole && !words().all(plain) && heard != m.place.name_en).then(|| Edit {
        bytes: m.span.clone(),
        to: m.place.name_en.clone(),
        reason: Reason::Form,
    })
}

/// A folded name, whole or shortened, in the characters of the base; none where these do not stand one for one.
fn characters(place: &Place, said: &str) -> Option<String> {
    let written: Vec<char> = place.name_zh.chars().collect();
    let folded: Vec<char> = fold_str(&place.name_zh).chars().collect();
    let said: Vec<char> = said.chars().collect();
    let at = folded.windows(said.len()).position(|w| w == said)?;
    (folded.len() == written.len()).then(|| written[at..at + said.len()].iter().collect())
}
