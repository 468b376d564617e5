//! `branchbox speech-worker` (hidden): the child process that transcribes. Started by the box, not by people.

use std::path::PathBuf;

/// Arguments of `speech-worker`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model file.
    #[arg(long)]
    pub model: PathBuf,
    /// Silero's voice activity model.
    #[arg(long)]
    pub voice_model: Option<PathBuf>,
    /// Threads that whisper.cpp may use.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
}

/// Serves the box on standard input and output until they close. Blocks.
pub fn run(args: &Args) -> anyhow::Result<()> {
    crate::speech::run_worker(&args.model, args.voice_model.as_deref(), args.threads)
}
