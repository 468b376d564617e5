//! `models/manifest.toml`, built into the program.

use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../../models/manifest.toml");

/// A model that we know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    pub name: String,
    /// Where it is fetched from; `None` for a file that comes with the source.
    pub url: Option<String>,
    pub bytes: u64,
    /// Lower-case hexadecimal; `None` where nobody could vouch for one.
    pub sha256: Option<String>,
    pub licence: String,
    /// yue, cmn, en.
    pub languages: Vec<String>,
    pub note: String,
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
