//! The branch's scripts: which of them answers a question, and its answer in the reader's language.
//!
//! What comes first is settled here, after the question was understood as if there were no scripts:
//! 1. What is refused stays refused, and who wants a person or complains gets a person (rules with `always`), unless
//!    the script is about just that.
//! 2. A listing query that has a subject (a place, a unit, a condition, or the unit the talk is about) is answered from
//!    the rows. A script takes it only where its trigger stands there as a whole phrase, holds words that are not the
//!    listings' own, and leaves nothing about listings in the rest of the question: 「買樓流程」 is not "for sale".
//! 3. Everything else, which would be a handoff or a list of everything, is a script's if a trigger is there: as a
//!    phrase, or with all of its words somewhere.
//! 4. A trigger that holds nothing but the listings' own words and small ones (「點樣睇樓」, "how do I buy a flat") fires
//!    only where it is the whole question, and no unit is being talked about.
//!
//! Among several the larger priority answers, then a phrase before scattered words, then the longest trigger, then
//! the first of the file. Triggers and questions are folded, so that either script finds the other's.

use super::query::Query;
use super::reading::{self, Reading};
use super::rules::Said;
use super::scan::{Kind, Token};
use super::words::Words;
use super::{Assistant, Fact, Reply, Understood, patterns};
use crate::language::{Folded, Language, Script as Writing, Tongue, chinese, detect, fold};
use crate::listings::phrasebook::Script;
use crate::reason::Reason;
use serde::Serialize;
use std::ops::Range;

/// How a trigger was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// As it stands.
    Phrase,
    /// All of its words, somewhere.
    Words,
}

/// Which script answered, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fired {
    /// The script's id.
    pub script: String,
    /// The trigger that fired, as the branch wrote it.
    pub trigger: String,
    /// How it was found.
    pub how: How,
    /// The language of the answer's text, which is not the reader's where the branch has none in that.
    pub answer: Language,
}

/// A branch's scripts, ready to be found.
#[derive(Debug, Default)]
pub struct Scripts(Vec<Loaded>);

#[derive(Debug)]
struct Loaded {
    script: Script,
    triggers: Vec<Trigger>,
}

#[derive(Debug)]
struct Trigger {
    written: String,
    folded: Phrase,
    words: Vec<Phrase>,
    /// Whether it holds words that are not the listings' own.
    own: bool,
    /// The rule by which the trigger itself wants a person.
    person: Option<&'static str>,
}

/// Folded characters, and the same as a string: whether it is there at all is asked far oftener than where.
#[derive(Debug)]
struct Phrase {
    chars: Vec<char>,
    text: String,
}

/// A question, as far as a script needs it.
pub struct Question<'a> {
    /// Its folded text.
    pub text: &'a Folded,
    /// The same without the names of places.
    pub masked: &'a Folded,
    /// That, as a string.
    pub plain: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// What it asks where there are no scripts.
    pub query: &'a Query,
}

/// A script that answers.
pub struct Hit<'a> {
    script: &'a Script,
    trigger: &'a str,
    how: How,
}

impl Scripts {
    /// Reads the triggers with the words of an assistant that has no scripts yet.
    pub fn new(scripts: &[Script], assistant: &Assistant) -> Self {
        let loaded = |s: &Script| Loaded {
            script: s.clone(),
            triggers: s.triggers().map(|t| Trigger::new(t, assistant)).collect(),
        };
        Self(scripts.iter().map(loaded).collect())
    }

    /// The script that answers a question, if one does.
    pub fn choose(&self, q: &Question) -> Option<Hit<'_>> {
        if matches!(q.query, Query::Refuse(_)) {
            return None;
        }
        let person = match q.query {
            Query::Handoff(_) => Said::in_text(q.plain).wants_a_person(),
            _ => None,
        };
        let subject = has_subject(q.query);
        let text: String = q.text.chars.iter().collect();
        let mut best: Option<((i32, bool, usize), Hit)> = None;
        for Loaded { script, triggers } in &self.0 {
            for t in triggers {
                let Some(span) = t.found_in(&q.text.chars, &text) else { continue };
                let how = if span.is_some() { How::Phrase } else { How::Words };
                let fires = match (t.own, span) {
                    (true, Some(at)) if subject => says_nothing_of_listings(q, &at),
                    (true, _) => !subject && (person.is_none() || t.person == person),
                    (false, Some(at)) => (!subject || only_deal(q.query)) && is_the_question(q, &at),
                    (false, None) => false,
                };
                let rank = (script.priority, how == How::Phrase, t.folded.chars.len());
                if fires && best.as_ref().is_none_or(|(r, _)| rank > *r) {
                    best = Some((rank, Hit { script, trigger: &t.written, how }));
                }
            }
        }
        best.map(|(_, hit)| hit)
    }
}

