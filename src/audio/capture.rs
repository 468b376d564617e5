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
use std::time::Duration;

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
    /// Mono sound in -1.0 to 1.0.
    Sound(Vec<f32>),
    /// The stream has ended with an error; nothing follows.
    Failed(String),
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
        match capture.next(FIRST_SOUND_TIMEOUT) {
            Ok(Captured::Failed(reason)) => Err(failed(&reason)),
            Ok(sound) => {
                capture.first = Some(sound);
                Ok(capture)
            }
            Err(_) => Err(MicrophoneError::Silent { id: capture.id, seconds: FIRST_SOUND_TIMEOUT.as_secs() }),
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
    pub(super) fn close(mut self) -> Vec<f32> {
        self.open = None;
        let mut tail = Vec::new();
        while let Ok(Captured::Sound(block)) = self.next(CLOSE_TIMEOUT) {
            tail.extend(block);
        }
        // ALSA does not like to be closed while the process exits.
        let _ = self.closed.recv_timeout(CLOSE_TIMEOUT);
        tail
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
                if blocks.try_send(Captured::Sound(sound)).is_err() {
                    lost.fetch_add(frames, Ordering::AcqRel);
                }
            },
            move |error| match error.kind() {
                ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
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
