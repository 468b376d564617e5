//! What the client wants and rules out. A mention becomes a claim when something licenses it: a wish before it
//! (想要三房), a judgement after it (兩房就夠), a bound (最多五百呎), or the question it answers (幾多房？三間啦).
//! What the agent proposes or asks licenses nothing by itself; a plain yes to "do you need parking" takes it up.
//!
//! What is said about the past, about other people or about the owner is no wish, nor is what "doesn't matter".

use super::cues::{outcomes, wishes};
use super::figures::{Bound, Figure};
use super::ledger::{Claim, Ledger};
use super::line::{Line, Mention, What};
use super::point::{Confidence, Evidence, Is};
use super::stance::{Stance, bare, closes, excluded, is_unit, stance, want_before, wished};
use crate::language::dates::Moments;
use crate::language::{PlaceKind, Unit};
use std::ops::Range;

/// Up to how many lines after a question its answer may come.
const ANSWER_WITHIN: usize = 2;

/// The question that is in the air.
#[derive(Default)]
struct Asked {
    line: usize,
    segment: usize,
    topics: Vec<&'static str>,
    /// Whether it was asked, rather than only brought up.
    asks: bool,
    /// The line in which it was answered.
    answered: Option<usize>,
    /// What a plain yes would ask for.
    offers: Vec<(&'static str, Is)>,
}

/// Listens for preferences, line by line.
#[derive(Default)]
pub(super) struct Preferences {
    pub ledger: Ledger,
    asked: Option<Asked>,
    /// What was mentioned lately, by whomever.
    lately: Vec<(usize, &'static str, Is)>,
}

impl Preferences {
    /// Takes in the next line, the `i`th that was spoken.
    pub fn hear(&mut self, i: usize, line: &Line, moments: &Moments) {
        self.take_yes(i, line);
        let landlord = line.has(&wishes().elsewhere, "landlord");
        let mut carried = false;
        for clause in line.clauses.clone() {
            if landlord || line.clause_asks(&clause) {
                carried = false;
                continue;
            }
            carried = self.clause(i, line, &clause, moments, carried);
        }
        for (slot, value) in line.mentions.iter().filter_map(slot_of) {
            self.lately.push((i, slot, value));
        }
        self.lately.retain(|(at, ..)| i - at < 3);
        self.note_question(i, line);
    }

    fn answers(&self, i: usize, slot: &str) -> bool {
        self.asked.as_ref().is_some_and(|a| {
            i > a.line
                && i - a.line <= ANSWER_WITHIN
                && a.answered.is_none_or(|at| at == i)
                && topics_of(slot).iter().any(|t| a.topics.contains(t))
        })
    }

    /// A question is answered once: what is said of its subject later on needs a wish of its own.
    fn mark_answered(&mut self, i: usize, slot: &str) {
        if let Some(asked) = self.asked.as_mut().filter(|a| i > a.line)
            && topics_of(slot).iter().any(|t| asked.topics.contains(t))
        {
            asked.answered.get_or_insert(i);
        }
    }

    /// A yes to "do you need …?" claims what was offered.
    fn take_yes(&mut self, i: usize, line: &Line) {
        let Some(asked) = self.asked.as_ref().filter(|a| i == a.line + 1 && !line.asks) else { return };
        let yes = line
            .find(&wishes().answer, &line.all())
            .first()
            .is_some_and(|h| h.at.start == 0 && h.sense == "yes");
        let hedged = line.any(&wishes().indifferent) || line.any(&wishes().drop);
        if !yes || hedged {
            return;
        }
        let (from, offers) = (asked.segment, asked.offers.clone());
        for (slot, value) in offers {
            // An answer that names another value of its own is read by itself.
            let own = line.mentions.iter().filter_map(slot_of).any(|(s, v)| s == slot && v != value);
            if !own {
                let evidence = Evidence::of(from).and(line.n);
                let confidence = Confidence::Likely;
                self.ledger.enter(Claim { slot, value, avoid: false, confidence, evidence }, false);
            }
        }
    }

    fn note_question(&mut self, i: usize, line: &Line) {
        let (mut topics, mut offers) = (Vec::new(), Vec::new());
        let asking: Vec<_> = line.clauses.iter().filter(|c| line.clause_asks(c)).collect();
        for clause in &asking {
            topics.extend(self.topics(line, clause));
            let offered = line.any_in(&wishes().offered, clause);
            let here = line.mentions.iter().filter(|m| clause.contains(&m.at.start));
            let wanted = |m: &&Mention| offered || want_before(line, clause, &m.at);
            offers.extend(here.filter(wanted).filter_map(slot_of));
        }
        let last = line.clauses.iter().rfind(|c| c.len() > 1);
        let wish = line.has(&wishes().want, "strong");
        if asking.is_empty()
            && !wish
            && line.length() <= 26
            && !line.mentions.iter().any(|m| matches!(m.what, What::Figure(_)))
            && let Some(last) = last
        {
            topics = self.topics(line, last);
        }
        if asking.is_empty() && topics.is_empty() {
            return;
        }
        let slots: Vec<_> = offers.iter().map(|o| o.0).collect();
        offers.retain(|o| slots.iter().filter(|s| **s == o.0).count() == 1);
        let asks = !asking.is_empty();
        self.asked = Some(Asked { line: i, segment: line.n, topics, asks, answered: None, offers });
    }

