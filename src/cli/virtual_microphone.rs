//! `branchbox virtual-microphone` (hidden): a microphone for machines without one, for tests and the demonstration.

use crate::audio::VirtualMicrophone;
use anyhow::Context;
use std::path::PathBuf;

/// Arguments of `virtual-microphone`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the ALSA configuration and the FIFO. Writing the path of a WAV file into FOLDER/play speaks it once.
    #[arg(long)]
    pub folder: PathBuf,
    /// A WAV file to speak as soon as somebody listens.
    #[arg(long)]
    pub play: Option<PathBuf>,
    /// Speak it again and again.
    #[arg(long, requires = "play")]
    pub repeat: bool,
}

/// Feeds the microphone until the process is ended. Blocks.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let cannot = || format!("cannot make a virtual microphone in {}", args.folder.display());
    let microphone = VirtualMicrophone::create(&args.folder).with_context(cannot)?;
    if let Some(wav) = &args.play {
        microphone.play(wav).with_context(|| format!("cannot play {}", wav.display()))?;
    }
    println!("ALSA_CONFIG_PATH={}", microphone.config_path().display());
    println!("microphone {}", microphone.device_id());
    microphone.feed_forever(args.play.as_deref().filter(|_| args.repeat)).with_context(cannot)
}
