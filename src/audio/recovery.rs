//! At start: closes what a crash or a power cut left recording, at its last good frame, and says so.

use super::{SAMPLE_RATE, read_recording, reserve};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::{Database, StoreResult, recordings};

/// A recording that was found open.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    pub id: String,
    /// Samples that are there.
    pub samples: u64,
    /// What is noted about it, as `code: sentence`; `None` where it had been stopped and only the note was missing.
    pub problem: Option<String>,
}

/// Closes every recording that no stop has closed; its transcript is queued like any other's. Called once at start,
/// before the recorder.
pub async fn recover_unfinished(
    db: &Database,
    data: &DataFolder,
    clock: &Clock,
) -> StoreResult<Vec<Recovered>> {
    // Room that is not given back costs room, not sound.
    if let Err(e) = reserve::give_back_left_over(&data.recordings()) {
        log::warn!("audio.reserve what a crash left cannot be given back: {e}");
    }
    let open = db
        .read("find unfinished recordings", |c| {
            recordings::unfinished(c)?
                .into_iter()
                .map(|r| Ok((recordings::key(c, &r.id)?, r.id)))
                .collect::<StoreResult<Vec<_>>>()
        })
        .await?;
    let mut all = Vec::new();
    for (key, id) in open {
        let folder = data.recordings().join(&id);
        let measured = tokio::task::spawn_blocking(move || {
            let _ = reserve::trim(&folder);
            match key {
                Some(key) => read_recording(&folder, &key).map(|r| Some(r.measure())),
                None => Ok(None),
            }
        });
        let reader = measured.await.map_err(|e| std::io::Error::other(e.to_string())).and_then(|r| r);
        let (samples, problem) = match &reader {
            Err(e) => (0, Some(format!("broken-off: its files cannot be read ({e})"))),
            Ok(None) => (0, Some("broken-off: its key is gone, so nothing of it can be read".to_owned())),
            Ok(Some(r)) if r.ended() && r.breaks().is_empty() => (r.samples(), None),
            Ok(Some(r)) => (r.samples(), Some(sentence(r.samples(), r.ended(), r.breaks().len()))),
        };
        let (name, why, now) = (id.clone(), problem.clone(), clock.now());
        db.write("close the recording that was broken off", move |tx| match why {
            Some(why) => recordings::break_off(tx, &name, samples as i64, &why, now),
            None => recordings::finish(tx, &name, samples as i64, None, now),
        })
        .await?;
        log::warn!(recording = id.as_str(), samples = samples; "closed a recording that was left open");
        all.push(Recovered { id, samples, problem });
    }
    Ok(all)
}

fn sentence(samples: u64, ended: bool, breaks: usize) -> String {
    let tenths = samples * 10 / u64::from(SAMPLE_RATE);
    let length = match tenths / 600 {
        0 => format!("{}.{} s", tenths / 10, tenths % 10),
        minutes => format!("{minutes} min {}.{} s", tenths % 600 / 10, tenths % 10),
    };
    match (samples, ended, breaks) {
        (0, ..) => {
            "broken-off: the box stopped while this recording was starting; nothing of it is there".into()
        }
        (_, false, 0 | 1) => format!(
            "broken-off: the box stopped while recording. The first {length} are kept; of what was said before it stopped, at most the last half second is missing"
        ),
        _ => format!(
            "broken-off: the recording is damaged in {breaks} places. {length} are kept, with silence where sound is missing"
        ),
    }
}
