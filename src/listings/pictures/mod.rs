//! Photos and floor plans: what a listing calls them, what they are by their content, and where a box keeps them.
//!
//! A feed names a picture by a reference. Head office fetches it once and knows it by its SHA-256 from then on; boxes
//! fetch from head office what their listings name (`shelf`). What a picture is, is told by its content (`image`), never by
//! its name. `gallery` is what the kiosk shows of them. Left out: making pictures smaller or turning them round; a browser does.

pub mod gallery;
pub mod image;
pub mod shelf;

pub use gallery::Gallery;
pub use image::{Format, Image};

use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// Most bytes of a picture. A photo for a screen has some 300 KB, one straight from a camera 5 MB.
pub const LARGEST: usize = 10 << 20;
/// Longest reference, bytes.
const LONGEST: usize = 1000;
/// Longest name of a file, bytes, as file systems have it.
const LONGEST_NAME: usize = 255;

/// A picture as head office has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Of its bytes, hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    #[serde(flatten)]
    pub image: Image,
}

/// A picture as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// photo or floor_plan
    pub kind: &'static str,
    /// Where the box serves it.
    pub url: String,
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

/// Whether a text can be a reference; the error is the end of a sentence. Whether there is such a picture is seen when
/// it is fetched.
pub fn check_reference(reference: &str) -> Result<(), Reason> {
    if reference.len() > LONGEST || reference.chars().any(char::is_control) {
        return Err(Reason::ReferenceUnreadable);
    }
    if is_url(reference) {
        let rest = reference.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or("");
        return match reference.starts_with("https://") || reference.starts_with("http://") {
            false => Err(Reason::ReferenceNotHttps),
            true if host.is_empty() || reference.contains(char::is_whitespace) => {
                Err(Reason::ReferenceNotAnAddress)
            }
            true if host.contains('@') => Err(Reason::ReferenceWithUser),
            true => Ok(()),
        };
    }
    let is_name = reference.len() <= LONGEST_NAME
        && !reference.contains(['/', '\\'])
        && !reference.starts_with('.')
        && !reference.is_empty();
    if is_name { Ok(()) } else { Err(Reason::ReferenceNeither) }
}

/// Whether a reference is an address; else it is a file's name.
pub fn is_url(reference: &str) -> bool {
    reference.contains("://")
}

/// Whether a text can be the SHA-256 of a picture. What a request names becomes a file's name only after this.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_an_address_or_a_plain_name() {
        for good in [
            "https://pictures.example/a%20b.jpg?size=2;x",
            "http://10.0.0.5:8080/a.png",
            "TS-0001 客廳.jpg",
            "plan.webp",
        ] {
            assert_eq!(check_reference(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "../secret.jpg",
            "a/b.jpg",
            "C:\\photos\\a.jpg",
            ".hidden",
            "file:///etc/passwd",
            "ftp://a.example/b",
            "https://",
            "https:///a.jpg",
            "https://a b.example/",
            "https://user:word@a.example/b.jpg",
            "a\u{0}.jpg",
        ] {
            assert!(check_reference(bad).is_err(), "{bad}");
        }
        assert!(check_reference(&"a".repeat(256)).is_err() && check_reference(&"a".repeat(255)).is_ok());
    }

    #[test]
    fn a_hash_is_64_small_hexadecimal_digits() {
        assert!(is_hash(&"0a".repeat(32)));
        for bad in ["", "../../records.key", &"0A".repeat(32), &"0".repeat(63), &"é".repeat(32)] {
            assert!(!is_hash(bad), "{bad}");
        }
    }
}
