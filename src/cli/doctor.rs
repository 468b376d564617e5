//! `branchbox doctor --data DIR`: what is wrong with this box and what to do about it, one line a thing.
//!
//! It changes nothing, can run beside the box, and shows nothing personal, so that its output can be sent to IT.

use crate::audio;
use crate::clock::{Clock, hong_kong};
use crate::config::{BoxConfig, DataFolder};
use crate::daemon::second_opinion::Client;
use crate::disk;
use crate::listings::base;
use crate::listings::pictures::shelf::Shelf;
use crate::speech::{self, models::Manifest};
use crate::store::{Database, DatabaseKey, RECORDS, RECORDS_FILE, outbox, recordings};
use crate::sync::vitals::Vitals;
use crate::sync::{client::Client as Line, identity, protocol::Health};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The microphone to listen to for a second; without it, the system's default.
    #[arg(long, value_name = "NAME")]
    microphone: Option<String>,
    /// The box's configuration file: with it, what it names is looked at as well.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    /// Works, but somebody should look at it.
    Note,
    /// Something that the box is for does not work.
    Problem,
}

struct Finding(Level, String);

fn ok(text: impl Into<String>) -> Finding {
    Finding(Level::Ok, text.into())
}
fn note(text: impl Into<String>) -> Finding {
    Finding(Level::Note, text.into())
}
fn problem(text: impl Into<String>) -> Finding {
    Finding(Level::Problem, text.into())
}

/// Prints the findings; exit code 1 where one of them is a problem.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let data = DataFolder::new(&args.data);
    let clock = Clock::system();
    let mut findings = vec![clock_is_right(&clock), processor()];
    findings.extend(folder(&data));
    let (database, db) = records(&data);
    findings.push(database);
    findings.push(listing_base(&data, &clock));
    findings.extend(tokio::task::spawn_blocking(move || microphones(args.microphone.as_deref())).await?);
    findings.push(buttons());
    findings.push(model(&data));
    findings.push(line(&data).await);
    if let Some(config) = &args.config {
        findings.push(second_opinion(config).await);
    }
    if let Some(db) = db {
        findings.push(waiting(&db).await?);
    }
    for Finding(level, text) in &findings {
        let word = match level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "PROBLEM",
        };
        println!("{word:8} {text}");
    }
    let broken = findings.iter().any(|f| f.0 == Level::Problem);
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Calls head office as the box does, with its own certificate.
async fn line(data: &DataFolder) -> Finding {
    let (link, client) = match Line::for_box(data) {
        Err(e) => return problem(format!("head office: {e}")),
        Ok(None) => return note("head office: not enrolled; branchbox enrol --headoffice URL --code CODE"),
        Ok(Some(found)) => found,
    };
    let waiting = outbox::Waiting { count: 0, since: None };
    let health = Health {
        listings: None,
        waiting,
        software: env!("CARGO_PKG_VERSION").into(),
        trust: None,
        vitals: Vitals::default(),
    };
    match client.health(&health).await {
        Ok(_) => {
            let day = |at: Timestamp| at.to_zoned(hong_kong()).date();
            let dates = identity::dates(data).map_or_else(String::new, |d| {
                format!(
                    ", its certificate good until {} and renewed from {} on",
                    day(d.not_after),
                    day(d.half())
                )
            });
            ok(format!("head office: {} answers; this box is \"{}\"{dates}", link.url, link.branch.name))
        }
        Err(e) => note(format!("head office: {e} (the branch works without the line, and catches up)")),
    }
}

/// Asks the server of the second opinion for its models; nothing of any meeting is sent.
async fn second_opinion(config: &Path) -> Finding {
    let settings = match BoxConfig::load(config) {
        Err(e) => return problem(format!("configuration, second opinion included: {e}")),
        Ok(config) => config.second_opinion,
    };
    let Some(settings) = settings else {
        return ok("second opinion on minutes: off (section second_opinion of the configuration file)");
    };
    let client = match Client::new(&settings) {
        Err(e) => return problem(format!("second opinion on minutes: it {e}")),
        Ok(client) => client,
    };
    let (url, model) = (client.url(), client.model());
    match client.models().await {
        Ok(models) if models.iter().any(|m| m == model) => {
            ok(format!("second opinion on minutes: {url} answers with the model {model}"))
        }
        Ok(models) => note(format!(
            "second opinion on minutes: {url} answers, but does not list the model {model}; it has {}",
            models.join(", ")
        )),
        Err(e) => note(format!("second opinion on minutes: {url} {e} (minutes are drawn up without)")),
    }
}

/// A box without a clock battery starts in the past, and certificates and dates go wrong with it.
fn clock_is_right(clock: &Clock) -> Finding {
    let built: Timestamp = "2026-11-01T00:00:00Z".parse().expect("a constant time");
    let now = clock.now_in_hong_kong();
    match clock.now() < built {
        true => problem(format!(
            "the clock says {}: set it, or wait until it has found a time server",
            now.date()
        )),
        false => ok(format!("clock: {}", now.strftime("%F %H:%M %Z"))),
    }
}

fn processor() -> Finding {
    match speech::cpu_is_able() {
        Ok(()) => ok("processor: has what transcription needs (AVX2, FMA, F16C, BMI2)"),
        Err(e) => problem(format!("processor: {e}; all else works")),
    }
}

