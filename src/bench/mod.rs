//! Measurements that the program can repeat on any machine, each beside its baseline in one run.
//!
//! A figure without its baseline says more about the machine than about the program, so every report holds both and
//! states the ratio. Left out: what only a benchmark of parts could say; these ask the whole.

pub mod ask;
mod http;
pub mod minutes;
mod server;
pub mod speech;
pub mod sync;

use serde::Serialize;
use std::time::Duration;

/// The middle and the slow end of many durations, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    pub median: f64,
    /// 99 % took no longer (the nearest rank).
    pub p99: f64,
}

impl Figures {
    /// Of durations in any order; zeros where there are none.
    pub fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let rank = |share: f64| {
            let nth = (all.len() as f64 * share).ceil() as usize;
            all.get(nth.saturating_sub(1)).map_or(0.0, |d| (d.as_secs_f64() * 1e6).round() / 1e3)
        };
        Self { median: rank(0.5), p99: rank(0.99) }
    }
}

/// Memory of this process that is in RAM, in bytes (`VmRSS`).
fn resident_bytes() -> anyhow::Result<u64> {
    use anyhow::Context;
    let status = std::fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("the kernel gives no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")?;
    Ok(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_nearest_rank() {
        let all = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(Figures::of(all), Figures { median: 100.0, p99: 198.0 });
        assert_eq!(Figures::of(vec![Duration::from_micros(1500)]), Figures { median: 1.5, p99: 1.5 });
        assert_eq!(Figures::of(Vec::new()), Figures { median: 0.0, p99: 0.0 });
    }

    #[test]
    fn this_process_is_in_memory() {
        assert!(resident_bytes().unwrap() > 100_000);
    }
}
