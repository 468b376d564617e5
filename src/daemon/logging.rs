//! Where the log goes: the journal under systemd, plain lines on stderr elsewhere; our own last lines stay in memory too
//! (`log_tail`), for head office to ask for.

use crate::clock::Clock;
use crate::log_tail;
use log::{LevelFilter, Log, Metadata, Record};

/// What is logged goes to `inner` and, where it is ours, to the tail.
struct Tee {
    inner: Box<dyn Log>,
    clock: Clock,
}

impl Log for Tee {
    fn enabled(&self, metadata: &Metadata) -> bool {
        self.inner.enabled(metadata) || is_ours(metadata)
    }

    fn log(&self, record: &Record) {
        if self.inner.enabled(record.metadata()) {
            self.inner.log(record);
        }
        if is_ours(record.metadata()) {
            log_tail::push(&format!("{:.0} {} {}", self.clock.now(), record.level(), record.args()));
        }
    }

    fn flush(&self) {
        self.inner.flush();
    }
}

fn is_ours(metadata: &Metadata) -> bool {
    metadata.level() <= LevelFilter::Info && metadata.target().starts_with("branchbox")
}

/// Starts logging; once a process. `RUST_LOG` overrides the level outside systemd.
pub fn start() {
    if systemd_journal_logger::connected_to_journal()
        && let Ok(journal) = systemd_journal_logger::JournalLog::new()
    {
        install(Box::new(journal), LevelFilter::Info);
        return;
    }
    let logger = env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).build();
    let level = logger.filter().max(LevelFilter::Info);
    install(Box::new(logger), level);
}

fn install(inner: Box<dyn Log>, level: LevelFilter) {
    // A second start (a test in the same process) keeps the first.
    if log::set_boxed_logger(Box::new(Tee { inner, clock: Clock::system() })).is_ok() {
        log::set_max_level(level);
    }
}
