//! Which language an utterance is in: the model's scores, leaning towards what the meeting has been in so far, then
//! judged once more by the words that came out. Pure.
//!
//! A meeting keeps its language for minutes and switches for a sentence; a model that scores each utterance alone hears
//! Mandarin in a short Cantonese "係". So the scores are weighed, never overruled: a sure score still wins.

use crate::language::{Language, Script, chinese::is_han, detect};

/// How much of the past counts after a minute of speech.
const MEMORY_MS: f64 = 60_000.0;
/// Weight that a language has which was never spoken; the rest is shared out by what was.
const FLOOR: f64 = 0.25;

/// What the meeting has been in so far.
#[derive(Debug, Clone, Default)]
pub struct Leaning {
    /// Milliseconds of speech in each language, fading.
    spoken: Vec<(Language, f64)>,
}

impl Leaning {
    /// The weights with which the scores of the languages are multiplied: 1 for the language spoken most. A model that
    /// has no Cantonese hears it as Chinese; there Mandarin weighs as much as either.
    pub fn weights(&self) -> Vec<(Language, f64)> {
        let all = [Language::Yue, Language::Cmn, Language::En];
        let of = |l| self.spoken.iter().find(|s| s.0 == l).map_or(0.0, |s| s.1);
        let most = all.iter().map(|l| of(*l)).fold(0.0, f64::max);
        all.into_iter()
            .map(|l| (l, if most > 0.0 { FLOOR + (1.0 - FLOOR) * of(l) / most } else { 1.0 }))
            .collect()
    }

    /// Takes in an utterance of so many milliseconds that was in a language.
    pub fn hear(&mut self, language: Language, ms: i64) {
        let fade = (-(ms as f64) / MEMORY_MS).exp();
        self.spoken.iter_mut().for_each(|s| s.1 *= fade);
        match self.spoken.iter_mut().find(|s| s.0 == language) {
            Some(s) => s.1 += ms as f64,
            None => self.spoken.push((language, ms as f64)),
        }
    }
}

/// The language of what was written: a model that is driven as Chinese writes Cantonese too, and one that is driven in
/// Chinese may have written English all the same.
pub fn by_words(text: &str, heard: Language) -> Language {
    let han = text.chars().filter(|c| is_han(*c)).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    match heard {
        Language::En if han > letters => detect(text, None).language,
        Language::Yue | Language::Cmn if han == 0 && letters > 8 => Language::En,
        // Words that only Cantonese has decide; without any, the model's own choice stands.
        Language::Cmn => {
            let told =
                detect(text, Some(crate::language::Tongue { language: Language::Cmn, script: Script::Hant }));
            told.language
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_follow_what_is_spoken() {
        let mut l = Leaning::default();
        assert!(l.weights().iter().all(|w| w.1 == 1.0));
        l.hear(Language::Yue, 20_000);
        let weight = |l: &Leaning, of| l.weights().into_iter().find(|w| w.0 == of).unwrap().1;
        assert_eq!((weight(&l, Language::Yue), weight(&l, Language::En)), (1.0, FLOOR));
        l.hear(Language::En, 5_000);
        assert!(weight(&l, Language::En) > FLOOR && weight(&l, Language::En) < 1.0);
        (0..40).for_each(|_| l.hear(Language::Cmn, 5_000));
        assert!(weight(&l, Language::Yue) < 0.3);
    }

    #[test]
    fn the_words_judge() {
        assert_eq!(by_words("我想搵太古城嘅兩房單位", Language::Cmn), Language::Yue);
        assert_eq!(by_words("客户想要两房海景", Language::Cmn), Language::Cmn);
        assert_eq!(by_words("My budget is eight million.", Language::Yue), Language::En);
        assert_eq!(by_words("太古城", Language::Yue), Language::Yue);
    }
}
