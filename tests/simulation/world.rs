//! The world of a simulation: one head office, a few branches, and what may happen to them.

use crate::chance::Chance;
use branchbox::demo::listings::generate;
use branchbox::headoffice::store::versions::{self, Kept, New};
use branchbox::headoffice::store::{SCHEMA, Tx, events, params};
use branchbox::listings::wire::{self, Hashes};
use branchbox::listings::{Listing, PrivateFacts};
use branchbox::store::{RECORDS, outbox};
use branchbox::sync::protocol::{Batch, Decision};
use branchbox::sync::uplink;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;

const BRANCHES: usize = 3;
/// Milliseconds of trouble; after it the line is good and nobody crashes.
const TROUBLE: u64 = 120_000;
/// Milliseconds in all; by then everybody must agree.
const END: u64 = TROUBLE + 120_000;
/// How long a branch waits for an answer before it asks again.
const PATIENCE: u64 = 4_000;

/// When head office answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Acknowledge {
    AfterCommit,
    /// Wrong, on purpose.
    BeforeCommit,
}

/// What happened, to know that it did.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<&'static str, u64>,
}

impl Report {
    fn note(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
    pub fn add(&mut self, other: &Self) {
        other.counts.iter().for_each(|(what, n)| *self.counts.entry(what).or_default() += n);
    }
    /// Each kind of trouble came up.
    pub fn assert_that_everything_happened(&self) {
        for what in [
            "lost",
            "doubled",
            "out of touch",
            "cut off",
            "branch crashes",
            "office crashes before a commit",
            "office crashes after a commit",
            "old answers",
            "differences taken",
            "snapshots taken",
            "versions",
        ] {
            assert!(self.counts.get(what).is_some_and(|n| *n > 100), "{what} hardly ever happened: {self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}

/// On its way, or to be done at its time.
enum Deed {
    /// The branch does something of its own.
    Work(usize),
    /// The branch sends what is next.
    Send(usize),
    /// The branch asks for listings.
    Ask(usize),
    /// Head office makes another version.
    Edit,
    /// Arrives at head office: a batch as it was packed, or the version that a branch has.
    Events {
        branch: usize,
        call: u64,
        body: Vec<u8>,
    },
    Listings {
        branch: usize,
        call: u64,
        have: String,
    },
    /// Arrives at a branch.
    Acknowledged {
        branch: usize,
        call: u64,
        reply: i64,
        last: i64,
    },
    Update {
        branch: usize,
        call: u64,
        body: Vec<u8>,
    },
}

struct Branch {
    records: Connection,
    /// What was committed, in order: the truth that head office must come to.
    committed: Vec<u64>,
    /// The call that it waits for, each way; gone with a crash.
    waiting: [Option<u64>; 2],
    /// Until when it is out of touch.
    away: u64,
    /// The base that it shows.
    version: String,
    hashes: Hashes,
}

pub struct World {
    chance: Chance,
    acknowledge: Acknowledge,
    now: u64,
    /// By time, then by the order in which they were made.
    deeds: BinaryHeap<std::cmp::Reverse<(u64, u64)>>,
    what: BTreeMap<u64, Deed>,
    made: u64,
    office: Connection,
    branches: Vec<Branch>,
    /// The listing base at head office, to edit.
    base: BTreeMap<String, (Listing, PrivateFacts)>,
    spare: Vec<(Listing, PrivateFacts)>,
    report: Report,
}

fn open(schema: &str) -> Connection {
    let c = Connection::open_in_memory().unwrap();
    c.execute_batch(schema).unwrap();
    c
}

fn id(branch: usize) -> String {
    format!("branch-{branch}")
}

impl World {
    pub fn new(seed: u64, acknowledge: Acknowledge) -> Self {
        let office = open(SCHEMA.fresh);
        for branch in 0..BRANCHES {
            let sql = "INSERT INTO branch (id, name, enrolled_at) VALUES (?1, ?1, '2026-11-01T00:00:00Z')";
            office.execute(sql, [id(branch)]).unwrap();
        }
        let branch = |_| Branch {
            records: open(RECORDS.fresh),
            committed: Vec::new(),
            waiting: [None, None],
            away: 0,
            version: String::new(),
            hashes: Hashes::new(),
        };
        let mut world = Self {
            chance: Chance::new(seed),
            acknowledge,
            now: 0,
            deeds: BinaryHeap::new(),
            what: BTreeMap::new(),
            made: 0,
            office,
            branches: (0..BRANCHES).map(branch).collect(),
            base: BTreeMap::new(),
            spare: spare(),
            report: Report::default(),
        };
        world.at(0, Deed::Edit);
        for branch in 0..BRANCHES {
            world.at(1, Deed::Work(branch));
            world.at(2, Deed::Send(branch));
            world.at(3, Deed::Ask(branch));
        }
        world
    }

    /// Runs to the end and judges.
    pub fn run(mut self) -> Result<Report, String> {
        while let Some(std::cmp::Reverse((at, n))) = self.deeds.pop() {
            if at > END {
                break;
            }
            self.now = at;
            if let Some(deed) = self.what.remove(&n) {
                self.happen(deed)?;
            }
        }
        self.judge()?;
        Ok(self.report)
    }

    fn at(&mut self, at: u64, deed: Deed) {
        self.made += 1;
        self.deeds.push(std::cmp::Reverse((at, self.made)));
        self.what.insert(self.made, deed);
    }

    fn trouble(&self) -> bool {
        self.now < TROUBLE
    }

    fn clock(&self) -> Timestamp {
        let start: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        start + SignedDuration::from_millis(self.now as i64)
    }

    fn happen(&mut self, deed: Deed) -> Result<(), String> {
        match deed {
            Deed::Work(branch) => self.work(branch),
            Deed::Send(branch) => self.send(branch),
            Deed::Ask(branch) => self.ask(branch),
            Deed::Edit => self.edit(),
            Deed::Events { branch, call, body } => self.office_takes(branch, call, &body)?,
            Deed::Listings { branch, call, have } => self.office_sends(branch, call, &have),
            Deed::Acknowledged { branch, call, reply, last } => self.acknowledged(branch, call, reply, last),
            Deed::Update { branch, call, body } => self.take(branch, call, &body),
        }
        Ok(())
    }

    /// Hands a message to the network.
    fn deliver(&mut self, branch: usize, message: impl Fn() -> Deed) {
        if self.trouble() {
            if self.branches[branch].away > self.now || self.chance.percent(12) {
                return self.report.note("lost");
            }
            if self.chance.percent(10) {
                self.report.note("doubled");
                let later = self.now + 1 + self.chance.below(9_000);
                self.at(later, message());
            }
        }
        // Now and then slower than the other side's patience.
        let slow = self.trouble() && self.chance.percent(8);
        let delay = 1 + if slow { self.chance.below(9_000) } else { self.chance.below(300) };
        self.at(self.now + delay, message());
    }

    /// Things happen in the branch: each in a transaction of its own, with its row in the outbox.
    fn work(&mut self, branch: usize) {
        if !self.trouble() {
            return;
        }
        let now = self.clock();
        let most = if self.chance.percent(3) { 900 } else { 5 };
        let burst = 1 + self.chance.below(most);
        let crash = self.chance.percent(6);
        let b = &mut self.branches[branch];
        b.records.execute_batch("BEGIN IMMEDIATE").unwrap();
        let first = b.committed.len() as u64;
        for n in first..first + burst {
            outbox::add(&b.records, now, "alarm", &json!({ "code": n })).unwrap();
        }
        if crash {
            b.records.execute_batch("ROLLBACK").unwrap();
            b.waiting = [None, None];
            self.report.note("branch crashes");
        } else {
            b.records.execute_batch("COMMIT").unwrap();
            b.committed.extend(first..first + burst);
        }
        if self.chance.percent(4) {
            self.branches[branch].away = self.now + self.chance.below(30_000);
            self.report.note("out of touch");
        }
        let next = self.now + 200 + self.chance.below(6_000);
        self.at(next, Deed::Work(branch));
    }

    fn call(&mut self, branch: usize, way: usize) -> u64 {
        self.made += 1;
        self.branches[branch].waiting[way] = Some(self.made);
        self.made
    }

    fn send(&mut self, branch: usize) {
        let batch = uplink::next_batch(&self.branches[branch].records, uplink::Policy::default()).unwrap();
        if !batch.events.is_empty() {
            let call = self.call(branch, 0);
            let body = serde_json::to_vec(&batch).unwrap();
            self.deliver(branch, || Deed::Events { branch, call, body: body.clone() });
        }
        self.at(self.now + PATIENCE, Deed::Send(branch));
    }

    /// Head office gets a batch; it may crash before its commit or after it.
    fn office_takes(&mut self, branch: usize, call: u64, body: &[u8]) -> Result<(), String> {
        let batch: Batch = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        let now = self.clock();
        self.office.execute_batch("BEGIN IMMEDIATE").unwrap();
        let decision =
            events::apply(&Tx::sqlite(&self.office), &id(branch), &batch, now).map_err(|e| e.to_string())?;
        let reply = match decision {
            Decision::Apply { acknowledged, .. } => acknowledged,
            // A batch that was overtaken by later ones on its way is held already, so these are faults.
            other => return Err(format!("branch {branch}: a batch was not taken: {other:?}")),
        };
        let last = batch.events.last().map_or(0, |e| e.seq);
        let early = self.acknowledge == Acknowledge::BeforeCommit;
        if early {
            self.deliver(branch, || Deed::Acknowledged { branch, call, reply, last });
        }
        if self.trouble() && self.chance.percent(8) {
            self.office.execute_batch("ROLLBACK").unwrap();
            self.report.note("office crashes before a commit");
            return Ok(());
        }
        self.office.execute_batch("COMMIT").unwrap();
        if self.trouble() && self.chance.percent(8) {
            self.report.note("office crashes after a commit");
            return Ok(());
        }
        if !early {
            self.deliver(branch, || Deed::Acknowledged { branch, call, reply, last });
        }
        Ok(())
    }

    /// An answer that is not waited for any longer is nobody's: its connection was closed.
    fn waited_for(&mut self, branch: usize, way: usize, call: u64) -> bool {
        let waiting = &mut self.branches[branch].waiting[way];
        let waited = *waiting == Some(call);
        if waited {
            *waiting = None;
        } else {
            self.report.note("old answers");
        }
        waited
    }

    fn acknowledged(&mut self, branch: usize, call: u64, reply: i64, last: i64) {
        if !self.waited_for(branch, 0, call) {
            return;
        }
        let crash = self.trouble() && self.chance.percent(4);
        let now = self.clock();
        let records = &self.branches[branch].records;
        records.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waiting = uplink::settle(records, last, reply, now).unwrap();
        records.execute_batch(if crash { "ROLLBACK" } else { "COMMIT" }).unwrap();
        if crash {
            self.report.note("branch crashes");
        } else if waiting.count > 0 {
            self.at(self.now + 1, Deed::Send(branch));
        }
    }

    /// Another version of the listing base: prices change, units go and come.
    fn edit(&mut self) {
        if !self.trouble() {
            return;
        }
        if self.base.is_empty() {
            self.base = self.spare.drain(..12).map(|row| (row.0.reference.clone(), row)).collect();
        }
        for _ in 0..1 + self.chance.below(3) {
            let at = self.chance.below(self.base.len() as u64) as usize;
            let reference = self.base.keys().nth(at).unwrap().clone();
            match self.chance.below(3) {
                0 if self.base.len() > 4 => self.spare.extend(self.base.remove(&reference)),
                1 if !self.spare.is_empty() => {
                    let row = self.spare.swap_remove(self.chance.below(self.spare.len() as u64) as usize);
                    self.base.insert(row.0.reference.clone(), row);
                }
                _ => {
                    self.base.get_mut(&reference).unwrap().0.sale_price_hkd =
                        Some(self.chance.below(90_000_000) as i64)
                }
            }
        }
        self.keep();
        let next = self.now + 1_000 + self.chance.below(20_000);
        self.at(next, Deed::Edit);
    }

    fn keep(&mut self) {
        let now = self.clock();
        let crash = self.chance.percent(10);
        self.office.execute_batch("BEGIN IMMEDIATE").unwrap();
        let tx = Tx::sqlite(&self.office);
        let (base, mut before) = versions::rows(&tx).unwrap();
        let mut hashes = BTreeMap::new();
        let mut changed = Vec::new();
        for (reference, (listing, private)) in &self.base {
            let line = wire::line(listing, private);
            let hash = wire::row_hash(&line);
            hashes.insert(reference.as_str(), hash);
            if before.remove(reference) != Some(hex::encode(hash)) {
                changed.push((reference.clone(), hex::encode(hash), line.into()));
            }
        }
        let new = New {
            base,
            version: versions::base_hash(&hashes),
            source: "simulated".into(),
            listings: self.base.len() as i64,
            changed,
            gone: before.into_keys().collect(),
            pictures: Vec::new(),
        };
        let kept = versions::add(&tx, &new, "test", now, &json!({}), |_| Ok(String::new())).unwrap();
        assert_eq!(kept, Kept::Yes);
        self.office.execute_batch(if crash { "ROLLBACK" } else { "COMMIT" }).unwrap();
        self.report.note(if crash { "office crashes before a commit" } else { "versions" });
    }

    fn ask(&mut self, branch: usize) {
        let call = self.call(branch, 1);
        let have = self.branches[branch].version.clone();
        self.deliver(branch, || Deed::Listings { branch, call, have: have.clone() });
        self.at(self.now + PATIENCE, Deed::Ask(branch));
    }

    fn office_sends(&mut self, branch: usize, call: u64, have: &str) {
        let Some(d) = versions::difference(&Tx::sqlite(&self.office), have).unwrap() else { return };
        let mut body =
            wire::encode(&d.manifest, d.lines.iter().map(String::as_str), d.gone.iter().map(String::as_str));
        if self.trouble() && self.chance.percent(10) {
            body.truncate(self.chance.below(body.len() as u64) as usize);
            self.report.note("cut off");
        }
        self.deliver(branch, || Deed::Update { branch, call, body: body.clone() });
    }

    fn take(&mut self, branch: usize, call: u64, body: &[u8]) {
        if !self.waited_for(branch, 1, call) {
            return;
        }
        let Ok(update) = wire::decode(body) else { return };
        let b = &mut self.branches[branch];
        let Ok(hashes) = wire::updated(&b.version, b.hashes.clone(), &update) else { return };
        if self.now < TROUBLE && self.chance.percent(4) {
            b.waiting = [None, None];
            return self.report.note("branch crashes");
        }
        let what = if update.manifest.from.is_some() { "differences taken" } else { "snapshots taken" };
        (b.version, b.hashes) = (update.manifest.version, hashes);
        self.report.note(what);
    }

    fn judge(&self) -> Result<(), String> {
        let tx = Tx::sqlite(&self.office);
        let newest = versions::latest(&tx).map_err(|e| e.to_string())?.ok_or("there is no version")?;
        let (_, rows) = versions::rows(&tx).map_err(|e| e.to_string())?;
        for (branch, b) in self.branches.iter().enumerate() {
            let waiting = outbox::waiting(&b.records).map_err(|e| e.to_string())?.count;
            if waiting != 0 {
                return Err(format!("branch {branch}: {waiting} events still wait"));
            }
            let sql = "SELECT seq, json_extract(body, '$.code') FROM event WHERE branch_id = ?1 ORDER BY seq";
            let read = |r: &branchbox::headoffice::store::Row| Ok((r.get::<i64>(0)?, r.get::<i64>(1)?));
            let ledger = tx.query(sql, params![id(branch)], read).map_err(|e| e.to_string())?;
            let expected = b.committed.iter().enumerate().map(|(i, n)| (i as i64 + 1, *n as i64));
            if !ledger.iter().copied().eq(expected) {
                return Err(format!(
                    "branch {branch}: committed {}, the ledger has {}",
                    b.committed.len(),
                    ledger.len()
                ));
            }
            let counted = "SELECT coalesce(sum(events), 0) FROM branch_day WHERE branch_id = ?1";
            let counted: i64 =
                tx.one(counted, params![id(branch)], |r| r.get(0)).map_err(|e| e.to_string())?;
            if counted != b.committed.len() as i64 {
                return Err(format!("branch {branch}: {counted} counted of {}", b.committed.len()));
            }
            let shown = b.hashes.iter().map(|(r, h)| (r.clone(), hex::encode(h)));
            if b.version != newest.version
                || !shown.eq(rows.iter().map(|(r, h)| (r.clone(), h.clone())).collect::<BTreeMap<_, _>>())
            {
                return Err(format!("branch {branch} does not show head office's base"));
            }
        }
        Ok(())
    }
}

fn spare() -> Vec<(Listing, PrivateFacts)> {
    static ROWS: std::sync::OnceLock<Vec<(Listing, PrivateFacts)>> = std::sync::OnceLock::new();
    ROWS.get_or_init(|| generate(30, 1, jiff::civil::date(2026, 11, 22))).clone()
}
