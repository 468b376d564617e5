//! Alarms as they begin and end, and which of them people have been told of.

use super::{Tx, params, versions};
use crate::headoffice::alarms::{Alarm, Stand, alarms};
use crate::store::{StoreResult, stamp};
use crate::sync::protocol::Health;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What people are told of: one alarm of one branch, begun or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    pub branch: String,
    pub code: String,
    pub detail: String,
    pub since: String,
    /// When it was over; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
}

/// Looks at all branches and notes what begins and what is over. Processes that do so at once take turns.
pub fn update(
    tx: &Tx,
    offline_after: SignedDuration,
    watching_since: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    tx.locked("SELECT name FROM lock WHERE name = 'alarms'", &[], |r| r.get::<String>(0))?;
    let mut open: HashMap<(String, String), String> = HashMap::new();
    for (id, branch, code) in
        tx.query("SELECT id, branch_id, code FROM fleet_alarm WHERE over_at IS NULL", &[], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })?
    {
        open.insert((branch, code), id);
    }
    for (branch, stand) in stands(tx)? {
        for Alarm { code, detail } in alarms(&stand, offline_after, watching_since, now) {
            if open.remove(&(branch.clone(), code.to_owned())).is_none() {
                tx.execute(
                    "INSERT INTO fleet_alarm (id, branch_id, code, detail, began_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![uuid::Uuid::now_v7().to_string(), &branch, code, detail, stamp(now)],
                )?;
                log::warn!("headoffice.alarm branch={branch} code={code}");
            }
        }
    }
    // What is left is no longer wrong, or its branch is no longer in service.
    for id in open.values() {
        tx.execute("UPDATE fleet_alarm SET over_at = ?2 WHERE id = ?1", params![id, stamp(now)])?;
    }
    Ok(())
}

/// How all branches in service stand.
fn stands(tx: &Tx) -> StoreResult<Vec<(String, Stand)>> {
    let newest = versions::latest(tx)?;
    // A branch is behind since the first version after the one that it shows.
    let next: HashMap<String, String> = tx
        .query(
            "SELECT l.version, n.made_at FROM (SELECT version, max(n) AS last FROM listing_version GROUP BY version) AS l
             LEFT JOIN listing_version n ON n.n = l.last + 1",
            &[],
            |r| Ok((r.get(0)?, r.get::<Option<String>>(1)?)),
        )?
        .into_iter()
        .filter_map(|(version, at)| Some((version, at?)))
        .collect();
    tx.query(
        "SELECT b.id, b.last_seen, b.waiting_since, b.listings, b.clone_heard_at, h.body,
           (SELECT max(c.not_after) FROM certificate c WHERE c.branch_id = b.id)
         FROM branch b LEFT JOIN branch_health h ON h.branch_id = b.id WHERE b.revoked_at IS NULL",
        &[],
        |r| {
            let time = |text: Option<String>| text.and_then(|t| t.parse::<Timestamp>().ok());
            let listings: Option<String> = r.get(3)?;
            let health: Option<Health> =
                r.get::<Option<String>>(5)?.and_then(|b| serde_json::from_str(&b).ok());
            let behind_since = match (&listings, &newest) {
                (Some(shown), Some(newest)) if *shown != newest.version => {
                    next.get(shown).cloned().or_else(|| Some(newest.made_at.clone()))
                }
                (None, Some(newest)) if health.is_some() => Some(newest.made_at.clone()),
                _ => None,
            };
            let stand = Stand {
                last_seen: time(r.get(1)?),
                waiting_since: time(r.get(2)?),
                behind_since: time(behind_since),
                certificate_until: time(r.get(6)?),
                clone_heard: time(r.get(4)?),
                vitals: health.map(|h| h.vitals).unwrap_or_default(),
            };
            Ok((r.get(0)?, stand))
        },
    )
}

/// An alarm that lasts: its code, its detail, since when.
pub type Lasting = (String, String, String);

/// The alarms that last, by branch.
pub fn open(tx: &Tx) -> StoreResult<HashMap<String, Vec<Lasting>>> {
    let mut out: HashMap<String, Vec<Lasting>> = HashMap::new();
    let rows: Vec<(String, String, String, String)> = tx.query(
        "SELECT branch_id, code, detail, began_at FROM fleet_alarm WHERE over_at IS NULL ORDER BY began_at",
        &[],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )?;
    for (branch, code, detail, since) in rows {
        out.entry(branch).or_default().push((code, detail, since));
    }
    Ok(out)
}

/// What nobody was told of yet, once the oldest of it has waited for `gather`: when head office's own line comes back,
/// fifty branches make one message. What began and was over within that time is not told at all. Marks it as told.
pub fn take_news(tx: &Tx, gather: SignedDuration, now: Timestamp) -> StoreResult<Vec<News>> {
    let at = stamp(now);
    tx.execute(
        "UPDATE fleet_alarm SET told_at = ?1, over_told_at = ?1 WHERE told_at IS NULL AND over_at IS NOT NULL",
        params![&at],
    )?;
    let due: i64 = tx.one(
        "SELECT count(*) FROM fleet_alarm WHERE (told_at IS NULL AND began_at <= ?1)
           OR (over_at <= ?1 AND over_told_at IS NULL)",
        params![stamp(now - gather)],
        |r| r.get(0),
    )?;
    if due == 0 {
        return Ok(Vec::new());
    }
    let news = tx.query(
        "SELECT b.name, a.code, a.detail, a.began_at, a.over_at FROM fleet_alarm a JOIN branch b ON b.id = a.branch_id
         WHERE a.told_at IS NULL OR (a.over_at IS NOT NULL AND a.over_told_at IS NULL) ORDER BY a.began_at, b.name",
        &[],
        |r| {
            Ok(News { branch: r.get(0)?, code: r.get(1)?, detail: r.get(2)?, since: r.get(3)?, over: r.get(4)? })
        },
    )?;
    tx.execute("UPDATE fleet_alarm SET told_at = ?1 WHERE told_at IS NULL", params![&at])?;
    tx.execute(
        "UPDATE fleet_alarm SET over_told_at = ?1 WHERE over_at IS NOT NULL AND over_told_at IS NULL",
        params![&at],
    )?;
    Ok(news)
}
