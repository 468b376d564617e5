//! What counts as wrong with a branch, from head office's point of view. Pure: how a branch stands goes in, codes come
//! out. Words for the codes are in the phrase files of the page and in `warnings/words.toml`.

use crate::sync::vitals::{MicrophoneState, UpdateState, Vitals};
use jiff::{SignedDuration, Timestamp};

/// Free room under which the disk is an alarm: a day of recordings and the next update still fit into a tenth.
const DISK: f64 = 0.10;
/// Oldest event in the outbox, or oldest listing base where there is a newer one.
const WAITS: SignedDuration = SignedDuration::from_hours(24);
/// Certificates are renewed at half of their life, so one that ends in 30 days was not renewed for a long time.
const CERTIFICATE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long nothing must have been heard of a second box with a branch's identity until that alarm is over.
pub const CLONE_GONE: SignedDuration = SignedDuration::from_hours(24);

/// How a branch stands.
#[derive(Debug, Clone, Default)]
pub struct Stand {
    pub last_seen: Option<Timestamp>,
    pub waiting_since: Option<Timestamp>,
    /// Since when there has been a newer listing base than the one it shows.
    pub behind_since: Option<Timestamp>,
    pub certificate_until: Option<Timestamp>,
    /// When a second box with its identity last called.
    pub clone_heard: Option<Timestamp>,
    pub vitals: Vitals,
}

/// Something wrong: its code, and a figure or a time to go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub code: &'static str,
    pub detail: String,
}

/// The codes, worst first: the order of the page.
pub const CODES: [&str; 8] =
    ["clone", "offline", "disk", "microphone", "outbox", "listings", "update", "certificate"];

/// What is wrong with a branch. `watching_since` is when this process began to listen: before that nobody could be heard.
pub fn alarms(
    s: &Stand,
    offline_after: SignedDuration,
    watching_since: Timestamp,
    now: Timestamp,
) -> Vec<Alarm> {
    let mut found = Vec::new();
    let mut add = |code, detail: String| found.push(Alarm { code, detail });
    let older = |at: Option<Timestamp>, than| at.is_some_and(|at| now.duration_since(at) > than);
    let time = |at: Option<Timestamp>| at.map(crate::store::stamp).unwrap_or_default();
    if s.clone_heard.is_some_and(|at| now.duration_since(at) <= CLONE_GONE) {
        add("clone", String::new());
    }
    if older(s.last_seen.map(|at| at.max(watching_since)), offline_after) {
        add("offline", time(s.last_seen));
    }
    if let (Some(free), Some(total)) = (s.vitals.disk_free, s.vitals.disk_total)
        && total > 0
        && (free as f64) < DISK * total as f64
    {
        add("disk", format!("{} %", 100 * free / total));
    }
    match s.vitals.microphone {
        Some(MicrophoneState::Absent | MicrophoneState::Lost) => add("microphone", String::new()),
        Some(MicrophoneState::Present | MicrophoneState::Silent | MicrophoneState::Other) | None => {}
    }
    if older(s.waiting_since, WAITS) {
        add("outbox", time(s.waiting_since));
    }
    if older(s.behind_since, WAITS) {
        add("listings", time(s.behind_since));
    }
    if let Some(update) = s.vitals.update.as_ref().filter(|u| u.state == UpdateState::Failed) {
        add("update", update.version.clone());
    }
    if s.certificate_until.is_some_and(|at| at.duration_since(now) < CERTIFICATE) {
        add("certificate", time(s.certificate_until));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::vitals::UpdateHeld;

    const MINUTES: SignedDuration = SignedDuration::from_mins(10);

    #[test]
    fn each_rule_has_its_edge() {
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let ago =
            |hours: i64, s: i64| Some(now - SignedDuration::from_hours(hours) - SignedDuration::from_secs(s));
        let long = now - SignedDuration::from_hours(1000);
        let codes = |s: &Stand| alarms(s, MINUTES, long, now).into_iter().map(|a| a.code).collect::<Vec<_>>();
        let well = Stand {
            last_seen: Some(now),
            certificate_until: Some(now + SignedDuration::from_hours(24 * 31)),
            waiting_since: ago(23, 0),
            behind_since: ago(23, 0),
            clone_heard: ago(24, 1),
            vitals: Vitals {
                disk_free: Some(10),
                disk_total: Some(100),
                microphone: Some(MicrophoneState::Present),
                ..Vitals::default()
            },
        };
        assert!(codes(&well).is_empty());
        assert!(codes(&Stand::default()).is_empty(), "an older box that says nothing is no alarm");
        let vitals = |change: fn(&mut Vitals)| {
            let mut s = well.clone();
            change(&mut s.vitals);
            s
        };
        let update = |v: &mut Vitals| {
            let state = UpdateState::Failed;
            v.update = Some(UpdateHeld { version: "9".into(), state, bytes: 0, problem: None });
        };
        let cases = [
            ("offline", Stand { last_seen: ago(0, 601), ..well.clone() }),
            ("clone", Stand { clone_heard: ago(23, 59), ..well.clone() }),
            ("outbox", Stand { waiting_since: ago(24, 1), ..well.clone() }),
            ("listings", Stand { behind_since: ago(24, 1), ..well.clone() }),
            ("certificate", Stand { certificate_until: ago(-24 * 30, 1), ..well.clone() }),
            ("disk", vitals(|v| v.disk_free = Some(9))),
            ("microphone", vitals(|v| v.microphone = Some(MicrophoneState::Lost))),
            ("update", vitals(update)),
        ];
        for (code, stand) in &cases {
            assert_eq!(codes(stand), [*code]);
            assert!(CODES.contains(code));
        }
        assert_eq!(cases.len(), CODES.len());
        let away = Stand { last_seen: ago(5, 0), ..well.clone() };
        let just_began = alarms(&away, MINUTES, now - SignedDuration::from_mins(5), now);
        assert!(just_began.is_empty(), "head office's own pause is nobody's alarm");
    }
}
