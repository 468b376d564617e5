//! What a reply is made of: its kind, its figures with where each comes from, and how the question was read.

use super::Fired;
use crate::language::{Language, Script};
use crate::listings::PublicListing;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

/// What a reply is; the table in CONTRACT.md says when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Facts of one listing, or one figure over many.
    Answer,
    /// Every listing that meets the conditions.
    Results,
    /// Several side by side.
    Comparison,
    /// Several fit what was meant to be one.
    Clarify,
    /// Private.
    Refuse,
    /// Not here.
    NotFound,
    /// For a person.
    Handoff,
}

impl Kind {
    /// The word that CONTRACT.md has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Results => "results",
            Self::Comparison => "comparison",
            Self::Clarify => "clarify",
            Self::Refuse => "refuse",
            Self::NotFound => "not_found",
            Self::Handoff => "handoff",
        }
    }
}

/// One figure or word from the base.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// The listing; none for a figure over many.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The column, or "median_" and the column, or "count".
    pub field: String,
    /// The value as stored.
    pub value: Value,
    /// The date of the fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// In a comparison, the side it is of, in the reader's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// How a name in the question was recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matched {
    /// The name as it was written.
    pub written: String,
    /// The place it was taken for: its English name, and its Chinese one.
    pub place: String,
    pub place_zh: String,
    /// "exact", "alias", "spelling" or "sound".
    pub how: crate::language::How,
}

/// How a question was read: what an agent or an auditor checks.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Understood {
    /// The query in the reader's words.
    pub words: String,
    /// The query in structure.
    pub query: Value,
    /// The places that were named, and how each was recognised.
    pub matched: Vec<Matched>,
    /// The script of the branch that answered, and the trigger that fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Fired>,
    /// The version of the base that answered.
    pub base_version: String,
    /// The version of the branch's scripts and words; "" where it has none.
    pub phrasebook_version: String,
}

impl Understood {
    /// The reading in a few lines for a terminal.
    pub fn explain(&self) -> String {
        let mut out = format!("understood: {}\nquery: {}\n", self.words, self.query);
        for m in &self.matched {
            out += &format!("place: \"{}\" is {} ({:?})\n", m.written, m.place, m.how);
        }
        if let Some(t) = &self.trigger {
            out += &format!("script: {} by \"{}\" ({:?})\n", t.script, t.trigger, t.how);
        }
        if !self.phrasebook_version.is_empty() {
            out += &format!("scripts and words: {}\n", self.phrasebook_version);
        }
        out + &format!("base: {}", self.base_version)
    }
}

/// The reply to one question, as CONTRACT.md has it; the session's id is added by the web.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reply {
    /// The language it is in.
    pub language: Language,
    /// Its script.
    pub script: Script,
    /// What it is.
    pub kind: Kind,
    /// What the client reads.
    pub text: String,
    /// For results: how many there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// The listings of this page, public columns only, in the order asked for.
    pub listings: Vec<PublicListing>,
    /// Where every figure of the text comes from.
    pub facts: Vec<Fact>,
    /// How the question was read.
    pub understood: Understood,
}
