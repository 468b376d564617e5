//! One configuration file, validated before anything opens; every problem is named at once, with its key.
//!
//! The file is TOML and small; every key has a default, so that `--data` and `--listen` alone make a box. Secrets are
//! never in it: keys and codes are files of their own (or systemd credentials). Files written on Windows (byte order
//! mark, CRLF) are read like any other.

use crate::store::KeySource;
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
    /// A language model of the branch's or head office's own that may propose points of minutes; `None` is off.
    pub second_opinion: Option<OpinionSettings>,
}

/// Where the second opinion on minutes is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionSettings {
    /// The base address of an OpenAI-compatible server, without a slash at its end: `http://10.0.0.5:8000/v1`.
    pub url: String,
    /// The model's name on that server.
    pub model: String,
    /// A file with the server's key, where it asks for one.
    pub key_file: Option<PathBuf>,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// Seconds for which the second opinion is waited for unless `second_opinion.timeout_s` says otherwise: a large model
/// on a machine without a graphics card reads a long meeting for minutes.
const OPINION_S: u64 = 600;

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
            second_opinion: None,
        }
    }

    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut keys = Keys::load(path)?;
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
        let second_opinion = second_opinion(&mut keys);
        let settings = Self {
            data: DataFolder::new(data),
            listen,
            microphone,
            microphone_wait,
            button,
            light,
            model,
            upload_limit,
            second_opinion,
        };
        keys.finish(path, settings)
    }
}

/// The section `second_opinion`: off where it is not there.
fn second_opinion(keys: &mut Keys) -> Option<OpinionSettings> {
    let (url, model) = (keys.text("second_opinion.url"), keys.text("second_opinion.model"));
    let key_file = keys.text("second_opinion.key_file").map(PathBuf::from);
    let timeout = Duration::from_secs(keys.number("second_opinion.timeout_s", 5..=3600, OPINION_S));
    match (url, model) {
        (Some(url), Some(model)) => match own_server(&url) {
            Ok(url) => Some(OpinionSettings { url, model, key_file, timeout }),
            Err(why) => {
                keys.problem(&format!("second_opinion.url: \"{url}\" {why}"));
                None
            }
        },
        (None, None) if key_file.is_none() => None,
        (url, _) => {
            let lacking = if url.is_none() { "url" } else { "model" };
            keys.problem(&format!(
                "second_opinion.{lacking}: name it too; the section needs url and model, or leave it out"
            ));
            None
        }
    }
}

/// The address of a server of one's own, without a slash at its end. What is said in meetings is personal data: it goes
/// over plain HTTP within the office only.
fn own_server(url: &str) -> Result<String, &'static str> {
    let parsed = reqwest::Url::parse(url.trim()).map_err(|_| NO_SERVER)?;
    let host = parsed.host_str().ok_or(NO_SERVER)?;
    let bare = parsed.username().is_empty() && parsed.password().is_none();
    if !bare || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(
            "should have no user, query or fragment; a key belongs in a file (second_opinion.key_file)",
        );
    }
    match parsed.scheme() {
        "https" => {}
        "http" if within_the_office(host) => {}
        "http" => {
            return Err(
                "is plain http to a host outside the office; use https, as what is said in meetings is personal",
            );
        }
        _ => return Err(NO_SERVER),
    }
    Ok(parsed.as_str().trim_end_matches('/').to_owned())
}

const NO_SERVER: &str = "is not the address of a server, such as http://10.0.0.5:8000/v1";

/// Whether a host is on this machine or in a private network: by its address (RFC 1918, 4193, 3927, 4291), or by a
/// name without a dot or under a domain that is never public (RFC 6762, 8375, 2606).
fn within_the_office(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(std::net::IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let domains = [".local", ".lan", ".internal", ".home.arpa", ".test", ".localhost"];
            !host.contains('.') || domains.iter().any(|d| host.ends_with(d))
        }
    }
}

impl HeadOfficeConfig {
    /// The defaults, for a data folder.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr, console: SocketAddr) -> Self {
        Self { data: data.into(), listen, console, names: vec!["localhost".into(), "127.0.0.1".into()] }
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
        keys.finish(path, Self { data: data.into(), listen, console, names })
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
        let table: toml::Table =
            text.trim_start_matches('\u{feff}').parse().map_err(|e: toml::de::Error| {
                fail(format!("is not valid TOML: {}", e.to_string().trim().replace('\n', " ")))
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

    fn address(&mut self, key: &'static str, default: &str) -> SocketAddr {
        let text = self.text(key).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{key}: \"{text}\" is not an address and a port, such as {default}"));
            default.parse().expect("a default is an address")
        })
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

    fn load(text: &str) -> Result<BoxConfig, ConfigError> {
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
    fn the_second_opinion_is_off_and_asked_for_at_a_server_of_ones_own() {
        assert_eq!(load("").unwrap().second_opinion, None);
        let text = |url: &str| format!("[second_opinion]\nurl = \"{url}\"\nmodel = \"qwen\"\n");
        for (url, kept) in [
            ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
            ("http://10.1.2.3/v1", "http://10.1.2.3/v1"),
            ("http://[fd00::1]:8000/v1", "http://[fd00::1]:8000/v1"),
            ("http://llm:8000/v1", "http://llm:8000/v1"),
            ("http://llm.local/v1", "http://llm.local/v1"),
            ("https://llm.headoffice.example/v1", "https://llm.headoffice.example/v1"),
        ] {
            let settings = load(&text(url)).unwrap().second_opinion.unwrap();
            assert_eq!((settings.url.as_str(), settings.timeout.as_secs()), (kept, 600));
        }
        for (url, why) in [
            ("http://8.8.8.8/v1", "outside the office"),
            ("http://llm.example/v1", "outside the office"),
            ("https://u:p@llm.example/v1", "no user"),
            ("https://llm.example/v1?key=1", "no user"),
            ("ftp://10.0.0.1/", "not the address"),
            ("llm", "not the address"),
        ] {
            let e = load(&text(url)).unwrap_err().to_string();
            assert!(e.contains("second_opinion.url") && e.contains(why), "{e}");
        }
        let e = load("[second_opinion]\nurl = \"http://llm/v1\"\ntimeout_s = 1\nkey = \"x\"\n").unwrap_err();
        assert_eq!(e.problems.len(), 3, "{e}");
        assert!(e.to_string().contains("second_opinion.model: name it too"), "{e}");
    }

    #[test]
    fn a_file_from_windows_is_read() {
        let config = load("\u{feff}listen = \"127.0.0.1:9000\"\r\n[speech]\r\nmodel = \"base\"\r\n").unwrap();
        assert_eq!((config.listen.port(), config.model.as_deref()), (9000, Some("base")));
    }
}