    /// What a clause asks about. Where somebody works, and what the deposit comes to, is not asked of a wish.
    fn topics(&self, line: &Line, clause: &Range<usize>) -> Vec<&'static str> {
        let prices = line.has(&wishes().money, "other");
        let work = line.has_in(&wishes().elsewhere, "work", clause);
        let asked = line.find(&wishes().topic, clause).into_iter().map(|h| h.sense);
        asked.filter(|t| !(prices && *t == "budget" || work && *t == "place")).collect()
    }

    /// Reads a clause; `carried` says that the one before it voiced a wish. Returns whether this one did.
    fn clause(
        &mut self,
        i: usize,
        line: &Line,
        clause: &Range<usize>,
        moments: &Moments,
        carried: bool,
    ) -> bool {
        let here: Vec<&Mention> = line.mentions.iter().filter(|m| clause.contains(&m.at.start)).collect();
        let indifferent = line.any_in(&wishes().indifferent, clause);
        if indifferent || line.any_in(&wishes().drop, clause) {
            self.take_back(i, line, &here);
            return false;
        }
        let change = line.any(&wishes().change);
        let mut claimed = false;
        self.deal(i, line, clause, change);
        self.move_in(i, line, clause, moments);
        for m in &here {
            if excluded(line, clause, &m.at) {
                continue;
            }
            let confidence = sureness(line, clause, m);
            for (slot, value, avoid) in self.read(i, line, clause, m, carried) {
                claimed = true;
                self.mark_answered(i, slot);
                if let (true, What::Flag(_)) = (avoid, &m.what) {
                    self.ledger.withdraw(slot, line.n);
                    continue;
                }
                let evidence = Evidence::of(line.n);
                self.ledger.enter(Claim { slot, value, avoid, confidence, evidence }, change);
            }
        }
        claimed
    }

    /// "We don't need parking after all", "the clubhouse doesn't matter".
    fn take_back(&mut self, i: usize, line: &Line, here: &[&Mention]) {
        let mut slots: Vec<&'static str> = here
            .iter()
            .filter_map(|m| if let What::Flag(slot) = m.what { Some(slot) } else { None })
            .collect();
        if slots.is_empty() {
            slots = self.ledger.flags_of(line.n);
        }
        if slots.is_empty()
            && let Some(asked) = self.asked.as_ref().filter(|a| a.asks && i == a.line + 1)
        {
            slots = asked.topics.iter().copied().filter(|t| FLAGS.contains(t)).collect();
        }
        slots.into_iter().for_each(|slot| self.ledger.withdraw(slot, line.n));
    }

    fn deal(&mut self, i: usize, line: &Line, clause: &Range<usize>, change: bool) {
        for hit in line.find(&wishes().deal, clause) {
            if excluded(line, clause, &hit.at) {
                continue;
            }
            let said_to = |at: usize| line.find(&wishes().you, &(clause.start..at)).is_empty();
            let (deal, licensed) = match hit.sense {
                "sale" => ("sale", said_to(hit.at.start)),
                "rent" => ("rent", said_to(hit.at.start)),
                "sale_word" => ("sale", wished(line, clause, &hit.at) || self.answers(i, "deal")),
                _ => ("rent", wished(line, clause, &hit.at) || self.answers(i, "deal")),
            };
            if licensed {
                let claim = Claim {
                    slot: "deal",
                    value: Is::Word(deal.into()),
                    avoid: false,
                    confidence: if hit.sense.ends_with("_word") {
                        Confidence::Likely
                    } else {
                        Confidence::Sure
                    },
                    evidence: Evidence::of(line.n),
                };
                self.ledger.enter(claim, change);
            }
        }
    }

