//! The authorities of head office: the one that certifies, the one that is to follow, those whose certificates still
//! count.
//!
//! They are in the store, their keys sealed, since several processes share them and have no state of their own. An
//! authority is *next* (branches learn to trust it), *current* (it certifies and serves), *retiring* (its certificates
//! still count) and *retired*. Branches go by the order: the current one comes first.

use super::HeadOfficeError;
use super::authority::{Authority, AuthorityError, CERTIFICATE, KEY};
use super::seal::Seal;
use super::store::Store;
use super::store::authorities::{self, Kept, State};
use crate::sync::identity::trust_hash;
use crate::tls::{CertificateDer, Identity};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// An authority in service.
#[derive(Clone)]
pub struct InService {
    /// Its number in the store.
    pub n: i64,
    pub state: State,
    pub authority: Arc<Authority>,
}

/// The authorities in service, the current one first.
#[derive(Clone)]
pub struct Authorities(Vec<InService>);

impl Authorities {
    /// Reads and unseals them. On the first start the one of an older version's folder is taken in, or one is made.
    pub async fn open(store: &Store, data: &Path, now: Timestamp) -> Result<(Self, Seal), HeadOfficeError> {
        let kept = store.read("read the authorities", authorities::in_service).await?;
        let seal = Seal::load_or_make(data, !kept.is_empty())?;
        if !kept.is_empty() {
            return Ok((Self::unseal(kept, &seal)?, seal));
        }
        let folder = data.join("authority");
        let (taken, authority) = match Authority::of_folder(&folder, now)? {
            Some(authority) => (true, authority),
            None => (false, Authority::make(now)?),
        };
        let sealed = seal.close(authority.key_pem().as_bytes(), &authority.fingerprint())?;
        let pem = authority.pem().to_owned();
        store.write("keep the authority", move |tx| authorities::add_first(tx, &pem, &sealed, now)).await?;
        if taken {
            // The sealed one counts from here on; a key in the clear beside it would make the seal worth nothing.
            for name in [KEY, CERTIFICATE] {
                let _ = std::fs::remove_file(folder.join(name));
            }
            let _ = std::fs::remove_dir(&folder);
            log::info!("headoffice.authority the one of the folder was taken into the store");
        }
        Ok((Self::read(store, &seal).await?, seal))
    }

    /// Reads and unseals them anew.
    pub async fn read(store: &Store, seal: &Seal) -> Result<Self, HeadOfficeError> {
        let kept = store.read("read the authorities", authorities::in_service).await?;
        Ok(Self::unseal(kept, seal)?)
    }

    fn unseal(kept: Vec<Kept>, seal: &Seal) -> Result<Self, AuthorityError> {
        let open = |kept: Kept| {
            let der = crate::tls::certificates_from_pem(&kept.certificate)?.remove(0);
            let key = seal.open(&kept.sealed_key, &crate::tls::fingerprint(&der))?;
            let key = Zeroizing::new(String::from_utf8_lossy(&key).into_owned());
            let authority = Arc::new(Authority::from_pem(&kept.certificate, &key)?);
            Ok(InService { n: kept.n, state: kept.state, authority })
        };
        let list: Vec<_> = kept.into_iter().map(open).collect::<Result<_, AuthorityError>>()?;
        match list.first() {
            Some(first) if first.state == State::Current => Ok(Self(list)),
            _ => Err(AuthorityError::Seal { reason: "the store has no current authority".into() }),
        }
    }

    /// The one that certifies.
    pub fn current(&self) -> &Arc<Authority> {
        &self.0[0].authority
    }

    /// Its number in the store.
    pub fn current_n(&self) -> i64 {
        self.0[0].n
    }

    /// All of them, the current one first.
    pub fn all(&self) -> &[InService] {
        &self.0
    }

    /// Those whose certificates count: all but the next.
    fn certifying(&self) -> impl Iterator<Item = &Arc<Authority>> {
        self.0.iter().filter(|a| a.state != State::Next).map(|a| &a.authority)
    }

    /// The certificates of all, as branches are to trust them.
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.iter().map(|a| a.authority.certificate().clone()).collect()
    }

    /// The same, PEM.
    pub fn pem(&self) -> String {
        self.0.iter().map(|a| a.authority.pem()).collect()
    }

    /// What a branch that trusts these says.
    pub fn trust_hash(&self) -> String {
        trust_hash(&self.certificates())
    }

    /// Head office's own certificates: of the current authority, and of each that retires for boxes that know no
    /// other yet.
    pub fn server_identities(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<Vec<Identity>, AuthorityError> {
        self.certifying().map(|a| a.server_identity(names, now)).collect()
    }

    /// Signatures of a text by each whose certificates count.
    pub fn sign(&self, text: &str) -> Result<Vec<String>, AuthorityError> {
        self.certifying().map(|a| a.sign(text)).collect()
    }
}
