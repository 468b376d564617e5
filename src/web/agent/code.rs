//! The code with which the branch's agents sign in: eight random digits in a file of the data folder, made at the
//! first start, readable by its owner only. Whoever may read the file may tell the agents.

use crate::durable;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Digits of a code. With the pauses of `sign_ins`, guessing all of them takes decades.
const DIGITS: usize = 8;

/// The code, wiped from memory when dropped.
pub struct AgentCode(Zeroizing<String>);

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum AgentCodeError {
    /// The file cannot be read or made.
    #[error("cannot {operation} the agents' code {path}: {source}")]
    Io { operation: &'static str, path: PathBuf, source: std::io::Error },
    /// The file holds something else.
    #[error(
        "{path} should hold at least {DIGITS} digits or letters on one line: write a code into it, or delete it and a new one is made at the next start"
    )]
    NotACode { path: PathBuf },
}

impl AgentCode {
    /// Reads the code from `path`, or makes one where there is no file.
    pub fn load_or_make(path: &Path) -> Result<Self, AgentCodeError> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let code = Zeroizing::new(text.trim().to_owned());
                if code.len() < DIGITS || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return Err(AgentCodeError::NotACode { path: path.to_owned() });
                }
                Ok(Self(code))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Self::make(path),
            Err(source) => Err(AgentCodeError::Io { operation: "read", path: path.to_owned(), source }),
        }
    }

    /// Writes a fresh code: aside, synced, renamed.
    fn make(path: &Path) -> Result<Self, AgentCodeError> {
        let io = |source| AgentCodeError::Io { operation: "make", path: path.to_owned(), source };
        let code = Zeroizing::new(random_digits().map_err(io)?);
        durable::write(path, format!("{}\n", code.as_str()).as_bytes()).map_err(io)?;
        Ok(Self(code))
    }

    /// Whether `tried` is the code, in a time that does not tell how much of it is right. Spaces are not counted.
    pub fn fits(&self, tried: &str) -> bool {
        let tried: Zeroizing<String> = Zeroizing::new(tried.split_whitespace().collect());
        tried.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

fn random_digits() -> std::io::Result<String> {
    let mut digits = String::new();
    while digits.len() < DIGITS {
        let mut byte = [0u8];
        getrandom::fill(&mut byte).map_err(|e| std::io::Error::other(e.to_string()))?;
        // 250 is the largest multiple of ten in a byte: above it, low digits would come up more often.
        if byte[0] < 250 {
            digits.push(char::from(b'0' + byte[0] % 10));
        }
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_code_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent-code");
        let made = AgentCode::load_or_make(&path).unwrap();
        assert!(made.0.len() == DIGITS && made.0.bytes().all(|b| b.is_ascii_digit()), "{}", *made.0);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = AgentCode::load_or_make(&path).unwrap();
        assert!(again.fits(&made.0));
        let spaced = format!(" {} {}\n", &made.0[..4], &made.0[4..]);
        assert!(again.fits(&spaced) && !again.fits(&made.0[1..]) && !again.fits(""));
    }

    #[test]
    fn an_empty_file_is_not_a_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent-code");
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(AgentCode::load_or_make(&path), Err(AgentCodeError::NotACode { .. })));
    }
}
