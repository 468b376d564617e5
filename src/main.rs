//! Temporary, until the lead's: enough of the command line to run this branch.

use branchbox::cli;
use clap::Parser;

#[derive(Parser)]
enum Command {
    Transcribe(cli::transcribe::Args),
    Model(cli::model::Args),
    #[command(hide = true)]
    SpeechWorker(cli::speech_worker::Args),
    #[command(hide = true)]
    VirtualMicrophone(cli::virtual_microphone::Args),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    env_logger::init();
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Command::parse() {
        Command::Transcribe(args) => cli::transcribe::run(args).await,
        Command::Model(args) => cli::model::run(args).await,
        Command::SpeechWorker(args) => cli::speech_worker::run(&args),
        Command::VirtualMicrophone(args) => cli::virtual_microphone::run(&args),
    }
}
