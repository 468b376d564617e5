//! A logistic regression over features that are there or not: how likely it is that something that was mentioned was
//! meant. The features are ours and say what they look at (`wish.rs`); their weights (`weights.json`) are fitted by
//! `models/minutes/train.py` on transcripts with known points, so that no rule has to be balanced by hand. Pure.

use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// What is true of something that was mentioned.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Features(BTreeSet<String>);

impl Features {
    /// Adds a feature where it holds.
    pub fn add(&mut self, name: &str, holds: bool) {
        if holds {
            self.0.insert(name.to_owned());
        }
    }

    /// Adds, for the features named that are there, those that say that two hold at once.
    pub fn cross(&mut self, names: &[&str]) {
        let there: Vec<&str> = names.iter().copied().filter(|n| self.0.contains(*n)).collect();
        for (i, a) in there.iter().enumerate() {
            for b in &there[i + 1..] {
                self.0.insert(format!("{a} & {b}"));
            }
        }
    }

    /// Adds, for every feature but `with`, one that holds only together with it.
    pub fn each_with(&mut self, with: &str, names: &[&str]) {
        for name in names {
            if self.0.contains(*name) {
                self.0.insert(format!("{with} : {name}"));
            }
        }
    }
}

/// The weights of one question: for each feature one for each class but the first ("it was not meant").
#[derive(Debug, Deserialize)]
pub struct Model {
    classes: usize,
    weights: HashMap<String, Vec<f32>>,
}

impl Model {
    /// How likely each class is, the first included; they add up to one.
    pub fn probabilities(&self, features: &Features) -> Vec<f64> {
        let mut scores = vec![0.0_f64; self.classes];
        let bias = "bias".to_owned();
        for name in std::iter::once(&bias).chain(&features.0) {
            if let Some(weights) = self.weights.get(name) {
                for (score, w) in scores[1..].iter_mut().zip(weights) {
                    *score += f64::from(*w);
                }
            }
        }
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
