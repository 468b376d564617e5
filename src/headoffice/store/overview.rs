//! What the head-office page shows, read in one go.

use super::versions;
use crate::store::{StoreResult, Tx, stamp};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde::Serialize;
use serde_json::Value;

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
    pub waiting: Option<i64>,
    pub waiting_since: Option<String>,
    pub software: Option<String>,
    /// Questions answered today.
    pub questions_today: i64,
    pub meetings_today: i64,
    /// What is wrong with a recording there just now, by its code (`microphone-lost`), in the order of the alphabet.
    pub alarms: Vec<String>,
}

/// A meeting.
#[derive(Debug, Serialize)]
pub struct MeetingRow {
    pub branch: String,
    pub id: String,
    pub started_at: String,
    pub seconds: Option<f64>,
    pub state: Option<String>,
    pub agent: Option<String>,
    pub language: Option<String>,
    /// `None` until the minutes have come.
    pub points: Option<Value>,
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
        listings: latest.map(|v| ListingsNow {
            version: v.version,
            made_at: v.made_at,
            source: v.source,
            count: v.listings,
        }),
    })
}

fn branches(c: &Tx, now: Timestamp, today: &str, newest: Option<&str>) -> StoreResult<Vec<BranchNow>> {
    let mut statement = c.prepare_cached(
        "SELECT id, name, enrolled_at, last_seen, listings, waiting, waiting_since, software,
           (SELECT max(made_at) FROM listing_version v WHERE v.version = branch.listings),
           (SELECT events FROM branch_day d WHERE d.branch_id = branch.id AND d.day = ?1 AND d.kind = 'interaction'),
           (SELECT events FROM branch_day d WHERE d.branch_id = branch.id AND d.day = ?1 AND d.kind = 'meeting'),
           (SELECT group_concat(code, ' ' ORDER BY code) FROM branch_alarm a WHERE a.branch_id = branch.id)
         FROM branch WHERE revoked_at IS NULL ORDER BY name",
    )?;
    let rows = statement.query_map([today], |r| {
        let last_seen: Option<String> = r.get(3)?;
        let listings: Option<String> = r.get(4)?;
        let heard = last_seen.as_ref().and_then(|t| t.parse::<Timestamp>().ok());
        Ok(BranchNow {
            id: r.get(0)?,
            name: r.get(1)?,
            online: heard.is_some_and(|t| now.duration_since(t) < ONLINE),
            enrolled_at: r.get(2)?,
            last_seen,
            current: listings.is_some() && listings.as_deref() == newest,
            listings,
            listings_made_at: r.get(8)?,
            waiting: r.get(5)?,
            waiting_since: r.get(6)?,
            software: r.get(7)?,
            questions_today: r.get::<_, Option<i64>>(9)?.unwrap_or(0),
            meetings_today: r.get::<_, Option<i64>>(10)?.unwrap_or(0),
            alarms: r
                .get::<_, Option<String>>(11)?
                .map(|codes| codes.split(' ').map(str::to_owned).collect())
                .unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn meetings(c: &Tx) -> StoreResult<Vec<MeetingRow>> {
    let mut statement = c.prepare_cached(
        "SELECT b.name, m.id, m.started_at, m.seconds, m.state, m.agent, m.language, m.points
         FROM meeting m JOIN branch b ON b.id = m.branch_id ORDER BY m.started_at DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([MEETINGS], |r| {
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
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn codes(c: &Tx, now: Timestamp) -> StoreResult<Vec<OpenCode>> {
    let mut statement = c.prepare_cached(
        "SELECT branch_name, expires_at FROM enrolment_code WHERE used_at IS NULL AND expires_at > ?1 ORDER BY expires_at",
    )?;
    let rows = statement
        .query_map(params![stamp(now)], |r| Ok(OpenCode { branch: r.get(0)?, expires_at: r.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
