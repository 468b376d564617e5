//! `branchbox headoffice`: the server, and the commands that work beside it on the same folder.

use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::daemon;
use crate::headoffice;
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Runs head office (without a command), or works beside it.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Serves branches and the head-office page
    Serve(Serve),
    /// Makes a one-time code that enrols one box
    Code(Code),
    /// Imports a listing file: it becomes the version that every branch shows
    Import(Import),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Folder of everything head office keeps
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file, for everything else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "listen", "console", "name"])]
    config: Option<PathBuf>,
    /// Where branches come in
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Where the head-office page is (loopback)
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8081")]
    console: SocketAddr,
    /// Name or address that branches reach it under; may be repeated
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Code {
    /// Head office's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The branch's name, as the page shows it
    #[arg(long)]
    branch: String,
    /// How long the code is good for
    #[arg(long, default_value_t = 24)]
    hours: i64,
}

#[derive(Debug, clap::Args)]
struct Import {
    /// Head office's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How the file is encoded, where its bytes do not tell (big5, utf-16le, …)
    #[arg(long)]
    encoding: Option<String>,
    /// The file (CSV)
    file: PathBuf,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        None => serve(args.serve).await,
        Some(Command::Serve(serve_args)) => serve(serve_args).await,
        Some(Command::Code(args)) => {
            let given = headoffice::code(&args.data, &args.branch, args.hours, &Clock::system()).await?;
            println!("{}", given.code);
            eprintln!("Enrols one box as {} until {}.", given.branch, given.expires_at);
            Ok(())
        }
        Some(Command::Import(args)) => import(args).await,
    }
}

/// The settings of the server that the arguments ask for.
fn config(args: Serve) -> anyhow::Result<HeadOfficeConfig> {
    if let Some(path) = args.config {
        return Ok(HeadOfficeConfig::load(&path)?);
    }
    let data = args.data.context("head office needs --data DIR or --config FILE")?;
    let mut config = HeadOfficeConfig::new(data, args.listen, args.console);
    if !args.name.is_empty() {
        config.names = args.name;
    }
    Ok(config)
}

async fn serve(args: Serve) -> anyhow::Result<()> {
    let config = config(args)?;
    daemon::logging::start();
    daemon::headoffice::run(config, Clock::system()).await
}

async fn import(args: Import) -> anyhow::Result<()> {
    let bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let clock = Clock::system();
    let (db, _) = headoffice::store::open(&args.data, &clock)?;
    let done = headoffice::import(&db, &clock, &name, bytes, args.encoding, "command line").await?;
    for row in &done.rejected {
        println!("rejected: {row}");
    }
    if !done.unused_columns.is_empty() {
        println!("columns not used: {}", done.unused_columns.join(", "));
    }
    let rows = &done.rows;
    println!(
        "{name}: {} new, {} changed, {} unchanged, {} removed, {} rejected; version {}",
        rows.taken.len(),
        rows.changed.len(),
        rows.unchanged.len(),
        rows.removed.len(),
        done.rejected.len(),
        rows.version.get(..12).unwrap_or(&rows.version)
    );
    anyhow::ensure!(done.rejected.is_empty(), "{} rows were rejected", done.rejected.len());
    Ok(())
}
