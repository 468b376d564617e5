//! Sections `alarms`, `mail` and `webhook` of head office's file: when to warn, and whom how. Secrets are in files.

use super::Keys;
use jiff::SignedDuration;
use std::path::PathBuf;

/// Minutes of silence after which a branch is an alarm: longer than a restart with an update.
const OFFLINE: u64 = 10;
/// Seconds for which alarms are gathered into one message: fifty branches that lose one line come in within two reports.
const GATHER: u64 = 90;

/// When to warn, and how.
#[derive(Debug, Clone)]
pub struct WarningSettings {
    pub offline_after: SignedDuration,
    pub gather: SignedDuration,
    pub mail: Option<MailSettings>,
    pub webhook: Option<WebhookSettings>,
}

/// A mail server, and who writes to whom.
#[derive(Debug, Clone)]
pub struct MailSettings {
    pub server: String,
    pub port: u16,
    pub tls: MailTls,
    pub from: String,
    pub to: Vec<String>,
    /// User name, and the file with the password.
    pub login: Option<(String, PathBuf)>,
    /// yue, cmn or en
    pub language: String,
    /// A file with the authority (PEM) of a mail server of one's own, beside what the machine trusts.
    pub authority: Option<PathBuf>,
}

/// How the line to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// STARTTLS, refused where the server does not offer it (port 587).
    Starttls,
    /// Not at all: a server on this machine.
    None,
}

/// Where warnings are posted, and the file with the secret that signs them.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    pub url: String,
    pub secret: PathBuf,
}

impl Default for WarningSettings {
    fn default() -> Self {
        Self {
            offline_after: SignedDuration::from_mins(OFFLINE as i64),
            gather: SignedDuration::from_secs(GATHER as i64),
            mail: None,
            webhook: None,
        }
    }
}

/// Takes the three sections.
pub(super) fn settings(keys: &mut Keys) -> WarningSettings {
    let minutes = keys.number("alarms.offline_minutes", 2..=10_080, OFFLINE);
    let gather = keys.number("alarms.gather_seconds", 0..=3_600, GATHER);
    WarningSettings {
        offline_after: SignedDuration::from_mins(minutes as i64),
        gather: SignedDuration::from_secs(gather as i64),
        mail: mail(keys),
        webhook: webhook(keys),
    }
}

fn mail(keys: &mut Keys) -> Option<MailSettings> {
    let server = keys.text("mail.server");
    let (from, to) = (keys.text("mail.from"), keys.texts("mail.to"));
    let (user, password) = (keys.text("mail.user"), keys.text("mail.password_file"));
    let language = keys.text("mail.language").unwrap_or_else(|| "yue".into());
    let authority = keys.text("mail.authority").map(PathBuf::from);
    let word = keys.text("mail.tls").unwrap_or_else(|| "implicit".into());
    let tls = match word.as_str() {
        "implicit" => MailTls::Implicit,
        "starttls" => MailTls::Starttls,
        "none" => MailTls::None,
        _ => {
            keys.problem("mail.tls: should be \"implicit\" (port 465), \"starttls\" (port 587) or \"none\" (a server on this machine)");
            MailTls::Implicit
        }
    };
    let usual = match tls {
        MailTls::Implicit => 465,
        MailTls::Starttls => 587,
        MailTls::None => 25,
    };
    let port = keys.number("mail.port", 1..=65_535, usual);
    if !["yue", "cmn", "en"].contains(&language.as_str()) {
        keys.problem("mail.language: should be \"yue\", \"cmn\" or \"en\"");
    }
    let Some(server) = server else {
        if from.is_some() || to.is_some() || user.is_some() {
            keys.problem("mail.server: say which server sends the warnings, such as \"smtp.example.com\"");
        }
        return None;
    };
    let here = ["localhost", "127.0.0.1", "::1"].contains(&server.as_str());
    if tls == MailTls::None && !here {
        keys.problem(
            "mail.tls: \"none\" is for a server on this machine only; take \"implicit\" or \"starttls\"",
        );
    }
    let login = match (user, password) {
        (Some(user), Some(file)) => Some((user, PathBuf::from(file))),
        (None, None) => None,
        _ => {
            keys.problem("mail.user: give both mail.user and mail.password_file, or neither");
            None
        }
    };
    let (Some(from), Some(to)) = (from, to) else {
        keys.problem(
            "mail.from: give mail.from and mail.to (a list), the addresses that warnings come from and go to",
        );
        return None;
    };
    Some(MailSettings { server, port: port as u16, tls, from, to, login, language, authority })
}

fn webhook(keys: &mut Keys) -> Option<WebhookSettings> {
    let (url, secret) = (keys.text("webhook.url"), keys.text("webhook.secret_file"));
    let (url, secret) = match (url, secret) {
        (Some(url), Some(secret)) => (url, secret),
        (None, None) => return None,
        _ => {
            keys.problem("webhook.url: give both webhook.url and webhook.secret_file (the receiver checks the signature with the same secret)");
            return None;
        }
    };
    let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|h| url.starts_with(h));
    if !url.starts_with("https://") && !here {
        keys.problem("webhook.url: should begin with https:// (http:// only for this machine)");
    }
    Some(WebhookSettings { url, secret: secret.into() })
}
