//! STAND-INS, deleted at the merge: rooms that others are writing, with the signatures they were announced with, and
//! just enough behind them to drive the pages. Nothing here ships. To merge: delete this file and its line in
//! `mod.rs`, then `sed -i 's/crate::web::pending::/crate::/' -r src/web/**/*.rs tests/**/*.rs`.
#![allow(missing_docs, clippy::missing_errors_doc)]

pub mod assistant {
    use crate::language::Language;
    use crate::listings::Listing;
    use jiff::civil::Date;
    use serde::Serialize;
    use serde_json::{Map, Value, json};

    #[derive(Default)]
    pub struct Session {
        last: Option<String>,
    }

    #[derive(Debug, Clone, Serialize)]
    pub struct Reply {
        pub language: Language,
        pub script: &'static str,
        pub kind: &'static str,
        pub text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub total: Option<usize>,
        pub listings: Vec<Map<String, Value>>,
        pub facts: Vec<Value>,
        pub understood: Value,
    }

    pub struct Assistant {
        listings: Vec<Listing>,
    }

    impl Assistant {
        pub fn new(listings: Vec<Listing>) -> Self {
            Self { listings }
        }

        pub fn listings(&self) -> &[Listing] {
            &self.listings
        }

        pub fn ask(
            &self,
            session: &mut Session,
            text: &str,
            language: Option<Language>,
            today: Date,
        ) -> Reply {
            let en = text.is_ascii();
            let language = language.unwrap_or(if en { Language::En } else { Language::Yue });
            let say = |zh: &str, e: &str| match language {
                Language::En => e.to_owned(),
                _ => zh.to_owned(),
            };
            let reply =
                |kind, text: String, hits: &[&Listing], facts: Vec<Value>, total: Option<usize>| Reply {
                    language,
                    script: if language == Language::En { "Latn" } else { "Hant" },
                    kind,
                    text,
                    total,
                    listings: hits.iter().map(|l| l.to_public_json(today)).collect(),
                    facts,
                    understood: json!({}),
                };
            let upper = text.to_uppercase();
            if text.contains("業主") || upper.contains("OWNER") {
                return reply(
                    "refuse",
                    say("業主資料屬私隱，不能透露。", "The owner's details are private."),
                    &[],
                    vec![],
                    None,
                );
            }
            if text.contains("投訴") || upper.contains("COMPLAIN") {
                return reply("handoff", say("請向同事查詢。", "Please ask a colleague."), &[], vec![], None);
            }
            let named: Vec<&Listing> =
                self.listings.iter().filter(|l| upper.contains(&l.reference.to_uppercase())).collect();
            if named.len() > 1 {
                let mut facts = Vec::new();
                for l in &named {
                    let map = l.to_public_json(today);
                    for field in ["saleable_area_sqft", "sale_price_hkd", "view_zh"] {
                        facts.push(json!({ "ref": l.reference, "field": field, "value": map[field], "as_of": l.updated_at }));
                    }
                }
                return reply("comparison", say("兩個單位比較如下。", "Side by side:"), &named, facts, None);
            }
            let by_ref =
                self.listings.iter().find(|l| upper.contains(&l.reference.to_uppercase())).or_else(|| {
                    session.last.as_ref().and_then(|r| {
                        self.listings.iter().find(|l| l.reference == *r && upper.contains("FEE"))
                    })
                });
            if let Some(l) = by_ref {
                session.last = Some(l.reference.clone());
                let facts = vec![
                    json!({ "ref": l.reference, "field": "saleable_area_sqft", "value": l.saleable_area_sqft, "as_of": l.updated_at }),
                ];
                let t = say(
                    &format!("{} 實用面積 {} 呎。", l.estate_zh, l.saleable_area_sqft),
                    &format!("{}: saleable area {} sq ft.", l.estate_en, l.saleable_area_sqft),
                );
                return reply("answer", t, &[l], facts, None);
            }
            let hits: Vec<&Listing> = self
                .listings
                .iter()
                .filter(|l| {
                    text.contains(&l.estate_zh)
                        || upper.contains(&l.estate_en.to_uppercase())
                        || text.contains(&l.district_zh)
                        || upper.contains(&l.district_en.to_uppercase())
                })
                .collect();
            if hits.is_empty() {
                return reply(
                    "not_found",
                    say("這裏沒有這個樓盤。", "There is no such listing here."),
                    &[],
                    vec![],
                    None,
                );
            }
            if upper.contains("/F") {
                return reply(
                    "clarify",
                    say("你係指邊一個單位？", "Which one do you mean?"),
                    &hits,
                    vec![],
                    None,
                );
            }
            let page: Vec<&Listing> = hits.iter().copied().take(10).collect();
            let t =
                say(&format!("共有 {} 個樓盤符合。", hits.len()), &format!("{} listings match.", hits.len()));
            reply("results", t, &page, vec![], Some(hits.len()))
        }
    }
}

pub mod minutes {
    use super::assistant::Assistant;
    use crate::language::Language;
    use crate::store::minutes::Minutes;
    use serde::Deserialize;

    #[derive(Debug, Clone, Deserialize)]
    pub struct Segment {
        pub start: f64,
        pub end: f64,
        pub text: String,
    }

    #[derive(Debug, Clone, Deserialize)]
    pub struct Transcript {
        pub segments: Vec<Segment>,
        pub recorded_at: jiff::Timestamp,
        pub language: Option<Language>,
    }

    pub fn extract(_assistant: &Assistant, _transcript: &Transcript) -> Minutes {
        Minutes { language: "yue".into(), summary: String::new(), points: Vec::new() }
    }
}
