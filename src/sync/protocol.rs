//! What a branch and head office say to each other, and the one decision in it: what to do with a batch. Pure.
//!
//! Events have a sequence without gaps. A branch sends the oldest it has; head office applies what follows on from
//! what it holds, ignores what it holds already, refuses what would leave a gap, and notices when a number comes
//! again with another event (a cloned disk, or a box put back from an old backup).

use super::vitals::Vitals;
use crate::listings::pictures::Picture;
use crate::store::outbox::{Event, Waiting};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What both sides speak. A branch says its number with every request; head office refuses a higher one than its own,
/// so it is head office that is brought up to date first.
pub const PROTOCOL: u32 = 1;
/// Header of every request of a branch: its [`PROTOCOL`].
pub const PROTOCOL_HEADER: &str = "x-branchbox-protocol";
/// Longest that head office holds a long poll open, seconds: under the minute after which home routers forget a
/// quiet connection.
pub const MAX_WAIT_S: u64 = 50;
/// Events of one batch at most.
pub const MAX_EVENTS: usize = 500;

/// Body of `POST /v1/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The last sequence that head office has acknowledged to this box, 0 for none. It is where a box that head
    /// office has never heard of begins.
    #[serde(default)]
    pub since: i64,
    pub events: Vec<Event>,
}

/// Reply to a batch: everything up to and including this sequence is durable at head office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub acknowledged: i64,
    /// Fingerprint of a certificate to renew at once: a second box was seen to use it, and the one whose events are
    /// taken is to leave that one behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew: Option<String>,
}

/// Reply to a piece of sound (`PUT /v1/sound/{recording}`): bytes of the file that are durable at head office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundHeld {
    pub held: u64,
}

/// Body of `POST /v1/health`: how the box stands. Only the latest counts, so it does not go through the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Version of the listing base that the box shows.
    pub listings: Option<String>,
    pub waiting: Waiting,
    /// Version of Branchbox.
    pub software: String,
    /// Hash of the authorities that the box trusts ([`super::identity::trust_hash`]).
    #[serde(default)]
    pub trust: Option<String>,
    /// How the box itself stands.
    #[serde(flatten)]
    pub vitals: Vitals,
}

/// References of one question at most.
pub const MAX_REFERENCES: usize = 500;

/// Body of `POST /v1/media`: which pictures are these?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PicturesAsked {
    /// As listings name them; [`MAX_REFERENCES`] at most.
    pub references: Vec<String>,
}

/// Reply to it: those that head office has, by reference. What is missing is not there yet, or cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PicturesKnown {
    pub pictures: BTreeMap<String, Picture>,
}

/// Reply to a health report: what there is for the box to fetch. What is missing means nothing to do, and what this
/// version does not know is passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Directives {
    /// Hash of the set of authorities that the box is to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<String>,
    /// Version of the settings of the branch's groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<i64>,
    /// Hash of the scripts and words of the branch's groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrasebook: Option<String>,
    /// A version of Branchbox that the box may fetch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// Id of a request for the box's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<String>,
}

/// Body of `POST /v1/time`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TimeRequest {
    /// 64 hexadecimal digits that the box has just made up.
    pub nonce: String,
}

/// Reply to `POST /v1/time`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TimeReply {
    /// RFC 3339.
    pub time: String,
    /// Of [`super::clock::signed_text`], by an authority that the box trusts, for each of `authorities` in turn:
    /// ECDSA on P-256 with SHA-256, ASN.1, hexadecimal.
    pub signatures: Vec<String>,
    /// Certificates of the authorities, PEM.
    pub authorities: String,
}

/// Body of `POST /v1/renew`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewRequest {
    /// Certificate signing request for a new key, PEM.
    pub csr: String,
}

/// Reply to a renewal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewReply {
    /// The box's new certificate, PEM.
    pub certificate: String,
    /// As in [`TrustReply`].
    pub authorities: String,
}

/// Reply to `GET /v1/trust`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrustReply {
    /// Certificates of the authorities to trust, PEM; the first is the one that certifies now.
    pub authorities: String,
}

/// Why head office refuses a box, for the box's own page; a box passes over one that it does not know.
pub mod reason {
    /// The certificate's time is over: nothing but a renewal is let in.
    pub const EXPIRED: &str = "expired";
    /// Another box uses this one's identity, or this one was put back from an old copy.
    pub const CLONED: &str = "cloned";
    /// Head office has removed the branch, or enrolled another box in its place.
    pub const REMOVED: &str = "removed";
}

/// Reply to `GET /v1/settings`: what the branch's groups set, merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsReply {
    /// Goes up with every change of any group.
    pub version: i64,
    /// TOML, with the keys of the box's own configuration file.
    pub settings: String,
}

/// Reply to `GET /v1/releases/{version}`: what an update is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseReply {
    pub version: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Of [`ReleaseReply::signed_text`] by each authority in service: ECDSA on P-256 with SHA-256, ASN.1, hexadecimal.
    pub signatures: Vec<String>,
}

impl ReleaseReply {
    /// What the authorities sign.
    pub fn signed_text(&self) -> String {
        format!("branchbox release 1\n{}\n{}\n{}\n", self.version, self.sha256, self.bytes)
    }
}

/// Whether a text can be the version of an update: it becomes part of a file's name and of a URL.
pub fn is_version(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

/// Body of `POST /v1/enrol`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The code as it was given out.
    pub code: String,
    /// Certificate signing request, PEM.
    pub csr: String,
}

/// Reply to an enrolment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolReply {
    /// The box's certificate, PEM.
    pub certificate: String,
    /// Certificates of the authorities to trust, PEM; the first signed it.
    pub authority: String,
    pub branch: BranchName,
}

