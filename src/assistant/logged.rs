//! What the log of answers keeps of how a question was read: everything but the client's words.

use super::Understood;
use serde_json::{Value, json};

impl Understood {
    /// The reading for the log: the query in words and in structure, the places under the base's names and how each was
    /// recognised, the trigger. A name that is no place we know stands in a query as the client wrote it, so it is left
    /// out.
    pub fn for_log(&self) -> Value {
        let (mut words, mut query) = (self.words.as_str(), self.query.clone());
        if let Some(name) = query.get("name").and_then(Value::as_str)
            && !self.matched.iter().any(|m| m.place == name || m.place_zh == name)
        {
            words = "";
            query["name"] = Value::Null;
        }
        let matched: Vec<Value> = self
            .matched
            .iter()
            .map(|m| json!({ "place": m.place, "place_zh": m.place_zh, "how": m.how }))
            .collect();
        json!({
            "words": words,
            "query": query,
            "matched": matched,
            "trigger": self.trigger,
            "phrasebook_version": self.phrasebook_version,
        })
    }
}
