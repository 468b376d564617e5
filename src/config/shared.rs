//! Settings that head office may set for the boxes of a group: some of the keys of a box's own file, read by the same
//! code. A key that stands in the box's own file is IT's and wins.

use super::{BoxConfig, Keys};
use crate::sync::fleet::Running;
use crate::sync::protocol::SettingsReply;

/// How a setting is carried over from what was read.
type Carry = fn(&mut BoxConfig, &BoxConfig);

/// Which keys those are. What belongs to one machine (its microphone, its addresses, its folder) is not among them.
const SHARED: &[(&str, Carry)] = &[
    ("audio.microphone_wait_minutes", |to, from| to.microphone_wait = from.microphone_wait),
    ("listings.withhold_prices_after_days", |to, from| {
        to.withhold_prices_after_days = from.withhold_prices_after_days;
    }),
    ("listings.pictures_max_gb", |to, from| to.pictures_limit = from.pictures_limit),
    ("speech.model", |to, from| to.model.clone_from(&from.model)),
    ("upload.max_mb", |to, from| to.upload_limit = from.upload_limit),
];

/// The keys that head office may set.
pub fn shared_keys() -> impl Iterator<Item = &'static str> {
    SHARED.iter().map(|(key, _)| *key)
}

/// Checks settings (TOML) as the box will; the error is everything that is wrong, a sentence each.
pub fn check_shared(text: &str) -> Result<(), Vec<String>> {
    read(text, &[]).map(drop)
}

/// One text of several, the later winning where both set a key; each has been checked.
pub fn merge_shared<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut all = std::collections::BTreeMap::new();
    for text in texts {
        if let Ok(keys) = Keys::parse(text) {
            all.extend(keys.flat);
        }
    }
    all.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}

/// The settings without those keys that `own` has, and which of SHARED are set.
fn read(text: &str, own: &[String]) -> Result<(BoxConfig, Vec<String>), Vec<String>> {
    let mut keys = Keys::parse(text).map_err(|problem| vec![problem])?;
    let foreign: Vec<String> = (keys.flat.keys())
        .filter(|key| !shared_keys().any(|k| k == *key))
        .map(|key| {
            let known = shared_keys().collect::<Vec<_>>().join(", ");
            format!("{key}: head office does not set this for a box (it sets {known})")
        })
        .collect();
    if !foreign.is_empty() {
        return Err(foreign);
    }
    keys.flat.retain(|key, _| !own.contains(key));
    let set = keys.flat.keys().cloned().collect();
    let config = BoxConfig::from_keys(&mut keys);
    if keys.problems.is_empty() { Ok((config, set)) } else { Err(keys.problems) }
}

impl BoxConfig {
    /// This box's settings with those of head office where its own file says nothing; what came of it, for the report.
    pub fn with_shared(mut self, held: Option<SettingsReply>) -> (Self, Running) {
        let Some(held) = held else { return (self, Running::default()) };
        let overruled = Keys::parse(&held.settings)
            .map(|k| k.flat.into_keys().filter(|key| self.own.contains(key)).collect())
            .unwrap_or_default();
        match read(&held.settings, &self.own) {
            Ok((shared, set)) => {
                for (_, carry) in SHARED.iter().filter(|(key, _)| set.iter().any(|s| s == key)) {
                    carry(&mut self, &shared);
                }
                (self, Running { version: Some(held.version), overruled })
            }
            Err(problems) => {
                log::warn!("config.headoffice not used: {}", problems.join("; "));
                (self, Running { version: None, overruled })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_office_sets_what_the_boxs_own_file_leaves_open() {
        let own = super::super::tests::load("[upload]\nmax_mb = 5\n").unwrap();
        let settings = "upload.max_mb = 900\nspeech.model = \"base\"\n".to_owned();
        let (config, running) = own.with_shared(Some(SettingsReply { version: 7, settings }));
        assert_eq!((config.upload_limit, config.model.as_deref()), (5_000_000, Some("base")));
        assert_eq!(running, Running { version: Some(7), overruled: vec!["upload.max_mb".into()] });
    }

    #[test]
    fn the_same_check_as_the_boxs_file_and_no_machines_own_keys() {
        let problems = check_shared("listen = \"0.0.0.0:80\"\n").unwrap_err();
        assert!(problems[0].contains("listen: head office does not set this"), "{problems:?}");
        let problems = check_shared("[audio]\nmicrophone_wait_minutes = 0\n").unwrap_err();
        assert!(problems[0].contains("a whole number from 1 to 120"), "{problems:?}");
        assert!(check_shared("= 3").is_err());
        let merged =
            merge_shared(["upload.max_mb = 1\nspeech.model = \"a\"", "[upload]\nmax_mb = 2"].into_iter());
        assert_eq!(merged, "speech.model = \"a\"\nupload.max_mb = 2\n");
        check_shared(&merged).unwrap();
    }
}
