//! `branchbox bench ask`: how long an answer takes over a large listing base, in process and over HTTP, beside an
//! empty handler of the same server, and what the base takes in memory.
//!
//! The base is invented and lives in a folder of its own, which goes at the end. In process, the clock runs from the
//! question's text to the reply. Over HTTP, the real box (`branchbox run` on that folder, as a child) is asked over one
//! kept-alive connection. What that is compared with is the same box doing nothing: `GET /healthz`, through the same
//! listener, router and guard, sent with the bodies of the questions just asked, so that the bytes that come in are
//! the same and what differs is the handler and what it sends. Two questions and two empty requests take turns, so that
//! the machine's noise, and the box's own writing of its log of answers, hit both alike. Memory is what this process has in RAM
//! (`VmRSS`) after it has loaded and indexed the base, less what it had right before; the base is written by another
//! process, so that no memory of that is counted or reused.

use super::http::Connection;
use super::server::{Folder, Server};
use super::{Figures, resident_bytes};
use crate::assistant::{Assistant, Session};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::demo::listings::generate;
use crate::listings::{Listing, base};
use crate::store::open_records;
use anyhow::{Context, ensure};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// What is asked.
const QUESTIONS: &str = include_str!("questions.txt");
/// Length of the longest question, bytes; and characters, of which the box's API takes no more.
const LONGEST: (usize, usize) = (4096, 2000);
/// How often all of it is asked: in process, and over HTTP.
const ROUNDS: usize = 30;
const SEED: u64 = 11;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub listings: usize,
    /// Memory of the base with its index, MB (10^6 bytes).
    pub rss_mb: f64,
    /// Reading the base from its file and indexing it, seconds.
    pub load_s: f64,
    /// Questions in one round.
    pub questions: usize,
    pub in_process_ms: Figures,
    pub http_ms: Figures,
    pub empty_handler_ms: Figures,
    /// The dearest questions in process by their median, dearest first, with milliseconds.
    pub slowest: Vec<(String, f64)>,
}

/// Measures over a base of `listings` listings.
pub async fn measure(listings: usize) -> anyhow::Result<Report> {
    let folder = Folder::make()?;
    let data = DataFolder::new(folder.path());
    let path = folder.path().display().to_string();
    let fill = ["bench", "ask", "--listings", &listings.to_string(), "--fill", &path];
    let filled = tokio::process::Command::new(std::env::current_exe()?).args(fill).status().await?;
    ensure!(filled.success(), "the listing base was not made (see above)");
    let today = Clock::system().today();
    tokio::task::spawn_blocking(move || run(&data, today)).await?
}

/// Fills a data folder with an invented base; run as a child, so that its memory is not the measurement's.
pub async fn fill(folder: &Path, listings: usize) -> anyhow::Result<()> {
    let (data, clock) = (DataFolder::new(folder), Clock::system());
    let db = open_records(data.path(), &data.records_key())?;
    base::replace(&data, &db, generate(listings, SEED, clock.today()), "bench", &clock).await?;
    Ok(())
}

