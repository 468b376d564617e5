//! Bytes to text. Only what is certain is read; a guess would put wrong characters into adverts.

use crate::reason::Reason;
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The text of a file. The error is the end of the sentence "FILE: …".
pub fn to_text<'a>(bytes: &'a [u8], named: Option<&str>) -> Result<Cow<'a, str>, Reason> {
    match named {
        Some(name) => {
            let encoding = Encoding::for_label(name.as_bytes())
                .ok_or_else(|| Reason::EncodingUnknown { name: name.into() })?;
            decode(encoding, bytes)
                .ok_or_else(|| Reason::EncodingNotThroughout { name: encoding.name().into() })
        }
        None => guess(bytes),
    }
}

fn guess(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    let looks_like = if bytes.starts_with(&[0xff, 0xfe]) {
        UTF_16LE
    } else if bytes.starts_with(&[0xfe, 0xff]) {
        UTF_16BE
    } else if let Some(text) = decode(UTF_8, bytes) {
        return Ok(text);
    } else if decode(BIG5, bytes).is_some() {
        BIG5
    } else if decode(GB18030, bytes).is_some() {
        GB18030
    } else {
        let at = std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to());
        let line = bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
        return Err(Reason::EncodingNone { line });
    };
    let name = looks_like.name();
    Err(Reason::EncodingOther { name: name.into(), option: name.to_ascii_lowercase() })
}

/// The text, without its byte order mark, or `None` where any byte does not fit.
fn decode<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    let (text, wrong) = encoding.decode_with_bom_removal(bytes);
    (!wrong && !text.contains('\0')).then_some(text)
}
