//! The section `second_opinion` of a box's file: where a language model of one's own is asked about minutes. Off where
//! it is not there.

use super::Keys;
use std::path::PathBuf;
use std::time::Duration;

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

/// The section `second_opinion`: off where it is not there.
pub(super) fn settings(keys: &mut Keys) -> Option<OpinionSettings> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::load;

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
}
