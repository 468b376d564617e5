//! An open microphone: sound comes out of it as mono blocks, until it is dropped.
//!
//! The device is opened and closed on a thread of its own, because both may hang in a driver. The callback never
//! waits: where nobody takes its blocks for half a minute, they are counted as lost. The first error that is not an
//! overrun ends the stream (a dead ALSA plugin calls the error callback a million times in seconds).

use super::alsa_messages::hush;
use super::microphones::{Form, MicrophoneError, cannot_open, find, form, id};
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{Data, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// Blocks that may wait for the recorder: at 20 ms a block, some 40 s of a disk that does not answer.
const QUEUE: usize = 2_048;
/// How long a driver may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the first sound may take (PulseAudio takes up to 2 s).
const FIRST_SOUND_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a driver may take to close before its tail is given up.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// What an open microphone reports.
pub(super) enum Captured {
    Sound(Block),
    /// The device overran: sound between the last block and the next is lost.
    Overrun,
    /// The stream has ended with an error; nothing follows.
    Failed(String),
}

/// Sound as the driver delivered it.
pub(super) struct Block {
    /// When it came.
    pub at: Instant,
    /// Mono, in -1.0 to 1.0.
    pub sound: Vec<f32>,
}

/// An open microphone.
pub(super) struct Capture {
    pub id: String,
    pub rate: u32,
    blocks: Receiver<Captured>,
    first: Option<Captured>,
    /// Frames that nobody took in time.
    lost: Arc<AtomicU64>,
    /// Dropped to close the device.
    open: Option<SyncSender<()>>,
    /// Disconnected once the device is closed.
    closed: Receiver<()>,
}

impl Capture {
    /// Opens the microphone and waits for its first sound.
    pub(super) fn open(choice: Option<&str>) -> Result<Self, MicrophoneError> {
        let named = choice.unwrap_or("alsa:default").to_owned();
        let lost = Arc::new(AtomicU64::new(0));
        let (send_block, blocks) = sync_channel(QUEUE);
        let (send_ready, ready) = sync_channel(1);
        let (open, until) = sync_channel::<()>(0);
        let (closing, closed) = sync_channel::<()>(0);
        let (wanted, counter) = (choice.map(str::to_owned), Arc::clone(&lost));
        let thread = std::thread::Builder::new().name("microphone".into());
        let spawned = thread.spawn(move || match stream(wanted.as_deref(), send_block, counter) {
            Ok((stream, id, rate)) => {
                let _ = send_ready.send(Ok((id, rate)));
                let _ = until.recv();
                drop(stream);
                drop(closing);
            }
            Err(e) => drop(send_ready.send(Err(e))),
        });
        let failed =
            |reason: &str| MicrophoneError::CannotOpen { id: named.clone(), reason: reason.to_owned() };
        spawned.map_err(|e| failed(&e.to_string()))?;
        let (id, rate) =
            ready.recv_timeout(OPEN_TIMEOUT).map_err(|_| failed("its driver does not answer"))??;
        let mut capture = Self { id, rate, blocks, first: None, lost, open: Some(open), closed };
        loop {
            match capture.next(FIRST_SOUND_TIMEOUT) {
                Ok(Captured::Failed(reason)) => return Err(failed(&reason)),
                Ok(Captured::Overrun) => {}
                Ok(sound) => {
                    capture.first = Some(sound);
                    return Ok(capture);
                }
                Err(_) => {
                    let seconds = FIRST_SOUND_TIMEOUT.as_secs();
                    return Err(MicrophoneError::Silent { id: capture.id, seconds });
                }
            }
        }
    }

    /// The next block, waiting at most `timeout`.
    pub(super) fn next(&mut self, timeout: Duration) -> Result<Captured, RecvTimeoutError> {
        match self.first.take() {
            Some(first) => Ok(first),
            None => self.blocks.recv_timeout(timeout),
        }
    }

    /// A block that is there already.
    pub(super) fn ready(&mut self) -> Result<Captured, TryRecvError> {
        self.blocks.try_recv()
    }

    /// Frames lost since the last call.
    pub(super) fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::AcqRel)
    }

    /// Closes the device and gives out what it had delivered until then.
    pub(super) fn close(mut self) -> Vec<Block> {
        self.open = None;
        let mut tail = Vec::new();
        while let Ok(Captured::Sound(block)) = self.next(CLOSE_TIMEOUT) {
            tail.push(block);
        }
        // ALSA does not like to be closed while the process exits.
        let _ = self.closed.recv_timeout(CLOSE_TIMEOUT);
        tail
    }
}