    fn move_in(&mut self, i: usize, line: &Line, clause: &Range<usize>, moments: &Moments) {
        let moving = line.any_in(&wishes().moving, clause);
        let must = line.find(&wishes().moving, clause).iter().any(|h| h.sense == "must");
        let moves = line.find(&wishes().moving, clause).iter().any(|h| h.sense == "any");
        let asked = self.answers(i, "move_in_by") && moves;
        for day in moments.days.iter().filter(|d| clause.contains(&d.at.start)) {
            let past = line.find(&wishes().elsewhere, clause).iter().any(|h| h.sense != "work");
            if moving && !past && ((moves && must) || asked) {
                let value = Is::Word(day.date.to_string());
                let evidence = Evidence::of(line.n);
                let confidence = if must { Confidence::Sure } else { Confidence::Likely };
                let slot = "move_in_by";
                self.ledger.enter(Claim { slot, value, avoid: false, confidence, evidence }, false);
            }
        }
    }

    /// The claims that a mention makes: slot, value, whether it is ruled out.
    fn read(
        &self,
        i: usize,
        line: &Line,
        clause: &Range<usize>,
        m: &Mention,
        carried: bool,
    ) -> Vec<(&'static str, Is, bool)> {
        if let What::Place(_) = &m.what
            && is_unit(line, &m.at)
        {
            return Vec::new();
        }
        if let What::Figure(figure) = &m.what {
            return self.figure(i, line, clause, figure, carried);
        }
        let Some((slot, value)) = slot_of(m) else { return Vec::new() };
        let listed = carried && bare(line, clause, &m.at);
        let taken_up = || {
            self.lately.iter().any(|(at, s, v)| *at < i && *s == slot && *v == value)
                && closes(line, clause, &m.at)
        };
        let stance = stance(line, clause, &m.at)
            .or((listed || self.answers(i, slot) || taken_up()).then_some(Stance::Want));
        match (stance, slot, &value) {
            (None, ..) => Vec::new(),
            (Some(Stance::Avoid), "tenancy", Is::Word(w)) if w == "tenanted" => {
                vec![("tenancy", Is::Word("vacant".into()), false)]
            }
            (Some(Stance::Want), "tenancy", Is::Word(w)) if w == "tenanted" => Vec::new(),
            (Some(Stance::Avoid), "tenancy" | "bedrooms" | "facility", _) => Vec::new(),
            (Some(s), ..) => vec![(slot, value, s == Stance::Avoid)],
        }
    }

    fn figure(
        &self,
        i: usize,
        line: &Line,
        clause: &Range<usize>,
        f: &Figure,
        carried: bool,
    ) -> Vec<(&'static str, Is, bool)> {
        let want = |slot, value: f64| (slot, Is::Number(value.round() as i64), false);
        if f.bound == Bound::Aside {
            return Vec::new();
        }
        let listed = carried && bare(line, clause, &f.at);
        let meant = stance(line, clause, &f.at);
        let wanted = meant == Some(Stance::Want) || listed;
        let taken_up = || closes(line, clause, &f.at);
        match f.unit {
            Unit::Bedrooms => {
                let echoed = || {
                    self.lately
                        .iter()
                        .any(|(at, s, v)| *at < i && *s == "bedrooms" && *v == Is::Number(f.value as i64))
                };
                let repeated = || {
                    line.mentions.iter().any(|o| matches!(&o.what, What::Figure(g)
                    if g.unit == Unit::None && g.value == f.value && wished(line, &line.clause_of(g.at.start), &g.at)))
                };
                let sure = wanted || self.answers(i, "bedrooms") || f.bound != Bound::None;
                if meant == Some(Stance::Avoid) && f.bound == Bound::None
                    || !(sure || (echoed() && taken_up()) || repeated())
                {
                    return Vec::new();
                }
                bedrooms(f)
            }
            Unit::None if self.answers(i, "bedrooms") && !f.scaled && (1.0..=6.0).contains(&f.value) => {
                bedrooms(f)
            }
            Unit::SqFt => {
                let answer = self.answers(i, "area");
                match (f.upper, f.bound) {
                    (Some(upper), _) if wanted || answer => {
                        vec![want("area_min", f.value), want("area_max", upper)]
                    }
                    (None, Bound::Max) => vec![want("area_max", f.value)],
                    (None, Bound::Min) => vec![want("area_min", f.value)],
                    (None, Bound::None) if wanted || answer => vec![want("area_min", f.value)],
                    _ => Vec::new(),
                }
            }
            Unit::Minutes if f.bound == Bound::Max && line.has(&wishes().walk, "any") => {
                vec![want("mtr_walk_max", f.value)]
            }
            Unit::Years if f.bound == Bound::Max && line.has(&wishes().walk, "age") => {
                vec![want("age_max", f.value)]
            }
            _ if school_net(line, f) => {
                let sure = wanted || self.answers(i, "school_net");
                if sure { vec![want("school_net", f.value)] } else { Vec::new() }
            }
            _ => self.money(i, line, clause, f, wanted),
        }
    }

