//! Groups of branches: who is in them, the settings and the scripts and words that they give.
//!
//! A branch is in every branch's group (named '') and in any number of others. Settings are merged in the order of the
//! groups' names, the later winning; scripts and words come whole from the last group that has any.

use super::{Tx, audit, params};
use crate::config::{check_shared, merge_shared};
use crate::listings::phrasebook::Phrasebook;
use crate::store::{StoreError, StoreResult};
use crate::sync::protocol::SettingsReply;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A group, for the page.
#[derive(Debug, Serialize)]
pub struct Group {
    /// '' is every branch.
    pub name: String,
    pub settings: String,
    pub phrasebook_version: Option<String>,
    pub branches: Vec<String>,
}

/// All groups, every branch's first.
pub fn all(tx: &Tx) -> StoreResult<Vec<Group>> {
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (group, branch) in
        tx.query("SELECT group_name, branch_name FROM group_member ORDER BY branch_name", &[], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?
    {
        members.entry(group).or_default().push(branch);
    }
    tx.query("SELECT name, settings, phrasebook_version FROM branch_group ORDER BY name", &[], |r| {
        let name: String = r.get(0)?;
        let branches = members.remove(&name).unwrap_or_default();
        Ok(Group { name, settings: r.get(1)?, phrasebook_version: r.get(2)?, branches })
    })
}

/// Makes a group, or changes its settings. The settings are checked as a box checks its own file.
pub fn put(tx: &Tx, name: &str, settings: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    if name.chars().count() > 40 || name.chars().any(char::is_control) || name.trim() != name {
        return Err(StoreError::Refused("the group needs a name of at most 40 characters".into()));
    }
    check_shared(settings).map_err(|problems| StoreError::Refused(problems.join("; ")))?;
    tx.execute(
        "INSERT INTO branch_group (name, settings) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET settings = excluded.settings",
        params![name, settings],
    )?;
    changed(tx, name, "group.settings", actor, now)
}

/// Ends a group; its branches go without it.
pub fn remove(tx: &Tx, name: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    if name.is_empty() {
        return Err(StoreError::Refused("the group of every branch stays".into()));
    }
    tx.execute("DELETE FROM group_member WHERE group_name = ?1", params![name])?;
    tx.execute("DELETE FROM branch_group WHERE name = ?1", params![name])?;
    changed(tx, name, "group.removed", actor, now)
}

/// Puts a branch into exactly these groups, beside every branch's.
pub fn set_of_branch(
    tx: &Tx,
    branch_id: &str,
    groups: &[String],
    actor: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let name = branch_name(tx, branch_id)?;
    tx.execute("DELETE FROM group_member WHERE branch_name = ?1", params![&name])?;
    for group in groups.iter().filter(|g| !g.is_empty()) {
        let known = tx.optional("SELECT name FROM branch_group WHERE name = ?1", params![group], |r| {
            r.get::<String>(0)
        })?;
        if known.is_none() {
            return Err(StoreError::Refused(format!("there is no group {group}: make it first")));
        }
        tx.execute(
            "INSERT INTO group_member (branch_name, group_name) VALUES (?1, ?2)
             ON CONFLICT (branch_name, group_name) DO NOTHING",
            params![&name, group],
        )?;
    }
    changed(tx, branch_id, "branch.groups", actor, now)
}

/// Gives a group scripts and words, in the place of those before; `None` leaves a kind as it is.
pub fn put_words(tx: &Tx, group: &str, book: &Phrasebook, actor: &str, now: Timestamp) -> StoreResult<()> {
    let text = serde_json::to_string(book).map_err(|e| StoreError::Refused(e.to_string()))?;
    let n = tx.execute(
        "UPDATE branch_group SET phrasebook = ?2, phrasebook_version = ?3 WHERE name = ?1",
        params![group, text, &book.version],
    )?;
    if n == 0 {
        return Err(StoreError::Refused(format!("there is no group {group}: make it first")));
    }
    changed(tx, group, "group.phrasebook", actor, now)
}

/// The scripts and words of a group itself.
pub fn words_of(tx: &Tx, group: &str) -> StoreResult<Option<Phrasebook>> {
    let text: Option<Option<String>> =
        tx.optional("SELECT phrasebook FROM branch_group WHERE name = ?1", params![group], |r| r.get(0))?;
    Ok(text.flatten().and_then(|t| serde_json::from_str(&t).ok()))
}

/// The settings that a branch is to take.
pub fn settings_for(tx: &Tx, branch_id: &str) -> StoreResult<SettingsReply> {
    let texts: Vec<String> = tx.query(
        "SELECT settings FROM branch_group WHERE name = '' OR name IN
           (SELECT m.group_name FROM group_member m JOIN branch b ON b.name = m.branch_name WHERE b.id = ?1)
         ORDER BY name",
        params![branch_id],
        |r| r.get(0),
    )?;
    Ok(SettingsReply { version: version(tx)?, settings: merge_shared(texts.iter().map(String::as_str)) })
}

/// The group whose scripts and words a branch is to take, and their version.
pub fn words_for(tx: &Tx, branch_id: &str) -> StoreResult<Option<(String, String)>> {
    tx.optional(
        "SELECT name, phrasebook_version FROM branch_group WHERE phrasebook_version IS NOT NULL AND (name = '' OR name IN
           (SELECT m.group_name FROM group_member m JOIN branch b ON b.name = m.branch_name WHERE b.id = ?1))
         ORDER BY name DESC LIMIT 1",
        params![branch_id],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// The version of all settings; 0 before anybody has set one.
pub fn version(tx: &Tx) -> StoreResult<i64> {
    tx.one("SELECT n FROM settings_version", &[], |r| r.get(0))
}

fn changed(tx: &Tx, subject: &str, action: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    tx.execute("UPDATE settings_version SET n = n + 1", &[])?;
    let subject = if subject.is_empty() { "every branch" } else { subject };
    audit::add(tx, now, actor, action, subject, None)
}

fn branch_name(tx: &Tx, branch_id: &str) -> StoreResult<String> {
    let found = tx.optional(
        "SELECT name FROM branch WHERE id = ?1 AND revoked_at IS NULL",
        params![branch_id],
        |r| r.get(0),
    )?;
    found.ok_or_else(|| StoreError::Refused("there is no such branch in service".into()))
}