/// Whether a query is about listings that are named or described, here or in the talk so far.
fn has_subject(query: &Query) -> bool {
    match query {
        Query::Refuse(_) | Query::Handoff(_) => false,
        Query::Search { filter, .. } => !filter.conds.is_empty(),
        _ => true,
    }
}

/// Whether a query is for all that is for sale or to let.
fn only_deal(query: &Query) -> bool {
    matches!(query, Query::Search { filter, .. } if filter.conds.iter().all(|c| c.column == "deal" && !c.negated))
}

/// Whether the question is the stretch `at` with nothing but small words round it.
fn is_the_question(q: &Question, at: &Range<usize>) -> bool {
    let small = |t: &Token| t.is_filler() || matches!(t.kind, Kind::Break);
    q.tokens.iter().all(|t| t.at.is_empty() || (t.at.start >= at.start && t.at.end <= at.end) || small(t))
}

/// Whether the question without the stretch `at` says nothing that the listings would answer.
fn says_nothing_of_listings(q: &Question, at: &Range<usize>) -> bool {
    let named = |t: &Token| matches!(t.kind, Kind::Ref(..) | Kind::Place(_) | Kind::Part(_));
    let within = |t: &Token| t.at.start >= at.start && t.at.end <= at.end;
    let overlaps = |t: &Token| t.at.start < at.end && at.start < t.at.end;
    let stays = |t: &&Token| !(t.at.is_empty() || within(t) || overlaps(t) && !named(t));
    let mut rest: Vec<Token> = q.tokens.iter().filter(stays).cloned().collect();
    // What a clause says in pieces is looked for again without the trigger's.
    let mut masked = q.masked.clone();
    masked.chars[at.clone()].fill('·');
    patterns::add(&masked, &mut rest);
    let r: Reading = reading::read(q.text, &rest);
    let points = ["it", "them", "cheaper", "bigger", "smaller", "same_estate", "same_district", "compare"];
    let unknown = r.unknown.is_some() && matches!(q.query, Query::NotHere(_));
    !(r.something || unknown || r.ordinal().is_some() || points.iter().any(|f| r.has(f)))
}

impl Trigger {
    fn new(written: &str, assistant: &Assistant) -> Self {
        let text = fold(written.trim());
        let plain: String = text.chars.iter().collect();
        let said = Said::in_text(&plain);
        let own = said.handed_off(false).is_some()
            || assistant.tokens(&text).0.iter().any(|t| matches!(t.kind, Kind::Other));
        let person = said.wants_a_person();
        let phrase = |text: &str| Phrase { chars: text.chars().collect(), text: text.to_owned() };
        let words = plain.split(' ').filter(|w| !w.is_empty()).map(phrase).collect();
        Self { written: written.to_owned(), folded: phrase(&plain), words, own, person }
    }

    /// Whether it is there; as a phrase, where.
    fn found_in(&self, chars: &[char], text: &str) -> Option<Option<Range<usize>>> {
        let at = |p: &Phrase| text.contains(&p.text).then(|| find(chars, &p.chars)).flatten();
        if let Some(range) = at(&self.folded) {
            return Some(Some(range));
        }
        (self.words.len() > 1 && self.words.iter().all(|w| at(w).is_some())).then_some(None)
    }
}

