//! alsa-lib prints on stderr whatever it tries and does not find, eight lines for a machine without a sound card.
//! What matters comes back as an error too, so the lines are kept from the person who looks at the doctor.

/// Keeps alsa-lib quiet on this thread. Called by whoever opens or lists devices.
pub(super) fn hush() {
    // The handler stays for the life of the thread; what it caught before is dropped here.
    if let Err(e) = alsa::Output::local_error_handler() {
        log::debug!("audio.alsa_messages cannot be kept from stderr: {e}");
    }
}
