//! The reports that are written beside files of the watched folder. Pure. The verdict is in three languages; the rows are
//! told as at an upload.

use crate::headoffice::Imported;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

static WORDS: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("words.toml is checked by a test"));

fn verdict(key: &str) -> &'static str {
    WORDS.get(key).map_or("", String::as_str)
}

/// On a file that has become the newest version.
pub fn imported(imported: &Imported) -> String {
    let rows = &imported.rows;
    let mut text = format!(
        "{}\n\n{} new, {} changed, {} as before, {} withdrawn, {} rejected.\nVersion {}\n",
        verdict("imported"),
        rows.taken.len(),
        rows.changed.len(),
        rows.unchanged.len(),
        rows.removed.len(),
        imported.rejected.len(),
        rows.version
    );
    let mut add = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a text takes everything");
    if !imported.unused_columns.is_empty() {
        add(format_args!("Columns that were not used: {}.", imported.unused_columns.join(", ")));
    }
    if !rows.removed.is_empty() {
        add(format_args!("\nWithdrawn, since the file does not name them: {}", rows.removed.join(", ")));
    }
    if !imported.rejected.is_empty() {
        add(format_args!(
            "\nRejected. Correct these rows and put the whole file into the folder again; the other rows were taken.\n"
        ));
        imported.rejected.iter().for_each(|row| add(format_args!("{row}")));
    }
    if !imported.kept.is_empty() {
        add(format_args!("\nRejected and therefore still shown as before: {}", imported.kept.join(", ")));
    }
    text
}

/// On a file that was refused.
pub fn refused(sentence: &str) -> String {
    format!("{}\n\n{sentence}\n", verdict("refused"))
}

/// On a file that lay beside a newer one.
pub fn superseded(newer: &str) -> String {
    format!(
        "{}\n\n{newer} is newer and was imported in its place. If this one is right, put it into the folder again by itself.\n",
        verdict("superseded")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listings::Problem;
    use crate::listings::base::Replaced;
    use crate::listings::import::RejectedRow;

    #[test]
    fn a_report_says_what_became_of_every_row() {
        let problem =
            Problem { column: "floor".into(), value: "abc".into(), reason: "is not a number".into() };
        let row = |line| RejectedRow { line, reference: "TS-9".into(), problems: vec![problem.clone()] };
        let told = imported(&Imported {
            rows: Replaced { version: "v1".into(), removed: vec!["TS-1".into()], ..Replaced::default() },
            rejected: (2..1_100).map(row).collect(),
            kept: vec!["TS-9".into()],
            unused_columns: vec!["colour".into()],
        });
        for part in [
            "已匯入",
            "已导入",
            "1 withdrawn, 1098 rejected",
            "colour",
            "TS-1",
            "line 2 (TS-9): floor \"abc\" is not a number",
            "line 1099 (TS-9): floor \"abc\" is not a number",
            "still shown as before: TS-9",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        for (text, word) in [(refused("a.csv is empty"), "未匯入"), (superseded("b.csv"), "b.csv")] {
            assert!(text.contains(word) && text.lines().next().is_some_and(|l| l.contains("Not imported")));
        }
    }
}
