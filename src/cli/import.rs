//! `branchbox import --data DIR FILE...`: files become the listing base, of a running box too.

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::base::{self, Replaced};
use crate::listings::import::{self, RejectedRow, Rows};
use crate::listings::{Listing, PrivateFacts, Problem};
use crate::store::open_records;
use crate::sync::identity;
use anyhow::Context;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How the files are encoded, where it is not UTF-8: big5, gb18030, utf-16le …
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// CSV files with the canonical columns; together they are the whole base.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Imports, prints the report, and says by the exit code whether every row was taken.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
        files.push((name.clone(), import::read(&bytes, &name, args.encoding.as_deref())?));
    }
    let mut merged = merge(files);
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make the data folder {}", args.data.display()))?;
    let data = DataFolder::new(&args.data);
    let db = open_records(data.path(), &data.records_key())?;
    let source =
        args.files.iter().filter_map(|f| f.file_name()).map(|f| f.to_string_lossy()).collect::<Vec<_>>();
    let rows = std::mem::take(&mut merged.rows);
    if rows.is_empty() {
        merged.print_rejected();
        anyhow::bail!("not one row could be taken; nothing was imported, what was there stays");
    }
    let replaced = base::replace(&data, &db, rows, &source.join(", "), &Clock::system()).await?;
    merged.print(&replaced);
    if let Some(link) = identity::link(&data)? {
        println!(
            "This box is enrolled with {}: the listing base from there takes this one's place within a minute.",
            link.url
        );
    }
    Ok(if merged.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rows of several files as one base, each with the file and line it came from.
struct Merged {
    rows: Vec<(Listing, PrivateFacts)>,
    at: HashMap<String, (usize, u64)>,
    files: Vec<String>,
    rejected: Vec<(usize, RejectedRow)>,
    unused: Vec<(usize, Vec<String>)>,
}

fn merge(files: Vec<(String, Rows)>) -> Merged {
    let mut m = Merged { rows: vec![], at: HashMap::new(), files: vec![], rejected: vec![], unused: vec![] };
    for (i, (name, rows)) in files.into_iter().enumerate() {
        m.files.push(name);
        m.rejected.extend(rows.rejected.into_iter().map(|r| (i, r)));
        m.unused.push((i, rows.unused_columns));
        for ((listing, private), line) in rows.rows.into_iter().zip(rows.lines) {
            match m.at.get(&listing.reference) {
                Some((file, first)) => {
                    let reason =
                        format!("stands in {} line {first} already; the first one is taken", m.files[*file]);
                    let problem = Problem { column: "ref".into(), value: listing.reference.clone(), reason };
                    m.rejected.push((
                        i,
                        RejectedRow { line, reference: listing.reference, problems: vec![problem] },
                    ));
                }
                None => {
                    m.at.insert(listing.reference.clone(), (i, line));
                    m.rows.push((listing, private));
                }
            }
        }
    }
    m
}

impl Merged {
    fn print(&self, replaced: &Replaced) {
        for (file, columns) in self.unused.iter().filter(|(_, c)| !c.is_empty()) {
            println!("{}: columns without a use here: {}", self.files[*file], columns.join(", "));
        }
        self.print_rejected();
        for (word, refs) in
            [("taken", &replaced.taken), ("changed", &replaced.changed), ("unchanged", &replaced.unchanged)]
        {
            println!("{word:9} {:6}{}", refs.len(), self.where_from(refs));
        }
        println!("{:9} {:6}", "rejected", self.rejected.len());
        let list = if replaced.removed.is_empty() {
            String::new()
        } else {
            format!("  {}", shortened(&replaced.removed))
        };
        println!("{:9} {:6}{list}", "removed", replaced.removed.len());
        println!("The listing base is now version {}.", &replaced.version[..12]);
    }

    fn print_rejected(&self) {
        for (file, row) in &self.rejected {
            println!("rejected  {}: {row}", self.files[*file]);
        }
    }

    /// "  a.csv lines 2-1201": every row by its line, runs drawn together.
    fn where_from(&self, refs: &[String]) -> String {
        let mut out = String::new();
        for (i, name) in self.files.iter().enumerate() {
            let mut lines: Vec<u64> = refs
                .iter()
                .filter_map(|r| self.at.get(r))
                .filter(|(f, _)| *f == i)
                .map(|(_, l)| *l)
                .collect();
            lines.sort_unstable();
            if !lines.is_empty() {
                out += &format!("  {name} lines {}", ranges(&lines));
            }
        }
        out
    }
}

fn ranges(lines: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &line in lines {
        match runs.last_mut() {
            Some((_, end)) if line == *end + 1 => *end = line,
            _ => runs.push((line, line)),
        }
    }
    let text = |(a, b): (u64, u64)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    runs.into_iter().map(text).collect::<Vec<_>>().join(", ")
}

/// References of listings that went, all of them up to a screenful.
fn shortened(refs: &[String]) -> String {
    const SHOWN: usize = 50;
    let more = refs.len().saturating_sub(SHOWN);
    let list = refs[..refs.len().min(SHOWN)].join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_are_drawn_together() {
        assert_eq!(super::ranges(&[2, 3, 4, 7, 9, 10]), "2-4, 7, 9-10");
    }
}
