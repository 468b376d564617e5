//! `branchbox enrol`: makes this box a branch's box.

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::sync::enrol::enrol;
use std::path::PathBuf;

/// Enrols this box with head office. The box may be running: it notices.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The box's data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Head office's address: https://headoffice.example:8443
    #[arg(long, value_name = "URL")]
    headoffice: String,
    /// The one-time code that head office gave out
    #[arg(long)]
    code: String,
    /// Enrol anew although this box is enrolled already
    #[arg(long)]
    replace: bool,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let data = DataFolder::new(args.data);
    let link = enrol(&data, &args.headoffice, &args.code, args.replace, &Clock::system()).await?;
    println!("This box is now {} at {}.", link.branch.name, link.url);
    Ok(())
}