fn run(data: &DataFolder, today: Date) -> anyhow::Result<Report> {
    let conversations = conversations();
    // The tables of the languages load once in a process, whatever the base; they are not the base's memory.
    drop(Assistant::new(Vec::<Listing>::new(), String::new()));
    let (before, begun) = (resident_bytes()?, Instant::now());
    let base = base::load(&data.listings())?.context("the listing base is not there")?;
    let assistant = Assistant::new(base.listings, base.version);
    let load_s = (begun.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    let rss = resident_bytes()?.saturating_sub(before);
    let (in_process_ms, slowest) = in_process(&assistant, &conversations, today);
    let listings = assistant.len();
    drop(assistant);
    let (http_ms, empty_handler_ms) = over_http(data, &conversations)?;
    Ok(Report {
        listings,
        rss_mb: (rss as f64 / 1e5).round() / 10.0,
        load_s,
        questions: conversations.iter().map(Vec::len).sum(),
        in_process_ms,
        http_ms,
        empty_handler_ms,
        slowest,
    })
}

/// The conversations, and one question of 4 KiB.
pub(super) fn conversations() -> Vec<Vec<String>> {
    let lines = QUESTIONS.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    let mut all: Vec<Vec<String>> = lines.map(|l| l.split(" | ").map(str::to_owned).collect()).collect();
    let mut long = String::new();
    for c in all.iter().flatten().flat_map(|q| q.chars().chain(['，'])).take(LONGEST.1) {
        if long.len() + c.len_utf8() > LONGEST.0 {
            break;
        }
        long.push(c);
    }
    all.push(vec![long]);
    all
}

fn in_process(
    assistant: &Assistant,
    conversations: &[Vec<String>],
    today: Date,
) -> (Figures, Vec<(String, f64)>) {
    let mut all: Vec<(&str, Vec<Duration>)> =
        conversations.iter().flatten().map(|q| (q.as_str(), Vec::new())).collect();
    for _ in 0..ROUNDS {
        let mut turn = all.iter_mut();
        for conversation in conversations {
            let mut session = Session::default();
            for (text, (_, took)) in conversation.iter().zip(&mut turn) {
                let begun = Instant::now();
                let reply = assistant.ask(&mut session, text, None, today);
                took.push(begun.elapsed());
                std::hint::black_box(reply);
            }
        }
    }
    let figures = Figures::of(all.iter().flat_map(|(_, took)| took.iter().copied()).collect());
    let mut each: Vec<(String, f64)> =
        all.into_iter().map(|(q, took)| (q.chars().take(40).collect(), Figures::of(took).median)).collect();
    each.sort_by(|a, b| b.1.total_cmp(&a.1));
    each.truncate(5);
    (figures, each)
}

fn over_http(data: &DataFolder, conversations: &[Vec<String>]) -> anyhow::Result<(Figures, Figures)> {
    let server = Server::start(data)?;
    let mut line = Connection::open(server.address)?;
    let (mut asked, mut empty) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let mut bodies = Vec::new();
        for conversation in conversations {
            let mut session = Value::Null;
            for text in conversation {
                let body = json!({ "text": text, "session": session }).to_string();
                let (took, reply) = line.request("POST /api/v1/ask", &body)?;
                let reply: Value = serde_json::from_slice(reply)?;
                session = reply["session"].clone();
                bodies.push(body);
                // The first round only warms up.
                if round > 0 {
                    asked.push(took);
                }
                if bodies.len() == 2 {
                    for body in bodies.drain(..) {
                        let (took, _) = line.request("GET /healthz", &body)?;
                        if round > 0 {
                            empty.push(took);
                        }
                    }
                }
            }
        }
    }
    Ok((Figures::of(asked), Figures::of(empty)))
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line =
            |name: &str, x: &Figures| format!("{name:24} median {:8.3} ms   p99 {:8.3} ms", x.median, x.p99);
        writeln!(f, "{} listings: {} MB in memory, loaded in {} s", self.listings, self.rss_mb, self.load_s)?;
        writeln!(f, "{} questions, {ROUNDS} rounds", self.questions)?;
        writeln!(f, "{}", line("in process", &self.in_process_ms))?;
        writeln!(f, "{}", line("over HTTP", &self.http_ms))?;
        writeln!(f, "{}", line("empty handler over HTTP", &self.empty_handler_ms))?;
        writeln!(
            f,
            "over HTTP to empty handler: median {:.2} times, p99 {:.2} times",
            self.http_ms.median / self.empty_handler_ms.median,
            self.http_ms.p99 / self.empty_handler_ms.p99
        )?;
        write!(f, "dearest questions in process (median):")?;
        self.slowest.iter().try_for_each(|(q, ms)| write!(f, "\n  {ms:8.3} ms  {q}"))
    }
}
