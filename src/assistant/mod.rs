//! The assistant: a question to a typed query ([`understand`]), the query to rows ([`resolve`]), the rows to words
//! ([`answer`]). Pure: no clock, no files, no network; the conversation's memory is handed in and out as [`Session`].
//!
//! What it promises: every figure it says comes from a row; what is private cannot be said, because a [`Listing`]
//! cannot hold it; an estate, a unit or a reference that is not here is said not to be here.

use crate::language::{Folded, Language, Tongue, detect, fold};
use crate::listings::phrasebook::{Phrasebook, Word};
use crate::listings::{Listing, Problem};
use crate::reason::Reason;
use jiff::civil::Date;
use std::sync::Arc;

mod address;
mod addresses;
mod alternatives;
mod answer;
mod availability;
mod background;
mod beyond;
mod bits;
mod columns;
mod compare;
mod confirm;
mod describe;
mod index;
#[cfg(test)]
mod index_tests;
mod logged;
mod narrow;
mod numbers;
mod ordering;
mod own_words;
mod patterns;
mod phases;
mod phrases;
mod polarity;
mod quantity;
mod query;
mod reading;
mod reply;
mod resolve;
mod rules;
mod scan;
mod scripts;
mod session;
mod terms;
mod understand;
mod unknown;
pub(crate) mod wanted;
mod words;

pub use query::Query;
pub use reply::{Fact, Kind, Matched, Reply, Understood};
pub use scripts::Fired;

#[cfg(test)]
pub(crate) use rules::names as rule_names;
pub use session::Session;

use confirm::{Pending, Said};
use query::Target;

/// The banks whose valuations a listing may hold, by column.
const VALUATIONS: [&str; 5] = [
    "valuation_hsbc_hkd",
    "valuation_hangseng_hkd",
    "valuation_bochk_hkd",
    "valuation_sc_hkd",
    "valuation_bea_hkd",
];
/// The longest question that is read, in bytes; what comes after is left out.
pub const LONGEST: usize = 4096;

/// Answers questions from one version of the listing base and one of the branch's phrasebook.
pub struct Assistant {
    base: resolve::Base,
    own: own_words::OwnWords,
    scripts: scripts::Scripts,
    /// The version of the phrasebook, or "".
    phrasebook_version: String,
    /// Prices are withheld, since nobody has confirmed them for so many days.
    withheld_days: Option<i64>,
}

impl Assistant {
    /// Indexes a listing base and builds its gazetteer.
    pub fn new(listings: Vec<impl Into<Arc<Listing>>>, base_version: String) -> Self {
        Self::with_phrasebook(listings, base_version, &Phrasebook::default())
    }

    /// The same, with the branch's scripts and words.
    pub fn with_phrasebook(
        listings: Vec<impl Into<Arc<Listing>>>,
        base_version: String,
        book: &Phrasebook,
    ) -> Self {
        let mut base = resolve::Base::new(listings, base_version);
        let own = own_words::OwnWords::new(&book.words, &mut base.places);
        let phrasebook_version = book.version.clone();
        let mut assistant =
            Self { base, own, scripts: Default::default(), phrasebook_version, withheld_days: None };
        assistant.scripts = scripts::Scripts::new(&book.scripts, &assistant);
        // The tables of characters and phrases load on first use; the first client should not wait for them.
        for text in ["兩房", "多少钱", "hello"] {
            assistant.ask(&mut Session::default(), text, None, Date::constant(2000, 1, 1));
        }
        assistant
    }

    /// The version of the base.
    pub fn base_version(&self) -> &str {
        &self.base.version
    }

    /// How many listings the base has, of any status.
    pub fn len(&self) -> usize {
        self.base.len()
    }

    /// Whether the base has no listing.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }

    /// The listing with a reference.
    pub fn listing(&self, reference: &str) -> Option<&Listing> {
        self.base.by_ref(reference).map(Arc::as_ref)
    }

    /// Every listing of the base, of any status.
    pub fn listings(&self) -> impl ExactSizeIterator<Item = &Listing> {
        self.base.listings()
    }

