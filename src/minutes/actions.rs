//! Who does what by when. A promise ("I'll email it by Friday", 我聽日問業主), a request that is taken up, or what a
//! third one is said to do by a day. Whose it is follows from what is to be done: a floor plan or a call to the owner
//! is the agent's, a payslip or the deposit is the client's. What nobody promised, and what was done already, is none.

use super::cues::{Hit, outcomes, wishes};
use super::line::Line;
use super::point::{Act, Draft, Evidence, Is, Kind};
use super::things::{self, thing};
use crate::language::dates::Moments;
use jiff::civil::Date;
use std::ops::Range;

/// Over how many lines a request and the promise that answers it are one action.
const TOGETHER: usize = 2;

#[derive(Debug, Clone)]
struct Action {
    owner: &'static str,
    due: Option<Date>,
    verb: &'static str,
    said: String,
    things: Vec<String>,
    /// Asked for and not yet promised.
    request: bool,
    evidence: Evidence,
    line: usize,
}

/// Listens for actions, line by line.
#[derive(Default)]
pub(super) struct Actions {
    actions: Vec<Action>,
}

impl Actions {
    /// Takes in the next line; returns whether it promises or asks for something.
    pub fn hear(&mut self, i: usize, line: &Line, moments: &Moments) -> bool {
        let mut found = false;
        for clause in spans(line) {
            if let Some(action) = read(i, line, &clause, moments) {
                found = true;
                self.enter(action);
            }
        }
        if !found && !line.asks {
            self.accept(i, line);
        }
        found
    }

    fn enter(&mut self, new: Action) {
        let together = self.actions.iter_mut().rev().find(|a| {
            let agree = a.due.is_none() || new.due.is_none() || a.due == new.due;
            let shared = a.things.iter().any(|t| new.things.contains(t));
            let apart = !a.things.is_empty() && !new.things.is_empty() && !shared && !a.request;
            a.owner == new.owner && new.line - a.line <= TOGETHER && agree && !apart && a.line != new.line
        });
        match together {
            Some(a) => {
                a.due = new.due.or(a.due);
                a.request &= new.request;
                a.evidence.merge(&new.evidence);
                a.line = new.line;
                if a.things.is_empty() || (!new.things.is_empty() && !new.request) {
                    (a.said, a.verb) = (new.said, new.verb);
                }
                let more = new.things.into_iter().filter(|t| !a.things.contains(t)).collect::<Vec<_>>();
                a.things.extend(more);
            }
            None => self.actions.push(new),
        }
    }

    /// A yes to a request makes it a promise.
    fn accept(&mut self, i: usize, line: &Line) {
        let first = line.find(&wishes().answer, &line.all()).into_iter().next();
        if !first.is_some_and(|h| h.at.start <= 1 && h.sense == "yes") {
            return;
        }
        for a in self.actions.iter_mut().filter(|a| a.request && i - a.line <= TOGETHER) {
            a.request = false;
            a.evidence.add(line.n);
        }
    }

    /// The actions, as points. A request without a day that nobody took up is none.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.actions.iter().filter(|a| !a.request || a.due.is_some()).map(|a| Draft {
            act: Some(Act { verb: a.verb.into(), things: a.things.clone(), said: a.said.clone() }),
            ..Draft::new(
                Kind::Action,
                a.owner,
                a.due.map_or(Is::Unsaid, |d| Is::Word(d.to_string())),
                a.evidence.clone(),
            )
        })
    }
}

/// Stretches that can each hold one action: the clauses, a clause without a verb joined to the next.
fn spans(line: &Line) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut from = None;
    for clause in &line.clauses {
        let start = from.unwrap_or(clause.start);
        if line.find(&outcomes().act, clause).iter().any(|h| h.sense != "could") {
            out.push(start..clause.end);
            from = None;
        } else {
            from = Some(start);
        }
    }
    match (from, out.last_mut()) {
        (Some(_), Some(last)) => last.end = line.text.chars.len(),
        (Some(start), None) => out.push(start..line.text.chars.len()),
        (None, _) => {}
    }
    out
}

