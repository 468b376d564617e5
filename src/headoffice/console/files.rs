//! The files of the page, compiled in.

use crate::reason;
use crate::sync::protocol::Problem;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

type File = (&'static str, &'static str, &'static [u8]);

const JS: &str = "text/javascript; charset=utf-8";

const FILES: &[File] = &[
    ("index.html", "text/html; charset=utf-8", include_bytes!("../page/index.html")),
    ("page.css", "text/css; charset=utf-8", include_bytes!("../page/page.css")),
    ("page.js", JS, include_bytes!("../page/page.js")),
    ("say.js", JS, include_bytes!("../page/say.js")),
    ("fleet.js", JS, include_bytes!("../page/fleet.js")),
    ("branch.js", JS, include_bytes!("../page/branch.js")),
    ("groups.js", JS, include_bytes!("../page/groups.js")),
    ("releases.js", JS, include_bytes!("../page/releases.js")),
    ("listings.js", JS, include_bytes!("../page/listings.js")),
    ("feeds.js", JS, include_bytes!("../page/feeds.js")),
    ("enrol.js", JS, include_bytes!("../page/enrol.js")),
    ("phrases/en.json", "application/json", include_bytes!("../page/phrases/en.json")),
    ("phrases/yue.json", "application/json", include_bytes!("../page/phrases/yue.json")),
    ("phrases/cmn.json", "application/json", include_bytes!("../page/phrases/cmn.json")),
    ("reasons/en.json", "application/json", reason::ENGLISH.as_bytes()),
    ("reasons/yue.json", "application/json", reason::CANTONESE.as_bytes()),
    ("reasons/cmn.json", "application/json", reason::MANDARIN.as_bytes()),
];

pub(super) async fn index() -> Response {
    found("index.html")
}

pub(super) async fn file(Path(path): Path<String>) -> Response {
    found(&path)
}

fn found(path: &str) -> Response {
    match FILES.iter().find(|(name, ..)| *name == path) {
        Some((_, kind, bytes)) => ([(header::CONTENT_TYPE, *kind)], *bytes).into_response(),
        None => Problem::new(StatusCode::NOT_FOUND, "there is no such page here").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::FILES;
    use serde_json::{Map, Value};

    /// The keys of one language's phrases.
    fn phrases(language: &str) -> Map<String, Value> {
        let path = format!("phrases/{language}.json");
        let (_, _, bytes) = FILES.iter().find(|(name, ..)| *name == path).unwrap();
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn every_phrase_is_there_in_every_language_with_the_same_blanks() {
        let blanks = |text: &Value| {
            let mut names: Vec<String> = text
                .as_str()
                .unwrap()
                .split('{')
                .skip(1)
                .map(|part| part.split('}').next().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        let english = phrases("en");
        for language in ["yue", "cmn"] {
            let other = phrases(language);
            assert_eq!(english.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{language}");
            for (key, text) in &english {
                assert_eq!(blanks(text), blanks(&other[key]), "{language} {key}");
                assert!(!other[key].as_str().unwrap().is_empty(), "{language} {key}");
            }
        }
    }

    #[test]
    fn every_setting_of_a_group_is_explained() {
        for key in crate::config::shared_keys() {
            assert!(phrases("en").contains_key(&format!("setting.{key}")), "{key}");
        }
    }
}
