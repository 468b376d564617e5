//! `branchbox import --data DIR FILE...`: files become the listing base, of a running box too; and likewise the branch's
//! scripts and words, each file told by its heading.
//!
//! The files of one kind together are all there is of that kind; a kind without a file stays as it is. Everything is
//! read and checked before anything is replaced.

mod phrasebook;
mod report;

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::import::{self, File};
use crate::listings::{Listing, PrivateFacts, base};
use crate::store::open_records;
use crate::sync::identity;
use anyhow::Context;
use report::{Merged, merge};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How the files are encoded, where it is not UTF-8: big5, gb18030, utf-16le …
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// CSV files: listings (the canonical columns), the branch's scripts (id, triggers_zh, triggers_en, answer_yue,
    /// answer_cmn, answer_en; priority and notes if you like) or its words (word, kind, meaning). Those of one kind
    /// together are all there is of it; a scripts or words file with a heading only takes all away.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Imports, prints the report, and says by the exit code whether every row was taken.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (mut listings, mut scripts, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for path in &args.files {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
        match import::read_any(&bytes, &name, args.encoding.as_deref())? {
            File::Listings(rows) => listings.push((name, rows)),
            File::Scripts(rows) => scripts.push((name, rows)),
            File::Words(rows) => words.push((name, rows)),
        }
    }
    let data = DataFolder::new(&args.data);
    let mut listings = some(listings).map(|files| merge(files, "ref", |(l, _)| &l.reference));
    let book = match (some(scripts), some(words)) {
        (None, None) => None,
        (scripts, words) => {
            let shown = shown(&data, listings.as_ref())?;
            Some(phrasebook::checked(&data, shown, scripts, words)?)
        }
    };
    if let Some(merged) = &listings {
        merged.some_taken()?;
    }
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make the data folder {}", args.data.display()))?;
    let db = open_records(data.path(), &data.records_key())?;
    let source =
        args.files.iter().filter_map(|f| f.file_name()).map(|f| f.to_string_lossy()).collect::<Vec<_>>();
    let (source, clock) = (source.join(", "), Clock::system());
    let mut rejected = 0;
    if let Some(merged) = &mut listings {
        let rows = std::mem::take(&mut merged.rows);
        let replaced = base::replace(&data, &db, rows, &source, &clock).await?;
        merged.print(&replaced.taken, &replaced.changed, &replaced.unchanged, &replaced.removed);
        rejected += merged.rejected.len();
        println!("The listing base is now version {}.", &replaced.version[..12]);
        if let Some(link) = identity::link(&data)? {
            println!(
                "This box is enrolled with {}: the listing base from there takes this one's place within a minute.",
                link.url
            );
        }
    }
    if let Some(book) = book {
        rejected += book.put(&data, &db, &source, &clock).await?;
    }
    Ok(if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn some<T>(files: Vec<T>) -> Option<Vec<T>> {
    (!files.is_empty()).then_some(files)
}

/// The listings that scripts and words will stand beside: the ones of this import, else the ones that are there.
fn shown(
    data: &DataFolder,
    listings: Option<&Merged<(Listing, PrivateFacts)>>,
) -> anyhow::Result<Vec<Arc<Listing>>> {
    Ok(match listings {
        Some(merged) => merged.rows.iter().map(|(listing, _)| Arc::new(listing.clone())).collect(),
        None => base::load(&data.listings())?.map(|base| base.listings).unwrap_or_default(),
    })
}
