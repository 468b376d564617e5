//! What the head-office page shows, read in one go.

use super::groups::Group;
use super::releases::Release;
use super::{Tx, alarms, groups, params, releases, versions};
use crate::headoffice::alarms::{CLONE_GONE, CODES};
use crate::store::{StoreResult, stamp};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// A branch that was not heard of for this long counts as offline. It reports every 30 seconds.
const ONLINE: SignedDuration = SignedDuration::from_secs(75);
/// Meetings on the page.
const MEETINGS: i64 = 50;

/// Everything on the page.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub now: String,
    pub listings: Option<ListingsNow>,
    pub branches: Vec<BranchNow>,
    pub meetings: Vec<MeetingRow>,
    pub codes: Vec<OpenCode>,
    pub groups: Vec<Group>,
    pub releases: Vec<Release>,
    /// The version of all settings; a box says which one it holds.
    pub settings_version: i64,
    /// The keys that a group's settings may have.
    pub setting_keys: Vec<&'static str>,
}

/// What is wrong with a branch, from head office's point of view.
#[derive(Debug, Serialize)]
pub struct AlarmNow {
    /// One of `headoffice::alarms::CODES`.
    pub code: String,
    pub detail: String,
    pub since: String,
}

/// The listing base that branches are to show.
#[derive(Debug, Serialize)]
pub struct ListingsNow {
    pub version: String,
    pub made_at: String,
    pub source: String,
    pub count: i64,
}

/// A branch in service.
#[derive(Debug, Serialize)]
pub struct BranchNow {
    pub id: String,
    pub name: String,
    pub online: bool,
    pub enrolled_at: String,
    pub last_seen: Option<String>,
    /// The version it shows, and when head office made that one.
    pub listings: Option<String>,
    pub listings_made_at: Option<String>,
    /// Whether that is the newest.
    pub current: bool,
    /// The last event of it that is durable here.
    pub acknowledged: Option<i64>,
    /// When that event came.
    pub acknowledged_at: Option<String>,
    pub waiting: Option<i64>,
    pub waiting_since: Option<String>,
    pub software: Option<String>,
    /// Questions answered today.
    pub questions_today: i64,
    pub meetings_today: i64,
    /// What is wrong with a recording there just now, by its code (`microphone-lost`), in the order of the alphabet.
    pub alarms: Vec<String>,
    /// What else is wrong, worst first.
    pub fleet_alarms: Vec<AlarmNow>,
    pub groups: Vec<String>,
    /// The last health report, as the box said it.
    pub health: Option<Value>,
    /// When the newest of its certificates ends.
    pub certificate_until: Option<String>,
    /// Whether a second box with its identity is about.
    pub cloned: bool,
}

/// A meeting.
#[derive(Debug, Serialize)]
pub struct MeetingRow {
    pub branch: String,
    pub branch_id: String,
    pub id: String,
    pub started_at: String,
    pub seconds: Option<f64>,
    pub state: Option<String>,
    pub agent: Option<String>,
    pub language: Option<String>,
    /// `None` until the minutes have come.
    pub points: Option<Value>,
    /// Whether its sound is here.
    pub sound: bool,
}

/// A code that can still be used.
#[derive(Debug, Serialize)]
pub struct OpenCode {
    pub branch: String,
    pub expires_at: String,
}

/// Reads it all. `today` is the date in the branches.
pub fn read(c: &Tx, now: Timestamp, today: &str) -> StoreResult<Overview> {
    let latest = versions::latest(c)?;
    let newest = latest.as_ref().map(|v| v.version.clone());
    Ok(Overview {
        now: stamp(now),
        branches: branches(c, now, today, newest.as_deref())?,
        meetings: meetings(c)?,
        codes: codes(c, now)?,
        groups: groups::all(c)?,
        releases: releases::list(c)?,
        settings_version: groups::version(c)?,
        setting_keys: crate::config::shared_keys().collect(),
        listings: latest.map(|v| ListingsNow {
            version: v.version,
            made_at: v.made_at,
            source: v.source,
            count: v.listings,
        }),
    })
}

