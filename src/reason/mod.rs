//! What goes wrong, as a code with what fills its sentence, so that a reader is told in their own language.
//!
//! A [`Reason`] is one of `codes`. Its sentences lie in `en.json`, `yue.json` and `cmn.json`, once each: the command line
//! and the log read the English one (`Display`), a report beside a file any of them ([`Reason::say`]), and pages, which get
//! code and values as JSON with the English sentence beside them, for a code that they do not know. Left out: errors of a
//! whole program or file, which are `thiserror` sentences of their room.

mod codes;

pub use codes::Reason;

use crate::language::Language;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// The English sentences by code, JSON, as pages load them.
pub const ENGLISH: &str = include_str!("en.json");
/// The same in 繁體.
pub const CANTONESE: &str = include_str!("yue.json");
/// The same in 简体.
pub const MANDARIN: &str = include_str!("cmn.json");

const FILES: [(Language, &str); 3] =
    [(Language::En, ENGLISH), (Language::Yue, CANTONESE), (Language::Cmn, MANDARIN)];

type Sentences = HashMap<String, String>;

static SENTENCES: LazyLock<Vec<(Language, Sentences)>> = LazyLock::new(|| {
    let read = |text| serde_json::from_str(text).expect("the sentences are checked by a test");
    FILES.into_iter().map(|(language, text)| (language, read(text))).collect()
});

impl Reason {
    /// The sentence, or the end of one that begins with what it is about, in a language.
    pub fn say(&self, language: Language) -> String {
        say(language, self.code(), &self.args())
    }
}

/// A sentence with its `{blanks}` filled; a value may be a reason itself.
fn say(language: Language, code: &str, args: &Map<String, Value>) -> String {
    let sentences = SENTENCES.iter().find(|(l, _)| *l == language).map(|(_, sentences)| sentences);
    let sentence = sentences.and_then(|s| s.get(code)).map_or(code, String::as_str);
    fill(sentence, |name| match args.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(reason) => {
            Some(say(language, reason.get("code")?.as_str()?, reason.get("args")?.as_object()?))
        }
        other => Some(other.to_string()),
    })
}

/// A phrase with its `{blanks}` filled; a blank without a value stays as it is.
pub fn fill(phrase: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = phrase.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}').and_then(|(name, rest)| Some((value(name)?, rest))) {
            Some((filled, rest)) => text.extend([filled.as_str(), rest]),
            None => text.extend(["{", part]),
        }
    }
    text
}

/// In English.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))
    }
}

/// `{"code": …, "args": {…}, "reason": the English sentence}`
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            code: &'static str,
            args: Map<String, Value>,
            reason: String,
        }
        Told { code: self.code(), args: self.args(), reason: self.to_string() }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_sentence_in_every_language_with_its_own_blanks() {
        let codes: BTreeSet<&str> = Reason::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), Reason::CODES.len(), "two reasons have one code");
        for (language, text) in FILES {
            let sentences: Sentences = serde_json::from_str(text).unwrap();
            assert_eq!(codes, sentences.keys().map(String::as_str).collect(), "{language:?}");
            // A key that stands twice would be read once.
            assert_eq!(text.lines().filter(|l| l.contains("\": \"")).count(), codes.len(), "{language:?}");
            for (code, args) in Reason::CODES {
                let blanks = sentences[*code].split('{').skip(1);
                let blanks: BTreeSet<&str> = blanks.map(|b| b.split('}').next().unwrap()).collect();
                assert_eq!(blanks, args.iter().copied().collect(), "{language:?} {code}");
                assert!(!sentences[*code].trim().is_empty(), "{language:?} {code}");
            }
        }
    }

    #[test]
    fn chinese_is_chinese_in_its_own_script() {
        use crate::language::chinese;
        for (code, _) in Reason::CODES {
            let of = |language| say(language, code, &Map::new());
            let (yue, cmn) = (of(Language::Yue), of(Language::Cmn));
            for text in [&yue, &cmn] {
                let told = text.chars().filter(|c| !c.is_ascii()).count();
                assert!(told > 0 || text.starts_with('{'), "{code}: {text}");
            }
            assert!(!yue.chars().any(chinese::only_simplified), "{code}: {yue}");
            assert!(!cmn.chars().any(chinese::only_traditional), "{code}: {cmn}");
        }
    }

    #[test]
    fn a_reason_within_another_is_said_in_the_same_language() {
        let inner = Reason::PictureHostPrivate { host: "a.example".into() };
        let reason = Reason::PictureSentOn { host: "b.example".into(), why: Box::new(inner) };
        assert_eq!(
            reason.to_string(),
            "b.example sends on, and a.example is in a private network and is not called: name it under feeds.media_hosts if it is your own"
        );
        let yue = reason.say(Language::Yue);
        assert!(yue.contains("b.example") && yue.contains("內部網絡") && !yue.contains("private"), "{yue}");
        let json = serde_json::to_value(&reason).unwrap();
        assert_eq!(json["code"], "picture_sent_on");
        assert_eq!(json["reason"], reason.to_string());
        assert_eq!(json["args"]["why"]["args"]["host"], "a.example");
    }

    #[test]
    fn what_fills_a_blank_is_not_read_as_one() {
        let braces = |name: &str| (name == "a").then(|| "{b}".to_owned());
        assert_eq!(fill("{a} and {b} and {", braces), "{b} and {b} and {");
    }
}
