//! The reports that are written beside files of the watched folder. Pure. A report has many readers: its verdict is in three
//! languages, and what became of the rows in English and, below it, in 繁體.

use crate::headoffice::Imported;
use crate::language::Language;
use crate::listings::import::RejectedRow;
use crate::reason::{Reason, fill};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

static WORDS: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("words.toml is checked by a test"));

fn verdict(key: &str) -> &'static str {
    WORDS.get(key).map_or("", String::as_str)
}

/// A phrase in 繁體 with its blanks filled.
fn chinese(key: &str, blanks: &[(&str, &str)]) -> String {
    let value = |name: &str| blanks.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    fill(verdict(key), value)
}

/// On a file that has become the newest version.
pub fn imported(imported: &Imported) -> String {
    let rows = &imported.rows;
    let counts = [
        ("taken", rows.taken.len()),
        ("changed", rows.changed.len()),
        ("unchanged", rows.unchanged.len()),
        ("removed", rows.removed.len()),
        ("rejected", imported.rejected.len()),
    ];
    let counted = counts.map(|(name, n)| (name, n.to_string()));
    let [taken, changed, unchanged, removed, rejected] = counts.map(|(_, n)| n);
    let mut text = format!(
        "{}\n\n{taken} new, {changed} changed, {unchanged} as before, {removed} withdrawn, {rejected} rejected.\n{}\nVersion {}\n",
        verdict("imported"),
        chinese("counts", &counted.each_ref().map(|(name, n)| (*name, n.as_str()))),
        rows.version
    );
    let mut add = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a text takes everything");
    if !imported.unused_columns.is_empty() {
        let columns = imported.unused_columns.join(", ");
        add(format_args!("Columns that were not used: {columns}."));
        add(format_args!("{}", chinese("unused", &[("columns", &columns)])));
    }
    if !rows.removed.is_empty() {
        let refs = rows.removed.join(", ");
        add(format_args!("\nWithdrawn, since the file does not name them: {refs}"));
        add(format_args!("{}", chinese("withdrawn", &[("refs", &refs)])));
    }
    if !imported.rejected.is_empty() {
        add(format_args!(
            "\nRejected. Correct these rows and put the whole file into the folder again; the other rows were taken."
        ));
        add(format_args!("{}", chinese("rejected", &[])));
        imported.rejected.iter().for_each(|row| add(format_args!("\n{row}\n{}", row_in_chinese(row))));
    }
    if !imported.kept.is_empty() {
        let refs = imported.kept.join(", ");
        add(format_args!("\nRejected and therefore still shown as before: {refs}"));
        add(format_args!("{}", chinese("kept", &[("refs", &refs)])));
    }
    text
}

/// What is wrong with a row, in 繁體.
fn row_in_chinese(row: &RejectedRow) -> String {
    let problems = row.problems.iter().map(|p| {
        let reason = p.reason.say(Language::Yue);
        match (p.column.as_str(), p.value.as_str()) {
            ("", _) => reason,
            (column, "") => chinese("column", &[("column", column), ("reason", &reason)]),
            (column, value) => chinese("cell", &[("column", column), ("value", value), ("reason", &reason)]),
        }
    });
    let problems = problems.collect::<Vec<_>>().join("；");
    let key = if row.reference.is_empty() { "line" } else { "line_of" };
    chinese(key, &[("line", &row.line.to_string()), ("ref", &row.reference), ("problems", &problems)])
}

/// On a file that was read and refused whole.
pub fn not_taken(sentence: &str, why: Option<&Reason>) -> String {
    match why {
        Some(why) => refused(&format!("{sentence}\n{}", why.say(Language::Yue))),
        None => refused(sentence),
    }
}

/// On a file that was refused.
fn refused(sentence: &str) -> String {
    format!("{}\n\n{sentence}\n", verdict("refused"))
}

/// On a file that is none to import.
pub fn unusable(file: &str, why: &Reason) -> String {
    let told = chinese("column", &[("column", file), ("reason", &why.say(Language::Yue))]);
    refused(&format!("{file} {why}\n{told}"))
}

/// On a file that lay beside a newer one.
pub fn superseded(newer: &str) -> String {
    format!(
        "{}\n\n{newer} is newer and was imported in its place. If this one is right, put it into the folder again by itself.\n{}\n",
        verdict("superseded"),
        chinese("newer", &[("newer", newer)])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listings::Problem;
    use crate::listings::base::Replaced;

    #[test]
    fn a_report_says_what_became_of_every_row() {
        let problem = |column: &str, value: &str, reason| Problem {
            column: column.into(),
            value: value.into(),
            reason,
        };
        let problems = vec![
            problem("floor", "abc", Reason::NumberWrong),
            problem("bottom_price_hkd", "", Reason::NumberWrong),
            problem("", "", Reason::CellCount { cells: 3, heading: 70 }),
        ];
        let row = |line| RejectedRow { line, reference: "TS-9".into(), problems: problems.clone() };
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
            "新增 0，更改 0，不變 0，撤走 1，拒絕 1098。\n",
            "沒有用到的欄：colour\n",
            "line 2 (TS-9): floor \"abc\" is not a whole number",
            "\n第 2 行（TS-9）：floor「abc」不是整數（只填數字：8800000，不要填 880萬、8.8M 或面議）；bottom_price_hkd 不是整數",
            "；這一行有 3 格，標題行有 70 格（格內如有逗號，整格要加上引號）\n",
            "line 1099 (TS-9): floor \"abc\" is not a whole number",
            "still shown as before: TS-9",
            "因被拒絕而照舊顯示：TS-9",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains('{'), "a blank was not filled: {told}");
        let empty = unusable("a.csv", &Reason::FileEmpty);
        assert!(empty.contains("\na.csv is empty: ") && empty.contains("\na.csv 是空的："), "{empty}");
        for (text, word) in [(refused("a.csv is empty"), "未匯入"), (superseded("b.csv"), "b.csv")] {
            assert!(text.contains(word) && text.lines().next().is_some_and(|l| l.contains("Not imported")));
        }
    }
}
