//! `branchbox bench minutes`: how long it takes to draw up the minutes of a two-hour meeting, beside reading the same
//! transcript as JSON, which any program would have to.
//!
//! The meeting is invented: the lines of `meeting.txt` over and over, so it holds more points than people make.

use super::Figures;
use crate::demo::listings::generate;
use crate::language::Gazetteer;
use crate::minutes::{Transcript, extract};
use anyhow::ensure;
use jiff::civil::date;
use serde::Serialize;
use serde_json::json;
use std::time::Instant;

/// What is said.
const LINES: &str = include_str!("meeting.txt");
/// How often each is measured.
const TIMES: usize = 20;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Segments of the transcript.
    pub segments: usize,
    /// Points found.
    pub points: usize,
    /// From a transcript in memory to its minutes.
    pub minutes_ms: Figures,
    /// Reading the transcript from JSON.
    pub json_ms: Figures,
    /// Of the medians.
    pub ratio: f64,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { segments, points, minutes_ms: m, json_ms: j, ratio } = self;
        writeln!(f, "minutes of {segments} segments, {points} points")?;
        writeln!(f, "  drawn up     median {:8.2} ms, p99 {:8.2} ms", m.median, m.p99)?;
        write!(f, "  read as JSON median {:8.2} ms, p99 {:8.2} ms; {ratio:.0} times", j.median, j.p99)
    }
}

/// Measures over a transcript of so many segments, the two in turn.
pub fn measure(segments: usize) -> anyhow::Result<Report> {
    let rows = generate(1200, 11, date(2026, 11, 22));
    let gazetteer = Gazetteer::new(rows.iter().map(|(listing, _)| listing));
    let lines = LINES.lines().cycle().take(segments).enumerate();
    let spoken =
        lines.map(|(n, text)| json!({"start": 2.4 * n as f64, "end": 2.4 * n as f64 + 2.0, "text": text}));
    let body = json!({
        "segments": spoken.collect::<Vec<_>>(),
        "recorded_at": "2026-11-20T15:00:00+08:00",
        "language": "yue",
    });
    let text = body.to_string();
    let (mut drawn, mut read, mut points) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TIMES {
        let began = Instant::now();
        let transcript: Transcript = serde_json::from_str(&text)?;
        read.push(began.elapsed());
        let began = Instant::now();
        points = extract(&gazetteer, &transcript).points.len();
        drawn.push(began.elapsed());
    }
    ensure!(points > 0, "no point was found in the transcript that is measured with");
    let (minutes_ms, json_ms) = (Figures::of(drawn), Figures::of(read));
    let ratio = minutes_ms.median / json_ms.median.max(1e-3);
    Ok(Report { segments, points, minutes_ms, json_ms, ratio })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_meeting_is_measured() {
        let report = measure(60).unwrap();
        assert!(
            report.points > 5 && report.minutes_ms.median > 0.0 && report.to_string().contains("60 segments")
        );
    }
}
