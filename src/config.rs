//! One configuration file, validated before anything opens; every problem is named at once, with its key.
//!
//! The file is TOML and small; every key has a default, so that `--data` and `--listen` alone make a box. Secrets are
//! never in it: keys and codes are files of their own (or systemd credentials). Files written on Windows (byte order
//! mark, CRLF) are read like any other.

mod feeds;
mod second_opinion;
mod shared;
mod uplink;
mod warnings;

pub use feeds::FeedSettings;
pub use second_opinion::OpinionSettings;
pub use shared::{check_shared, merge_shared, shared_keys};
pub use warnings::{MailSettings, MailTls, WarningSettings, WebhookSettings};

use crate::headoffice::store::{Address, Place};
use crate::listings::freshness::WITHHOLD_AFTER_DAYS;
use crate::store::KeySource;
use crate::sync::uplink::Policy;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Value;

/// Minutes for which a lost microphone is waited for.
const MICROPHONE_WAIT: u64 = 10;

/// Settings of a branch's box.
#[derive(Debug, Clone)]
pub struct BoxConfig {
    /// Folder of everything the box keeps.
    pub data: DataFolder,
    /// Where kiosk, agent page and API listen. Plain HTTP on loopback, HTTPS with the box's own certificate elsewhere.
    pub listen: SocketAddr,
    /// Stable name of the microphone (`branchbox doctor` lists them); `None` takes the system's default.
    pub microphone: Option<String>,
    /// How long a microphone that is lost during a recording is waited for before the recording ends.
    pub microphone_wait: Duration,
    /// A button to record with, beside the page's.
    pub button: Option<ButtonSettings>,
    /// The `brightness` file of a LED that shows that something is recorded.
    pub light: Option<PathBuf>,
    /// Name in the manifest of the model that transcribes; `None` takes the best one that is installed.
    pub model: Option<String>,
    /// Most bytes of an uploaded recording.
    pub upload_limit: u64,
    /// Days out of touch with head office after which prices are withheld at the kiosk.
    pub withhold_prices_after_days: u64,
    /// Most bytes of pictures that the box keeps.
    pub pictures_limit: u64,
    /// What personal data head office gets.
    pub uplink: Policy,
    /// A language model of the branch's or head office's own that may propose points of minutes; `None` is off.
    pub second_opinion: Option<OpinionSettings>,
    /// The keys that its file sets: head office does not overrule them.
    pub own: Vec<String>,
}

/// Which key of which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonSettings {
    /// The device's name, as `branchbox doctor` lists it.
    pub device: String,
    /// The key's name in the kernel (`KEY_PLAYPAUSE`).
    pub key: String,
}

/// Megabytes that an uploaded recording may have unless `upload.max_mb` says otherwise: three hours of stereo WAV at
/// 48 kHz are some 2,070.
const UPLOAD_MB: u64 = 2_100;

/// Gigabytes of pictures that a box keeps unless `listings.pictures_max_gb` says otherwise: 5,000 units with six photos of
/// 300 KB are some 9.
const PICTURES_GB: u64 = 20;

/// Settings of head office.
#[derive(Debug, Clone)]
pub struct HeadOfficeConfig {
    /// Folder of everything head office keeps.
    pub data: PathBuf,
    /// Where branches come in, over mutual TLS.
    pub listen: SocketAddr,
    /// Where the head-office page is served: plain HTTP, loopback only.
    pub console: SocketAddr,
    /// Host names and addresses that branches reach it under: they stand in its certificate.
    pub names: Vec<String>,
    /// A PostgreSQL server that head-office processes share; `None` is a file of its own in `data`.
    pub database: Option<Address>,
    /// When to warn of an alarm, and how.
    pub warnings: WarningSettings,
    /// Where listings and pictures come from by themselves.
    pub feeds: FeedSettings,
}

