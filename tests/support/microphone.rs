//! A test that hears a virtual microphone. ALSA reads its configuration from the environment when it is first used,
//! so the test binary starts itself again with `ALSA_CONFIG_PATH` set and runs that one test there.

use branchbox::audio::{Feeder, VirtualMicrophone};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CHILD: &str = "BRANCHBOX_PAGES_CHILD";

/// A recorded sentence of the fixtures.
pub fn speech(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech").join(name)
}

/// In the parent: runs `test` in a child with a microphone, asserts that it passed, and gives `None`. In the child:
/// the microphone and what feeds it.
pub fn with_microphone(test: &str) -> Option<(VirtualMicrophone, Feeder)> {
    if let Some(folder) = std::env::var_os(CHILD) {
        let microphone = VirtualMicrophone::create(Path::new(&folder)).expect("a virtual microphone");
        let feeder = microphone.feed().expect("a feeder");
        return Some((microphone, feeder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let microphone = VirtualMicrophone::create(folder.path()).expect("a virtual microphone");
    let status = Command::new(std::env::current_exe().expect("this test"))
        .args([test, "--exact", "--nocapture", "--include-ignored", "--test-threads=1"])
        .env(CHILD, folder.path())
        .env("ALSA_CONFIG_PATH", microphone.config_path())
        .stdin(Stdio::null())
        .status()
        .expect("the test runs again");
    assert!(status.success(), "{test} failed in its child");
    None
}
