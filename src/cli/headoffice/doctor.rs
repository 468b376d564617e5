//! `branchbox headoffice doctor`: whether head office can do its work, a line a finding, beside the running server.

use super::Beside;
use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::disk::{self, Room};
use crate::headoffice::store::{self, Tx, alarms, media, versions};
use crate::headoffice::warnings;
use crate::tls;
use jiff::SignedDuration;

/// An authority that ends within this time should be rolled over now.
const AUTHORITY: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Looks, and fails where something is broken.
pub(super) async fn run(beside: Beside) -> anyhow::Result<()> {
    let clock = Clock::system();
    let settings = match &beside.config {
        Some(path) => Some(HeadOfficeConfig::load(path)?),
        None => None,
    };
    let place = beside.place()?;
    let mut broken = false;
    let mut say = |good: bool, text: String| {
        broken |= !good;
        println!("{:8} {text}", if good { "ok" } else { "PROBLEM" });
    };
    let opened = store::open(&place, &clock).await?;
    let store = opened.store;
    say(true, format!("database: {} opens", store.engine()));
    match store.prove().await {
        Ok(()) => say(true, "database: takes a commit".into()),
        Err(e) => say(false, format!("database: {e}")),
    }
    if let Ok(Room { free, total }) = disk::room(&place.data) {
        let text = format!("disk: {} MB free of {} MB", free / 1_000_000, total / 1_000_000);
        say(total == 0 || free * 10 >= total, text);
    }
    for certificate in opened.authorities.certificates() {
        match tls::dates(&certificate) {
            Some(dates) => say(
                dates.not_after.duration_since(clock.now()) > AUTHORITY,
                format!("authority: good until {}", dates.not_after),
            ),
            None => say(false, "authority: its certificate cannot be read".into()),
        }
    }
    let read = |tx: &Tx| Ok((versions::latest(tx)?, alarms::open(tx)?, media::standing(tx)?));
    let (latest, open, pictures) = store.read("look at the fleet", read).await?;
    match latest {
        Some(v) => say(true, format!("listings: {} units, made {}", v.listings, v.made_at)),
        None => say(false, "listings: none; branchbox headoffice import --data DIR FILE".into()),
    }
    let count: usize = open.values().map(Vec::len).sum();
    say(true, format!("alarms: {count} at {} branches (see the page)", open.len()));
    say(
        true,
        format!(
            "pictures: {} here, {} waited for, {} of them tried in vain",
            pictures.here, pictures.waiting, pictures.failed
        ),
    );
    for trouble in pictures.problems {
        say(true, format!("pictures: {} of them: {}", trouble.count, trouble.problem));
    }
    if let Some(settings) = settings {
        if let Some(folder) = &settings.feeds.folder {
            let writable =
                rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
            let text = match &writable {
                Ok(()) => "is there, and files can be moved in it".to_owned(),
                Err(e) => format!(
                    "cannot be written to ({e}): files in it are not imported; ReadWritePaths= in the unit?"
                ),
            };
            say(writable.is_ok(), format!("feeds: {} {text}", folder.display()));
        }
        let (mail, webhook) = warnings::names(&settings.warnings);
        match mail {
            None => say(true, "mail: off (section mail of the configuration file)".into()),
            Some(mail) => match warnings::try_mail(mail).await {
                Ok(()) => say(true, format!("mail: {}:{} answers", mail.server, mail.port)),
                Err(e) => say(false, format!("mail: {e}")),
            },
        }
        if let Some(webhook) = webhook {
            let readable = std::fs::read(&webhook.secret).is_ok_and(|s| !s.is_empty());
            say(
                readable,
                format!(
                    "webhook: its secret {} {}",
                    webhook.secret.display(),
                    if readable { "is there" } else { "cannot be read" }
                ),
            );
        }
    }
    anyhow::ensure!(!broken, "something needs looking after (lines with PROBLEM)");
    Ok(())
}
