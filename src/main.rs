//! Parse the command line, dispatch; nothing more.

use clap::Parser;

/// An answer makes and drops some hundreds of small strings beside bit sets of 12 KB; the C library's allocator spends
/// a fifth of its time merging and splitting those.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    branchbox::cli::dispatch(branchbox::cli::Cli::parse())
}