    fn money(
        &self,
        i: usize,
        line: &Line,
        clause: &Range<usize>,
        f: &Figure,
        wanted: bool,
    ) -> Vec<(&'static str, Is, bool)> {
        let renting = self.ledger.word("deal").map(|d| d == "rent");
        let answer = self.answers(i, "budget");
        let cues = line.find(&wishes().money, &line.all());
        let budget = cues
            .iter()
            .any(|h| h.sense == "budget" && (clause.contains(&h.at.start) || h.at.start > f.at.start));
        let other = cues.iter().any(|h| h.sense == "other" && clause.contains(&h.at.start))
            || outcomes().offer.has("say", &line.text.chars, clause);
        let talked_of = self.ledger.number("budget_max").is_some() && f.bound == Bound::Max;
        if other || !(answer || budget || talked_of || (wanted && f.scaled)) {
            return Vec::new();
        }
        let Some((value, upper)) = f.dollars(renting != Some(true)) else { return Vec::new() };
        // What nobody pays a month, and what no flat sells for.
        let odd = match renting {
            Some(true) => value > 500_000,
            Some(false) => value < 300_000,
            None => value < 5_000,
        };
        match (odd, upper, f.bound) {
            (true, ..) => Vec::new(),
            (_, Some(upper), _) => {
                vec![("budget_min", Is::Number(value), false), ("budget_max", Is::Number(upper), false)]
            }
            (_, None, Bound::Min) => vec![("budget_min", Is::Number(value), false)],
            _ => vec![("budget_max", Is::Number(value), false)],
        }
    }
}

/// Sure where a wish, a judgement or a bound stands beside it; an answer or an item of a list is only likely.
fn sureness(line: &Line, clause: &Range<usize>, m: &Mention) -> Confidence {
    let bounded = matches!(&m.what, What::Figure(f) if matches!(f.bound, Bound::Max | Bound::Min));
    let sure = bounded || stance(line, clause, &m.at).is_some();
    if sure { Confidence::Sure } else { Confidence::Likely }
}

/// Preferences that are simply wanted.
const FLAGS: &[&str] = &["parking", "pets", "balcony", "helper_room", "facility", "tenancy"];

fn bedrooms(f: &Figure) -> Vec<(&'static str, Is, bool)> {
    let n = f.value.round() as i64;
    match (f.upper, f.bound) {
        (_, Bound::Max) => Vec::new(),
        (Some(_), _) | (_, Bound::Min) => vec![("bedrooms_min", Is::Number(n), false)],
        _ => vec![("bedrooms", Is::Number(n), false)],
    }
}

/// The questions that a mention of this slot can answer.
fn topics_of(slot: &str) -> &'static [&'static str] {
    match slot {
        "deal" => &["deal"],
        "bedrooms" | "bedrooms_min" => &["bedrooms"],
        "budget" | "budget_max" | "budget_min" => &["budget"],
        "area" | "area_min" | "area_max" => &["area"],
        "estate" | "district" => &["place"],
        "mtr" => &["place", "mtr"],
        "view" => &["view"],
        "floor_band" => &["floor"],
        "orientation" => &["orientation"],
        "move_in_by" => &["move_in"],
        "parking" => &["parking"],
        "pets" => &["pets"],
        "balcony" => &["balcony"],
        "helper_room" => &["helper_room"],
        "facility" => &["facility"],
        "tenancy" => &["tenancy"],
        "school_net" => &["school_net"],
        _ => &[],
    }
}

/// The slot and the value that a mention would have.
fn slot_of(m: &Mention) -> Option<(&'static str, Is)> {
    Some(match &m.what {
        What::Place(p) => {
            let slot = match p.kind {
                PlaceKind::Estate => "estate",
                PlaceKind::District => "district",
                PlaceKind::Mtr => "mtr",
                PlaceKind::Region | PlaceKind::Block => return None,
            };
            (slot, Is::Place(p.name_zh.clone(), p.name_en.clone()))
        }
        What::Word("bedrooms", w) => ("bedrooms", Is::Number(w.parse().ok()?)),
        What::Word(slot, w) => (slot, Is::Word(w.clone())),
        What::Flag(slot) => (slot, Is::Yes),
        What::Figure(f) if f.unit == Unit::Bedrooms && f.upper.is_none() => {
            ("bedrooms", Is::Number(f.value as i64))
        }
        What::Figure(_) => return None,
    })
}

fn school_net(line: &Line, f: &Figure) -> bool {
    let window = f.at.start.saturating_sub(12)..(f.at.end + 4).min(line.text.chars.len());
    let hits = line.find(&wishes().walk, &window);
    (11.0..100.0).contains(&f.value)
        && !f.scaled
        && hits.iter().any(|h| h.sense == "school" && h.at.end + 3 >= f.at.start && h.at.start <= f.at.end)
}
