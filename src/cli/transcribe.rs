//! `branchbox transcribe`: a sound file to text, without a box.

use crate::audio::{SAMPLE_RATE, read_wav};
use crate::speech::{Subtitles, Worker, WorkerSettings, transcribe_sound};
use crate::store::transcripts::SegmentKind;
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Arguments of `transcribe`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model file (a ggml file for whisper.cpp).
    #[arg(long)]
    pub model: PathBuf,
    /// How the transcript is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// A WAV file of any rate and channels.
    pub audio: PathBuf,
}

/// Forms of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Srt,
    Vtt,
    Json,
}

/// Transcribes and prints. An utterance that could not be decoded is named on standard error, and the exit is 1.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let path = args.audio.clone();
    let sound = tokio::task::spawn_blocking(move || read_wav(&path)).await??;
    anyhow::ensure!(
        args.model.is_file(),
        "there is no model file {}: branchbox model fetch NAME gets one",
        args.model.display()
    );
    let settings =
        WorkerSettings::new(&args.model).context("cannot find this program to start the worker")?;
    let mut worker = Worker::new(settings);
    let total_ms = (sound.len() as u64 * 1000 / u64::from(SAMPLE_RATE)).max(1);
    let show = std::io::stderr().is_terminal();
    let segments = transcribe_sound(&sound, &mut worker, |done_ms| {
        if show {
            eprint!("\r{:3} %", done_ms.unsigned_abs() * 100 / total_ms);
        }
    })
    .await?;
    if show {
        eprint!("\r     \r");
    }
    let form = match args.format {
        Format::Text => Subtitles::Text,
        Format::Srt => Subtitles::Srt,
        Format::Vtt => Subtitles::Vtt,
        Format::Json => Subtitles::Json,
    };
    std::io::stdout().write_all(form.write(&segments).as_bytes()).context("cannot print the transcript")?;
    let failed: Vec<_> = segments.iter().filter(|s| s.kind == SegmentKind::Failed).collect();
    for segment in &failed {
        let (from, to) = (segment.start_ms as f64 / 1000.0, segment.end_ms as f64 / 1000.0);
        eprintln!("{from:.1} s to {to:.1} s could not be transcribed: {}", segment.text);
    }
    anyhow::ensure!(failed.is_empty(), "{} of the utterances could not be transcribed", failed.len());
    Ok(())
}
