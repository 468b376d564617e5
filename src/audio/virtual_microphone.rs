//! A microphone for machines without one: tests and the demonstration speak into it.
//!
//! ALSA's `file` plugin over `null` reads a FIFO in a folder, and a [`Feeder`] writes that FIFO in real time: silence,
//! and in between whatever WAV files were asked for. Recorder and feeder may be different processes; the one that
//! records needs `ALSA_CONFIG_PATH` set to [`VirtualMicrophone::config_path`] before ALSA is first used. Like a real
//! microphone it goes on whether or not somebody listens. Asking is a file: [`VirtualMicrophone::play`] writes the
//! path of a WAV into `play`, and the feeder removes that file when the last sample has been spoken. Between two
//! files it gives out the faint noise of a real microphone; while there is a file `mute`, zeros.

use super::read_wav;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The name that the configuration gives the device.
const NAME: &str = "branchbox_virtual";
/// The rate that the recorder prefers, so that nothing in ALSA converts.
const RATE: u32 = 48_000;
/// Samples written at once: 10 ms. A write of so few bytes to a FIFO is all or nothing.
const BLOCK: usize = 480;

/// A folder with the ALSA configuration, the FIFO, and the wish to play something.
#[derive(Debug, Clone)]
pub struct VirtualMicrophone {
    folder: PathBuf,
}

impl VirtualMicrophone {
    /// Makes the folder, the configuration and the FIFO, as far as they are not there.
    pub fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let microphone = Self { folder: folder.canonicalize()? };
        let fifo = microphone.fifo();
        let text = fifo.to_str().filter(|f| !f.contains(['"', '\\', '\n'])).ok_or_else(|| {
            io::Error::other(format!("the folder {} has a name that ALSA cannot read", folder.display()))
        })?;
        match rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        std::fs::write(
            microphone.config_path(),
            format!(
                "</usr/share/alsa/alsa.conf>\n\
                 pcm.{NAME} {{ type file slave.pcm \"null\" file \"/dev/null\" infile \"{text}\" format \"raw\"\n\
                 \x20 hint {{ show on description \"Branchbox virtual microphone\" }} }}\n"
            ),
        )?;
        Ok(microphone)
    }

    /// For the environment variable `ALSA_CONFIG_PATH` of the process that records.
    pub fn config_path(&self) -> PathBuf {
        self.folder.join("asound.conf")
    }

    /// The microphone's stable name, for the configuration.
    pub fn device_id(&self) -> String {
        format!("alsa:{NAME}")
    }

    /// Asks the feeder, in whatever process, to speak a WAV file; it replaces what was asked for and not yet begun.
    pub fn play(&self, wav: &Path) -> io::Result<()> {
        let aside = self.folder.join("play.new");
        std::fs::write(&aside, wav.canonicalize()?.as_os_str().as_encoded_bytes())?;
        std::fs::rename(aside, self.wish())
    }

    /// Whether something that was asked for is not over yet.
    pub fn is_playing(&self) -> bool {
        self.wish().exists()
    }

    /// Turns the microphone's switch: muted, it delivers nothing but zeros, like a broken one.
    pub fn mute(&self, muted: bool) -> io::Result<()> {
        match (muted, std::fs::remove_file(self.muted())) {
            (true, _) => std::fs::write(self.muted(), b""),
            (false, Err(e)) if e.kind() != io::ErrorKind::NotFound => Err(e),
            (false, _) => Ok(()),
        }
    }

    /// Feeds the FIFO from a thread until the feeder is dropped.
    pub fn feed(&self) -> io::Result<Feeder> {
        let stop = Arc::new(AtomicBool::new(false));
        let spoken = Arc::new(AtomicU64::new(0));
        let (microphone, ends, count) = (self.clone(), Arc::clone(&stop), Arc::clone(&spoken));
        std::thread::Builder::new()
            .name("virtual-microphone".into())
            .spawn(move || microphone.feed_until(&ends, &count))?;
        Ok(Feeder { stop, spoken })
    }

    /// Feeds the FIFO for ever (the hidden subcommand); with `repeat`, asks for that file again whenever all is quiet.
    pub fn feed_forever(&self, repeat: Option<&Path>) -> io::Result<()> {
        let feeder = self.feed()?;
        loop {
            if let Some(wav) = repeat.filter(|_| !self.is_playing()) {
                self.play(wav)?;
            }
            std::thread::sleep(Duration::from_millis(500));
            if feeder.stop.load(Ordering::Acquire) {
                return Ok(());
            }
        }
    }

    fn fifo(&self) -> PathBuf {
        self.folder.join("microphone.fifo")
    }

    fn wish(&self) -> PathBuf {
        self.folder.join("play")
    }

    fn muted(&self) -> PathBuf {
        self.folder.join("mute")
    }

    fn feed_until(&self, stop: &AtomicBool, spoken: &AtomicU64) {
        let mut listener: Option<File> = None;
        let mut sound: Vec<i16> = Vec::new();
        let mut at = 0;
        let mut noise = 0x2545_F491_4F6C_DD1D_u64;
        let mut due = Instant::now();
        while !stop.load(Ordering::Acquire) {
            due += Duration::from_millis(10);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // Sound is spoken only while somebody listens, so that a test hears all of it.
            let speaking = listener.is_some() && at < sound.len();
            let mut block = [0; BLOCK * 2];
            if speaking {
                let end = sound.len().min(at + BLOCK);
                for (bytes, sample) in block.chunks_exact_mut(2).zip(&sound[at..end]) {
                    bytes.copy_from_slice(&sample.to_le_bytes());
                }
            } else if !self.muted().exists() {
                for bytes in block.chunks_exact_mut(2) {
                    bytes.copy_from_slice(&faint(&mut noise).to_le_bytes());
                }
            }
            match listener.as_mut().map(|fifo| fifo.write_all(&block)) {
                Some(Ok(())) if speaking => {
                    at = (at + BLOCK).min(sound.len());
                    spoken.store(at as u64, Ordering::Release);
                    if at == sound.len() {
                        let _ = std::fs::remove_file(self.wish());
                    }
                }
                Some(Ok(())) => {}
                // The listener is slow: a microphone would lose this block; here it is said again.
                Some(Err(e)) if e.kind() == io::ErrorKind::WouldBlock => due = Instant::now(),
                // Nobody listens any more: the next listener hears the file from its beginning.
                Some(Err(_)) => {
                    at = if at < sound.len() { 0 } else { at };
                    listener = self.listener();
                }
                None => listener = self.listener(),
            }
            if at == sound.len() && self.wish().exists() {
                (sound, at) = (self.wished(), 0);
            }
        }
    }

    /// The FIFO, if somebody has it open for reading.
    fn listener(&self) -> Option<File> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::open(self.fifo(), flags, Mode::empty()).ok().map(File::from)
    }

    /// The sound that was asked for, at [`RATE`]; what cannot be read is said in the log and forgotten.
    fn wished(&self) -> Vec<i16> {
        let sound = std::fs::read_to_string(self.wish())
            .map_err(|e| e.to_string())
            .and_then(|path| read_wav(Path::new(&path)).map_err(|e| e.to_string()))
            .and_then(|sound| to_device_rate(&sound));
        sound.unwrap_or_else(|e| {
            log::warn!("the virtual microphone cannot speak: {e}");
            let _ = std::fs::remove_file(self.wish());
            Vec::new()
        })
    }
}