fn branches(c: &Tx, now: Timestamp, today: &str, newest: Option<&str>) -> StoreResult<Vec<BranchNow>> {
    let sql = "SELECT id, name, enrolled_at, last_seen, listings, waiting, waiting_since, software,
           (SELECT max(made_at) FROM listing_version v WHERE v.version = branch.listings),
           (SELECT events FROM branch_day d WHERE d.branch_id = branch.id AND d.day = ?1 AND d.kind = 'interaction'),
           (SELECT events FROM branch_day d WHERE d.branch_id = branch.id AND d.day = ?1 AND d.kind = 'meeting'),
           acknowledged, (SELECT body FROM branch_health h WHERE h.branch_id = branch.id),
           (SELECT max(not_after) FROM certificate c WHERE c.branch_id = branch.id), clone_heard_at,
           (SELECT received_at FROM event e WHERE e.branch_id = branch.id AND e.seq = branch.acknowledged)
         FROM branch WHERE revoked_at IS NULL ORDER BY name";
    let mut alarms: HashMap<String, Vec<String>> = HashMap::new();
    for (branch, code) in c.query("SELECT branch_id, code FROM branch_alarm ORDER BY code", &[], |r| {
        Ok((r.get(0)?, r.get(1)?))
    })? {
        alarms.entry(branch).or_default().push(code);
    }
    let mut begun = alarms::open(c)?;
    let mut members: HashMap<String, Vec<String>> = HashMap::new();
    for (branch, group) in
        c.query("SELECT branch_name, group_name FROM group_member ORDER BY group_name", &[], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?
    {
        members.entry(branch).or_default().push(group);
    }
    let worst = |code: &str| CODES.iter().position(|c| *c == code);
    c.query(sql, params![today], |r| {
        let id: String = r.get(0)?;
        let last_seen: Option<String> = r.get(3)?;
        let listings: Option<String> = r.get(4)?;
        let heard = last_seen.as_ref().and_then(|t| t.parse::<Timestamp>().ok());
        let name: String = r.get(1)?;
        let mut fleet_alarms: Vec<AlarmNow> = (begun.remove(&id).unwrap_or_default().into_iter())
            .map(|(code, detail, since)| AlarmNow { code, detail, since })
            .collect();
        fleet_alarms.sort_by_key(|a| worst(&a.code));
        Ok(BranchNow {
            fleet_alarms,
            groups: members.remove(&name).unwrap_or_default(),
            health: r.get::<Option<String>>(12)?.and_then(|b| serde_json::from_str(&b).ok()),
            certificate_until: r.get(13)?,
            cloned: r.get::<Option<String>>(14)?.is_some_and(|at| at >= stamp(now - CLONE_GONE)),
            alarms: alarms.remove(&id).unwrap_or_default(),
            id,
            name,
            online: heard.is_some_and(|t| now.duration_since(t) < ONLINE),
            enrolled_at: r.get(2)?,
            last_seen,
            current: listings.is_some() && listings.as_deref() == newest,
            listings,
            listings_made_at: r.get(8)?,
            waiting: r.get(5)?,
            waiting_since: r.get(6)?,
            software: r.get(7)?,
            questions_today: r.get::<Option<i64>>(9)?.unwrap_or(0),
            meetings_today: r.get::<Option<i64>>(10)?.unwrap_or(0),
            acknowledged: r.get(11)?,
            acknowledged_at: r.get(15)?,
        })
    })
}

fn meetings(c: &Tx) -> StoreResult<Vec<MeetingRow>> {
    let sql = "SELECT b.name, m.id, m.started_at, m.seconds, m.state, m.agent, m.language, m.points,
           m.branch_id, s.complete_at
         FROM meeting m JOIN branch b ON b.id = m.branch_id
           LEFT JOIN sound s ON s.branch_id = m.branch_id AND s.recording = m.id
         ORDER BY m.started_at DESC LIMIT ?1";
    c.query(sql, params![MEETINGS], |r| {
        let points: Option<String> = r.get(7)?;
        Ok(MeetingRow {
            branch: r.get(0)?,
            id: r.get(1)?,
            started_at: r.get(2)?,
            seconds: r.get(3)?,
            state: r.get(4)?,
            agent: r.get(5)?,
            language: r.get(6)?,
            points: points.and_then(|p| serde_json::from_str(&p).ok()),
            branch_id: r.get(8)?,
            sound: r.get::<Option<String>>(9)?.is_some(),
        })
    })
}

fn codes(c: &Tx, now: Timestamp) -> StoreResult<Vec<OpenCode>> {
    c.query(
        "SELECT branch_name, expires_at FROM enrolment_code WHERE used_at IS NULL AND expires_at > ?1 ORDER BY expires_at",
        params![stamp(now)],
        |r| Ok(OpenCode { branch: r.get(0)?, expires_at: r.get(1)? }),
    )
}
