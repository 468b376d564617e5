//! Warnings on their way to people. A row is taken by moving its `due_at` on, so that of several processes one sends it,
//! and another one does where that one dies: each arrives at least once, under one id.

use super::{Tx, alarms, params};
use crate::store::{StoreResult, stamp};
use jiff::{SignedDuration, Timestamp};

/// How long whoever took a warning has to send it before it is another's.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// Waits after the first, second … failure, minutes; the last one again and again.
const BACKOFF: [i64; 6] = [1, 2, 5, 15, 60, 240];
/// A warning that could not be sent for this long is given up: the page shows what it said.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Warnings taken at once.
const AT_ONCE: i64 = 5;

/// A warning that was taken.
#[derive(Debug, Clone)]
pub struct Warning {
    pub id: String,
    /// mail or webhook
    pub channel: String,
    /// A JSON list of [`alarms::News`].
    pub body: String,
    pub tries: i64,
}

/// Makes warnings of what nobody was told of, one for each channel.
pub fn make(tx: &Tx, channels: &[&str], gather: SignedDuration, now: Timestamp) -> StoreResult<usize> {
    tx.locked("SELECT name FROM lock WHERE name = 'alarms'", &[], |r| r.get::<String>(0))?;
    let news = alarms::take_news(tx, gather, now)?;
    if !news.is_empty() {
        let body = serde_json::to_string(&news).unwrap_or_default();
        for channel in channels {
            tx.execute(
                "INSERT INTO warning (id, channel, body, made_at, due_at, tries) VALUES (?1, ?2, ?3, ?4, ?4, 0)",
                params![uuid::Uuid::now_v7().to_string(), *channel, &body, stamp(now)],
            )?;
        }
    }
    Ok(news.len())
}

/// Takes warnings that are due and that nobody else has in hand.
pub fn take(tx: &Tx, now: Timestamp) -> StoreResult<Vec<Warning>> {
    tx.execute(
        "DELETE FROM warning WHERE made_at < ?1 AND (sent_at IS NOT NULL OR tries > 0)",
        params![stamp(now - GIVEN_UP)],
    )?;
    let taken = tx.claim(
        "SELECT id, channel, body, tries FROM warning WHERE sent_at IS NULL AND due_at <= ?1 ORDER BY due_at LIMIT ?2",
        params![stamp(now), AT_ONCE],
        |r| Ok(Warning { id: r.get(0)?, channel: r.get(1)?, body: r.get(2)?, tries: r.get(3)? }),
    )?;
    for warning in &taken {
        tx.execute(
            "UPDATE warning SET due_at = ?2, tries = tries + 1 WHERE id = ?1",
            params![&warning.id, stamp(now + LEASE)],
        )?;
    }
    Ok(taken)
}

/// Notes what became of one.
pub fn settle(tx: &Tx, warning: &Warning, outcome: &Result<(), String>, now: Timestamp) -> StoreResult<()> {
    match outcome {
        Ok(()) => tx.execute(
            "UPDATE warning SET sent_at = ?2, problem = NULL WHERE id = ?1",
            params![&warning.id, stamp(now)],
        )?,
        Err(problem) => {
            let step = usize::try_from(warning.tries).unwrap_or(0).min(BACKOFF.len() - 1);
            let due = stamp(now + SignedDuration::from_mins(BACKOFF[step]));
            tx.execute(
                "UPDATE warning SET due_at = ?2, problem = ?3 WHERE id = ?1",
                params![&warning.id, due, problem],
            )?
        }
    };
    Ok(())
}
