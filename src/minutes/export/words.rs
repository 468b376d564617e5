//! The words around the points, by language (`words.toml`), and days and times as each language writes them.

use crate::clock::hong_kong;
use crate::language::Tongue;
use crate::minutes::wording::scripted;
use jiff::{Timestamp, Zoned};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The words of one reader.
pub(super) struct Words(Tongue);

impl Words {
    pub fn new(reader: Tongue) -> Self {
        Self(reader)
    }

    fn find(&self, key: &str) -> &'static str {
        type All = BTreeMap<String, BTreeMap<String, String>>;
        static WORDS: OnceLock<All> = OnceLock::new();
        let all = WORDS
            .get_or_init(|| toml::from_str(include_str!("words.toml")).expect("words.toml is well formed"));
        all[self.0.language.code()].get(key).map_or("", String::as_str)
    }

    /// A phrase with its slots filled.
    pub fn say(&self, key: &str, slots: &[(&str, &str)]) -> String {
        let pattern = scripted(self.0, self.find(key).to_owned());
        // One pass, so that a quote that holds "{at}" stays a quote.
        let (mut out, mut rest) = (String::new(), pattern.as_str());
        while let Some((head, tail)) = rest.split_once('{') {
            let Some((name, after)) = tail.split_once('}') else { break };
            out += head;
            out += slots.iter().find(|(slot, _)| *slot == name).map_or("", |(_, value)| value);
            rest = after;
        }
        out + rest
    }

    /// A day with its weekday and the time, in Hong Kong.
    pub fn day(&self, at: &Zoned) -> String {
        self.dated("day", at) + &self.say("hong_kong", &[])
    }

    /// A day and the time, in Hong Kong.
    pub fn moment(&self, at: Timestamp) -> String {
        self.dated("moment", &at.to_zoned(hong_kong()))
    }

    fn dated(&self, key: &str, at: &Zoned) -> String {
        let at = at.with_time_zone(hong_kong());
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
        let w: String = self.find("weekdays").chars().nth(weekday).into_iter().collect();
        let field = |format: &str| at.strftime(format).to_string();
        let slots = [
            ("y", field("%Y")),
            ("m", field("%-m")),
            ("M", field("%B")),
            ("d", field("%-d")),
            ("W", field("%A")),
            ("w", w),
            ("t", field("%H:%M")),
        ];
        let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.say(key, &slots)
    }

    /// A second of the recording: 0:12, 1:02:03.
    pub fn second(&self, ms: i64) -> String {
        let s = ms.max(0) / 1000;
        match s / 3600 {
            0 => format!("{}:{:02}", s / 60, s % 60),
            h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
        }
    }
}