    /// [`Assistant::listings`], to be kept.
    pub fn shared_listings(&self) -> Vec<Arc<Listing>> {
        self.base.shared_listings()
    }

    /// The places of the base.
    pub fn places(&self) -> &crate::language::Gazetteer {
        &self.base.places
    }

    /// Words of the branch that mean nothing here: places that the base no longer has.
    pub fn words_without_meaning(&self) -> &[String] {
        &self.own.without_meaning
    }

    /// What is wrong with a word of the branch beside the vocabulary and the places of this base.
    pub fn check_word(&self, word: &Word) -> Result<(), Problem> {
        own_words::check(word, &self.base.places)
    }

    /// What is wrong with a script's trigger beside the vocabulary and the listings, as the end of a sentence.
    pub fn check_trigger(&self, trigger: &str) -> Result<(), Reason> {
        scripts::check_trigger(trigger, self)
    }

    /// What a text asks outside any conversation, where there are no scripts.
    fn query(&self, text: &str) -> Query {
        let folded = fold(text);
        let (tokens, masked) = self.tokens(&folded);
        let plain: String = masked.chars.iter().collect();
        let reading = reading::read(&folded, &tokens);
        understand::understand(&reading, &plain, &Session::default(), &self.base, Date::constant(2000, 1, 1))
    }

    /// The tokens of a text, and the folded text without the names of places.
    fn tokens(&self, folded: &Folded) -> (Vec<scan::Token>, Folded) {
        let known = |r: &str| self.base.by_ref(r).map(|l| l.reference.clone());
        let mut tokens = scan::scan(folded, &self.base.places, &self.own, known);
        phases::siblings(folded, &self.base.places, &mut tokens);
        let masked = masked(folded, &tokens);
        patterns::add(&masked, &mut tokens);
        background::remove(folded, &mut tokens);
        (tokens, masked)
    }