/// A branch's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchName {
    /// UUID; new for every box that is enrolled.
    pub id: String,
    pub name: String,
}

/// `application/problem+json` (RFC 9457), with what a machine needs beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub title: String,
    pub status: u16,
    /// A sentence for a person.
    pub detail: String,
    /// For a gap: the sequence that head office expects next; for sound, the byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    /// One of [`reason`], where the box has something to do or to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sentence as pages say it in their reader's language ([`crate::reason::Reason`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Box<serde_json::Value>>,
}

/// What head office does with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Skip the first `skip` events (they are there), apply the rest; after the commit everything up to
    /// `acknowledged` is durable. Nothing is left to apply where `skip` is the number of events.
    Apply { skip: usize, acknowledged: i64 },
    /// Events between what is held and the batch are missing: refused whole.
    Gap { expected: i64 },
    /// This sequence is held with another event in it: two boxes share an identity, or one was put back.
    Fork { seq: i64 },
    /// The sequence jumps within the batch, or it begins before 1.
    Malformed { at: usize },
}

/// Decides. `highest` is the last sequence applied for this branch, `None` if there never was one; `held` gives the id
/// of an event that is held.
pub fn decide<E>(
    highest: Option<i64>,
    batch: &Batch,
    mut held: impl FnMut(i64) -> Result<Option<String>, E>,
) -> Result<Decision, E> {
    let highest = highest.unwrap_or(batch.since.max(0));
    let Some(first) = batch.events.first().map(|e| e.seq) else {
        return Ok(Decision::Apply { skip: 0, acknowledged: highest });
    };
    if first < 1 {
        return Ok(Decision::Malformed { at: 0 });
    }
    let jump = batch.events.iter().enumerate().find(|(i, e)| e.seq.checked_sub(first) != Some(*i as i64));
    if let Some((at, _)) = jump {
        return Ok(Decision::Malformed { at });
    }
    if first - 1 > highest {
        return Ok(Decision::Gap { expected: highest + 1 });
    }
    let skip = batch.events.iter().take_while(|e| e.seq <= highest).count();
    for event in &batch.events[..skip] {
        if held(event.seq)?.is_some_and(|id| id != event.id) {
            return Ok(Decision::Fork { seq: event.seq });
        }
    }
    let last = batch.events.last().map_or(highest, |e| e.seq);
    Ok(Decision::Apply { skip, acknowledged: highest.max(last) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn batch(since: i64, seqs: &[i64]) -> Batch {
        let event = |&seq: &i64| Event {
            seq,
            id: format!("id-{seq}"),
            at: "2026-11-20T07:00:00Z".into(),
            kind: "interaction".into(),
            body: serde_json::json!({}),
        };
        Batch { since, events: seqs.iter().map(event).collect() }
    }

    fn decided(highest: Option<i64>, batch: &Batch) -> Decision {
        decide(highest, batch, |seq| Ok::<_, Infallible>(Some(format!("id-{seq}")))).unwrap()
    }

    #[test]
    fn what_follows_on_is_applied_and_what_is_there_is_skipped() {
        let cases = [
            (None, batch(0, &[1, 2, 3]), Decision::Apply { skip: 0, acknowledged: 3 }),
            (Some(3), batch(3, &[4]), Decision::Apply { skip: 0, acknowledged: 4 }),
            (Some(3), batch(0, &[1, 2, 3]), Decision::Apply { skip: 3, acknowledged: 3 }),
            (Some(3), batch(1, &[2, 3, 4, 5]), Decision::Apply { skip: 2, acknowledged: 5 }),
            (Some(9), batch(0, &[1, 2]), Decision::Apply { skip: 2, acknowledged: 9 }),
            (Some(9), batch(9, &[]), Decision::Apply { skip: 0, acknowledged: 9 }),
        ];
        for (highest, batch, expected) in cases {
            assert_eq!(decided(highest, &batch), expected, "{highest:?} {batch:?}");
        }
    }

    #[test]
    fn a_box_enrolled_anew_goes_on_from_what_was_acknowledged() {
        assert_eq!(decided(None, &batch(40, &[41, 42])), Decision::Apply { skip: 0, acknowledged: 42 });
        assert_eq!(decided(None, &batch(40, &[43])), Decision::Gap { expected: 41 });
    }

    #[test]
    fn a_gap_is_refused_whatever_the_box_believes() {
        assert_eq!(decided(Some(3), &batch(7, &[8])), Decision::Gap { expected: 4 });
        assert_eq!(decided(None, &batch(0, &[2])), Decision::Gap { expected: 1 });
    }

    #[test]
    fn disorder_within_a_batch_is_refused() {
        assert_eq!(decided(Some(0), &batch(0, &[1, 3])), Decision::Malformed { at: 1 });
        assert_eq!(decided(Some(0), &batch(0, &[1, 1])), Decision::Malformed { at: 1 });
        assert_eq!(decided(Some(0), &batch(0, &[0, 1])), Decision::Malformed { at: 0 });
        assert_eq!(decided(Some(0), &batch(0, &[i64::MAX, i64::MIN])), Decision::Malformed { at: 1 });
        assert_eq!(decided(Some(0), &batch(0, &[i64::MAX])), Decision::Gap { expected: 1 });
    }

    #[test]
    fn the_same_number_with_another_event_is_noticed() {
        let decision =
            decide(Some(2), &batch(0, &[1, 2, 3]), |_| Ok::<_, Infallible>(Some("another".into())));
        assert_eq!(decision.unwrap(), Decision::Fork { seq: 1 });
    }
}
