//! The two sides of the comparison, each a child process of its own whose CPU seconds the kernel counts.
//!
//! Ours is `branchbox transcribe`, which has voice activity in one process and its worker in another; both count, and
//! so does loading the model on either side. The worker outlives the one who started it by a moment, so this process
//! takes orphans in and waits for them: then the kernel's count of "children that were waited for" has all of it.

use crate::speech::{Plain, WorkerSettings};
use anyhow::{Context, ensure};
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use serde::Deserialize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The kernel counts in hundredths of a second towards programs (`USER_HZ`, proc(5)), whatever its own clock.
const TICKS_A_SECOND: f64 = 100.0;

/// What one side took and gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side {
    pub cpu_s: f64,
    pub wall_s: f64,
    pub segments: usize,
    /// Words, and Han characters as one word each. With random weights a word is a token.
    pub words: usize,
}

/// Our transcription of a sound file, the real path.
pub(super) fn ours(model: &Path, sound: &Path) -> anyhow::Result<Side> {
    #[derive(Deserialize)]
    struct Transcript {
        segments: Vec<Segment>,
    }
    #[derive(Deserialize)]
    struct Segment {
        text: String,
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["transcribe", "--format", "json", "--model"]).arg(model).arg(sound);
    let (cpu_s, wall_s, out) = counted(&mut command)?;
    let transcript: Transcript = serde_json::from_slice(&out).context("the transcript is no JSON")?;
    let texts: Vec<String> =
        transcript.segments.into_iter().map(|s| s.text).filter(|t| !t.is_empty()).collect();
    Ok(Side { cpu_s, wall_s, segments: texts.len(), words: texts.iter().map(|t| words(t)).sum() })
}

/// Plain Whisper over the same file, with as many threads as our worker has.
pub(super) fn plain(model: &Path, beams: bool, sound: &Path) -> anyhow::Result<Side> {
    let threads = WorkerSettings::new(model)?.threads.to_string();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "speech", "--threads", &threads, "--model"]).arg(model).arg("--plain").arg(sound);
    if beams {
        command.arg("--beams");
    }
    let (cpu_s, wall_s, out) = counted(&mut command)?;
    let plain: Plain = serde_json::from_slice(&out).context("plain Whisper's answer is no JSON")?;
    Ok(Side { cpu_s, wall_s, segments: plain.segments, words: words(&plain.text) })
}

/// Runs a command to its end and that of its children: CPU seconds, seconds on the clock, what it printed.
fn counted(command: &mut Command) -> anyhow::Result<(f64, f64, Vec<u8>)> {
    set_child_subreaper(Some(getpid())).context("cannot take in the worker's process")?;
    let (before, begun) = (children_s()?, Instant::now());
    let child = command.stdin(Stdio::null()).stderr(Stdio::inherit()).stdout(Stdio::piped()).spawn();
    let done = child.and_then(std::process::Child::wait_with_output).context("cannot run branchbox")?;
    let wall_s = begun.elapsed().as_secs_f64();
    while wait(WaitOptions::empty()).is_ok() {}
    ensure!(done.status.success(), "a side of the comparison failed (see above)");
    Ok((children_s()? - before, wall_s, done.stdout))
}

/// CPU seconds of all children that were waited for, user and system.
fn children_s() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    // After the name in parentheses; cutime and cstime are the 16th and 17th fields, the state the third.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(13).take(2);
    let ticks: Vec<u64> =
        fields.map(str::parse).collect::<Result<_, _>>().context("/proc/self/stat is odd")?;
    Ok(ticks.iter().sum::<u64>() as f64 / TICKS_A_SECOND)
}

fn words(text: &str) -> usize {
    let han = text.chars().filter(|c| crate::language::chinese::is_han(*c)).count();
    let rest: String =
        text.chars().map(|c| if crate::language::chinese::is_han(c) { ' ' } else { c }).collect();
    han + rest.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_han_character_is_a_word() {
        assert_eq!(words("Lohas Park 兩房 please"), 5);
        assert_eq!(words(" "), 0);
    }
}
