//! What is wrong with a running recording just now, and who is told of it.
//!
//! The page sees every alarm for as long as it lasts, the log when it begins and ends. Head office gets one event when
//! it begins and one when it is over, but not again within [`QUIET`]: a loose plug must not fill the line.

use crate::store::recording_notes::Alarm;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The same alarm is told to head office at most once in this time.
const QUIET: Duration = Duration::from_secs(60);

/// The alarms of one recording.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    /// Code, sentence, and whether head office was told.
    raised: BTreeMap<&'static str, (String, bool)>,
    told: BTreeMap<&'static str, Instant>,
}

impl Alarms {
    /// Something is wrong. Gives back what head office is to be told.
    pub(super) fn raise(&mut self, code: &'static str, sentence: String, now: Instant) -> Option<Alarm> {
        if self.raised.contains_key(code) {
            return None;
        }
        log::warn!("audio.alarm {code}: {sentence}");
        let tell = self.told.get(code).is_none_or(|at| now.duration_since(*at) >= QUIET);
        self.raised.insert(code, (sentence, tell));
        if tell {
            self.told.insert(code, now);
        }
        tell.then_some(Alarm { code, over: false })
    }

    /// It is over. Gives back what head office is to be told.
    pub(super) fn clear(&mut self, code: &'static str) -> Option<Alarm> {
        let (_, told) = self.raised.remove(code)?;
        log::info!("audio.alarm_over {code}");
        told.then_some(Alarm { code, over: true })
    }

    /// [`Alarms::raise`] or [`Alarms::clear`], as it is.
    pub(super) fn set(
        &mut self,
        is: bool,
        code: &'static str,
        sentence: &str,
        now: Instant,
    ) -> Option<Alarm> {
        if is { self.raise(code, sentence.to_owned(), now) } else { self.clear(code) }
    }

    /// The recording has ended, and with it every alarm. Gives back what head office is to be told.
    pub(super) fn end(&mut self) -> Vec<Alarm> {
        let told = std::mem::take(&mut self.raised).into_iter().filter(|(_, (_, told))| *told);
        told.map(|(code, _)| Alarm { code, over: true }).collect()
    }

    /// Everything that is wrong now, as `code: sentence`.
    pub(super) fn now(&self) -> Vec<String> {
        self.raised.iter().map(|(code, (sentence, _))| format!("{code}: {sentence}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_office_hears_of_a_loose_plug_once_a_minute() {
        let (mut alarms, start) = (Alarms::default(), Instant::now());
        let raise = |alarms: &mut Alarms, s| {
            alarms.raise("microphone-lost", "gone".into(), start + Duration::from_secs(s))
        };
        assert_eq!(raise(&mut alarms, 0), Some(Alarm { code: "microphone-lost", over: false }));
        assert_eq!(raise(&mut alarms, 1), None, "it is raised already");
        assert_eq!(alarms.now(), ["microphone-lost: gone"]);
        assert_eq!(alarms.clear("microphone-lost"), Some(Alarm { code: "microphone-lost", over: true }));
        assert_eq!(alarms.clear("microphone-lost"), None);
        assert!(alarms.now().is_empty());
        assert_eq!(raise(&mut alarms, 30), None);
        assert_eq!(alarms.now().len(), 1, "the page sees it all the same");
        assert_eq!(alarms.clear("microphone-lost"), None, "what was not told is not called off");
        assert!(raise(&mut alarms, 61).is_some());
    }
}
