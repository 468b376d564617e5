//! `branchbox headoffice authority`: shows head office's certificate authority, and puts another in its place in three
//! steps, each of which waits until every branch has followed the one before.

use super::headoffice::Beside;
use crate::clock::Clock;
use crate::headoffice::rollover;

/// Shows the authorities or changes them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Shows the authorities, and which branches have not followed yet
    Show(Plain),
    /// Makes the authority that is to follow: branches learn to trust it
    Next(Plain),
    /// The next authority takes over; branches renew their certificates
    Switch(Forced),
    /// Ends the authority before
    Retire(Forced),
}

#[derive(Debug, clap::Args)]
struct Plain {
    #[command(flatten)]
    beside: Beside,
}

#[derive(Debug, clap::Args)]
struct Forced {
    #[command(flatten)]
    beside: Beside,
    /// Although branches have not followed: they may have to be enrolled anew
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let clock = Clock::system();
    match args.step {
        Step::Show(args) => show(args, &clock).await,
        Step::Next(args) => {
            rollover::next(&args.beside.place()?, &clock).await?;
            println!(
                "The next authority is made: branches in touch trust it within half a minute; then switch."
            );
            Ok(())
        }
        Step::Switch(args) => {
            rollover::switch(&args.beside.place()?, args.force, &clock).await?;
            println!(
                "The next authority has taken over: branches in touch renew within half a minute; then retire."
            );
            println!("Enrolment codes that were given out before serve no longer.");
            Ok(())
        }
        Step::Retire(args) => {
            rollover::retire(&args.beside.place()?, args.force, &clock).await?;
            println!("The authority before has been retired, and its key is gone.");
            Ok(())
        }
    }
}

async fn show(args: Plain, clock: &Clock) -> anyhow::Result<()> {
    let standing = rollover::show(&args.beside.place()?, clock).await?;
    for authority in &standing.authorities {
        println!(
            "{} {:9} made {}  {}",
            authority.n,
            authority.state.as_str(),
            authority.made_at,
            &authority.fingerprint[..16]
        );
    }
    for (what, branches) in [
        ("do not trust exactly these yet", &standing.not_trusting),
        ("have a certificate of the old one", &standing.still_with_old),
    ] {
        if !branches.is_empty() {
            println!("{what}: {}", branches.join(", "));
        }
    }
    Ok(())
}
