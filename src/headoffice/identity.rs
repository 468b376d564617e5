//! What a running head office shows and whom it lets in, kept up with the authorities in the store without a restart.

use super::HeadOfficeError;
use super::authorities::Authorities;
use super::authority::{AuthorityError, SERVER_DAYS};
use super::seal::Seal;
use super::store::Store;
use crate::clock::Clock;
use crate::tls::{self, Now, ServerConfig, Tls};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// A clock set back by more makes the server's certificate anew; it is good from a day before it was made.
const BACK: SignedDuration = SignedDuration::from_hours(12);

/// The authorities and the TLS side of this process.
pub struct Own {
    seal: Seal,
    names: Vec<String>,
    now: Now,
    tls: watch::Sender<Arc<ServerConfig>>,
    /// Replaced by the one task that looks, read by every handler; held for an assignment.
    held: Mutex<Held>,
}

struct Held {
    authorities: Arc<Authorities>,
    /// When the server's certificate was made.
    made_at: Timestamp,
}

impl Own {
    pub fn new(
        authorities: Authorities,
        seal: Seal,
        names: Vec<String>,
        clock: &Clock,
    ) -> Result<Self, HeadOfficeError> {
        let (now, made_at) = (Now::of(clock), clock.now());
        let config = config(&authorities, &names, &now, made_at)?;
        let held = Mutex::new(Held { authorities: Arc::new(authorities), made_at });
        Ok(Self { seal, names, now, tls: watch::Sender::new(Arc::new(config)), held })
    }

    /// How the listener for branches speaks TLS.
    pub fn tls(&self) -> Tls {
        self.tls.subscribe()
    }

    /// Seals what the store may not show to whoever looks after it.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The authorities now.
    pub fn authorities(&self) -> Arc<Authorities> {
        Arc::clone(&self.held.lock().expect("nobody panics with the authorities").authorities)
    }

    /// Takes up a change of the authorities, whose `states` in the store are these, and renews the server's own
    /// certificate at half its life. Whether the authorities changed.
    pub async fn keep_up(
        &self,
        store: &Store,
        states: Vec<(i64, String)>,
        now: Timestamp,
    ) -> Result<bool, HeadOfficeError> {
        let (known, made_at) = {
            let held = self.held.lock().expect("nobody panics with the authorities");
            (Arc::clone(&held.authorities), held.made_at)
        };
        let mut in_service: Vec<_> = known.all().iter().map(|a| (a.n, a.state.as_str().to_owned())).collect();
        in_service.sort();
        let states: Vec<_> = states.into_iter().filter(|(_, state)| state != "retired").collect();
        let changed = in_service != states;
        // Past half its life, or made by a clock that has been set back since.
        let age = now.duration_since(made_at);
        let good = -BACK..SignedDuration::from_hours(12 * SERVER_DAYS);
        if !changed && good.contains(&age) {
            return Ok(false);
        }
        let authorities = Arc::new(Authorities::read(store, &self.seal).await?);
        let config = config(&authorities, &self.names, &self.now, now)?;
        log::info!(
            "headoffice.authority in service: {}, trust={}",
            authorities.all().len(),
            &authorities.trust_hash()[..12]
        );
        *self.held.lock().expect("nobody panics with the authorities") = Held { authorities, made_at: now };
        self.tls.send_replace(Arc::new(config));
        Ok(changed)
    }
}

fn config(
    authorities: &Authorities,
    names: &[String],
    now: &Now,
    at: Timestamp,
) -> Result<ServerConfig, AuthorityError> {
    let identities = authorities.server_identities(names, at)?;
    Ok(tls::head_office_config(identities, &authorities.certificates(), now)?)
}