/// Where a phrase stands in a text; Latin letters and digits only as whole words, a plural s taken in.
fn find(text: &[char], phrase: &[char]) -> Option<Range<usize>> {
    let word = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
    let starts =
        (0..(text.len() + 1).saturating_sub(phrase.len())).filter(|&at| text[at..].starts_with(phrase));
    starts.into_iter().find_map(|at| {
        let mut end = at + phrase.len();
        if word(phrase.last()) && text.get(end) == Some(&'s') {
            end += 1;
        }
        let before = at > 0 && word(text.get(at - 1)) && word(phrase.first());
        let after = word(text.get(end)) && word(text.get(end - 1));
        (!phrase.is_empty() && !before && !after).then_some(at..end)
    })
}

/// What is wrong with a trigger beside the vocabulary and the listings, as the end of a sentence.
pub fn check_trigger(trigger: &str, assistant: &Assistant) -> Result<(), Reason> {
    let t = Trigger::new(trigger, assistant);
    if t.folded.chars.len() < 2 || !t.folded.chars.iter().any(|c| c.is_alphabetic()) {
        return Err(Reason::WordTooShort);
    }
    if let Some(rule) = Said::in_text(&t.folded.text).refused() {
        return Err(Reason::TriggerRefused { rule: rule.to_string() });
    }
    let query = assistant.query(trigger);
    if !t.own && has_subject(&query) && !only_deal(&query) {
        return Err(Reason::TriggerOfListings);
    }
    Ok(())
}

impl Hit<'_> {
    /// The reply. Its one fact is the branch's text itself, so that every figure a client reads is in the facts.
    pub fn reply(&self, words: &Words, understood: Understood) -> Reply {
        let (text, fired) = self.answer(words);
        Reply {
            language: words.tongue.language,
            script: words.tongue.script,
            kind: super::Kind::Answer,
            total: None,
            listings: Vec::new(),
            facts: vec![Fact {
                reference: None,
                field: "script".into(),
                value: text.as_str().into(),
                as_of: None,
                of: None,
            }],
            understood: Understood {
                words: words.finish(&words.phrases.say("say.script", &[("v", &self.script.id)])),
                query: serde_json::json!({"kind": "answer", "script": self.script.id}),
                trigger: Some(fired),
                ..understood
            },
            text,
        }
    }

    /// The answer for a reader, and why it was given. Where the branch has none in the reader's language it is one that
    /// there is, said to be so; between the Chinese scripts it is converted, and nothing is ever translated.
    fn answer(&self, words: &Words) -> (String, Fired) {
        let s = self.script;
        let (yue, cmn, en) =
            ((Language::Yue, &s.answer_yue), (Language::Cmn, &s.answer_cmn), (Language::En, &s.answer_en));
        let order = match words.tongue.language {
            Language::Yue => [yue, cmn, en],
            Language::Cmn => [cmn, yue, en],
            Language::En => [en, cmn, yue],
        };
        let (language, text) = order.into_iter().find(|(_, text)| !text.is_empty()).unwrap_or(order[0]);
        let text = in_script(text, words.tongue);
        let mark = match (words.tongue.language, language) {
            (Language::En, Language::En) => None,
            (Language::En, _) => Some("say.script_in_chinese"),
            (_, Language::En) => Some("say.script_in_english"),
            // Much of what a Cantonese branch writes is plain Chinese; only what reads as Cantonese is said to be.
            (Language::Cmn, Language::Yue) => {
                let plain = Tongue { language: Language::Cmn, script: Writing::Hant };
                (detect(&s.answer_yue, Some(plain)).language == Language::Yue)
                    .then_some("say.script_in_cantonese")
            }
            _ => None,
        };
        let said = match mark {
            Some(mark) => words.finish(&words.phrases.say(mark, &[])) + &text,
            None => text,
        };
        let fired =
            Fired { script: s.id.clone(), trigger: self.trigger.to_owned(), how: self.how, answer: language };
        (said, fired)
    }
}

/// A Chinese text in the reader's script; English, and what an English reader gets, as it stands.
fn in_script(text: &str, reader: Tongue) -> String {
    match reader.script {
        Writing::Hans => chinese::to_simplified(text),
        Writing::Hant if text.chars().any(chinese::only_simplified) => chinese::to_traditional(text),
        _ => text.to_owned(),
    }
}