    /// Answers one question of a conversation. `language` overrides the language of the question; `today` is the date
    /// in the branch.
    pub fn ask(&self, session: &mut Session, text: &str, language: Option<Language>, today: Date) -> Reply {
        let end = (0..=text.len().min(LONGEST)).rev().find(|&i| text.is_char_boundary(i)).unwrap_or_default();
        let text = &text[..end];
        let folded = fold(text);
        let (mut tokens, masked) = self.tokens(&folded);
        let spoken = detect(&spoken_words(text, &folded, &tokens), session.tongue);
        let tongue = match language {
            Some(l) if l != spoken.language => Tongue::of(l),
            _ => spoken,
        };
        session.tongue = Some(tongue);
        let plain: String = masked.chars.iter().collect();
        let available = availability::read(&folded, &mut tokens, today);
        let mut reading = reading::read(&folded, &tokens);
        if let Some(cond) = available {
            reading.something = true;
            reading.measured.push(cond);
        }
        if let Some(name) = &mut reading.unknown {
            *name = as_written(name, &folded, text);
        }
        let asked = |reading: &reading::Reading, plain: &str| {
            understand::understand(reading, plain, session, &self.base, today)
        };
        // What is refused or wants a person settles nothing, whatever name stands in it.
        let terms = rules::Said::in_text(&plain);
        let ruled = terms.refused().or_else(|| terms.handed_off(false)).is_some();
        let pending = session.pending.as_ref().filter(|_| !ruled).map(|p| (p, p.said(&folded, &reading)));
        let settles = matches!(&pending, Some((_, said)) if !matches!(said, Said::Other));
        let (reading, query) = match pending {
            // The question that was kept has passed the rules already.
            Some((_, Said::Meant(meant))) => {
                let query = asked(&meant, "");
                (*meant, query)
            }
            Some((pending, Said::Unclear)) => (pending.reading.clone(), asked(&pending.reading, "")),
            Some((_, Said::None)) => (reading, Query::NotHere(String::new())),
            Some((_, Said::Other)) | None => {
                let query = asked(&reading, &plain);
                (reading, query)
            }
        };
        let answerer = answer::Answerer { base: &self.base, words: words::Words::new(tongue), today };
        let matched = reading.places.iter().chain(&reading.not_places).map(|m| Matched {
            // A place that was settled was written in the question before.
            written: text.get(m.span.clone()).filter(|_| !settles).unwrap_or_default().to_owned(),
            place: m.place.name_en.clone(),
            place_zh: m.place.name_zh.clone(),
            how: m.how,
        });
        let mut understood = Understood {
            matched: matched.collect(),
            base_version: self.base.version.clone(),
            phrasebook_version: self.phrasebook_version.clone(),
            ..Understood::default()
        };
        let question = scripts::Question {
            text: &folded,
            masked: &masked,
            plain: &plain,
            tokens: &tokens,
            query: &query,
        };
        // An answer to a question back is no question for a script.
        if let Some(hit) = self.scripts.choose(&question).filter(|_| !settles) {
            session.pending = None;
            return hit.reply(&answerer.words, understood);
        }
        let withheld = self.withheld_days.map(|days| answerer.words.withheld(days));
        let query = match &withheld {
            Some(_) if asks_for_prices(&query) => Query::Handoff("prices_withheld".into()),
            _ => query,
        };
        let mut reply = answerer.reply(&query);
        match (&withheld, &query) {
            (Some(why), Query::Handoff(rule)) if rule == "prices_withheld" => reply.text = why.clone(),
            (Some(why), _) if !reply.listings.is_empty() => {
                reply.text = format!("{} {why}", reply.text.trim_end())
            }
            _ => {}
        }
        if matches!(query, Query::Search { .. } | Query::Facts { .. }) && reply.kind != Kind::NotFound {
            reply.text += &answerer.words.beyond(&beyond::said(&plain));
        }
        understood.words = answerer.words.finish(&self.in_words(&query, &answerer.words));
        understood.query = query.structure();
        reply.understood = understood;
        if let Query::Refuse(_) = &query
            && let Some(reference) = understand::named(&reading, session, &self.base, today)
        {
            let target = Target::Ref(reference.clone());
            session.last = Some(Query::Facts { target, fields: Vec::new() });
            (session.shown, session.subject) = (vec![reference.clone()], Some(reference));
        }
        let elsewhere = understand::elsewhere(&query, &reading, session, &self.base, today);
        session.pending = match &query {
            Query::WhichPlace { places, .. } => Some(Pending { reading, options: places.clone() }),
            _ => None,
        };
        remember(session, query, elsewhere, &reply);
        reply
    }

    /// The same, over listings whose prices were taken out because nobody has confirmed them for `days` days: a question
    /// about prices is for a person then, and the reply says why.
    pub fn withholding_prices(mut self, days: Option<i64>) -> Self {
        self.withheld_days = days;
        self
    }

