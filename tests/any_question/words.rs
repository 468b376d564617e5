//! The vocabulary as its data files have it, for making questions up: every phrase of every concept, every term of
//! every rule, and what clients asked in the table of our own questions.

use branchbox::language::chinese::is_han;
use std::collections::BTreeMap;

type Sections = BTreeMap<String, BTreeMap<String, toml::Value>>;

/// The phrases that stand for one concept, by language.
pub struct Concept {
    pub chinese: Vec<String>,
    pub english: Vec<String>,
}

/// Everything that questions are made of.
pub struct Words {
    groups: BTreeMap<String, Vec<Concept>>,
    /// Terms of the rules by which questions are refused or handed off: one list a rule and group.
    pub rules: Vec<Concept>,
    /// What clients say in our own conversations.
    pub asked: Vec<String>,
}

impl Words {
    /// Reads the data files.
    pub fn load() -> Self {
        let mut groups: BTreeMap<String, Vec<Concept>> = BTreeMap::new();
        for file in [
            include_str!("../../src/language/data/lexicon.toml"),
            include_str!("../../src/language/data/lexicon_cmn.toml"),
            include_str!("../../src/language/data/lexicon_en.toml"),
        ] {
            let lexicon: Sections = toml::from_str(file).expect("the lexicon");
            for (group, concepts) in lexicon.into_iter().filter(|(_, concepts)| !concepts.is_empty()) {
                groups.entry(group).or_default().extend(concepts.values().map(concept));
            }
        }
        let rules: toml::Table =
            toml::from_str(include_str!("../../src/assistant/rules.toml")).expect("the rules");
        let rules = rules.values().filter_map(toml::Value::as_array).flatten();
        let rules = rules.filter_map(|r| r.get("all")?.as_array()).flatten().map(concept).collect();
        let asked = include_str!("../questions/own.jsonl").lines().flat_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a conversation");
            let turns = line["turns"].as_array().expect("turns").clone();
            turns.into_iter().map(|t| t["user"].as_str().expect("a question").to_owned())
        });
        Self { groups, rules, asked: asked.collect() }
    }

    /// The concepts of a group of the lexicon.
    pub fn group(&self, name: &str) -> &[Concept] {
        self.groups.get(name).unwrap_or_else(|| panic!("the lexicon has no group {name}"))
    }

    /// The names of the groups.
    pub fn groups(&self) -> Vec<&str> {
        self.groups.keys().map(String::as_str).collect()
    }
}

fn concept(phrases: &toml::Value) -> Concept {
    let all = phrases.as_array().into_iter().flatten().filter_map(|p| Some(p.as_str()?.to_owned()));
    let (chinese, english) = all.partition(|p: &String| p.chars().any(is_han));
    Concept { chinese, english }
}
