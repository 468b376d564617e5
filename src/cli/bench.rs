//! `branchbox bench NAME`: measures, prints a report for people or as JSON.

use crate::bench;
use std::fmt::Display;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Answers over a large listing base, in process and over HTTP, beside an empty handler.
    Ask(Ask),
    /// Transcribing a meeting with pauses, beside plain Whisper; and the kiosk's answers meanwhile.
    Speech(Speech),
    /// Drawing up the minutes of a two-hour meeting, beside reading its transcript as JSON.
    Minutes(Minutes),
    /// Making up for a long outage, and a change of listings on its way to the kiosk.
    Sync(Sync),
}

#[derive(clap::Args)]
struct Sync {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Events that wait when the line is back: 60 days of a busy branch.
    #[arg(long, value_name = "N", default_value_t = 300_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    events: u32,
}

#[derive(clap::Args)]
struct Minutes {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Length of the transcript, in segments.
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    segments: u32,
}

#[derive(clap::Args)]
struct Ask {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Size of the listing base.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    listings: u32,
    /// Only fill this folder with the base that is measured over.
    #[arg(long, value_name = "DIR", hide = true)]
    fill: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Speech {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// What to measure with, several times if wanted: tiny, base, small (shapes with random weights), estate-test
    /// (the test model) or a model file.
    #[arg(long = "model", value_name = "MODEL", default_values = ["tiny", "base", "small"])]
    models: Vec<String>,
    /// Length of the meeting.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=180))]
    minutes: u16,
    /// Percent of the meeting in which somebody speaks (speech).
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u8).range(5..=90))]
    speech: u8,
    /// Let plain Whisper search with 5 beams, as its own program does, rather than greedily, as the library does.
    #[arg(long)]
    beams: bool,
    /// Leave out the kiosk's answers beside the last of the models.
    #[arg(long)]
    no_kiosk: bool,
    /// Where the phrases and the test model are.
    #[arg(long, value_name = "DIR", default_value = "tests/fixtures")]
    fixtures: PathBuf,
    /// Only decode this WAV file as plain Whisper does.
    #[arg(long, value_name = "WAV", hide = true)]
    plain: Option<PathBuf>,
    /// Threads of plain Whisper.
    #[arg(long, default_value_t = 1, hide = true)]
    threads: usize,
}

/// Measures and prints.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Ask(args) => ask(args).await,
        What::Speech(args) => speech(args).await,
        What::Minutes(args) => print(&bench::minutes::measure(args.segments as usize)?, args.json),
        What::Sync(args) => {
            let report = bench::sync::measure(args.events as usize, |what| eprintln!("{what} ...")).await?;
            print(&report, args.json)
        }
    }
}

async fn ask(args: Ask) -> anyhow::Result<()> {
    let listings = args.listings as usize;
    if let Some(folder) = &args.fill {
        return bench::ask::fill(folder, listings).await;
    }
    print(&bench::ask::measure(listings).await?, args.json)
}

async fn speech(args: Speech) -> anyhow::Result<()> {
    if let (Some(sound), Some(model)) = (args.plain, args.models.first()) {
        return bench::speech::plain(model.as_ref(), args.threads, args.beams, &sound);
    }
    let plan = bench::speech::Plan {
        models: args.models,
        minutes: f64::from(args.minutes),
        speech: f64::from(args.speech) / 100.0,
        fixtures: args.fixtures,
        beams: args.beams,
        kiosk: !args.no_kiosk,
    };
    print(&bench::speech::measure(plan, |what| eprintln!("{what} ...")).await?, args.json)
}

fn print<R: Display + serde::Serialize>(report: &R, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
