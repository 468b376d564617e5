//! The branch's own words: other names of places go into the gazetteer of the base, other ways to say something stand
//! beside the lexicon. They add to what the program knows and take nothing away: a word that means something already
//! keeps its meaning, and the import says so ([`check`]).

use crate::language::trie::Trie;
use crate::language::{Folded, Gazetteer, fold_str, lexicon};
use crate::listings::Problem;
use crate::listings::phrasebook::{Word, WordKind};
use crate::reason::Reason;

/// Words beside the lexicon.
#[derive(Debug, Default)]
pub struct OwnWords {
    trie: Trie<&'static str>,
    /// Words whose meaning is not there: a place that has left the base.
    pub without_meaning: Vec<String>,
}

impl OwnWords {
    /// Takes in a branch's words; names of places go to `places`.
    pub fn new(words: &[Word], places: &mut Gazetteer) -> Self {
        let mut own = Self::default();
        for word in words {
            let known = match word.kind {
                WordKind::Place => places.add_alias(&word.word, &word.meaning),
                WordKind::Word => {
                    let concepts = lexicon().meaning(&word.meaning);
                    let folded = fold_str(&word.word);
                    concepts.iter().for_each(|concept| own.trie.insert(&folded, concept));
                    !concepts.is_empty()
                }
            };
            if !known {
                own.without_meaning.push(word.word.clone());
            }
        }
        own
    }

    /// The longest phrase at a place, of the branch's or of the lexicon: where it ends, and its concepts.
    pub fn or_lexicon(&self, text: &Folded, at: usize) -> Option<(usize, Vec<&'static str>)> {
        let theirs = lexicon().longest(text, at);
        let own = self.trie.longest(&text.chars, at);
        match (own, theirs) {
            (Some((end, concepts)), theirs) if theirs.is_none_or(|t| t.end <= end) => {
                Some((end, concepts.to_vec()))
            }
            (_, theirs) => theirs.map(|t| (t.end, t.concepts().collect())),
        }
    }
}

/// What is wrong with a word beside the vocabulary and the places of a base, if anything.
pub fn check(word: &Word, places: &Gazetteer) -> Result<(), Problem> {
    let folded = fold_str(&word.word);
    let wrong = |column: &str, value: &str, reason: Reason| {
        Err(Problem { column: column.into(), value: value.into(), reason })
    };
    let letters = folded.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 || folded.chars().count() < 2 {
        return wrong("word", &word.word, Reason::WordTooShort);
    }
    let known: Vec<&str> = lexicon().meaning(&folded);
    let named = places.places_named(&word.word);
    match word.kind {
        WordKind::Place => {
            let meant = places.places_named(&word.meaning);
            if meant.is_empty() {
                let reason = match places.names_like(&word.meaning).as_slice() {
                    [] => Reason::PlaceUnknown,
                    like => Reason::PlaceUnknownLike { like: like.join(", ") },
                };
                return wrong("meaning", &word.meaning, reason);
            }
            if known.iter().any(|c| !c.starts_with("filler:")) {
                return wrong("word", &word.word, Reason::WordHasMeaning { meaning: known.join(", ") });
            }
            match named.iter().find(|n| !meant.contains(n)) {
                Some(other) => wrong("word", &word.word, is_place(&other.name_zh, &other.name_en)),
                None => Ok(()),
            }
        }
        WordKind::Word => {
            let meant = lexicon().meaning(&word.meaning);
            if meant.is_empty() {
                let reason = match crate::language::lexicon::phrases_like(&word.meaning).as_slice() {
                    [] => Reason::PhraseUnknown,
                    like => Reason::PhraseUnknownLike { like: like.join(", ") },
                };
                return wrong("meaning", &word.meaning, reason);
            }
            if let Some(place) = named.first() {
                return wrong("word", &word.word, is_place(&place.name_zh, &place.name_en));
            }
            if known.iter().any(|c| !c.starts_with("filler:") && !meant.contains(c)) {
                return wrong("word", &word.word, Reason::WordHasOtherMeaning { meaning: known.join(", ") });
            }
            Ok(())
        }
    }
}

fn is_place(name_zh: &str, name_en: &str) -> Reason {
    Reason::WordIsPlace { place: format!("{name_zh} {name_en}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str, kind: WordKind, meaning: &str) -> Word {
        Word { word: word.into(), kind, meaning: meaning.into() }
    }

    fn wrong(w: &Word) -> String {
        check(w, &Gazetteer::new([])).map_or_else(|p| p.reason.to_string(), |()| String::new())
    }

    #[test]
    fn a_word_finds_its_meaning_or_what_is_like_it() {
        assert_eq!(wrong(&word("銅仔灣", WordKind::Place, "Causeway Bay")), "");
        assert_eq!(wrong(&word("見到水", WordKind::Word, "海景")), "");
        assert_eq!(wrong(&word("見到水", WordKind::Word, "is:view_en=sea")), "");
        let like = wrong(&word("銅仔灣", WordKind::Place, "Causway Bay"));
        assert!(like.contains("did you mean Causeway Bay"), "{like}");
        let like = wrong(&word("見到水", WordKind::Word, "zea viev"));
        assert!(like.contains("sea view"), "{like}");
        assert_eq!(wrong(&word("x y", WordKind::Place, "qqqqqqqq")), "names no place that is known here");
    }

    #[test]
    fn a_word_takes_nothing_away() {
        assert!(wrong(&word("海景", WordKind::Word, "山景")).contains("already (is:view_en=sea)"));
        assert!(wrong(&word("海景", WordKind::Place, "Causeway Bay")).contains("already"));
        assert!(wrong(&word("灣仔", WordKind::Place, "Causeway Bay")).contains("Wan Chai already"));
        assert!(wrong(&word("灣仔", WordKind::Word, "海景")).contains("Wan Chai already"));
        assert!(wrong(&word("水", WordKind::Word, "海景")).contains("too short"));
        assert!(wrong(&word("12", WordKind::Word, "海景")).contains("too short"));
        assert_eq!(wrong(&word("海景", WordKind::Word, "sea view")), "", "what it means already");
    }

    #[test]
    fn the_branchs_word_wins_over_a_shorter_or_equal_one() {
        let mut places = Gazetteer::new([]);
        let own = OwnWords::new(
            &[
                word("海景位", WordKind::Word, "低層"),
                word("銅仔灣", WordKind::Place, "銅鑼灣"),
                word("舊邨", WordKind::Place, "不存在邨"),
            ],
            &mut places,
        );
        let at = |text: &str| own.or_lexicon(&crate::language::fold(text), 0);
        assert_eq!(at("海景位"), Some((3, vec!["is:floor_band=低層"])));
        assert_eq!(at("海景"), Some((2, vec!["is:view_en=sea"])));
        assert_eq!(places.find("銅仔灣兩房")[0].place.name_en, "Causeway Bay");
        assert_eq!(own.without_meaning, ["舊邨"]);
    }
}
