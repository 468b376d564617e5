//! `branchbox headoffice`: the server, and the commands that work beside it on the same folder.

mod doctor;
mod release;

use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::daemon;
use crate::headoffice::store::releases::Stage;
use crate::headoffice::{self, backup, store::Place};
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
    /// Adds versions of Branchbox for the boxes, and offers them in stages
    #[command(subcommand)]
    Release(Release),
    /// Writes everything of a running head office into one file (keep it as you keep keys)
    Backup(Backup),
    /// Restores a backup into an empty folder, and into an empty database where one is named
    Restore(Restore),
    /// Looks whether head office can do its work
    Doctor(Beside),
    /// Imports a listing file: it becomes the version that every branch shows
    Import(Import),
    /// The certificate authority: shows it, or puts another in its place
    Authority(super::authority::Args),
    /// Tokens with which a company's own system sends listings
    Token(super::token::Args),
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

/// Which head office a command works beside.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Beside {
    /// Head office's folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Its configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Beside {
    pub(super) fn place(self) -> anyhow::Result<Place> {
        match (self.config, self.data) {
            (Some(path), _) => Ok(HeadOfficeConfig::load(&path)?.place()),
            (None, Some(data)) => Ok(Place::folder(data)),
            (None, None) => anyhow::bail!("say which head office: --data DIR or --config FILE"),
        }
    }
}

#[derive(Debug, clap::Args)]
struct Code {
    #[command(flatten)]
    beside: Beside,
    /// The branch's name, as the page shows it
    #[arg(long)]
    branch: String,
    /// How long the code is good for
    #[arg(long, default_value_t = 24)]
    hours: i64,
}

#[derive(Debug, clap::Args)]
struct Import {
    #[command(flatten)]
    beside: Beside,
    /// How the file is encoded, where its bytes do not tell (big5, utf-16le, …)
    #[arg(long)]
    encoding: Option<String>,
    /// Take it although it withdraws more than half of the base
    #[arg(long)]
    allow_removals: bool,
    /// It holds what changed, not the whole base; what is withdrawn it names in a column "withdrawn"
    #[arg(long)]
    changes: bool,
    /// The file (CSV, Excel, OpenDocument or JSON)
    file: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Release {
    /// Keeps a file as a version; nobody is offered it yet
    Add {
        #[command(flatten)]
        beside: Beside,
        #[arg(long, value_name = "V")]
        version: String,
        file: PathBuf,
    },
    /// Offers a version to one branch, a tenth or all of them, or halts it
    Stage {
        #[command(flatten)]
        beside: Beside,
        version: String,
        stage: Stage,
    },
    /// Lists the versions and how far each is
    List(Beside),
}

#[derive(Debug, clap::Args)]
struct Backup {
    #[command(flatten)]
    beside: Beside,
    /// The file to write; must not be there yet
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Restore {
    #[command(flatten)]
    beside: Beside,
    /// The file that a backup wrote
    from: PathBuf,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        None => serve(args.serve).await,
        Some(Command::Serve(serve_args)) => serve(serve_args).await,
        Some(Command::Code(args)) => {
            let given =
                headoffice::code(&args.beside.place()?, &args.branch, args.hours, &Clock::system()).await?;
            println!("{}", given.code);
            eprintln!("Enrols one box as {} until {}.", given.branch, given.expires_at);
            Ok(())
        }
        Some(Command::Import(args)) => import(args).await,
        Some(Command::Release(command)) => release::run(command).await,
        Some(Command::Backup(args)) => {
            let config = args.beside.config.clone();
            let done = backup::back_up(&args.beside.place()?, config, &args.to, &Clock::system()).await?;
            println!("{}: {} files, {} bytes", args.to.display(), done.files, done.bytes);
            println!("Whoever has this file has everything: keep it as you keep keys.");
            Ok(())
        }
        Some(Command::Restore(args)) => {
            let done = backup::restore(&args.from, &args.beside.place()?, &Clock::system()).await?;
            println!("restored {} files as of {}, from {}", done.files, done.made_at, done.engine);
            println!(
                "Next: import the newest listing file (an older base would go to every branch), then start head office. Branches go on from where they are; a box that was enrolled or renewed after the backup has to be enrolled anew."
            );
            Ok(())
        }
        Some(Command::Doctor(beside)) => doctor::run(beside).await,
        Some(Command::Authority(args)) => super::authority::run(args).await,
        Some(Command::Token(args)) => super::token::run(args).await,
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
    let opened = headoffice::store::open(&args.beside.place()?, &clock).await?;
    let file = headoffice::File {
        name: name.clone(),
        bytes,
        encoding: args.encoding,
        allow_removals: args.allow_removals,
        mode: if args.changes { headoffice::Mode::Changes } else { headoffice::Mode::Complete },
    };
    let done =
        headoffice::import(&opened.store, opened.authorities.current(), &clock, file, "command line").await?;
    for row in &done.rejected {
        println!("rejected: {row}");
    }
    if !done.kept.is_empty() {
        println!("kept as they were, since their rows were rejected: {}", done.kept.join(", "));
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
