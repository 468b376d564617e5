//! Parse the command line, dispatch; nothing more.

use clap::Parser;

fn main() -> std::process::ExitCode {
    branchbox::cli::dispatch(branchbox::cli::Cli::parse())
}
