//! Where the log goes: the journal under systemd, plain lines on stderr elsewhere.

use log::LevelFilter;

/// Starts logging; once a process. `RUST_LOG` overrides the level outside systemd.
pub fn start() {
    if systemd_journal_logger::connected_to_journal()
        && let Ok(journal) = systemd_journal_logger::JournalLog::new()
        && journal.install().is_ok()
    {
        log::set_max_level(LevelFilter::Info);
        return;
    }
    let env = env_logger::Env::default().default_filter_or("info");
    // A second start (a test in the same process) keeps the first.
    let _ = env_logger::Builder::from_env(env).try_init();
}
