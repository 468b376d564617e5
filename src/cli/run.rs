//! `branchbox run`: a branch's box, by its data folder and address or by a configuration file.

use crate::clock::Clock;
use crate::config::BoxConfig;
use crate::daemon;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// A configuration file (see the README); everything has a default.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The data folder, made where it is not there.
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Where kiosk, agent page and API listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", conflicts_with = "config")]
    listen: SocketAddr,
    /// The microphone's stable name (`branchbox doctor` lists them).
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    microphone: Option<String>,
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = match (args.config, args.data) {
        (Some(file), _) => BoxConfig::load(&file)?,
        (None, Some(data)) => BoxConfig { microphone: args.microphone, ..BoxConfig::new(data, args.listen) },
        (None, None) => unreachable!("clap requires one of them"),
    };
    daemon::logging::start();
    daemon::run(config, Clock::system()).await
}
