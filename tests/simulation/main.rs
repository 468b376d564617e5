//! The protocol under a clock, a network and crashes that a seed decides: messages are lost, doubled, delayed and so
//! reordered, cut off in the middle, branches are out of touch for a while, and either side crashes before and after
//! each commit. When it is all over, head office's ledgers are what the branches committed, each event once, and every
//! branch shows head office's base.
//!
//! Both sides are the real code (`uplink::next_batch` and `settle`, head office's `events::apply`,
//! `versions::difference`, `wire`) on real SQLite; only time, sockets and the moment of a crash are made here. What a
//! commit is worth when the power goes is for `kill_sync` and `outage`, which kill real processes.
//!
//! `SIMULATION_SEED=17 cargo test --test simulation -- --nocapture` runs one again.

mod chance;
mod world;

use world::{Acknowledge, World};

/// Seeds of one run of the test.
const SEEDS: u64 = 2000;

fn run(seed: u64, acknowledge: Acknowledge) -> Result<world::Report, String> {
    World::new(seed, acknowledge).run()
}

#[test]
fn ledgers_and_bases_are_equal_whatever_happens_on_the_way() {
    let seeds = match std::env::var("SIMULATION_SEED").ok().and_then(|s| s.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 1..SEEDS + 1,
    };
    let cores = std::thread::available_parallelism().map_or(2, |n| n.get() as u64);
    // A core's share of the seeds; each seed is a world of its own.
    let share = &|core: u64| {
        let mut total = world::Report::default();
        for seed in seeds.clone().filter(|seed| seed % cores == core) {
            match run(seed, Acknowledge::AfterCommit) {
                Ok(report) => total.add(&report),
                Err(e) => panic!("seed {seed}: {e}"),
            }
        }
        total
    };
    let mut total = world::Report::default();
    std::thread::scope(|scope| {
        let shares: Vec<_> = (0..cores).map(|core| scope.spawn(move || share(core))).collect();
        shares.into_iter().for_each(|share| total.add(&share.join().expect("a seed failed (see above)")));
    });
    println!("{} seeds: {total}", seeds.end - seeds.start);
    if seeds.end - seeds.start > 1 {
        total.assert_that_everything_happened();
    }
}

/// The test can fail: a head office that acknowledges before it commits is caught.
#[test]
fn an_acknowledgement_before_the_commit_is_caught() {
    let caught: Vec<u64> = (1..=300).filter(|&seed| run(seed, Acknowledge::BeforeCommit).is_err()).collect();
    println!("caught by {} of 300 seeds, first by {:?}", caught.len(), caught.first());
    assert!(!caught.is_empty(), "nobody noticed that events were lost");
}
