//! `branchbox headoffice token`: tokens with which a company's own system sends listings.

use super::headoffice::Beside;
use crate::clock::Clock;
use crate::headoffice;
use crate::headoffice::store::{self, feed_tokens};

/// Makes, lists or ends tokens of systems that send listings.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    beside: Beside,
    /// Make a token for this system; it is shown once
    #[arg(long, value_name = "NAME", conflicts_with = "revoke")]
    make: Option<String>,
    /// End the token of this system
    #[arg(long, value_name = "NAME")]
    revoke: Option<String>,
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let clock = Clock::system();
    let (store, now) = (store::open(&args.beside.place()?, &clock).await?.store, clock.now());
    if let Some(name) = args.make {
        let name = name.trim().to_owned();
        let token = headoffice::give_token(&store, &clock, &name, "command line").await?;
        println!("{token}");
        eprintln!("Shown this once: POST /feeds/listings with Authorization: Bearer and this token.");
        return Ok(());
    }
    if let Some(name) = args.revoke {
        let ended = name.clone();
        store.write("end the token", move |tx| feed_tokens::revoke(tx, &ended, "command line", now)).await?;
        println!("{name} can send no longer.");
        return Ok(());
    }
    for feed_tokens::System { name, made_at, used_at } in
        store.read("read the tokens", feed_tokens::all).await?
    {
        println!(
            "{name}  made {made_at}  {}",
            used_at.map_or("never used".into(), |at| format!("last used {at}"))
        );
    }
    Ok(())
}
