//! `models/manifest.toml`, built into the program.

use serde::Deserialize;
use std::path::Path;

const BUILT_IN: &str = include_str!("../../../models/manifest.toml");

/// A model that we know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownModel {
    pub name: String,
    #[serde(default)]
    pub kind: Kind,
    /// Where it is fetched from; `None` for a file that comes with the source.
    pub url: Option<String>,
    pub bytes: u64,
    /// Lower-case hexadecimal; `None` where nobody could vouch for one.
    pub sha256: Option<String>,
    pub licence: String,
    /// yue, cmn, en; none for what hears no words.
    #[serde(default)]
    pub languages: Vec<String>,
    pub note: String,
    #[serde(flatten)]
    pub traits: Traits,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It writes what is said.
    #[default]
    Speech,
    /// It tells whether somebody speaks.
    Voice,
}

/// What suits a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Traits {
    /// Most seconds of sound that are decoded at once, unless one utterance is longer.
    pub longest_s: u32,
    /// Whether it was trained with text before the sound, so that names can steer it.
    pub prompted: bool,
}

impl Default for Traits {
    /// Whisper's own training: windows of 30 s, half of them with the text before.
    fn default() -> Self {
        Self { longest_s: 20, prompted: true }
    }
}

impl Traits {
    /// Those of the model that we know by the length of its file; of another, whisper's.
    pub fn of_file(model: &Path) -> Self {
        let bytes = std::fs::metadata(model).map_or(0, |m| m.len());
        Manifest::built_in().models.iter().find(|m| m.bytes == bytes).map(|m| m.traits).unwrap_or_default()
    }
}

/// The models that we know, best first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    #[serde(rename = "model")]
    pub models: Vec<KnownModel>,
}

impl Manifest {
    /// The manifest of this version.
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the manifest in the source is checked by a test")
    }

    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&KnownModel> {
        self.models.iter().find(|m| m.name == name)
    }

    /// What a model of that name is for; what is not known is for speech.
    pub fn kind(&self, name: &str) -> Kind {
        self.get(name).map_or(Kind::Speech, |m| m.kind)
    }

    /// Place of a model among the installed ones: what we know in our order, then what the branch added itself, and
    /// last what cannot hear people.
    pub fn rank(&self, name: &str) -> usize {
        match self.models.iter().position(|m| m.name == name) {
            Some(n) if self.models[n].url.is_some() => n,
            None => self.models.len(),
            Some(n) => self.models.len() + 1 + n,
        }
    }
}
