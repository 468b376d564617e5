//! Parses the command line and dispatches; nothing more. (Temporary: the daemon's branch has the real one.)

use branchbox::cli;
use clap::Parser;

#[derive(Parser)]
enum Command {
    Headoffice(cli::headoffice::Args),
    Enrol(cli::enrol::Args),
}

fn main() -> std::process::ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let result = runtime.block_on(async {
        match Command::parse() {
            Command::Headoffice(args) => cli::headoffice::run(args).await,
            Command::Enrol(args) => cli::enrol::run(args).await,
        }
    });
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("branchbox: {e:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
