//! What the measurements stand on: the box itself as a child process, and a folder that goes with the measurement.

use crate::config::DataFolder;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The box, as a child process.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// Held open: the box says more than the line that is read.
    _out: BufReader<ChildStdout>,
}

impl Server {
    pub(super) fn start(data: &DataFolder) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["run", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the box")?;
        let mut out = BufReader::new(child.stdout.take().context("the box has no output")?);
        let mut said = String::new();
        out.read_line(&mut said)?;
        match said.trim().strip_prefix("kiosk http://").map(str::parse) {
            Some(Ok(address)) => Ok(Self { child, address, _out: out }),
            _ => {
                let _ = (child.kill(), child.wait());
                anyhow::bail!("the box did not start; see `branchbox run` on a folder of its own")
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Head office, as a child process.
pub(super) struct HeadOffice {
    child: Child,
    /// Where branches reach it.
    pub(super) url: String,
    _out: BufReader<ChildStdout>,
}

impl HeadOffice {
    pub(super) fn start(data: &Path) -> anyhow::Result<Self> {
        let any = "127.0.0.1:0";
        let mut child = Command::new(std::env::current_exe()?)
            .args(["headoffice", "--name", "127.0.0.1", "--listen", any, "--console", any, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start head office")?;
        let mut out = BufReader::new(child.stdout.take().context("head office has no output")?);
        let mut said = String::new();
        out.read_line(&mut said)?;
        match said.trim().strip_prefix("branches ") {
            Some(url) => Ok(Self { url: url.to_owned(), child, _out: out }),
            None => {
                let _ = (child.kill(), child.wait());
                anyhow::bail!("head office did not start; see `branchbox headoffice` on a folder of its own")
            }
        }
    }
}

impl Drop for HeadOffice {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// A folder for the measurement, which goes with it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("branchbox-bench-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