/// The data folder of a box, and the name of everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `path`; nothing is made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// The public listing base.
    pub fn listings(&self) -> PathBuf {
        self.0.join("listings.db")
    }
    /// The branch's scripts and words.
    pub fn phrasebook(&self) -> PathBuf {
        self.0.join("phrasebook.json")
    }
    /// Where the key of `records.db` comes from: the systemd credential `records-key`, else a file.
    pub fn records_key(&self) -> KeySource {
        KeySource::credential_or_file("records-key", self.0.join("records.key"))
    }
    /// One folder a recording.
    pub fn recordings(&self) -> PathBuf {
        self.0.join("recordings")
    }
    /// Installed model files.
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }
    /// Pictures of listings, by their hash.
    pub fn media(&self) -> PathBuf {
        self.0.join("media")
    }
    /// Key and certificate for head office, and its authority.
    pub fn identity(&self) -> PathBuf {
        self.0.join("identity")
    }
    /// The code with which an agent signs in.
    pub fn agent_code(&self) -> PathBuf {
        self.0.join("agent-code")
    }
}

/// Everything that is wrong with a configuration file, one line a problem.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {}", problems.join("; "))]
pub struct ConfigError {
    pub path: PathBuf,
    pub problems: Vec<String>,
}

impl BoxConfig {
    /// The defaults, for a data folder and an address.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        let microphone_wait = Duration::from_secs(60 * MICROPHONE_WAIT);
        Self {
            data: DataFolder::new(data),
            listen,
            microphone: None,
            microphone_wait,
            button: None,
            light: None,
            model: None,
            upload_limit: UPLOAD_MB * 1_000_000,
            withhold_prices_after_days: WITHHOLD_AFTER_DAYS,
            pictures_limit: PICTURES_GB * 1_000_000_000,
            uplink: Policy::default(),
            second_opinion: None,
            own: Vec::new(),
        }
    }

    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut keys = Keys::load(path)?;
        let settings = Self::from_keys(&mut keys);
        keys.finish(path, settings)
    }

    /// Takes the settings from what a file holds; what is wrong with them is noted there.
    fn from_keys(keys: &mut Keys) -> Self {
        let own = keys.flat.keys().cloned().collect();
        let data = keys.text("data").unwrap_or_else(|| "/var/lib/branchbox".into());
        let listen = keys.address("listen", "127.0.0.1:8080");
        let microphone = keys.text("audio.microphone");
        if microphone.as_deref() == Some("alsa:null") {
            keys.problem("audio.microphone: \"alsa:null\" is ALSA's silent null device, not a microphone; run branchbox doctor for the list");
        }
        let minutes = keys.number("audio.microphone_wait_minutes", 1..=120, MICROPHONE_WAIT);
        let microphone_wait = Duration::from_secs(60 * minutes);
        let (device, key) = (keys.text("button.device"), keys.text("button.key"));
        let button = match (device, key) {
            (Some(device), key) => {
                Some(ButtonSettings { device, key: key.unwrap_or_else(|| "KEY_PLAYPAUSE".into()) })
            }
            (None, Some(_)) => {
                keys.problem("button.key: name the device too (button.device); branchbox doctor lists them");
                None
            }
            (None, None) => None,
        };
        let light = keys.text("audio.light").map(PathBuf::from);
        let model = keys.text("speech.model");
        let upload_limit = keys.number("upload.max_mb", 1..=100_000, UPLOAD_MB) * 1_000_000;
        let withhold_prices_after_days =
            keys.number("listings.withhold_prices_after_days", 1..=365, WITHHOLD_AFTER_DAYS);
        let pictures_limit = keys.number("listings.pictures_max_gb", 0..=10_000, PICTURES_GB) * 1_000_000_000;
        let uplink = uplink::settings(keys);
        let second_opinion = second_opinion::settings(keys);
        Self {
            data: DataFolder::new(data),
            listen,
            microphone,
            microphone_wait,
            button,
            light,
            model,
            upload_limit,
            withhold_prices_after_days,
            pictures_limit,
            uplink,
            second_opinion,
            own,
        }
    }
}

