//! An update of Branchbox: fetched in pieces, so that a line that breaks costs one piece; kept only when its hash is right
//! and an authority that this box trusts has signed it.
//!
//! `updates/VERSION.part` grows; `updates/branchbox-VERSION` is whole and checked. Putting it into place is left to the
//! image's updater, which finds it there.

use super::{Client, Shared};
use crate::config::DataFolder;
use crate::durable;
use crate::sync::identity;
use crate::sync::protocol::{ReleaseReply, is_version};
use crate::sync::vitals::{UpdateHeld, UpdateState};
use crate::tls;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Most bytes of an update: the image's partitions are smaller.
const LARGEST: u64 = 2 << 30;

/// Where updates wait.
pub fn folder(data: &DataFolder) -> PathBuf {
    data.path().join("updates")
}

/// Fetches the update that is offered, unless it runs or lies here already.
pub(super) async fn fetch(shared: &Shared, client: &Client, offered: Option<&str>) -> Result<(), String> {
    let Some(version) = offered.filter(|v| *v != env!("CARGO_PKG_VERSION")) else {
        report(shared, None);
        return Ok(());
    };
    if !is_version(version) {
        return Err("head office offers an update under a name that is none".into());
    }
    let fetched = whole(shared, client, version).await;
    let (state, bytes, problem) = match &fetched {
        Ok(bytes) => (UpdateState::Downloaded, *bytes, None),
        // A line that breaks is no failure of the update: it goes on where it was.
        Err(Halt::Line(e)) => (UpdateState::Downloading, 0, Some(e.clone())),
        Err(Halt::Failed(e)) => (UpdateState::Failed, 0, Some(e.clone())),
    };
    report(shared, Some(UpdateHeld { version: version.to_owned(), state, bytes, problem: problem.clone() }));
    problem.map_or(Ok(()), Err)
}

/// Why an update is not here yet.
enum Halt {
    Line(String),
    Failed(String),
}

fn report(shared: &Shared, update: Option<UpdateHeld>) {
    shared.fleet.send_if_modified(|p| {
        let changed = p.update != update;
        p.update = update;
        changed
    });
}

/// Fetches what is missing; how many bytes the whole has.
async fn whole(shared: &Shared, client: &Client, version: &str) -> Result<u64, Halt> {
    let line = |e: crate::sync::client::CallError| Halt::Line(e.to_string());
    let folder = folder(&shared.data);
    let (part, done) = (folder.join(format!("{version}.part")), folder.join(format!("branchbox-{version}")));
    let release = client.release(version).await.map_err(line)?;
    signed(shared, version, &release).map_err(Halt::Failed)?;
    let (path, hash) = (done.clone(), release.sha256.clone());
    let there = blocking(move || Ok(path.exists() && hash_of(&path)? == hash)).await?;
    if there {
        return Ok(release.bytes);
    }
    let (aside, keep) = (folder.clone(), version.to_owned());
    let mut from = blocking(move || prepare(&aside, &keep)).await?;
    if from > release.bytes {
        from = 0;
    }
    while from < release.bytes {
        report(
            shared,
            Some(UpdateHeld {
                version: version.to_owned(),
                state: UpdateState::Downloading,
                bytes: from,
                problem: None,
            }),
        );
        let piece = client.release_piece(version, from).await.map_err(line)?;
        if piece.is_empty() {
            return Err(Halt::Failed(format!(
                "update {version} ends before its length: head office's copy is broken"
            )));
        }
        let (path, at, length) = (part.clone(), from, piece.len() as u64);
        blocking(move || append(&path, at, &piece)).await?;
        from += length;
    }
    let (bytes, version) = (release.bytes, version.to_owned());
    blocking(move || finish(&part, &done, &release)).await?.map_err(|()| {
        Halt::Failed(format!(
            "update {version} is not what head office signed: it is thrown away and fetched anew"
        ))
    })?;
    log::info!("sync.update downloaded version={version} bytes={bytes}: it waits for the image's updater");
    Ok(bytes)
}

/// Whether an authority that this box trusts has signed what the update is.
fn signed(shared: &Shared, version: &str, release: &ReleaseReply) -> Result<(), String> {
    let authorities = identity::authorities(&shared.data).map_err(|e| e.to_string())?;
    let text = release.signed_text();
    let right = release.version == version
        && release.bytes <= LARGEST
        && (release.signatures.iter().filter_map(|s| hex::decode(s).ok()))
            .any(|s| tls::verify_signature(&authorities, text.as_bytes(), &s));
    right.then_some(()).ok_or_else(|| {
        format!("update {version} is not signed by an authority that this box trusts: it is not fetched")
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Halt> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| Halt::Failed(e.to_string()))?;
    done.map_err(|e| Halt::Failed(format!("the update cannot be kept: {e}; free some space")))
}

/// Clears away what is of another version; how much of this one is there.
fn prepare(folder: &Path, version: &str) -> std::io::Result<u64> {
    std::fs::create_dir_all(folder)?;
    let part = format!("{version}.part");
    let mut from = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == *part {
            from = entry.metadata()?.len();
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(from)
}

fn append(path: &Path, at: u64, piece: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_len(at)?;
    file.write_all(piece)?;
    file.sync_data()
}

/// Puts a whole file into place where its hash is right; throws it away where it is not.
fn finish(part: &Path, done: &Path, release: &ReleaseReply) -> std::io::Result<Result<(), ()>> {
    if hash_of(part)? != release.sha256 {
        std::fs::remove_file(part)?;
        return Ok(Err(()));
    }
    std::fs::rename(part, done)?;
    durable::write(&done.with_file_name("ready.json"), &serde_json::to_vec(release)?)?;
    Ok(Ok(()))
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}
