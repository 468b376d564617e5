//! A sheet as DOCX (Office Open XML, ECMA-376): Word's own styles for title, headings, lists and quotes, so that an
//! agent can go on writing in it. The one door to docx-rs.
//!
//! Chinese needs a font of its own beside the Latin one (`w:eastAsia`), by script; both ship with Word.

use super::Sheet;
use super::sheet::{Entry, Group};
use crate::language::{Tongue, chinese};
use docx_rs::{
    AbstractNumbering, BreakType, Docx, Footer, IndentLevel, Level, LevelJc, LevelText, NumberFormat,
    Numbering, NumberingId, PageNum, Paragraph, Run, RunFonts, SpecialIndentType, Start, Style, StyleType,
};
use jiff::Timestamp;
use std::io::Cursor;

/// The number of the list of entries, and of the styles' sizes in half points.
const LIST: usize = 1;
const BODY: usize = 22;
/// A4 in twentieths of a point.
const A4: (u32, u32) = (11_906, 16_838);
/// The colour of what stands beside a point.
const QUIET: &str = "595959";

/// The sheet as a DOCX file.
///
/// # Errors
/// What the writer of the ZIP said; nothing of it depends on the sheet.
pub fn docx(sheet: &Sheet, reader: Tongue, made_at: Timestamp) -> std::io::Result<Vec<u8>> {
    let mut document = styled(reader)
        .created_at(&made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .updated_at(&made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .add_paragraph(Paragraph::new().style("Title").add_run(said(&sheet.title)));
    for (what, value) in &sheet.heading {
        let line =
            Paragraph::new().add_run(said(&format!("{what}{}", sheet.colon)).bold()).add_run(said(value));
        document = document.add_paragraph(line);
    }
    let mut summary = Paragraph::new().style("Summary");
    for (i, line) in sheet.summary.iter().enumerate() {
        if i > 0 {
            summary = summary.add_run(Run::new().add_break(BreakType::TextWrapping));
        }
        summary = summary.add_run(said(line));
    }
    document = document.add_paragraph(summary);
    for group in &sheet.groups {
        document = add_group(document, group);
    }
    let mut file = Cursor::new(Vec::new());
    document.pack(&mut file).map_err(std::io::Error::other)?;
    Ok(file.into_inner())
}

fn add_group(mut document: Docx, group: &Group) -> Docx {
    let heading = Paragraph::new().style("Heading1").keep_next(true).add_run(said(&group.title));
    document = document.add_paragraph(heading);
    if let Some(note) = &group.note {
        document = document.add_paragraph(Paragraph::new().add_run(said(note)));
    }
    for Entry { text, status, quotes } in &group.entries {
        let mut line = Paragraph::new()
            .style("Point")
            .numbering(NumberingId::new(LIST), IndentLevel::new(0))
            .keep_next(!quotes.is_empty())
            .add_run(said(text));
        if let Some(status) = status {
            line = line.add_run(said(&format!(" — {status}")).italic().color(QUIET));
        }
        document = document.add_paragraph(line);
        for (time, quote) in quotes {
            let line = Paragraph::new().style("Quote").add_run(said(&format!("{time} {quote}")));
            document = document.add_paragraph(line);
        }
    }
    document
}

fn styled(reader: Tongue) -> Docx {
    let heading = |id: &str, name: &str, size: usize| {
        Style::new(id, StyleType::Paragraph).name(name).based_on("Normal").next("Normal").size(size).bold()
    };
    let plain = |id: &str, name: &str| Style::new(id, StyleType::Paragraph).name(name).based_on("Normal");
    let bullets =
        Level::new(0, Start::new(1), NumberFormat::new("bullet"), LevelText::new("•"), LevelJc::new("left"))
            .indent(Some(360), Some(SpecialIndentType::Hanging(360)), None, None);
    let footer = Footer::new().add_paragraph(Paragraph::new().add_page_num(PageNum::new()));
    let reads_simplified = reader.script == crate::language::Script::Hans;
    Docx::new()
        .page_size(A4.0, A4.1)
        .default_fonts(fonts(reads_simplified))
        .default_size(BODY)
        .add_style(heading("Title", "Title", 40))
        .add_style(heading("Heading1", "heading 1", 28).outline_lvl(0))
        .add_style(plain("Summary", "Summary").size(BODY + 2))
        .add_style(plain("Point", "Point"))
        .add_style(plain("Quote", "Quote").color(QUIET).indent(Some(720), None, None, None))
        .add_abstract_numbering(AbstractNumbering::new(LIST).add_level(bullets))
        .add_numbering(Numbering::new(LIST, LIST))
        .footer(footer)
}

/// A run of text; what is in Simplified characters gets their font, whatever the reader's language.
fn said(text: &str) -> Run {
    let run = Run::new().add_text(text);
    match text.chars().any(chinese::only_simplified) {
        true => run.fonts(fonts(true)),
        false => run,
    }
}

fn fonts(simplified: bool) -> RunFonts {
    let east_asia = if simplified { "Microsoft YaHei" } else { "Microsoft JhengHei" };
    RunFonts::new().ascii("Calibri").hi_ansi("Calibri").cs("Calibri").east_asia(east_asia)
}
