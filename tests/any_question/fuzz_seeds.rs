//! The fuzzer's own function over its seeds and over every question of our table: what a fuzzing run found stays
//! mended where there is no fuzzer.

#[path = "../fuzz/drive.rs"]
mod drive;

use super::words::Words;
use std::path::Path;

#[test]
fn the_seeds_of_the_fuzzer_keep_its_promises() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let mut driven = 0;
    for entry in std::fs::read_dir(&folder).expect("the seeds are there") {
        let path = entry.expect("a seed").path();
        drive::drive(&std::fs::read(&path).expect("a seed is read"));
        driven += 1;
    }
    assert!(driven > 0, "{} is empty", folder.display());
    for questions in Words::load().asked.chunks(4) {
        drive::drive(format!("0{}", questions.join("\n")).as_bytes());
    }
}
