//! `branchbox check --data DIR`: verifies what is stored, database and files together.

use crate::audio;
use crate::config::DataFolder;
use crate::listings::{base, phrasebook, wire};
use crate::store::{Database, open_records, private_facts, recordings};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Prints a line for everything verified; exit code 1 where something does not fit.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let data = DataFolder::new(&args.data);
    anyhow::ensure!(data.path().is_dir(), "there is no data folder {}", data.path().display());
    let db = open_records(data.path(), &data.records_key())?;
    let mut problems = Vec::new();
    check_database(&db, &mut problems).await?;
    check_base(&data, &db, &mut problems).await?;
    check_phrasebook(&data, &mut problems);
    check_recordings(&data, &db, &mut problems).await?;
    for problem in &problems {
        println!("PROBLEM  {problem}");
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check_database(db: &Database, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let verdict: Vec<String> = db
        .read("check the database", |c| {
            let mut statement = c.prepare("PRAGMA integrity_check")?;
            let rows = statement.query_map([], |r| r.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await?;
    match verdict.as_slice() {
        [ok] if ok == "ok" => println!("ok       {}", db.path().display()),
        faults => problems.extend(faults.iter().map(|f| format!("{}: {f}", db.path().display()))),
    }
    Ok(())
}

/// The version is the hash of the content: the base and its private side are whole exactly when it comes out again.
async fn check_base(data: &DataFolder, db: &Database, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let path = data.listings();
    let base = match base::load(&path) {
        Ok(Some(base)) => base,
        Ok(None) => {
            println!("ok       no listing base yet");
            return Ok(());
        }
        Err(e) => {
            problems.push(e.to_string());
            return Ok(());
        }
    };
    let version = base.version.clone();
    let named = match base::private_rows(&path) {
        Ok(Some((_, named))) => named,
        Ok(None) => {
            problems.push(format!("{}: it was made by an older version: import again", path.display()));
            return Ok(());
        }
        Err(e) => {
            problems.push(e.to_string());
            return Ok(());
        }
    };
    let rows = db
        .read("read the private side of the listings", move |c| {
            let private = |l: &crate::listings::Listing| {
                named.get(&l.reference).map_or(Ok(None), |row| private_facts::get(c, *row))
            };
            base.listings
                .iter()
                .map(|l| Ok(private(l)?.map(|p| (crate::listings::Listing::clone(l), p))))
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let total = rows.len();
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    if rows.len() < total {
        problems.push(format!(
            "{}: {} of {total} listings lack their private side: import again",
            path.display(),
            total - rows.len()
        ));
    } else if wire::content_hash(&rows) != version {
        problems.push(format!(
            "{}: its content is not that of its version {}: import again",
            path.display(),
            &version[..12]
        ));
    } else {
        println!("ok       {} ({total} listings, version {})", path.display(), &version[..12]);
    }
    Ok(())
}

fn check_phrasebook(data: &DataFolder, problems: &mut Vec<String>) {
    match phrasebook::load(&data.phrasebook()) {
        Ok(book) if book.version.is_empty() => println!("ok       no scripts and words of the branch's own"),
        Ok(book) => println!(
            "ok       {} ({} scripts, {} words, version {})",
            data.phrasebook().display(),
            book.scripts.len(),
            book.words.len(),
            &book.version[..12]
        ),
        Err(e) => problems.push(e.to_string()),
    }
}

async fn check_recordings(
    data: &DataFolder,
    db: &Database,
    problems: &mut Vec<String>,
) -> anyhow::Result<()> {
    let rows = db
        .read("list the recordings", |c| {
            let rows = recordings::latest(c, usize::MAX >> 1)?;
            rows.into_iter().map(|r| Ok((recordings::key(c, &r.id)?, r))).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for (key, recording) in &rows {
        let Some(key) = key else { continue }; // deleted on purpose
        if recording.state == "recording" {
            println!("running  recording {}", recording.id);
            continue;
        }
        let folder = data.recordings().join(&recording.id);
        match audio::read_recording(&folder, key).map(|r| r.measure().samples() as i64) {
            Ok(found) if found == recording.samples => {
                println!("ok       recording {} ({found} samples)", recording.id)
            }
            Ok(found) => problems.push(format!(
                "recording {}: {found} samples on disk, {} in the database",
                recording.id, recording.samples
            )),
            Err(e) => problems.push(format!("recording {}: {e}", recording.id)),
        }
    }
    let known: std::collections::HashSet<_> = rows.iter().map(|(_, r)| r.id.clone()).collect();
    for entry in std::fs::read_dir(data.recordings()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if known.contains(&name) || name.starts_with(audio::RESERVE_PREFIX) {
            // A recording of the database, or room that a running one holds.
        } else if audio::is_arriving(&entry.path()) {
            println!("arriving recording {name}");
        } else {
            problems.push(format!("{} belongs to no recording in the database", entry.path().display()));
        }
    }
    Ok(())
}
