//! `branchbox demo`: an invented branch with its head office, started together, for a first look (`make run`).

use crate::demo::orchestra;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// Folder of everything the demonstration keeps; a second start goes on with it.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// A speech model to install in the branch.
    #[arg(long, value_name = "FILE")]
    pub speech_model: Option<PathBuf>,
    /// What a virtual microphone says, on a machine that has no microphone.
    #[arg(long, value_name = "WAV")]
    pub meeting: Option<PathBuf>,
    /// How many listings head office has.
    #[arg(long, default_value_t = 400)]
    pub listings: usize,
    /// Where the branch's pages listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub kiosk: SocketAddr,
    /// Where head office takes branches in.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    pub headoffice: SocketAddr,
    /// Where the head-office page listens.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8081")]
    pub console: SocketAddr,
}

/// Runs until SIGINT or SIGTERM, then stops what it started.
pub async fn run(args: Args) -> anyhow::Result<()> {
    orchestra::play(args).await
}