fn folder(data: &DataFolder) -> Vec<Finding> {
    let path = data.path().display();
    if !data.path().is_dir() {
        return vec![problem(format!("data folder: {path} is not there; branchbox run makes it"))];
    }
    let space = match disk::room(data.path()).map(|room| room.free >> 20) {
        Err(e) => problem(format!("disk: cannot ask how full it is at {path}: {e}")),
        Ok(free) if free < 1024 => problem(format!(
            "disk: {free} MB free at {path}, too little to start a recording: free some space"
        )),
        Ok(free) if free < 10 * 1024 => {
            note(format!("disk: {free} MB free at {path}; a day of meetings takes about 1 GB"))
        }
        Ok(free) => ok(format!("disk: {} GB free", free >> 10)),
    };
    let writable = match tempfile_in(data) {
        Ok(()) => ok(format!("data folder: {path}")),
        Err(e) => problem(format!(
            "data folder: cannot write in {path} ({e}): give it to the user that runs the box"
        )),
    };
    let shelf = Shelf::of(data).load();
    let pictures =
        ok(format!("pictures: {} of listings on the shelf, {} MB", shelf.len(), shelf.bytes() >> 20));
    vec![writable, space, pictures]
}

fn tempfile_in(data: &DataFolder) -> std::io::Result<()> {
    let probe = data.path().join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}

fn records(data: &DataFolder) -> (Finding, Option<Database>) {
    let path = data.path().join(RECORDS_FILE);
    if !path.exists() {
        return (note("records.db: not made yet; the first branchbox run or import makes it"), None);
    }
    let opened = DatabaseKey::load_or_make(&data.records_key(), true)
        .and_then(|key| Database::open(&path, &key, &RECORDS));
    match opened {
        Ok(db) => (ok(format!("records.db: opens with {}", data.records_key().path().display())), Some(db)),
        Err(e) => (problem(format!("records.db: {e}")), None),
    }
}

fn listing_base(data: &DataFolder, clock: &Clock) -> Finding {
    match base::load(&data.listings()) {
        Err(e) => problem(format!("listings: {e}; import again")),
        Ok(None) => problem(
            "listings: there is no base; enrol with head office, or branchbox import --data DIR FILE.csv",
        ),
        Ok(Some(base)) => {
            let age = base
                .imported_at
                .parse::<Timestamp>()
                .map(|t| (clock.now() - t).get_hours() / 24)
                .unwrap_or(0);
            let text = format!(
                "listings: {} from {}, version {}",
                base.listings.len(),
                base.source,
                &base.version[..12]
            );
            if age > 7 { note(format!("{text}, {age} days old")) } else { ok(text) }
        }
    }
}

/// Lists them and listens to the one that records.
fn microphones(chosen: Option<&str>) -> Vec<Finding> {
    let found = match audio::microphones() {
        Ok(found) => found,
        Err(e) => return vec![problem(format!("microphone: {e}"))],
    };
    let mut findings: Vec<Finding> = found
        .iter()
        .filter(|m| m.usable)
        .map(|m| {
            ok(format!("microphone: {} — {}{}", m.id, m.name, if m.default { " (default)" } else { "" }))
        })
        .collect();
    if findings.is_empty() {
        findings.push(problem("microphone: none; plug one in (all but recording works without)"));
    } else {
        findings.push(heard(chosen));
    }
    findings
}

fn heard(chosen: Option<&str>) -> Finding {
    let trial = match audio::try_microphone(chosen) {
        Ok(trial) => trial,
        Err(e) => return problem(format!("microphone test: {e}; while the box records, it is busy")),
    };
    let audio::Trial { id, verdict, level_dbfs, peak } = trial;
    let heard = format!(
        "microphone test: {id} heard a second at {level_dbfs:.0} dBFS, its loudest {:.0} %",
        peak * 100.0
    );
    match verdict {
        audio::TrialVerdict::Good => ok(heard),
        audio::TrialVerdict::Silent => {
            problem(format!("{heard}: not even noise, so it is muted or broken; check its switch"))
        }
        audio::TrialVerdict::Clipping => note(format!("{heard}: it is too loud; turn it down")),
    }
}

fn buttons() -> Finding {
    let devices = audio::button::devices();
    match devices.is_empty() {
        true => ok("record button: no input device with keys may be read here (one is optional)"),
        false => ok(format!("record button: devices with keys are \"{}\"", devices.join("\", \""))),
    }
}

fn model(data: &DataFolder) -> Finding {
    match speech::models::choose(&data.models(), &Manifest::built_in(), None) {
        Err(e) => problem(format!("speech model: cannot look in {}: {e}", data.models().display())),
        Ok(Some(model)) => ok(format!("speech model: {}", model.name)),
        Ok(None) => {
            note("speech model: none, so transcripts wait; branchbox model fetch NAME, or model add FILE")
        }
    }
}

async fn waiting(db: &Database) -> anyhow::Result<Finding> {
    let (outbox, broken) = db
        .read("look at what waits", |c| {
            let broken = recordings::latest(c, 100)?.iter().filter(|r| r.state == "broken_off").count();
            Ok((outbox::waiting(c)?, broken))
        })
        .await?;
    let since = outbox.since.map(|s| format!(" since {s}")).unwrap_or_default();
    let mut text = format!("outbox: {} events wait for head office{since}", outbox.count);
    if broken > 0 {
        text += &format!("; {broken} of the last 100 recordings broke off");
    }
    Ok(if broken > 0 { note(text) } else { ok(text) })
}
