//! The text of a warning, from `words.toml`. Pure.

use crate::clock::hong_kong;
use crate::headoffice::store::alarms::News;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::LazyLock;

static WORDS: LazyLock<HashMap<String, HashMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("words.toml is checked by a test"));

/// Subject and text. A language that is not there is English.
pub(super) fn message(language: &str, news: &[News]) -> (String, String) {
    let words = WORDS.get(language).unwrap_or_else(|| &WORDS["en"]);
    let say = |key: &str, blanks: &[(&str, &str)]| {
        let mut text = words.get(key).cloned().unwrap_or_else(|| key.to_owned());
        for (blank, value) in blanks {
            text = text.replace(&format!("{{{blank}}}"), value);
        }
        text
    };
    let (over, begun): (Vec<&News>, Vec<&News>) = news.iter().partition(|n| n.over.is_some());
    let line = |n: &&News| {
        let what = say(&n.code, &[("detail", &when(&n.detail))]);
        let ended = n.over.as_deref().map(when).unwrap_or_default();
        let key = if n.over.is_some() { "line_over" } else { "line" };
        say(key, &[("branch", &n.branch), ("what", &what), ("since", &when(&n.since)), ("over", &ended)])
    };
    let mut text = Vec::new();
    for (key, some) in [("begun", &begun), ("over", &over)] {
        if !some.is_empty() {
            text.push(say(key, &[]));
            text.extend(some.iter().map(line));
            text.push(String::new());
        }
    }
    text.push(say("foot", &[]));
    let counts = [("begun", begun.len().to_string()), ("over", over.len().to_string())];
    (say("subject", &[("begun", &counts[0].1), ("over", &counts[1].1)]), text.join("\r\n"))
}

/// A time as people in Hong Kong read it; anything else as it is.
fn when(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => at.to_zoned(hong_kong()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headoffice::alarms::CODES;

    #[test]
    fn every_code_has_words_in_every_language() {
        for language in ["yue", "cmn", "en"] {
            let words = &WORDS[language];
            for key in CODES.iter().chain(&["subject", "begun", "over", "line", "line_over", "foot"]) {
                assert!(words.get(*key).is_some_and(|w| !w.is_empty()), "{language} {key}");
            }
        }
        let news = News {
            branch: "Taikoo Shing".into(),
            code: "offline".into(),
            detail: "2026-11-23T04:00:00Z".into(),
            since: "2026-11-23T04:10:00Z".into(),
            over: None,
        };
        let over = News { over: Some("2026-11-23T05:00:00Z".into()), ..news.clone() };
        let (subject, text) = message("en", &[news, over]);
        assert_eq!(subject, "Branchbox: 1 new alarms, 1 over");
        assert!(
            text.contains("Taikoo Shing: offline, last heard of 2026-11-23 12:00 (since 2026-11-23 12:10)"),
            "{text}"
        );
        assert!(text.contains("over 2026-11-23 13:00)") && !text.contains('{'), "{text}");
    }
}
