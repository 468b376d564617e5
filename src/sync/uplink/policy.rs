//! What goes up: by the kind of an event, the fields that head office gets, and of those that are personal the ones that
//! the branch's own policy lets through. Pure.
//!
//! The outbox holds what happened; this stands at the door, so a policy that is made stricter during an outage holds for
//! everything that waits. It is a list of what may leave (PDPO, data protection principle 3: use for the purpose of the
//! collection): a field that nobody thought of stays. The policy is set in the box's own file and nowhere else; head office
//! cannot widen it.

use crate::store::outbox::Event;
use serde::Serialize;
use serde_json::{Map, Value};

/// What personal data head office gets of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The names of the agents with their meetings.
    pub agents: bool,
    /// What clients want and decide, as the minutes have it: points without quotes.
    pub minutes: bool,
    /// The sound of meetings.
    pub sound: Sound,
}

/// Which meetings' sound head office gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// No meeting's.
    #[default]
    None,
    /// Of those to whose recording everybody agreed in writing, where such a form can name head office.
    Written,
    /// Of every meeting.
    All,
}

impl Default for Policy {
    /// Head office sees which meetings there were, who held them and what clients look for; it hears none.
    fn default() -> Self {
        Self { agents: true, minutes: true, sound: Sound::None }
    }
}

/// A kind of event: its fields that are nobody's personal data, and those that are the agent's or the client's.
struct Kind {
    name: &'static str,
    plain: &'static [&'static str],
    agent: &'static [&'static str],
    client: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "meeting",
        plain: &["id", "started_at", "stopped_at", "state", "seconds", "problem", "origin"],
        agent: &["agent"],
        client: &[],
    },
    Kind { name: "minutes", plain: &["meeting", "language"], agent: &[], client: &["points"] },
    Kind { name: "minutes_reviewed", plain: &["meeting", "language"], agent: &[], client: &["points"] },
    Kind {
        name: "interaction",
        plain: &["id", "channel", "language", "kind", "refs"],
        agent: &[],
        client: &[],
    },
    Kind { name: "alarm", plain: &["code", "recording", "over"], agent: &[], client: &[] },
];

impl Policy {
    /// The event as head office gets it. Its sequence, id, time and kind always go: without them none is applied once.
    pub fn reduce(&self, event: Event) -> Event {
        let kind = KINDS.iter().find(|k| k.name == event.kind);
        let may = |field: &str| {
            kind.is_some_and(|k| {
                k.plain.contains(&field)
                    || (self.agents && k.agent.contains(&field))
                    || (self.minutes && k.client.contains(&field))
            })
        };
        let body = match event.body {
            Value::Object(fields) => fields.into_iter().filter(|(field, _)| may(field)).collect(),
            _ => Map::new(),
        };
        Event { body: Value::Object(body), ..event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reduced(policy: Policy, kind: &str, body: Value) -> Value {
        let at = "2026-11-20T07:00:00Z".to_owned();
        let event = Event { seq: 7, id: "id-7".into(), at, kind: kind.into(), body };
        let out = policy.reduce(event.clone());
        assert_eq!((out.seq, &out.id, &out.at, &out.kind), (7, &event.id, &event.at, &event.kind));
        out.body
    }

    #[test]
    fn each_kind_of_personal_data_goes_only_where_the_policy_says_so() {
        let meeting = json!({ "id": "m", "seconds": 60.0, "agent": "May Chan", "whispered": "5000 0001" });
        let minutes =
            json!({ "meeting": "m", "language": "en", "points": [{ "slot": "rooms" }], "quote": "…" });
        let all = Policy::default();
        let none = Policy { agents: false, minutes: false, sound: Sound::None };
        let cases = [
            (all, "meeting", &meeting, json!({ "id": "m", "seconds": 60.0, "agent": "May Chan" })),
            (none, "meeting", &meeting, json!({ "id": "m", "seconds": 60.0 })),
            (
                all,
                "minutes",
                &minutes,
                json!({ "meeting": "m", "language": "en", "points": [{ "slot": "rooms" }] }),
            ),
            (none, "minutes", &minutes, json!({ "meeting": "m", "language": "en" })),
            (none, "minutes_reviewed", &minutes, json!({ "meeting": "m", "language": "en" })),
        ];
        for (policy, kind, body, expected) in cases {
            assert_eq!(reduced(policy, kind, body.clone()), expected, "{policy:?} {kind}");
        }
    }

    #[test]
    fn of_an_event_that_nobody_listed_only_the_envelope_goes() {
        assert_eq!(reduced(Policy::default(), "client_story", json!({ "name": "陳大文" })), json!({}));
        assert_eq!(reduced(Policy::default(), "meeting", json!("陳大文")), json!({}));
    }
}
