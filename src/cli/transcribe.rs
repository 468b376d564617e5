//! `branchbox transcribe`: a recording of any form to text, without a box.

use crate::audio::SoundFile;
use crate::speech::{Subtitles, Worker, WorkerSettings, transcribe_blocks};
use crate::store::transcripts::SegmentKind;
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Blocks that the decoder may be ahead of the transcription: some seconds.
const AHEAD: usize = 8;
/// Characters of the bar.
const BAR: u64 = 30;

/// Arguments of `transcribe`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model file (a ggml file for whisper.cpp).
    #[arg(long)]
    pub model: PathBuf,
    /// Silero's voice activity model, for a second opinion on where somebody speaks.
    #[arg(long)]
    pub voice_model: Option<PathBuf>,
    /// How the transcript is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The recording: WAV, FLAC, MP3, M4A, AAC, OGG or Opus, whatever its name ends in.
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

/// Transcribes and prints. What is damaged in the file is named on standard error. An utterance that could not be
/// decoded is named there too, and the exit is 1.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let name = args.audio.display().to_string();
    let cannot = || format!("cannot transcribe {name}");
    anyhow::ensure!(
        args.model.is_file(),
        "there is no model file {}: branchbox model fetch NAME gets one",
        args.model.display()
    );
    let path = args.audio.clone();
    let mut file = tokio::task::spawn_blocking(move || SoundFile::open(&path)).await?.with_context(cannot)?;
    let settings =
        WorkerSettings::new(&args.model).context("cannot find this program to start the worker")?;
    let settings = settings.with_voice_model(args.voice_model);
    let mut worker = Worker::new(settings);
    let total_ms = file.stated_seconds().map(|s| (s * 1000.0) as u64);
    let (send, blocks) = mpsc::channel(AHEAD);
    let decoding = tokio::task::spawn_blocking(move || {
        while let Some(block) = file.next_block()? {
            if send.blocking_send(block).is_err() {
                break; // nobody listens any more
            }
        }
        Ok::<_, crate::audio::DecodeFileError>(file)
    });
    let show = std::io::stderr().is_terminal();
    let segments = transcribe_blocks(blocks, &mut worker, |done_ms| {
        if show {
            eprint!("\r{}", bar(done_ms.unsigned_abs(), total_ms));
        }
    })
    .await;
    if show {
        eprint!("\r\x1b[K");
    }
    let file = decoding.await?.with_context(cannot)?;
    let segments = segments?;
    if let Some(damage) = file.damage() {
        eprintln!("{name}: {damage}");
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

/// How far it is: a bar where the file says how long it is, and the time.
fn bar(done_ms: u64, total_ms: Option<u64>) -> String {
    let time = |ms: u64| format!("{}:{:02}", ms / 60_000, ms / 1000 % 60);
    match total_ms.filter(|t| *t > 0) {
        None => format!("{} transcribed", time(done_ms)),
        Some(total) => {
            let done = done_ms.min(total);
            let full = (done * BAR / total) as usize;
            let (full, rest) = ("#".repeat(full), "-".repeat(BAR as usize - full));
            format!("[{full}{rest}] {:3} %  {} of {}", done * 100 / total, time(done), time(total))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn the_bar_is_full_at_the_end_and_never_longer() {
        assert_eq!(bar(0, Some(90_000)), "[------------------------------]   0 %  0:00 of 1:30");
        assert_eq!(bar(45_000, Some(90_000)), "[###############---------------]  50 %  0:45 of 1:30");
        assert_eq!(bar(95_000, Some(90_000)), "[##############################] 100 %  1:30 of 1:30");
        assert_eq!(bar(61_000, None), "1:01 transcribed");
        assert_eq!(bar(61_000, Some(0)), "1:01 transcribed");
    }
}
