//! Being a daemon: what systemd is told, what a wrong start says, what goes live while the box runs.

mod support;

use branchbox::demo::listings::{generate, to_csv};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use support::http::ask;
use support::office::HeadOffice;
use support::process::{PATIENCE, Process, branchbox, branchbox_output, eventually, text};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A stand-in for systemd's end of the notify socket.
struct ServiceManager {
    socket: UnixDatagram,
}

impl ServiceManager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    /// The next thing it is told that is not a watchdog ping, or the first ping where one is wanted.
    fn hears(&self, wanted: &str) {
        let mut bytes = [0; 4096];
        loop {
            let n = self.socket.recv(&mut bytes).unwrap_or_else(|e| panic!("not told {wanted}: {e}"));
            let said = String::from_utf8_lossy(&bytes[..n]).into_owned();
            if said.lines().any(|l| l == wanted) {
                return;
            }
            assert!(said.starts_with("WATCHDOG=1"), "told {said:?} before {wanted}");
        }
    }
}

/// Starts a service under a service manager with a watchdog, and stops it.
fn under_systemd(start: impl FnOnce(&Path, &mut dyn FnMut(&mut Command)) -> Process) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = ServiceManager::at(&path);
    let process = start(&folder.path().join("data"), &mut |c| {
        c.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000").env_remove("WATCHDOG_PID");
    });
    systemd.hears("READY=1");
    systemd.hears("WATCHDOG=1");
    let (status, took) = process.terminate();
    systemd.hears("STOPPING=1");
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
}

#[test]
fn systemd_hears_ready_proof_of_work_and_stopping() {
    under_systemd(|data, environment| Process::start_box(data, environment).0);
}

#[test]
fn head_office_tells_systemd_the_same() {
    under_systemd(|data, environment| HeadOffice::new(data).start_with(environment));
}

#[test]
fn a_second_box_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, _) = Process::start_box(folder.path(), |_| {});
    let mut second = branchbox();
    second.args(["run", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    let output = second.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("another Branchbox runs on"), "{}", text(&output));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, address) = Process::start_box(&folder.path().join("one"), |_| {});
    let listen = address.trim_start_matches("http://").to_owned();
    let data = folder.path().join("two");
    let output = branchbox_output(["run", "--listen", &listen, "--data", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(&format!("cannot listen on {listen}")), "{}", text(&output));
}

#[test]
fn a_wrong_configuration_opens_nothing_and_names_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("branchbox.toml"), folder.path().join("data"));
    let wrong =
        format!("data = \"{}\"\nlisten = \"here\"\n[audio]\nmicrophone = \"alsa:null\"\n", data.display());
    std::fs::write(&file, wrong).unwrap();
    let output = branchbox_output(["run", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    assert!(
        said.contains("listen: \"here\" is not an address") && said.contains("audio.microphone"),
        "{said}"
    );
    assert!(!data.exists(), "nothing is made before the configuration is right");
}

#[test]
fn records_without_their_key_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    drop(Process::start_box(folder.path(), |_| {}));
    std::fs::rename(folder.path().join("records.key"), folder.path().join("elsewhere")).unwrap();
    let output = branchbox_output(["run", "--listen", "127.0.0.1:0", "--data", data]);
    assert!(text(&output).contains("records.key is missing"), "{}", text(&output));
    std::fs::write(folder.path().join("records.key"), "00".repeat(32)).unwrap();
    let output = branchbox_output(["run", "--listen", "127.0.0.1:0", "--data", data]);
    assert!(text(&output).contains("does not open with this key"), "{}", text(&output));
    std::fs::rename(folder.path().join("elsewhere"), folder.path().join("records.key")).unwrap();
    drop(Process::start_box(folder.path(), |_| {}));
}

#[tokio::test]
async fn an_import_into_a_running_box_goes_live() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, address) = Process::start_box(folder.path(), |_| {});
    let rows = generate(50, 5, TODAY);
    let csv = folder.path().join("base.csv");
    std::fs::write(&csv, to_csv(&rows)).unwrap();
    let output =
        branchbox_output(["import", "--data", folder.path().to_str().unwrap(), csv.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("taken         50"), "{}", text(&output));
    let wanted = &rows[0].0;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let reply = ask(&address, &wanted.reference).await;
        if reply["listings"][0]["ref"] == *wanted.reference {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{reply}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn the_doctor_names_what_is_lacking_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let output = branchbox_output(["doctor", "--data", data]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "a box without listings has a problem: {said}");
    for line in [
        "PROBLEM  listings: there is no base",
        "note     speech model: none",
        "note     head office: not enrolled",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(!said.contains("ALSA lib"), "{said}");
}

#[test]
fn off_loopback_the_box_speaks_https_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = branchbox();
    command.args(["run", "--listen", "0.0.0.0:0", "--data"]).arg(folder.path());
    let mut process = Process::start(&mut command);
    let address = process.wait_for("kiosk ");
    assert!(address.starts_with("https://"), "{address}");
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    // Plain HTTP is not answered.
    let plain = eventually("it accepts", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    use std::io::{Read, Write};
    let mut plain = plain;
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}
