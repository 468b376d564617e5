//! `branchbox headoffice release`: versions of Branchbox for the boxes.

use super::Release;
use crate::clock::Clock;
use crate::headoffice::store::{self, Tx, releases};
use anyhow::Context;

/// Runs the command.
pub(super) async fn run(command: Release) -> anyhow::Result<()> {
    let clock = Clock::system();
    let now = clock.now();
    match command {
        Release::Add { beside, version, file } => {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            anyhow::ensure!(!bytes.is_empty(), "{} is empty", file.display());
            let store = store::open(&beside.place()?, &clock).await?.store;
            let kept = version.clone();
            let add = move |tx: &Tx| releases::add(tx, &kept, &bytes, "command line", now);
            let sha256 = store.write("keep a release", add).await?;
            println!("{version} {sha256}");
            eprintln!("Nobody is offered it yet: branchbox headoffice release stage {version} one");
        }
        Release::Stage { beside, version, stage } => {
            let store = store::open(&beside.place()?, &clock).await?.store;
            let name = version.clone();
            let change = move |tx: &Tx| releases::stage(tx, &name, stage, "command line", now);
            let branches = store.write("stage a release", change).await?;
            println!("{version}: offered to {branches} branches");
        }
        Release::List(beside) => {
            let store = store::open(&beside.place()?, &clock).await?.store;
            for release in store.read("list the releases", releases::list).await? {
                let states: Vec<String> = (release.branches.iter())
                    .map(|p| {
                        format!(
                            "{} {} ({}{})",
                            p.count,
                            p.state,
                            p.names.join(", "),
                            if p.count > p.names.len() as i64 { ", …" } else { "" }
                        )
                    })
                    .collect();
                let why = release.halted_why.map(|w| format!(" ({w})")).unwrap_or_default();
                println!(
                    "{}\t{}{why}\t{}\t{}",
                    release.version,
                    release.stage,
                    states.join(", "),
                    release.sha256
                );
            }
        }
    }
    Ok(())
}
