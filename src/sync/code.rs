//! The enrolment code: a secret that serves once, and the beginning of the authority's fingerprint, so that a box
//! knows head office at first contact. Read over the telephone and typed by a person: no letters that look alike.

use sha2::{Digest, Sha256};

/// Twelve characters of these: 60 bits.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const SECRET: usize = 12;
/// Hexadecimal digits of the fingerprint that stand in a code: 64 bits.
pub const PIN: usize = 16;

/// An enrolment code.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// Twelve characters, without the dashes.
    secret: String,
    /// The first [`PIN`] hexadecimal digits of the authority's fingerprint.
    pin: String,
}

/// What is wrong with a code, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an enrolment code: it looks like BRANCHBOX-ABCD-EFGH-JKLM-0123456789abcdef; copy it whole from head office"
)]
pub struct NotACode;

impl Code {
    /// A new code for the authority with this fingerprint; `random` has one byte for each character of the secret.
    pub fn new(random: [u8; SECRET], authority_fingerprint: &str) -> Self {
        // 256 is a multiple of 32, so every letter is equally likely.
        let secret = random.iter().map(|b| LETTERS[usize::from(b % 32)] as char).collect();
        Self { secret, pin: authority_fingerprint.chars().take(PIN).collect() }
    }

    /// Reads what a person typed: case, spaces and the kind of dash do not matter.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let plain: String =
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        let rest = plain.strip_prefix("BRANCHBOX").ok_or(NotACode)?;
        if rest.len() != SECRET + PIN {
            return Err(NotACode);
        }
        let (secret, pin) = rest.split_at(SECRET);
        let good = secret.bytes().all(|b| LETTERS.contains(&b)) && pin.bytes().all(|b| b.is_ascii_hexdigit());
        if good { Ok(Self { secret: secret.into(), pin: pin.to_ascii_lowercase() }) } else { Err(NotACode) }
    }

    /// The beginning of the authority's fingerprint, lower case.
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// What head office keeps instead of the code.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(format!("branchbox enrolment code 1:{}", self.secret)))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = &self.secret;
        write!(f, "BRANCHBOX-{}-{}-{}-{}", &s[..4], &s[4..8], &s[8..], self.pin)
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_being_typed() {
        let code = Code::new([0, 1, 2, 3, 31, 32, 33, 255, 100, 7, 8, 9], "0123456789abcdef0000");
        let text = code.to_string();
        assert_eq!(text, "BRANCHBOX-ABCD-9AB9-EHJK-0123456789abcdef");
        assert_eq!(Code::parse(&text).unwrap(), code);
        assert_eq!(Code::parse(&format!("  {} ", text.to_lowercase().replace('-', " "))).unwrap(), code);
        assert_eq!(Code::parse(&text.replace('-', "–")).unwrap(), code);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "BRANCHBOX", "BRANCHBOX-ABCD-9AB9-EHJK", "BRANCHBOX-ABCD-9AB9-EHJI-0123456789abcdef"]
        {
            assert_eq!(Code::parse(text), Err(NotACode), "{text}");
        }
    }
}
