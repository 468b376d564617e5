//! kill -9 in the middle of an import, twenty times at different moments: the base is the old one or the new one,
//! whole, with its private side; the next import goes through.

mod support;

use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::base;
use std::time::{Duration, Instant};
use support::process::{Process, branchbox, branchbox_output, text};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

#[test]
fn a_killed_import_leaves_a_whole_base() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("branch");
    let files = [1u64, 2].map(|seed| {
        let path = folder.path().join(format!("{seed}.csv"));
        std::fs::write(&path, to_csv(&generate(3000, seed, TODAY))).unwrap();
        path
    });
    let import = |file: &std::path::Path| {
        let mut command = branchbox();
        command.arg("import").arg("--data").arg(&data).arg(file);
        command
    };
    let mut whole = Duration::ZERO;
    for file in [&files[1], &files[0]] {
        let begun = Instant::now();
        let output = import(file).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        whole = begun.elapsed();
    }
    let mut shown = base::load(&data.join("listings.db")).unwrap().unwrap().version;

    let (mut old, mut new) = (0, 0);
    for round in 0..20u32 {
        // From the first instant to well past the end, close together: some before the swap, some after.
        let moment = whole * (round + 1) / 12;
        let process = Process::start(&mut import(&files[(round as usize + 1) % 2]));
        std::thread::sleep(moment.max(Duration::from_millis(1)));
        process.kill();

        let check = branchbox_output(["check", "--data", data.to_str().unwrap()]);
        assert!(check.status.success(), "round {round}, killed after {moment:?}: {}", text(&check));
        let base = base::load(&data.join("listings.db")).unwrap().unwrap();
        assert_eq!(base.listings.len(), 3000, "round {round}");
        if base.version == shown {
            old += 1
        } else {
            new += 1
        }
        shown = base.version;
    }
    println!("killed 20 imports: the old base stood {old} times, the new one {new} times");
    assert!(old > 0 && new > 0, "the kills were all on one side of the swap: the moments are badly chosen");

    let last = import(&files[0]).output().unwrap();
    assert!(last.status.success(), "{}", text(&last));
    let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|f| f.to_string_lossy().ends_with(".new")), "{left:?}");
}