impl HeadOfficeConfig {
    /// The defaults, for a data folder.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr, console: SocketAddr) -> Self {
        let names = vec!["localhost".into(), "127.0.0.1".into()];
        let (warnings, feeds) = (WarningSettings::default(), FeedSettings::default());
        Self { data: data.into(), listen, console, names, database: None, warnings, feeds }
    }

    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut keys = Keys::load(path)?;
        let data = keys.text("data").unwrap_or_else(|| "/var/lib/branchbox-headoffice".into());
        let listen = keys.address("listen", "0.0.0.0:8443");
        let console = keys.address("console", "127.0.0.1:8081");
        if !console.ip().is_loopback() {
            keys.problem("console: the head-office page has no sign-in of its own yet, so it listens on a loopback address only (127.0.0.1:8081); reach it through SSH or a proxy that signs people in");
        }
        let names = keys.texts("names").unwrap_or_else(|| vec!["localhost".into(), "127.0.0.1".into()]);
        let database = keys.database();
        let (warnings, feeds) = (warnings::settings(&mut keys), feeds::settings(&mut keys));
        keys.finish(path, Self { data: data.into(), listen, console, names, database, warnings, feeds })
    }

    /// Where it keeps what it keeps.
    pub fn place(&self) -> Place {
        Place { data: self.data.clone(), database: self.database.clone() }
    }
}

/// The keys of a file, taken one by one; what is left over is unknown.
struct Keys {
    flat: std::collections::BTreeMap<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<String>,
}

impl Keys {
    fn load(path: &Path) -> Result<Self, ConfigError> {
        let fail = |problem: String| ConfigError { path: path.to_owned(), problems: vec![problem] };
        let bytes = std::fs::read(path).map_err(|e| fail(format!("cannot be read: {e}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| fail("is not UTF-8 text: save it as UTF-8".into()))?;
        Self::parse(&text).map_err(fail)
    }

    /// The keys of a text; the error is a sentence that goes on from the file's name.
    fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table =
            text.trim_start_matches('\u{feff}').parse().map_err(|e: toml::de::Error| {
                format!("is not valid TOML: {}", e.to_string().trim().replace('\n', " "))
            })?;
        let mut flat = std::collections::BTreeMap::new();
        flatten("", table, &mut flat);
        Ok(Self { flat, known: Vec::new(), problems: Vec::new() })
    }

    fn problem(&mut self, sentence: &str) {
        self.problems.push(sentence.to_owned());
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.flat.remove(key)
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(s) if !s.trim().is_empty() => Some(s),
            other => {
                self.problems.push(format!("{key}: {other} should be a text in quotes"));
                None
            }
        }
    }

    fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let value = self.take(key)?;
        let list: Option<Vec<String>> =
            value.as_array().and_then(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        if list.as_ref().is_none_or(Vec::is_empty) {
            self.problems
                .push(format!("{key}: {value} should be a list of texts, such as [\"headoffice.example\"]"));
            return None;
        }
        list
    }

    fn number(&mut self, key: &'static str, within: RangeInclusive<u64>, default: u64) -> u64 {
        let Some(value) = self.take(key) else { return default };
        let number = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| within.contains(n));
        number.unwrap_or_else(|| {
            let (least, most) = (within.start(), within.end());
            self.problems.push(format!("{key}: {value} should be a whole number from {least} to {most}"));
            default
        })
    }

    fn switch(&mut self, key: &'static str, default: bool) -> bool {
        match self.take(key) {
            None => default,
            Some(Value::Boolean(on)) => on,
            Some(other) => {
                self.problems.push(format!("{key}: {other} should be true or false"));
                default
            }
        }
    }

