//! Section `feeds` of head office's file: the watched folder, and from where pictures may be fetched.

use super::Keys;
use std::path::PathBuf;
use std::time::Duration;

/// Seconds for which a file must not have changed before it is taken: a copy over a network pauses for some.
const QUIET: u64 = 10;
/// Days for which imported files are kept in done/. They hold owners' names and numbers, in clear.
const KEEP: u64 = 30;

/// Where listings come from by themselves.
#[derive(Debug, Clone)]
pub struct FeedSettings {
    /// A folder whose files become the listing base, with pictures in `media/`; `None` watches none.
    pub folder: Option<PathBuf>,
    /// A file that has not changed for so long is whole.
    pub quiet: Duration,
    /// Days for which imported files are kept in the folder's done/; 0 keeps none.
    pub keep_days: i64,
    /// Hosts from which pictures may be fetched over plain HTTP, and that may be in the local network.
    pub media_hosts: Vec<String>,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            folder: None,
            quiet: Duration::from_secs(QUIET),
            keep_days: KEEP as i64,
            media_hosts: Vec::new(),
        }
    }
}

/// Takes the section.
pub(super) fn settings(keys: &mut Keys) -> FeedSettings {
    let folder = keys.text("feeds.folder").map(PathBuf::from);
    if folder.as_ref().is_some_and(|f| !f.is_absolute()) {
        keys.problem("feeds.folder: give the whole path, beginning with /");
    }
    let quiet = keys.number("feeds.quiet_seconds", 2..=3_600, QUIET);
    let keep_days = keys.number("feeds.keep_days", 0..=3_650, KEEP) as i64;
    let media_hosts = keys.texts("feeds.media_hosts").unwrap_or_default();
    for host in &media_hosts {
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            keys.problem(&format!(
                "feeds.media_hosts: \"{host}\" is not the plain name or address of a host, such as \"pictures.example\""
            ));
        }
    }
    FeedSettings { folder, quiet: Duration::from_secs(quiet), keep_days, media_hosts }
}
