//! `branchbox ask --data DIR [--explain] [--json] TEXT`: one question to the listing base, from the shell.

use crate::assistant::{Assistant, Session};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::{base, phrasebook};
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Say how the question was read, too.
    #[arg(long)]
    explain: bool,
    /// Print the reply as the API gives it.
    #[arg(long)]
    json: bool,
    /// The question, in Cantonese, Mandarin or English.
    #[arg(value_name = "TEXT")]
    text: String,
}

/// Answers on stdout.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let data = DataFolder::new(&args.data);
    let base = base::load(&data.listings())?
        .with_context(|| format!("there is no listing base in {}: import one first", args.data.display()))?;
    let book = phrasebook::load(&data.phrasebook())?;
    let assistant = Assistant::with_phrasebook(base.listings, base.version, &book);
    let reply = assistant.ask(&mut Session::default(), &args.text, None, Clock::system().today());
    if args.json {
        println!("{}", serde_json::to_string_pretty(&reply)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", reply.text);
    for listing in &reply.listings {
        let l = &listing.listing;
        println!(
            "  {}  saleable area {} sq ft  {} {} {}/F {}",
            l.reference, l.saleable_area_sqft, l.estate_en, l.block_en, l.floor, l.unit
        );
    }
    if args.explain {
        println!("\n{}", reply.understood.explain());
    }
    Ok(ExitCode::SUCCESS)
}
