//! What the log of answers keeps of how a question was read: everything but the client's words.

use super::Understood;
use serde_json::{Value, json};

impl Understood {
    /// The reading for the log: the query in words and in structure, the places under the base's names and how each was
    /// recognised, the trigger. A name that is no place we know stands in a query as the client wrote it, so it is left
    /// out.
    pub fn for_log(&self) -> Value {
        let mut query = self.query.clone();
        let words = if self.forget_names(&mut query) { "" } else { self.words.as_str() };
        let matched: Vec<Value> = self
            .matched
            .iter()
            .map(|m| json!({ "place": m.place, "place_zh": m.place_zh, "how": m.how }))
            .fold(Vec::new(), |mut all, m| {
                if !all.contains(&m) {
                    all.push(m);
                }
                all
            });
        json!({
            "words": words,
            "query": query,
            "matched": matched,
            "trigger": self.trigger,
            "phrasebook_version": self.phrasebook_version,
        })
    }

    /// Takes out of a query, and of those within it, the names that are no place we know. Whether there were any.
    fn forget_names(&self, query: &mut Value) -> bool {
        let unknown = |name: &str| !self.matched.iter().any(|m| m.place == name || m.place_zh == name);
        let mut forgot = query.get("name").and_then(Value::as_str).is_some_and(unknown);
        if forgot {
            query["name"] = Value::Null;
        }
        for within in query.get_mut("queries").and_then(Value::as_array_mut).into_iter().flatten() {
            forgot |= self.forget_names(within);
        }
        forgot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::Matched;
    use crate::language::How;

    #[test]
    fn names_that_are_no_place_are_forgotten_at_every_depth() {
        let matched = Matched {
            written: "Mrs Wong's Tai Koo".into(),
            place: "Taikoo Shing".into(),
            place_zh: "太古城".into(),
            how: How::Spelling,
        };
        let named = |name: &str| json!({ "kind": "not_found", "name": name });
        let understood = Understood {
            words: "Wongsville".into(),
            query: json!({ "kind": "clarify", "queries": [named("太古城"), named("Wongsville")] }),
            matched: vec![matched],
            ..Understood::default()
        };
        let kept = understood.for_log();
        assert!(!kept.to_string().contains("Wong"), "{kept}");
        assert_eq!(kept["query"]["queries"][0]["name"], "太古城");
        assert_eq!(
            kept["matched"],
            json!([{ "place": "Taikoo Shing", "place_zh": "太古城", "how": "spelling" }])
        );
    }
}
