//! The authorities: their certificates, their sealed keys, and which of them does what now.

use super::{Tx, audit, params, versions};
use crate::store::{StoreError, StoreResult, stamp};
use jiff::Timestamp;

/// What an authority is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It certifies and serves.
    Current,
    /// Branches learn to trust it.
    Next,
    /// Its certificates count still.
    Retiring,
    /// Nothing of it counts; its key is gone.
    Retired,
}

impl State {
    /// As it stands in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }

    fn parse(text: &str) -> StoreResult<Self> {
        [Self::Current, Self::Next, Self::Retiring, Self::Retired]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| StoreError::Refused(format!("\"{text}\" is no state of an authority")))
    }
}

/// An authority as it is kept.
pub struct Kept {
    pub n: i64,
    pub state: State,
    /// PEM.
    pub certificate: String,
    pub sealed_key: Vec<u8>,
    pub made_at: String,
}

/// The authorities in service, the current one first.
pub fn in_service(tx: &Tx) -> StoreResult<Vec<Kept>> {
    tx.query(
        "SELECT n, state, certificate, sealed_key, made_at FROM authority WHERE state <> 'retired'
         ORDER BY CASE state WHEN 'current' THEN 0 ELSE 1 END, n",
        &[],
        |r| {
            let state = State::parse(&r.get::<String>(1)?)?;
            let (n, certificate) = (r.get(0)?, r.get(2)?);
            Ok(Kept { n, state, certificate, sealed_key: r.get(3)?, made_at: r.get(4)? })
        },
    )
}

/// Which authority is in which state: changes whenever one of them does.
pub fn states(tx: &Tx) -> StoreResult<Vec<(i64, String)>> {
    tx.query("SELECT n, state FROM authority ORDER BY n", &[], |r| Ok((r.get(0)?, r.get(1)?)))
}

/// Nobody else changes the authorities until the end of the transaction.
fn hold(tx: &Tx) -> StoreResult<Vec<Kept>> {
    tx.locked("SELECT name FROM lock WHERE name = 'authority'", &[], |r| r.get::<String>(0))?
        .ok_or_else(|| StoreError::Refused("the store lacks the row that guards the authorities".into()))?;
    in_service(tx)
}

fn insert(tx: &Tx, certificate: &str, sealed_key: &[u8], state: State, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO authority (certificate, sealed_key, made_at, state) VALUES (?1, ?2, ?3, ?4)",
        params![certificate, sealed_key, stamp(now), state.as_str()],
    )
    .map(drop)
}

fn set_state(tx: &Tx, n: i64, state: State) -> StoreResult<()> {
    tx.execute("UPDATE authority SET state = ?2 WHERE n = ?1", params![n, state.as_str()]).map(drop)
}

/// Keeps the first authority, unless there is one: then that one counts. Certificates from before are its.
pub fn add_first(tx: &Tx, certificate: &str, sealed_key: &[u8], now: Timestamp) -> StoreResult<()> {
    if !hold(tx)?.is_empty() {
        return Ok(());
    }
    insert(tx, certificate, sealed_key, State::Current, now)?;
    let first = in_service(tx)?.first().map(|a| a.n);
    tx.execute("UPDATE certificate SET authority = ?1 WHERE authority IS NULL", params![first])?;
    audit::add(tx, now, "headoffice", "authority.made", &first.unwrap_or_default().to_string(), None)
}

/// Keeps the authority that is to follow.
pub fn add_next(
    tx: &Tx,
    certificate: &str,
    sealed_key: &[u8],
    actor: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let held = hold(tx)?;
    if held.iter().any(|a| a.state == State::Next) {
        return Err(StoreError::Refused("there is a next authority already: switch to it".into()));
    }
    if held.iter().any(|a| a.state == State::Retiring) {
        return Err(StoreError::Refused(
            "the authority before has not been retired yet: retire it first".into(),
        ));
    }
    insert(tx, certificate, sealed_key, State::Next, now)?;
    changed(tx, actor, "authority.next", now)
}

/// Names of branches in service that do not say they trust `hash`.
pub fn not_trusting(tx: &Tx, hash: &str) -> StoreResult<Vec<String>> {
    tx.query(
        "SELECT name FROM branch WHERE revoked_at IS NULL AND (trust IS NULL OR trust <> ?1) ORDER BY name",
        params![hash],
        |r| r.get(0),
    )
}

/// Names of branches in service that have no newer certificate in use than one of an authority that retires.
pub fn still_with_old(tx: &Tx) -> StoreResult<Vec<String>> {
    tx.query(
        "SELECT DISTINCT b.name FROM branch b JOIN certificate c ON c.branch_id = b.id
         JOIN authority a ON a.n = c.authority
         WHERE b.revoked_at IS NULL AND c.superseded_at IS NULL AND a.state = 'retiring' ORDER BY b.name",
        &[],
        |r| r.get(0),
    )
}

/// The next authority takes over, and the current one retires. `trusted` is the hash of the set as branches should
/// have it now; `sign` signs with the next one. Refused while branches lack it, unless `force`.
pub fn switch(
    tx: &Tx,
    trusted: &str,
    sign: impl Fn(&str) -> StoreResult<String>,
    force: bool,
    actor: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let held = hold(tx)?;
    let find = |state| held.iter().find(|a| a.state == state).map(|a| a.n);
    let (Some(current), Some(next)) = (find(State::Current), find(State::Next)) else {
        return Err(StoreError::Refused("there is no next authority: make one first".into()));
    };
    let missing = not_trusting(tx, trusted)?;
    if !force && !missing.is_empty() {
        return Err(StoreError::Refused(format!(
            "not every branch trusts the next authority yet (each does within half a minute of being in touch): {}; nothing was changed",
            missing.join(", ")
        )));
    }
    set_state(tx, current, State::Retiring)?;
    set_state(tx, next, State::Current)?;
    versions::sign_newest(tx, &sign)?;
    changed(tx, actor, "authority.switched", now)
}

/// Ends the authority that retires. `sign` signs with the current one. Refused while a branch depends on it, unless
/// `force`.
pub fn retire(
    tx: &Tx,
    sign: impl Fn(&str) -> StoreResult<String>,
    force: bool,
    actor: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let held = hold(tx)?;
    let retiring: Vec<i64> = held.iter().filter(|a| a.state == State::Retiring).map(|a| a.n).collect();
    if retiring.is_empty() {
        return Err(StoreError::Refused("no authority is retiring: switch to the next one first".into()));
    }
    let missing = still_with_old(tx)?;
    if !force && !missing.is_empty() {
        return Err(StoreError::Refused(format!(
            "not every branch has a certificate of the new authority yet (each does within a minute of being in touch): {}; nothing was changed",
            missing.join(", ")
        )));
    }
    for n in retiring {
        tx.execute(
            "UPDATE authority SET state = 'retired', sealed_key = ?2 WHERE n = ?1",
            params![n, Vec::<u8>::new()],
        )?;
    }
    versions::sign_newest(tx, &sign)?;
    changed(tx, actor, "authority.retired", now)
}

fn changed(tx: &Tx, actor: &str, action: &str, now: Timestamp) -> StoreResult<()> {
    tx.notify("authority")?;
    let numbers: Vec<String> = in_service(tx)?.iter().map(|a| a.n.to_string()).collect();
    audit::add(tx, now, actor, action, &numbers.join(","), None)
}
