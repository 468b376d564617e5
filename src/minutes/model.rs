//! A logistic regression over features that are there or not: how likely it is that something that was mentioned was
//! meant. The features are ours and say what they look at (`wish.rs`); their weights (`weights.json`) are fitted by
//! `models/minutes/train.py` on transcripts with known points, so that no rule has to be balanced by hand. Pure.

use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What is true of something that was mentioned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    plain: Vec<Cow<'static, str>>,
    /// Of each list, those that are there count two by two as well.
    crossed: Vec<&'static [&'static str]>,
    /// Of each list, those that are there count together with the name before it as well.
    with: Vec<(&'static str, &'static [&'static str])>,
}

impl Features {
    /// Adds a feature where it holds.
    pub fn add(&mut self, name: impl Into<Cow<'static, str>>, holds: bool) {
        if holds {
            let name = name.into();
            if !self.has(&name) {
                self.plain.push(name);
            }
        }
    }

    /// Of the features named, those that are there count two by two as well.
    pub fn cross(&mut self, names: &'static [&'static str]) {
        self.crossed.push(names);
    }

    /// Of the features named, those that are there count together with `with` as well.
    pub fn each_with(&mut self, with: &'static str, names: &'static [&'static str]) {
        self.with.push((with, names));
    }

    fn has(&self, name: &str) -> bool {
        self.plain.iter().any(|p| p == name)
    }

    fn there(&self, names: &'static [&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|n| self.has(n)).collect()
    }

    /// Calls `each` for the two halves of every feature; the first is empty where it stands alone.
    fn each(&self, mut each: impl FnMut(&str, &str)) {
        for name in &self.plain {
            each("", name);
        }
        for names in &self.crossed {
            let there = self.there(names);
            for (i, a) in there.iter().enumerate() {
                for b in &there[i + 1..] {
                    each(a, b);
                }
            }
        }
        for (with, names) in &self.with {
            for name in self.there(names) {
                each(with, name);
            }
        }
    }
}

/// Between the names of two features that hold at once.
const AND: &str = " & ";

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = Vec::new();
        self.each(|a, b| names.push(if a.is_empty() { b.to_owned() } else { format!("{a}{AND}{b}") }));
        names.sort();
        names.dedup();
        serializer.collect_seq(names)
    }
}

/// The weights of one question: for each feature one for each class but the first ("it was not meant").
#[derive(Debug, Deserialize)]
#[serde(from = "Fitted")]
pub struct Model {
    classes: usize,
    bias: Vec<f32>,
    /// By the two halves of a feature.
    weights: HashMap<String, HashMap<String, Vec<f32>>>,
}

/// As `weights.json` has them.
#[derive(Deserialize)]
struct Fitted {
    classes: usize,
    weights: HashMap<String, Vec<f32>>,
}

impl From<Fitted> for Model {
    fn from(fitted: Fitted) -> Self {
        let mut model = Self { classes: fitted.classes, bias: Vec::new(), weights: HashMap::new() };
        for (name, weights) in fitted.weights {
            let (a, b) = name.split_once(AND).unwrap_or(("", &name));
            if name == "bias" {
                model.bias = weights;
            } else {
                model.weights.entry(a.to_owned()).or_default().insert(b.to_owned(), weights);
            }
        }
        model
    }
}

impl Model {
    /// How likely each class is, the first included; they add up to one.
    pub fn probabilities(&self, features: &Features) -> Vec<f64> {
        let mut scores = vec![0.0_f64; self.classes];
        let mut add = |weights: &[f32]| {
            for (score, w) in scores[1..].iter_mut().zip(weights) {
                *score += f64::from(*w);
            }
        };
        add(&self.bias);
        features.each(|a, b| {
            if let Some(weights) = self.weights.get(a).and_then(|of| of.get(b)) {
                add(weights);
            }
        });
        let most = scores.iter().copied().fold(f64::MIN, f64::max);
        let exps: Vec<f64> = scores.iter().map(|s| (s - most).exp()).collect();
        let sum: f64 = exps.iter().sum();
        exps.iter().map(|e| e / sum).collect()
    }
}

/// The questions that are answered by fitted weights.
#[derive(Debug, Deserialize)]
pub struct Models {
    /// Not meant, wanted, to be avoided.
    pub wish: Model,
    /// Not meant, offered to be paid.
    pub offer: Model,
    /// Not meant, an objection.
    pub objection: Model,
    /// Not meant, a decision.
    pub decision: Model,
    /// Not agreed, agreed.
    pub appointment: Model,
    /// Nobody's, the agent's, the client's, another's.
    pub action: Model,
}

/// The weights that ship.
pub fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| {
        serde_json::from_str(include_str!("weights.json")).expect("weights.json is well formed")
    })
}
