//! The files of the pages, built into the program, so that a page always fits the server behind it.
//!
//! They are as they stand in the source tree: no bundler, no framework, ES modules that import one another.

use super::Web;
use crate::reason;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use std::sync::Arc;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// Path, media type and text of every file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("kiosk/kiosk.html")),
    ("/kiosk/kiosk.css", CSS, include_str!("kiosk/kiosk.css")),
    ("/kiosk/kiosk.js", JS, include_str!("kiosk/kiosk.js")),
    ("/kiosk/pictures.js", JS, include_str!("kiosk/pictures.js")),
    ("/kiosk/cards.js", JS, include_str!("kiosk/cards.js")),
    ("/kiosk/comparison.js", JS, include_str!("kiosk/comparison.js")),
    ("/kiosk/idle.js", JS, include_str!("kiosk/idle.js")),
    ("/kiosk/phrases/yue.json", JSON, include_str!("kiosk/phrases/yue.json")),
    ("/kiosk/phrases/cmn.json", JSON, include_str!("kiosk/phrases/cmn.json")),
    ("/kiosk/phrases/en.json", JSON, include_str!("kiosk/phrases/en.json")),
    ("/agent", HTML, include_str!("agent/agent.html")),
    ("/agent/", HTML, include_str!("agent/agent.html")),
    ("/agent/agent.css", CSS, include_str!("agent/agent.css")),
    ("/agent/agent.js", JS, include_str!("agent/agent.js")),
    ("/agent/button.js", JS, include_str!("agent/button.js")),
    ("/agent/recorder.js", JS, include_str!("agent/recorder.js")),
    ("/agent/meetings.js", JS, include_str!("agent/meetings.js")),
    ("/agent/minutes.js", JS, include_str!("agent/minutes.js")),
    ("/agent/point_form.js", JS, include_str!("agent/point_form.js")),
    ("/agent/fields.js", JS, include_str!("agent/fields.js")),
    ("/agent/matches.js", JS, include_str!("agent/matches.js")),
    ("/agent/player.js", JS, include_str!("agent/player.js")),
    ("/agent/transcript.js", JS, include_str!("agent/transcript.js")),
    ("/agent/live.js", JS, include_str!("agent/live.js")),
    ("/agent/upload.js", JS, include_str!("agent/upload.js")),
    ("/agent/answers.js", JS, include_str!("agent/answers.js")),
    ("/agent/uplink.js", JS, include_str!("agent/uplink.js")),
    ("/agent/points.js", JS, include_str!("agent/points.js")),
    ("/agent/server.js", JS, include_str!("agent/server.js")),
    ("/agent/phrases/yue.json", JSON, include_str!("agent/phrases/yue.json")),
    ("/agent/phrases/cmn.json", JSON, include_str!("agent/phrases/cmn.json")),
    ("/agent/phrases/en.json", JSON, include_str!("agent/phrases/en.json")),
    ("/shared/base.css", CSS, include_str!("shared/base.css")),
    ("/shared/phrases.js", JS, include_str!("shared/phrases.js")),
    ("/shared/wording.js", JS, include_str!("shared/wording.js")),
    ("/shared/dom.js", JS, include_str!("shared/dom.js")),
    ("/shared/reasons/yue.json", JSON, reason::CANTONESE),
    ("/shared/reasons/cmn.json", JSON, reason::MANDARIN),
    ("/shared/reasons/en.json", JSON, reason::ENGLISH),
    ("/favicon.svg", "image/svg+xml", include_str!("shared/favicon.svg")),
];

/// A route for each file.
pub fn routes() -> Router<Arc<Web>> {
    FILES.iter().fold(Router::new(), |router, (path, media, text)| {
        router.route(path, get(|| async { ([(header::CONTENT_TYPE, *media)], *text) }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn phrases(page: &str, language: &str) -> serde_json::Map<String, Value> {
        let path = format!("/{page}/phrases/{language}.json");
        let (_, _, text) = FILES.iter().find(|(p, _, _)| *p == path).expect("the file is listed");
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => map,
            other => panic!("{path}: {other:?}"),
        }
    }

    /// The `{places}` of a phrase.
    fn places(phrase: &str) -> BTreeSet<&str> {
        phrase.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn every_phrase_is_there_in_every_language_with_the_same_places() {
        for page in ["kiosk", "agent"] {
            let english = phrases(page, "en");
            for language in ["yue", "cmn"] {
                let other = phrases(page, language);
                let keys = |m: &serde_json::Map<String, Value>| m.keys().cloned().collect::<BTreeSet<_>>();
                assert_eq!(keys(&english), keys(&other), "{page} {language}");
                for (key, value) in &english {
                    let (a, b) = (value.as_str().expect(key), other[key].as_str().expect(key));
                    assert!(!b.trim().is_empty(), "{page} {language} {key} is empty");
                    assert_eq!(places(a), places(b), "{page} {language} {key}");
                }
            }
        }
    }

    #[test]
    fn every_phrase_that_a_page_names_exists() {
        for page in ["kiosk", "agent"] {
            let known = phrases(page, "en");
            let files = FILES.iter().filter(|(p, media, _)| {
                p.starts_with(&format!("/{page}")) || (page == "kiosk" && *p == "/" && *media == HTML)
            });
            for (path, _, text) in files {
                // Full keys only: those put together at run time end in a dot here ("error." + code).
                for opening in ["say(\"", "data-say=\"", "data-say-label=\"", "data-say-placeholder=\""] {
                    for rest in text.split(opening).skip(1) {
                        let key = rest.split('"').next().unwrap_or_default();
                        assert!(key.ends_with('.') || known.contains_key(key), "{path} names {key}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_rule_has_its_name_on_the_agent_page() {
        let known = phrases("agent", "en");
        for rule in crate::assistant::rule_names() {
            assert!(known.contains_key(&format!("rule.{rule}")), "the agent page's phrases lack rule.{rule}");
        }
    }

    #[test]
    fn no_page_loads_anything_from_elsewhere() {
        // What is data loads nothing, and may speak of addresses.
        for (path, _, text) in FILES.iter().filter(|(_, media, _)| *media != JSON) {
            for line in text.lines().filter(|l| l.contains("//") && l.contains("http")) {
                assert!(line.contains("www.w3.org/2000/svg"), "{path}: {line}");
            }
        }
    }
}
