//! The real program as child processes: started, waited for by what they print, killed without warning.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a part may take until it says what a test waits for. Generous: these machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A child that dies with the test.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// The program itself.
pub fn branchbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_branchbox"));
    command.env_remove("CREDENTIALS_DIRECTORY").env_remove("NOTIFY_SOCKET");
    command
}

/// Runs a subcommand to its end.
pub fn branchbox_output<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    branchbox().args(args).output().expect("branchbox starts")
}

/// What a finished command printed, both ways, for assertions.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Process {
    /// Starts a command; its stdout is read, its stderr goes to the test's.
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (send, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Starts a box on a free port; its base address.
    pub fn start_box(data: &Path, change: impl FnOnce(&mut Command)) -> (Self, String) {
        let mut command = branchbox();
        command.args(["run", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        change(&mut command);
        let mut process = Self::start(&mut command);
        let address = process.wait_for("kiosk ");
        (process, address)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins with `prefix`; the rest of it.
    pub fn wait_for(&mut self, prefix: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some(rest) = line.strip_prefix(prefix) {
                return rest.trim().to_owned();
            }
        }
        panic!("no line \"{prefix}…\" within {PATIENCE:?}; the process: {:?}", self.child.try_wait());
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process can be waited for");
    }

    /// SIGTERM, then waits; how it ended and how long it took.
    pub fn terminate(mut self) -> (std::process::ExitStatus, Duration) {
        let begun = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .expect("the process can be asked to stop");
        let status = self.child.wait().expect("the process can be waited for");
        (status, begun.elapsed())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again until the answer is there.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
