//! Starts a head office, a branch enrolled with it, and a microphone where the machine has none; stops them cleanly.
//!
//! Everything goes through the same command line that IT uses, so the demonstration is also a test of it. A second
//! start finds what the first made and takes seconds.

use super::listings::{generate, to_csv};
use crate::audio::{self, VirtualMicrophone};
use crate::cli::demo::Args;
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::daemon::StopSignal;
use crate::speech::models;
use anyhow::{Context, bail, ensure};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a part may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a part may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// The seed of the invented base: everybody's demonstration shows the same flats.
const SEED: u64 = 2026;

/// A part that runs, and where its log is.
struct Part {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

/// Plays until somebody stops it or a part ends.
pub async fn play(args: Args) -> anyhow::Result<()> {
    let folder = std::path::absolute(&args.folder)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let office_data = folder.join("headoffice");
    let branch = DataFolder::new(folder.join("branch"));
    let mut parts = Vec::new();
    let mut stop_signal = StopSignal::listen()?;
    let played = tokio::select! {
        signal = stop_signal.heard() => { println!("\nStopping ({signal}) …"); Ok(()) }
        played = perform(&args, &folder, &office_data, &branch, &mut parts) => played,
    };
    // The branch first, so that its last words still find head office.
    while let Some(part) = parts.pop() {
        stop(part).await;
    }
    played
}

async fn perform(
    args: &Args,
    folder: &Path,
    office_data: &Path,
    branch: &DataFolder,
    parts: &mut Vec<Part>,
) -> anyhow::Result<()> {
    let office_path = office_data.display().to_string();
    let branch_path = branch.path().display().to_string();
    let csv = folder.join("listings.csv");
    if !csv.exists() {
        println!("Inventing {} listings …", args.listings);
        let aside = folder.join("listings.csv.new");
        std::fs::write(&aside, to_csv(&generate(args.listings, SEED, Clock::system().today())))?;
        std::fs::rename(&aside, &csv)?;
    }

    println!("Starting head office …");
    parts.push(start(
        folder,
        "headoffice",
        None,
        &[
            "headoffice",
            "--data",
            &office_path,
            "--listen",
            &args.headoffice.to_string(),
            "--console",
            &args.console.to_string(),
        ],
    )?);
    ready(parts, args.console, "/").await?;
    let imported = folder.join("listings-imported");
    if !imported.exists() {
        command(&["headoffice", "import", "--data", &office_path, &csv.display().to_string()], &[0]).await?;
        File::create(&imported)?;
    }
    if !branch.identity().exists() {
        println!("Enrolling the branch …");
        let code = command(
            &["headoffice", "code", "--data", &office_path, "--branch", "Demonstration branch"],
            &[0],
        )
        .await?;
        let code = code
            .split_whitespace()
            .find(|w| w.starts_with("BRANCHBOX-"))
            .context("head office printed no code")?;
        let url = format!("https://{}", args.headoffice);
        command(&["enrol", "--data", &branch_path, "--headoffice", &url, "--code", code], &[0]).await?;
    }
    if let Some(model) = args.speech_model.as_ref().filter(|_| !has_model(branch)) {
        command(&["model", "add", &model.display().to_string(), "--data", &branch_path], &[0]).await?;
    }
    let microphone = microphone(args, folder, parts).await?;

    println!("Starting the branch …");
    let mut run = vec!["run", "--data", &branch_path];
    let kiosk = args.kiosk.to_string();
    run.extend(["--listen", &kiosk]);
    let config = microphone.as_ref().map(|m| m.config.display().to_string());
    if let Some(m) = &microphone {
        run.extend(["--microphone", &m.device]);
    }
    parts.push(start(folder, "branch", config.as_deref(), &run)?);
    ready(parts, args.kiosk, "/healthz").await?;

    let code = std::fs::read_to_string(branch.agent_code()).context("cannot read the agent code")?;
    println!(
        "\n  Kiosk        http://{}\n  Agent page   http://{}/agent   (code {})\n  Head office  http://{}\n",
        args.kiosk,
        args.kiosk,
        code.trim(),
        args.console
    );
    match (&microphone, args.speech_model.is_some()) {
        (Some(_), _) => println!(
            "This machine has no microphone: a recording hears an invented meeting, spoken by a machine."
        ),
        (None, true) => println!(
            "The speech model here is a small one for tests: it understands a machine's voice, not a person's. See \"Speech models\" in the README for a real one."
        ),
        (None, false) => {
            println!("There is no speech model: transcripts wait until one is installed (branchbox model).")
        }
    }
    println!("Logs and data are in {}. Ctrl-C stops everything.", folder.display());
    let (name, log) = one_ended(parts).await;
    bail!("{name} ended by itself: see {}", log.display())
}

fn has_model(branch: &DataFolder) -> bool {
    models::installed(&branch.models(), &models::Manifest::built_in()).is_ok_and(|all| !all.is_empty())
}

/// Runs one subcommand to its end; its output, or what it complained of.
async fn command(args: &[&str], fine: &[i32]) -> anyhow::Result<String> {
    let output = Command::new(std::env::current_exe()?).args(args).stdin(Stdio::null()).output().await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.code().is_some_and(|c| fine.contains(&c)),
        "branchbox {}: {}",
        args[..args.len().min(2)].join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(text)
}

/// Starts a part with its log beside its data, in a process group of its own: Ctrl-C comes to us, and we stop it.
fn start(
    folder: &Path,
    name: &'static str,
    alsa_config: Option<&str>,
    args: &[&str],
) -> anyhow::Result<Part> {
    let log = folder.join(format!("{name}.log"));
    let file = OpenOptions::new().create(true).append(true).open(&log)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .process_group(0)
        .kill_on_drop(true);
    if let Some(config) = alsa_config {
        command.env("ALSA_CONFIG_PATH", config);
    }
    let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    Ok(Part { name, child, log })
}

/// Waits until a part answers over HTTP.
async fn ready(parts: &mut [Part], address: std::net::SocketAddr, path: &str) -> anyhow::Result<()> {
    let part = parts.last_mut().context("no part was started")?;
    let url = format!("http://{address}{path}");
    let client = crate::tls::plain_http_client()?;
    let deadline = tokio::time::Instant::now() + READY_WITHIN;
    while tokio::time::Instant::now() < deadline {
        if let Some(status) = part.child.try_wait()? {
            bail!("{} ended ({status}): {}", part.name, last_line(&part.log));
        }
        match client.get(&url).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    bail!(
        "{} did not answer at {url} within {} s: see {}",
        part.name,
        READY_WITHIN.as_secs(),
        part.log.display()
    )
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("its log is empty").to_owned()
}

/// A virtual microphone for the branch.
struct Microphone {
    config: PathBuf,
    device: String,
}

/// Starts a virtual microphone where the machine has none of its own and there is something to play.
async fn microphone(args: &Args, folder: &Path, parts: &mut Vec<Part>) -> anyhow::Result<Option<Microphone>> {
    let has_one =
        tokio::task::spawn_blocking(|| audio::microphones().is_ok_and(|all| all.iter().any(|m| m.usable)))
            .await?;
    let Some(meeting) = args.meeting.as_ref().filter(|_| !has_one) else { return Ok(None) };
    let place = folder.join("microphone");
    let made = VirtualMicrophone::create(&place)?;
    let place = place.display().to_string();
    let meeting = meeting.display().to_string();
    parts.push(start(
        folder,
        "microphone",
        None,
        &["virtual-microphone", "--folder", &place, "--play", &meeting, "--repeat"],
    )?);
    Ok(Some(Microphone { config: made.config_path(), device: made.device_id() }))
}

async fn one_ended(parts: &mut [Part]) -> (&'static str, PathBuf) {
    loop {
        for part in parts.iter_mut() {
            if !matches!(part.child.try_wait(), Ok(None)) {
                return (part.name, part.log.clone());
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks a part to stop, and kills it if it does not.
async fn stop(mut part: Part) {
    let pid = part.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_WITHIN, part.child.wait()).await.is_err() {
        eprintln!("{} did not stop within {} s and was killed", part.name, STOP_WITHIN.as_secs());
        let _ = part.child.kill().await;
    }
}
