//! A full disk, on a real file system of four megabytes: each thing that cannot be saved says so in one sentence,
//! and what was there stays. Mounting needs root; without it these tests say that they skip.

mod support;

use branchbox::audio::{RecordingWriter, Reserve, read_recording};
use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::base;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::process::{branchbox_output, text};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A small file system, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"])
            .arg(at)
            .status();
        match done {
            Ok(status) if status.success() => Some(Self(at.to_owned())),
            _ => {
                println!("skipped: a small file system cannot be mounted here (needs root)");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn an_import_that_does_not_fit_leaves_the_base_before() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("branch");
    let Some(_disk) = SmallDisk::mount(&data, "4m") else { return };
    let file = |count: usize| {
        let path = folder.path().join(format!("{count}.csv"));
        std::fs::write(&path, to_csv(&generate(count, 3, TODAY))).unwrap();
        path
    };
    let import =
        |path: &Path| branchbox_output(["import", "--data", data.to_str().unwrap(), path.to_str().unwrap()]);
    let first = import(&file(100));
    assert!(first.status.success(), "{}", text(&first));
    let before = base::load(&data.join("listings.db")).unwrap().unwrap();

    let second = import(&file(9000));
    assert_eq!(second.status.code(), Some(1), "{}", text(&second));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("the disk is full"), "{said}");
    assert!(said.contains("the one before stays"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");

    let after = base::load(&data.join("listings.db")).unwrap().unwrap();
    assert_eq!((before.version, before.listings), (after.version, after.listings));
    // Small again, it goes through: nothing was left behind that fills the disk.
    let third = import(&file(120));
    assert!(third.status.success(), "{}", text(&third));
}

/// What was reserved for one recording is neither another's nor any program's.
#[test]
fn reserved_room_is_there_however_full_the_disk_is() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path(), "2m") else { return };
    let meeting = Duration::from_secs(40);
    let reserve = Reserve::make(folder.path(), "first", meeting).unwrap();
    let second = Reserve::make(folder.path(), "second", meeting).unwrap_err();
    assert_eq!(second.kind(), std::io::ErrorKind::StorageFull, "{second}");
    assert!(!folder.path().join(".reserve-second").exists(), "it gives back what it had taken");
    std::fs::write(folder.path().join("other"), vec![1; 4 << 20]).unwrap_err();

    let recording = folder.path().join("first");
    let mut writer =
        RecordingWriter::create_in(Some(reserve), &recording, uuid::Uuid::now_v7(), [7; 32]).unwrap();
    for second in 0..40 {
        writer.write(&[second; 16_000]).unwrap_or_else(|e| panic!("second {second}: {e}"));
    }
    let more = (0..600).find_map(|_| writer.write(&[9; 16_000]).err()).expect("it ends somewhere");
    assert_eq!(more.kind(), std::io::ErrorKind::StorageFull);
    let kept = writer.abandon();
    let mut reader = read_recording(&recording, &[7; 32]).unwrap();
    let sound: Vec<i16> = reader.by_ref().flatten().collect();
    assert!(sound.len() as u64 >= kept && kept >= 40 * 16_000, "{kept}");
}
