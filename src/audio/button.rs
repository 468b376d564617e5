//! A button to record with: a key of an input device (USB or Bluetooth), by the device's name.
//!
//! The device is grabbed, so that its key types nothing into the kiosk; one that is not there, or goes away, is looked
//! for every two seconds. A short press is told when the key is let go, a press of [`LONG`] or more is told as long.
//! What a press does, and whether it may, is not decided here: see `daemon::button`.

use crate::config::ButtonSettings;
use evdev::{Device, EventSummary, KeyCode};
use std::io;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// From here on a press is long.
pub const LONG: Duration = Duration::from_millis(800);
/// How often a device that is not there is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Presses that may wait; more are a stuck key.
const WAITING: usize = 8;

/// A press of the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    Short,
    Long,
}

/// Tells short presses from long ones.
#[derive(Debug, Default)]
pub struct Presses {
    down: Option<Instant>,
}

impl Presses {
    /// The key's value as the kernel says it (1 down, 2 repeats, 0 up) at a moment.
    pub fn event(&mut self, value: i32, at: Instant) -> Option<Pressed> {
        match value {
            1 => {
                self.down = Some(at);
                None
            }
            0 => {
                let held = at.saturating_duration_since(self.down.take()?);
                Some(if held >= LONG { Pressed::Long } else { Pressed::Short })
            }
            _ => None,
        }
    }
}

/// Listens to the button on a thread of its own, as long as somebody takes its presses. A key that the kernel does not
/// know is refused.
pub fn listen(settings: ButtonSettings) -> io::Result<mpsc::Receiver<Pressed>> {
    let key: KeyCode = settings.key.parse().map_err(|_| {
        io::Error::other(format!(
            "button.key: \"{}\" is no key; take a name such as KEY_PLAYPAUSE, KEY_ENTER or BTN_0",
            settings.key
        ))
    })?;
    let (send, receive) = mpsc::channel(WAITING);
    std::thread::Builder::new().name("button".into()).spawn(move || {
        let mut said = false;
        while !send.is_closed() {
            match open(&settings.device, key) {
                Some(device) => {
                    log::info!("button.ready device=\"{}\"", settings.device);
                    said = false;
                    let why = read(device, key, &send);
                    log::warn!("button.lost device=\"{}\": {why}", settings.device);
                }
                None if !said => {
                    log::warn!("button.absent device=\"{}\" key={}", settings.device, settings.key);
                    said = true;
                }
                None => {}
            }
            std::thread::sleep(LOOK_EVERY);
        }
    })?;
    Ok(receive)
}

/// The names of the input devices that have keys; those that may not be read are left out.
pub fn devices() -> Vec<String> {
    let keys = |d: &Device| d.supported_keys().is_some_and(|k| k.iter().next().is_some());
    evdev::enumerate().filter(|(_, d)| keys(d)).filter_map(|(_, d)| d.name().map(str::to_owned)).collect()
}

fn open(name: &str, key: KeyCode) -> Option<Device> {
    let has = |d: &Device| d.name() == Some(name) && d.supported_keys().is_some_and(|k| k.contains(key));
    let (_, mut device) = evdev::enumerate().find(|(_, d)| has(d))?;
    match device.grab() {
        Ok(()) => Some(device),
        Err(e) => {
            log::warn!("button.busy device=\"{name}\": another program has taken it ({e})");
            None
        }
    }
}

/// Reads until the device is gone; why it ended.
fn read(mut device: Device, key: KeyCode, send: &mpsc::Sender<Pressed>) -> io::Error {
    let mut presses = Presses::default();
    loop {
        let events = match device.fetch_events() {
            Ok(events) => events,
            Err(e) => return e,
        };
        for event in events {
            let EventSummary::Key(_, code, value) = event.destructure() else { continue };
            if code == key
                && let Some(pressed) = presses.event(value, Instant::now())
                && let Err(mpsc::error::TrySendError::Closed(_)) = send.try_send(pressed)
            {
                return io::Error::other("the box stops");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_presses_are_told_apart() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut presses = Presses::default();
        assert_eq!(presses.event(0, at(0)), None, "let go before we listened");
        assert_eq!(presses.event(1, at(100)), None);
        assert_eq!(presses.event(0, at(180)), Some(Pressed::Short));
        assert_eq!(presses.event(1, at(1_000)), None);
        for repeat in 0..20 {
            assert_eq!(presses.event(2, at(1_250 + repeat * 33)), None);
        }
        assert_eq!(presses.event(0, at(1_800)), Some(Pressed::Long));
        assert_eq!(presses.event(0, at(1_900)), None);
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let settings = ButtonSettings { device: "x".into(), key: "PLAY".into() };
        assert!(listen(settings).unwrap_err().to_string().contains("KEY_PLAYPAUSE"));
    }
}
