//! The command line: one file a subcommand, and here the list of them.
//!
//! Exit codes: 0 done, 1 it could not be done (the reason is one sentence on stderr), 2 the command line is wrong.

pub mod ask;
mod authority;
pub mod bench;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod enrol;
pub mod headoffice;
pub mod import;
pub mod model;
pub mod run;
pub mod speech_worker;
mod token;
pub mod transcribe;
pub mod virtual_microphone;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The estate-agency branch in a box.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a branch's box: kiosk, agent page, recorder, transcripts, sync.
    Run(run::Args),
    /// Run head office, or make an enrolment code for a branch.
    Headoffice(headoffice::Args),
    /// Load files as the listing base, and print what became of every row.
    Import(import::Args),
    /// Ask the listing base a question.
    Ask(ask::Args),
    /// Transcribe a sound file.
    Transcribe(transcribe::Args),
    /// Enrol this box with head office, with a one-time code.
    Enrol(enrol::Args),
    /// List, fetch, add and verify speech models.
    Model(model::Args),
    /// Say what is wrong with this box and what to do about it.
    Doctor(doctor::Args),
    /// Verify what is stored: databases, listing base, every recording's segments.
    Check(check::Args),
    /// Measure this machine: how fast it answers, beside a baseline.
    Bench(bench::Args),
    /// Start an invented branch with its head office, to look at.
    Demo(demo::Args),
    /// The child process that decodes speech; started by the box itself.
    #[command(hide = true)]
    SpeechWorker(speech_worker::Args),
    /// A microphone made of a file, for tests and the demo.
    #[command(hide = true)]
    VirtualMicrophone(virtual_microphone::Args),
}

/// Runs a subcommand. An error is printed as one sentence with its causes.
pub fn dispatch(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::SpeechWorker(args) => speech_worker::run(&args).map(|()| ExitCode::SUCCESS),
        Command::VirtualMicrophone(args) => virtual_microphone::run(&args).map(|()| ExitCode::SUCCESS),
        command => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)
            .and_then(|runtime| runtime.block_on(on_runtime(command))),
    };
    result.unwrap_or_else(|e| {
        eprintln!("branchbox: {e:#}");
        ExitCode::FAILURE
    })
}

async fn on_runtime(command: Command) -> anyhow::Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Run(args) => run::run(args).await.map(done),
        Command::Headoffice(args) => headoffice::run(args).await.map(done),
        Command::Import(args) => import::run(args).await,
        Command::Ask(args) => ask::run(args),
        Command::Transcribe(args) => transcribe::run(args).await.map(done),
        Command::Enrol(args) => enrol::run(args).await.map(done),
        Command::Model(args) => model::run(args).await.map(done),
        Command::Doctor(args) => doctor::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Bench(args) => bench::run(args).await.map(done),
        Command::Demo(args) => demo::run(args).await.map(done),
        Command::SpeechWorker(_) | Command::VirtualMicrophone(_) => unreachable!("handled without a runtime"),
    }
}