    fn address(&mut self, key: &'static str, default: &str) -> SocketAddr {
        let text = self.text(key).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{key}: \"{text}\" is not an address and a port, such as {default}"));
            default.parse().expect("a default is an address")
        })
    }

    fn database(&mut self) -> Option<Address> {
        let path = |t: Option<String>| t.map(PathBuf::from);
        let (url, password_file) = (self.text("database"), path(self.text("database_password_file")));
        let authority = path(self.text("database_authority"));
        let Some(url) = url else {
            if password_file.is_some() || authority.is_some() {
                self.problem("database: say which server the password and the authority are for, such as \"postgres://branchbox@db.example/branchbox?sslmode=require\"");
            }
            return None;
        };
        let address = Address { url, password_file, authority };
        if let Err(problem) = address.check() {
            self.problem(&format!("database: {problem}"));
        }
        Some(address)
    }

    fn finish<T>(mut self, path: &Path, config: T) -> Result<T, ConfigError> {
        for key in self.flat.keys() {
            let near = self.known.iter().map(|k| (strsim::damerau_levenshtein(k, key), k)).min();
            let hint = match near {
                Some((distance, k)) if distance <= 3 => format!("did you mean {k}?"),
                _ => format!("known are {}", self.known.join(", ")),
            };
            self.problems.push(format!("{key}: there is no such setting ({hint})"));
        }
        if self.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError { path: path.to_owned(), problems: self.problems })
        }
    }
}

fn flatten(prefix: &str, table: toml::Table, into: &mut std::collections::BTreeMap<String, Value>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&path, inner, into),
            other => drop(into.insert(path, other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn load(text: &str) -> Result<BoxConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("branchbox.toml");
        std::fs::write(&path, text).unwrap();
        BoxConfig::load(&path)
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let e = load("listen = \"kiosk\"\n[audio]\nmicrofone = \"usb\"\nmicrophone = 3\n").unwrap_err();
        assert_eq!(e.problems.len(), 3, "{e}");
        assert!(e.to_string().contains("did you mean audio.microphone?"), "{e}");
        let e = load("[audio]\nmicrophone_wait_minutes = 0\n").unwrap_err();
        assert!(e.to_string().contains("a whole number from 1 to 120"), "{e}");
        let e = load("[button]\nkey = \"KEY_ENTER\"\n").unwrap_err();
        assert!(e.to_string().contains("name the device too"), "{e}");
    }

    #[test]
    fn the_largest_upload_is_a_number_of_megabytes() {
        assert_eq!(load("[upload]\nmax_mb = 5\n").unwrap().upload_limit, 5_000_000);
        assert_eq!(load("").unwrap().upload_limit, 2_100_000_000);
        let e = load("[upload]\nmax_mb = -1\n").unwrap_err();
        assert!(e.to_string().contains("upload.max_mb: -1 should be a whole number from 1 to 100000"), "{e}");
    }

    #[test]
    fn a_file_from_windows_is_read() {
        let config = load("\u{feff}listen = \"127.0.0.1:9000\"\r\n[speech]\r\nmodel = \"base\"\r\n").unwrap();
        assert_eq!((config.listen.port(), config.model.as_deref()), (9000, Some("base")));
    }

    /// A file of systemd/ with all that is commented out switched on.
    fn switched_on(text: &str) -> String {
        let on = |line: &str| {
            let plain = line.strip_prefix("# ").unwrap_or(line);
            let key = plain.split([' ', ']']).next().unwrap_or("");
            let is_key =
                key.starts_with('[') || (plain.contains(" = ") && !key.contains(|c: char| c.is_uppercase()));
            if is_key { format!("{plain}\n") } else { "\n".to_owned() }
        };
        text.lines().map(on).collect()
    }

    #[test]
    fn the_files_that_are_installed_are_right_with_every_key_switched_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let (branch, office) =
            (include_str!("../systemd/branchbox.toml"), include_str!("../systemd/headoffice.toml"));
        for text in [branch.to_owned(), switched_on(branch)] {
            std::fs::write(&path, text).unwrap();
            BoxConfig::load(&path).unwrap();
        }
        for text in [office.to_owned(), switched_on(office)] {
            std::fs::write(&path, text).unwrap();
            HeadOfficeConfig::load(&path).unwrap();
        }
        assert!(HeadOfficeConfig::load(&path).unwrap().database.is_some());
    }
}
