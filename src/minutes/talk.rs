//! A meeting as its lines, each read once: what is mentioned, what is asked, who is likely speaking. What is meant by a
//! line often stands in the lines around it, so the whole talk is handed to those who look for points.

use super::cues::{Family, outcomes, wishes};
use super::line::{Line, What};
use super::speakers::clients;
use crate::language::Gazetteer;
use crate::language::dates::Moments;
use jiff::civil::Date;
use serde::Deserialize;
use std::ops::Range;
use std::sync::OnceLock;

/// How lines answer one another, and who speaks: the families of `talk.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TalkCues {
    pub me: Family,
    pub client: Family,
    pub agent: Family,
    pub patron: Family,
    pub ack: Family,
    pub must: Family,
    pub opinion: Family,
    pub degree: Family,
    pub excuse: Family,
    pub condition: Family,
    pub request: Family,
    pub told: Family,
    pub thanks: Family,
    pub last_word: Family,
    pub filler: Family,
}

/// The families of `talk.toml`.
pub(super) fn talk_cues() -> &'static TalkCues {
    static CUES: OnceLock<TalkCues> = OnceLock::new();
    CUES.get_or_init(|| toml::from_str(include_str!("talk.toml")).expect("talk.toml is well formed"))
}

/// A line with what only the talk around it tells.
pub(super) struct Turn {
    pub line: Line,
    pub moments: Moments,
    /// How likely it is the client's side that speaks, 0 to 1.
    pub client: f64,
    /// What it asks after: slots' topics of `cues.toml`.
    pub topics: Vec<&'static str>,
}

/// A meeting.
pub(super) struct Talk {
    pub turns: Vec<Turn>,
    /// The day of the recording, where it is known.
    pub today: Option<Date>,
    /// Whether flats to rent are talked about rather than flats to buy.
    pub renting: bool,
    /// Whether a price is haggled over.
    pub haggling: bool,
}

impl Talk {
    /// Reads the lines: the number of the segment and its words. Without `today` no dates are worked out.
    pub fn read(gazetteer: &Gazetteer, today: Option<Date>, spoken: &[(usize, f64, &str)]) -> Self {
        let lines: Vec<Line> = spoken.iter().map(|(n, _, text)| Line::read(gazetteer, *n, text)).collect();
        let clients = clients(&lines.iter().collect::<Vec<_>>());
        let turns = lines.into_iter().zip(clients).map(|(line, client)| Turn {
            moments: today.map(|today| Moments::read(&line.text, today)).unwrap_or_default(),
            topics: topics(&line),
            line,
            client,
        });
        let turns: Vec<Turn> = turns.collect();
        let deals = |sense: &str| -> usize {
            let of = |t: &Turn| {
                t.line
                    .find(&wishes().deal, &t.line.all())
                    .iter()
                    .filter(|h| h.sense.starts_with(sense))
                    .count()
            };
            turns.iter().map(of).sum()
        };
        let monthly = turns.iter().filter(|t| t.line.has(&wishes().money, "rent")).count();
        let offers = turns.iter().filter(|t| {
            let hits = t.line.find(&outcomes().offer, &t.line.all());
            hits.iter().any(|h| matches!(h.sense, "say" | "owner"))
        });
        let (renting, haggling) = (deals("rent") + monthly > deals("sale"), offers.count() >= 3);
        Self { turns, today, renting, haggling }
    }

    /// The line `by` lines before or after, if there is one.
    pub fn near(&self, i: usize, by: isize) -> Option<&Turn> {
        self.turns.get(i.checked_add_signed(by)?)
    }
}

/// What a line asks after. A short line that only names a subject asks after it too (咁預算方面).
fn topics(line: &Line) -> Vec<&'static str> {
    let asking: Vec<&Range<usize>> = line.clauses.iter().filter(|c| line.clause_asks(c)).collect();
    if !asking.is_empty() {
        return asking.into_iter().flat_map(|clause| asked_in(line, clause)).collect();
    }
    let figure = line.mentions.iter().any(|m| matches!(m.what, What::Figure(_)));
    let wish = line.has(&wishes().want, "strong");
    match line.clauses.iter().rfind(|c| c.len() > 1) {
        Some(last) if !wish && !figure && line.length() <= 26 => asked_in(line, last),
        _ => Vec::new(),
    }
}

/// What a clause asks about. Where somebody works, and what the deposit comes to, is not asked of a wish.
fn asked_in(line: &Line, clause: &Range<usize>) -> Vec<&'static str> {
    let prices = line.has(&wishes().money, "other");
    let work = line.has_in(&wishes().elsewhere, "work", clause);
    let asked = line.find(&wishes().topic, clause).into_iter().map(|h| h.sense);
    asked.filter(|t| !(prices && *t == "budget" || work && *t == "place")).collect()
}
