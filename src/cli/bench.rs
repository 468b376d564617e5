//! `branchbox bench NAME`: measures, prints a report for people or as JSON.

use crate::bench;
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

/// Measures and prints.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let What::Ask(ask) = args.what;
    let listings = ask.listings as usize;
    if let Some(folder) = &ask.fill {
        return bench::ask::fill(folder, listings).await;
    }
    let report = bench::ask::measure(listings).await?;
    if ask.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