    fn in_words(&self, query: &Query, words: &words::Words) -> String {
        let labels =
            |fields: &[&'static str]| fields.iter().map(|f| words.label(f)).collect::<Vec<_>>().join(", ");
        let op =
            |o: query::Op| words.phrases.find(&format!("op.{}", o.as_str())).unwrap_or(o.as_str()).to_owned();
        match query {
            Query::Search { filter, .. } => words.filter(&self.base, filter),
            Query::Facts { target, fields } if fields.is_empty() => words.target(&self.base, target),
            Query::Facts { target, fields } => {
                format!("{}: {}", words.target(&self.base, target), labels(fields))
            }
            Query::Aggregate { op: o, column, filter } => {
                format!("{}: {} {}", words.filter(&self.base, filter), words.label(column), op(*o))
            }
            Query::Compare { subjects, fields } => {
                let all: Vec<_> = subjects.iter().map(|s| words.target(&self.base, s)).collect();
                format!("{}: {}", all.join(" / "), labels(fields))
            }
            Query::Refuse(rule) | Query::Handoff(rule) => rule.clone(),
            Query::NotHere(name) => words.quoted(name),
            Query::WhichPlace { places, .. } => words.places(places),
        }
    }
}

/// Whether a question turns on prices: asks for one, sets a limit, or wants them in order. A query names them by column,
/// and by "price" where the deal is to say which.
fn asks_for_prices(query: &Query) -> bool {
    let structure = query.structure().to_string();
    let general = ["\"price\"", "\"price_m", "\"price asc\"", "\"price desc\""];
    crate::listings::freshness::PRICES.iter().chain(&general).any(|name| structure.contains(name))
}

/// The longest name that is quoted back, in characters.
const LONGEST_NAME: usize = 40;

/// A name in the folded question as the client wrote it, capitals and either script, without what is no part of a name:
/// control characters, marks that turn the direction of a text, brackets.
fn as_written(name: &str, folded: &crate::language::Folded, text: &str) -> String {
    let name: Vec<char> = name.chars().collect();
    let at = folded.chars.windows(name.len().max(1)).position(|w| w == name);
    let span = at.and_then(|at| text.get(folded.original(at..at + name.len())));
    let written = span.map_or_else(|| name.iter().collect(), str::to_owned);
    let named = |c: &char| c.is_alphanumeric() || " '’-&.·".contains(*c);
    written.chars().filter(named).take(LONGEST_NAME).collect()
}

/// A question without the Chinese names in it where it is written in Latin words: 2-bed rentals at 宇晴軒 is English.
fn spoken_words<'a>(text: &'a str, folded: &Folded, tokens: &[scan::Token]) -> std::borrow::Cow<'a, str> {
    let han = |s: &str| s.chars().any(crate::language::chinese::is_han);
    if !text.chars().any(|c| c.is_ascii_alphabetic()) || !han(text) {
        return text.into();
    }
    let mut words = text.to_owned();
    for t in tokens.iter().rev().filter(|t| matches!(t.kind, scan::Kind::Place(_))) {
        let span = folded.original(t.at.clone());
        if text.get(span.clone()).is_some_and(han) {
            words.replace_range(span, " ");
        }
    }
    // A Chinese question about a name beside an English word stays one.
    if han(&words)
        || words.split_whitespace().filter(|w| w.chars().any(|c| c.is_ascii_alphabetic())).count() < 2
    {
        return text.into();
    }
    words.into()
}

/// The folded text without the names of places, so that no rule takes a word inside one for the client's own ("Yat Sing
/// Mansion" does not ask us to sing).
fn masked(folded: &Folded, tokens: &[scan::Token]) -> Folded {
    let mut masked = folded.clone();
    for t in tokens {
        if matches!(&t.kind, scan::Kind::Place(m) if m.place.kind != crate::language::PlaceKind::Region) {
            masked.chars[t.at.clone()].fill('·');
        }
    }
    masked
}

/// Keeps what the next question may refer to. A refusal or a handoff leaves the talk where it was; so does an unknown
/// name, but what was wanted there (`elsewhere`) may be wanted of the next place.
fn remember(session: &mut Session, query: Query, elsewhere: Option<Query>, reply: &Reply) {
    if matches!(query, Query::Refuse(_) | Query::Handoff(_) | Query::NotHere(_) | Query::WhichPlace { .. }) {
        if let Some(elsewhere) = elsewhere {
            (session.last, session.subject) = (Some(elsewhere), None);
            session.shown.clear();
        }
        return;
    }
    let refs: Vec<String> = reply.listings.iter().map(|l| l.listing.reference.clone()).collect();
    if let (Kind::Answer, [one]) = (reply.kind, refs.as_slice()) {
        session.recent.retain(|r| r != one);
        session.recent.push(one.clone());
        let old = session.recent.len().saturating_sub(2);
        session.recent.drain(..old);
    }
    let keeps_list =
        matches!(&query, Query::Facts { target: Target::Ref(r), .. } if session.shown.contains(r));
    session.list = match &query {
        Query::Search { filter, .. } | Query::Aggregate { filter, .. } => Some(filter.clone()),
        Query::Facts { target: Target::Ref(r), .. } if session.shown.contains(r) => session.list.take(),
        _ => None,
    };
    session.subject = match reply.kind {
        Kind::Answer | Kind::Results if refs.len() == 1 => refs.first().cloned(),
        _ => None,
    };
    if !keeps_list && !refs.is_empty() {
        session.shown = refs;
    } else if !keeps_list && reply.kind == Kind::Results {
        session.shown.clear();
    }
    session.last = Some(query);
}
