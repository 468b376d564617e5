//! A sheet as Markdown (CommonMark). What people said and typed is text: none of it can become a heading, a link or
//! HTML.

use super::Sheet;
use std::fmt::Write;

/// The sheet as Markdown, ending with a line break.
pub fn markdown(sheet: &Sheet) -> String {
    let mut out = format!("# {}\n\n", escaped(&sheet.title));
    for (what, value) in &sheet.heading {
        let _ = writeln!(out, "- **{}**{}{}", escaped(what), escaped(&sheet.colon), escaped(value));
    }
    out.push('\n');
    let lines: Vec<String> = sheet.summary.iter().map(|line| escaped(line)).collect();
    // A backslash at the end of a line keeps the break.
    let _ = writeln!(out, "{}", lines.join("\\\n"));
    for group in &sheet.groups {
        let _ = writeln!(out, "\n## {}\n", escaped(&group.title));
        if let Some(note) = &group.note {
            let _ = writeln!(out, "{}\n", escaped(note));
        }
        for entry in &group.entries {
            let status = entry.status.as_deref().map(|s| format!(" — *{}*", escaped(s)));
            let _ = writeln!(out, "- {}{}", escaped(&entry.text), status.unwrap_or_default());
            for (time, quote) in &entry.quotes {
                let _ = writeln!(out, "  - {time} {}", escaped(quote));
            }
        }
    }
    out
}

/// A line of text that Markdown takes for nothing else (CommonMark 0.31, 2.4: any ASCII punctuation may be escaped).
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    for (i, c) in text.char_indices() {
        // A list, a rule or an underline begins only at the beginning.
        let begins = (i == 0 && "-+=".contains(c)) || (i == number && i > 0 && ".)".contains(c));
        if begins || "\\`*_[]<>#|~&".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