/// Feeds a virtual microphone until it is dropped.
pub struct Feeder {
    stop: Arc<AtomicBool>,
    spoken: Arc<AtomicU64>,
}

impl Feeder {
    /// Samples (at 16 kHz) of the current file that have been handed to the listener.
    pub fn spoken(&self) -> u64 {
        self.spoken.load(Ordering::Acquire) * u64::from(super::SAMPLE_RATE) / u64::from(RATE)
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

/// A sample of noise, some 84 dB below full scale (xorshift).
fn faint(state: &mut u64) -> i16 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % 5) as i16 - 2
}

fn to_device_rate(sound: &[i16]) -> Result<Vec<i16>, String> {
    let input: Vec<f32> = sound.iter().map(|s| f32::from(*s) / 32_768.0).collect();
    let mut filter = Fft::<f32>::new(super::SAMPLE_RATE as usize, RATE as usize, 1024, 1, FixedSync::Both)
        .map_err(|e| e.to_string())?;
    let mut output = vec![0.0; filter.process_all_needed_output_len(input.len())];
    let room = output.len();
    let source = InterleavedSlice::new(&input, 1, input.len()).map_err(|e| e.to_string())?;
    let mut target = InterleavedSlice::new_mut(&mut output, 1, room).map_err(|e| e.to_string())?;
    let (_, made) =
        filter.process_all_into_buffer(&source, &mut target, input.len(), None).map_err(|e| e.to_string())?;
    Ok(output[..made].iter().map(|s| (s * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).collect())
}