fn read(i: usize, line: &Line, span: &Range<usize>, moments: &Moments) -> Option<Action> {
    let who = line.find(&outcomes().who, span);
    let acts: Vec<Hit> = line.find(&outcomes().act, span);
    let follows = |h: &&Hit| who.iter().any(|w| w.sense != "third" && w.at.start < h.at.start);
    let verbs = || acts.iter().filter(|h| !matches!(h.sense, "done" | "could"));
    let verb = verbs().find(follows).or_else(|| verbs().next());
    // The day before the verb is its own (聽日約業主 星期日睇樓); English says it after.
    let days = || moments.days.iter().filter(|d| span.contains(&d.at.start));
    let leads = days().rfind(|d| verb.is_some_and(|v| d.at.end <= v.at.start));
    let due = leads.or_else(|| days().next()).map(|d| d.date);
    if line.has_in(&wishes().elsewhere, "past", span) && due.is_none() {
        return None;
    }
    let action = |owner, request| {
        Some(Action {
            owner,
            due,
            verb: verb.map_or("", |v| v.sense),
            said: line.quote(span.clone()).to_owned(),
            things: keys(&things(line, span)),
            request,
            evidence: Evidence::of(line.n),
            line: i,
        })
    };
    if let Some(third) = who.iter().find(|h| h.sense == "third")
        && promised_by_other(line, span, third, &who, due)
        && !line.asks
    {
        return action("other", false);
    }
    let verb = verb?;
    if acts.iter().any(|h| {
        h.sense == "done" && h.at.end <= verb.at.start && due.is_none() && h.at.len() > 2 && already(line, h)
    }) {
        return None;
    }
    let subject = who.iter().rfind(|h| h.at.start < verb.at.start && h.sense != "third");
    let toward =
        line.find(&outcomes().toward, &(verb.at.start..span.end)).iter().any(|h| h.at.start >= verb.at.start);
    let things = things(line, span);
    let whose = owner(&things);
    match subject.map(|h| h.sense) {
        Some("me") if !line.clause_asks(&line.clause_of(verb.at.start)) => {
            let latin = line.text.at(verb.at.start).is_ascii() && line.text.at(subject?.at.start).is_ascii();
            let sure =
                due.is_some() || toward || (latin && !things.is_empty()) || (latin && will(line, subject?));
            let named = due.is_some() || toward || !things.is_empty();
            let owner = whose.or(by_verb(verb, toward))?;
            // "I can find you one" is only offered; 我打俾業主 without a day is done on the spot.
            let offered = line.has_in(&outcomes().act, "could", &(subject?.at.start..verb.at.start));
            let spot = due.is_none() && !latin && matches!(verb.sense, "call" | "ask");
            if sure && named && !spot { action(owner, offered) } else { None }
        }
        Some("you") => {
            let owner = whose.or(by_request(verb, toward, due))?;
            if due.is_none() && things.is_empty() { None } else { action(owner, true) }
        }
        // The subject is left out: 聽日問業主覆你.
        None if due.is_some() && toward && !line.asks && who.is_empty() => {
            action(whose.or(by_verb(verb, toward))?, false)
        }
        _ => None,
    }
}

fn will(line: &Line, subject: &Hit) -> bool {
    matches!(
        line.text.slice(subject.at.clone()).as_str(),
        "ill" | "i will" | "let me" | "i shall" | "im going to"
    )
}

fn already(line: &Line, hit: &Hit) -> bool {
    let word = line.text.slice(hit.at.clone());
    word.ends_with(['咗', '过', '了', '完']) || word == "已经" || word == "already"
}

fn things(line: &Line, span: &Range<usize>) -> Vec<Hit> {
    let found = things::find(&line.text, span);
    if found.is_empty() { things::find(&line.text, &line.all()) } else { found }
}

/// The keys of things, each once.
fn keys(things: &[Hit]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for hit in things {
        if !out.iter().any(|k| k == hit.sense) {
            out.push(hit.sense.to_owned());
        }
    }
    out
}

fn owner(things: &[Hit]) -> Option<&'static str> {
    let client = |h: &Hit| thing(h.sense).is_some_and(|t| t.owner == "client");
    let agent = !things.is_empty();
    if things.iter().any(client) { Some("client") } else { agent.then_some("agent") }
}

/// Whose a promise is when the thing does not tell: agents send, call, ask and look for things.
fn by_verb(verb: &Hit, toward: bool) -> Option<&'static str> {
    match verb.sense {
        "send" | "call" | "ask" | "find" if toward => Some("agent"),
        "find" | "ask" => Some("agent"),
        _ => None,
    }
}

/// Whose a request is when the thing does not tell: clients ask agents.
fn by_request(verb: &Hit, toward: bool, due: Option<Date>) -> Option<&'static str> {
    match verb.sense {
        "ask" | "find" => Some("agent"),
        "call" | "send" if toward || due.is_some() => Some("agent"),
        _ => None,
    }
}

/// 業主話月尾前會整好; "he'd send his report on December fourth".
fn promised_by_other(line: &Line, span: &Range<usize>, third: &Hit, who: &[Hit], due: Option<Date>) -> bool {
    let after = third.at.end..span.end;
    let hits = line.find(&outcomes().other, &after);
    let said = hits.iter().any(|h| h.sense == "will") || latin_will(line, third);
    let act = hits.iter().any(|h| h.sense == "act")
        || line.find(&outcomes().act, &after).iter().any(|h| !matches!(h.sense, "done" | "could"));
    let me = who.iter().any(|h| h.sense == "me" && h.at.start < third.at.start);
    due.is_some() && said && act && !me
}

fn latin_will(line: &Line, third: &Hit) -> bool {
    matches!(
        line.text.slice(third.at.clone()).as_str(),
        "hed" | "shed" | "hell" | "shell" | "theyll" | "theyd"
    )
}
