//! Appointments and what is to be done as iCalendar (RFC 5545).
//!
//! An appointment is an event of an hour (nobody says when one ends), in UTC, which every calendar shows in the zone
//! it is in. What is to be done is a task (`VTODO`); since Google's and Apple's calendars and Outlook leave tasks of
//! a file out, one with a date is an all-day event as well, which keeps nobody busy. A file that is imported again
//! changes what it brought before: `UID` stays, `SEQUENCE` grows with every review.
//! Left out: alarms (everybody's calendar has its own) and what an agent has struck.

use super::sheet::{one_line, quotes, reviewed};
use super::words::Words;
use super::{Source, Standing};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// The most octets of a line, its end left out (RFC 5545, 3.1).
const LINE: usize = 75;

/// The calendar; `None` where nothing is to be done and nobody is to be met.
pub fn calendar(source: &Source) -> Option<String> {
    let mut out = Lines::default();
    out.plain("BEGIN", "VCALENDAR");
    out.plain("VERSION", "2.0");
    out.plain("PRODID", "-//Branchbox//Minutes//EN");
    out.plain("CALSCALE", "GREGORIAN");
    let before = out.0.len();
    for standing in &source.points {
        match standing.shown.point.kind.as_str() {
            "appointment" => appointment(&mut out, source, standing),
            "action" => action(&mut out, source, standing),
            _ => {}
        }
    }
    let some = out.0.len() > before;
    out.plain("END", "VCALENDAR");
    some.then_some(out.0)
}

fn appointment(out: &mut Lines, source: &Source, standing: &Standing) {
    let start = standing.shown.point.value.as_str().and_then(|v| v.parse::<Timestamp>().ok());
    let Some(start) = start else { return };
    out.plain("BEGIN", "VEVENT");
    common(out, source, standing, "");
    out.plain("DTSTART", &utc(start));
    out.plain("DURATION", "PT1H");
    out.plain("STATUS", if standing.shown.review.is_some() { "CONFIRMED" } else { "TENTATIVE" });
    out.plain("END", "VEVENT");
}

fn action(out: &mut Lines, source: &Source, standing: &Standing) {
    let due = standing.shown.point.value.as_str().and_then(|v| v.parse::<Date>().ok());
    out.plain("BEGIN", "VTODO");
    common(out, source, standing, "");
    if let Some(due) = due {
        out.plain("DUE;VALUE=DATE", &day(due));
    }
    out.plain("STATUS", "NEEDS-ACTION");
    out.plain("END", "VTODO");
    let Some((due, next)) = due.and_then(|d| Some((d, d.checked_add(1.day()).ok()?))) else { return };
    out.plain("BEGIN", "VEVENT");
    common(out, source, standing, "-due");
    out.plain("DTSTART;VALUE=DATE", &day(due));
    out.plain("DTEND;VALUE=DATE", &day(next));
    out.plain("TRANSP", "TRANSPARENT");
    out.plain("END", "VEVENT");
}

/// What every component has.
fn common(out: &mut Lines, source: &Source, standing: &Standing, part: &str) {
    let words = Words::new(source.reader);
    out.text("UID", &format!("{}-{}{part}@branchbox", source.id, standing.shown.id));
    // Without a METHOD it is the time of the last change (3.8.7.2).
    out.plain("DTSTAMP", &utc(standing.changed_at));
    out.plain("SEQUENCE", &standing.revision.to_string());
    out.text("SUMMARY", &one_line(&standing.shown.point.text));
    let said = quotes(&words, standing, source.segments);
    let mut lines: Vec<String> = said
        .iter()
        .map(|(time, quote)| format!("{} {quote}", words.say("said_at", &[("time", time)])))
        .collect();
    lines.extend(reviewed(&words, standing));
    let (title, agent) = (words.say("title", &[]), words.say("agent", &[]));
    let colon = words.say("colon", &[]);
    lines.push(format!("{title}{colon}{}", words.day(&source.started_at)));
    lines.push(format!("{agent}{colon}{}", one_line(source.agent)));
    out.text("DESCRIPTION", &lines.join("\n"));
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// Content lines, folded.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A property whose value is text (3.3.11).
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => escaped.push(' '),
                c => escaped.push(c),
            }
        }
        self.plain(name, &escaped);
    }

    /// A property whose value needs no escape. A fold never parts the octets of a character.
    fn plain(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if octets + c.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}