/// A microphone that is being opened on a thread of its own, while the recorder goes on with other things.
pub(super) struct Opening(Receiver<Result<Capture, MicrophoneError>>);

impl Opening {
    /// Begins to open it.
    pub(super) fn begin(choice: Option<String>) -> Self {
        let (answer, receive) = sync_channel(1);
        let spawned = std::thread::Builder::new()
            .name("microphone-return".into())
            .spawn(move || drop(answer.send(Capture::open(choice.as_deref()))));
        if let Err(e) = spawned {
            log::error!("audio.open cannot start a thread: {e}"); // the poll says that it failed
        }
        Self(receive)
    }

    /// Waits a moment for it. `None` while it is not decided.
    pub(super) fn poll(&self, wait: Duration) -> Option<Result<Capture, MicrophoneError>> {
        match self.0.recv_timeout(wait) {
            Ok(opened) => Some(opened),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Err(MicrophoneError::NoHost { reason: "the thread that opens it has ended".into() }))
            }
        }
    }

    /// One that is open already, for tests.
    #[cfg(test)]
    pub(super) fn of(opened: Result<Capture, MicrophoneError>) -> Self {
        let (answer, receive) = sync_channel(1);
        answer.send(opened).unwrap_or_else(|_| unreachable!("there is room for one"));
        Self(receive)
    }
}

/// A microphone without a device, and the driver's end of it.
#[cfg(test)]
impl Capture {
    pub(super) fn fake(rate: u32) -> (Self, SyncSender<Captured>) {
        let (driver, blocks) = sync_channel(QUEUE);
        let (_, closed) = sync_channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        (Self { id: "alsa:fake".into(), rate, blocks, first: None, lost, open: None, closed }, driver)
    }
}

/// Opens the device and starts it.
fn stream(
    choice: Option<&str>,
    blocks: SyncSender<Captured>,
    lost: Arc<AtomicU64>,
) -> Result<(cpal::Stream, String, u32), MicrophoneError> {
    hush();
    let device = find(choice)?;
    let Form { rate, channels, format } = form(&device)?;
    let config = StreamConfig { channels, sample_rate: rate, buffer_size: cpal::BufferSize::Default };
    let errors = blocks.clone();
    let failed = AtomicBool::new(false);
    let stream = device
        .build_input_stream_raw(
            config,
            format,
            move |data, _| {
                let Some(sound) = mono(data, usize::from(channels)) else { return };
                let frames = sound.len() as u64;
                if blocks.try_send(Captured::Sound(Block { at: Instant::now(), sound })).is_err() {
                    lost.fetch_add(frames, Ordering::AcqRel);
                }
            },
            move |error| match error.kind() {
                ErrorKind::Xrun => drop(errors.try_send(Captured::Overrun)),
                ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
                _ if failed.swap(true, Ordering::AcqRel) => {}
                _ => drop(errors.try_send(Captured::Failed(error.to_string()))),
            },
            None,
        )
        .map_err(|e| cannot_open(&device, &e.to_string()))?;
    stream.play().map_err(|e| cannot_open(&device, &e.to_string()))?;
    Ok((stream, id(&device), rate))
}

/// The channels averaged, in -1.0 to 1.0; `None` for a format that was never asked for.
fn mono(data: &Data, channels: usize) -> Option<Vec<f32>> {
    match data.sample_format() {
        SampleFormat::I8 => mix::<i8>(data, channels),
        SampleFormat::I16 => mix::<i16>(data, channels),
        SampleFormat::I24 => mix::<I24>(data, channels),
        SampleFormat::I32 => mix::<i32>(data, channels),
        SampleFormat::U8 => mix::<u8>(data, channels),
        SampleFormat::U16 => mix::<u16>(data, channels),
        SampleFormat::U24 => mix::<U24>(data, channels),
        SampleFormat::U32 => mix::<u32>(data, channels),
        SampleFormat::F32 => mix::<f32>(data, channels),
        SampleFormat::F64 => mix::<f64>(data, channels),
        _ => None,
    }
}

fn mix<S: SizedSample>(data: &Data, channels: usize) -> Option<Vec<f32>>
where
    f32: FromSample<S>,
{
    let samples = data.as_slice::<S>()?;
    let frames = samples.chunks_exact(channels);
    Some(frames.map(|f| f.iter().map(|s| f32::from_sample_(*s)).sum::<f32>() / channels as f32).collect())
}
