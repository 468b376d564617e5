//! A head office as a process of its own, on ports that survive its restarts.

use super::process::{Process, branchbox, branchbox_output, text};
use branchbox::headoffice::store::Store;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Where a head office keeps its data and listens.
pub struct HeadOffice {
    data: PathBuf,
    branches: u16,
    console: u16,
}

impl HeadOffice {
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), branches: free_port(), console: free_port() }
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where branches reach it.
    pub fn branches(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.branches).into()
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.branches)
    }

    pub fn console(&self) -> String {
        format!("http://127.0.0.1:{}", self.console)
    }

    /// Starts it and waits until it listens.
    pub fn start(&self) -> Process {
        self.start_with(|_| {})
    }

    /// Starts it with a changed command or environment.
    pub fn start_with(&self, change: impl FnOnce(&mut std::process::Command)) -> Process {
        let mut command = branchbox();
        change(&mut command);
        command.args(["headoffice", "--listen", &format!("127.0.0.1:{}", self.branches)]);
        command.args(["--console", &format!("127.0.0.1:{}", self.console), "--data"]).arg(&self.data);
        let mut process = Process::start(&mut command);
        process.wait_for("console ");
        process
    }

    /// Imports a file as the company's listing base.
    pub fn import(&self, file: &Path) {
        let (data, file) =
            (self.data.to_str().expect("a path is text"), file.to_str().expect("a path is text"));
        let output = branchbox_output(["headoffice", "import", "--data", data, file]);
        assert!(output.status.success(), "{}", text(&output));
    }
}

/// Enrols the box at `data` with a fresh one-time code.
pub fn enrol(office: &HeadOffice, data: &Path) {
    let output = branchbox_output([
        "headoffice",
        "code",
        "--data",
        office.data.to_str().expect("a path is text"),
        "--branch",
        "Test branch",
    ]);
    let said = text(&output);
    let code = said
        .split_whitespace()
        .find(|w| w.starts_with("BRANCHBOX-"))
        .unwrap_or_else(|| panic!("no code: {said}"));
    let data = data.to_str().expect("a path is text");
    let output = branchbox_output(["enrol", "--data", data, "--headoffice", &office.url(), "--code", code]);
    assert!(output.status.success(), "{}", text(&output));
}

/// Head office's own store, beside the running process.
pub async fn open_store(data: &Path) -> Store {
    let place = branchbox::headoffice::store::Place::folder(data);
    let opened = branchbox::headoffice::store::open(&place, &branchbox::clock::Clock::system()).await;
    opened.expect("head office's store opens").store
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port is free").port()
}
