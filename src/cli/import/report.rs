//! What became of every row of an import, by file and line.

use crate::listings::Problem;
use crate::listings::import::{RejectedRow, Rows};
use crate::reason::Reason;
use std::collections::HashMap;

/// The rows of several files of one kind, each with the file and line it came from.
pub struct Merged<T> {
    pub rows: Vec<T>,
    pub rejected: Vec<(usize, RejectedRow)>,
    /// File and line of every row, by its name.
    at: HashMap<String, (usize, u64)>,
    files: Vec<String>,
    unused: Vec<(usize, Vec<String>)>,
}

/// Puts the rows of several files together. Of two with one name, which stands in `column`, the first is taken.
pub fn merge<T>(files: Vec<(String, Rows<T>)>, column: &str, name: impl Fn(&T) -> &String) -> Merged<T> {
    let mut m = Merged { rows: vec![], at: HashMap::new(), files: vec![], rejected: vec![], unused: vec![] };
    for (i, (file, rows)) in files.into_iter().enumerate() {
        m.files.push(file);
        m.rejected.extend(rows.rejected.into_iter().map(|r| (i, r)));
        m.unused.push((i, rows.unused_columns));
        for (row, line) in rows.rows.into_iter().zip(rows.lines) {
            let reference = name(&row).clone();
            match m.place_of(&reference) {
                Some((file, line_before)) => {
                    let reason = Reason::DoubleIn { file: file.to_owned(), line: line_before };
                    let problem = Problem { column: column.into(), value: reference.clone(), reason };
                    m.rejected.push((i, RejectedRow { line, reference, problems: vec![problem] }));
                }
                None => {
                    m.at.insert(reference, (i, line));
                    m.rows.push(row);
                }
            }
        }
    }
    m
}

impl<T> Merged<T> {
    /// The file and the line where a row that was taken stands.
    pub fn place_of(&self, name: &str) -> Option<(&str, u64)> {
        self.at.get(name).map(|(file, line)| (self.files[*file].as_str(), *line))
    }

    /// Takes out the rows with problems.
    pub fn reject(
        &mut self,
        name: impl Fn(&T) -> &String,
        mut problems: impl FnMut(&Self, &T) -> Vec<Problem>,
    ) {
        for row in std::mem::take(&mut self.rows) {
            let problems = problems(self, &row);
            if problems.is_empty() {
                self.rows.push(row);
            } else if let Some((file, line)) = self.at.remove(name(&row)) {
                let reference = name(&row).clone();
                self.rejected.push((file, RejectedRow { line, reference, problems }));
            }
        }
        self.rejected.sort_by_key(|(file, row)| (*file, row.line));
    }

    /// An error where there were rows and not one can be taken; they are printed first.
    pub fn some_taken(&self) -> anyhow::Result<()> {
        if self.rows.is_empty() && !self.rejected.is_empty() {
            self.print_rejected();
            anyhow::bail!("not one row could be taken; nothing was imported, what was there stays");
        }
        Ok(())
    }

    /// Prints what became of the rows, by their names.
    pub fn print(&self, taken: &[String], changed: &[String], unchanged: &[String], removed: &[String]) {
        for (file, columns) in self.unused.iter().filter(|(_, c)| !c.is_empty()) {
            println!("{}: columns without a use here: {}", self.files[*file], columns.join(", "));
        }
        self.print_rejected();
        for (word, names) in [("taken", taken), ("changed", changed), ("unchanged", unchanged)] {
            println!("{word:9} {:6}{}", names.len(), self.where_from(names));
        }
        println!("{:9} {:6}", "rejected", self.rejected.len());
        let list = if removed.is_empty() { String::new() } else { format!("  {}", shortened(removed)) };
        println!("{:9} {:6}{list}", "removed", removed.len());
    }

    fn print_rejected(&self) {
        for (file, row) in &self.rejected {
            println!("rejected  {}: {row}", self.files[*file]);
        }
    }

    /// "  a.csv lines 2-1201": every row by its line, runs drawn together.
    fn where_from(&self, names: &[String]) -> String {
        let mut out = String::new();
        for (i, file) in self.files.iter().enumerate() {
            let found = names.iter().filter_map(|n| self.at.get(n)).filter(|(f, _)| *f == i);
            let mut lines: Vec<u64> = found.map(|(_, line)| *line).collect();
            lines.sort_unstable();
            if !lines.is_empty() {
                out += &format!("  {file} lines {}", ranges(&lines));
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

/// Names of rows that went, all of them up to a screenful.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 50;
    let more = names.len().saturating_sub(SHOWN);
    let list = names[..names.len().min(SHOWN)].join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_are_drawn_together() {
        assert_eq!(super::ranges(&[2, 3, 4, 7, 9, 10]), "2-4, 7, 9-10");
    }
}
