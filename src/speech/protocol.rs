//! What box and worker say to each other over the worker's standard input and output.
//!
//! A message is the length of its head (4 bytes, little endian), the head in JSON, and a body of as many bytes as
//! the head says: the samples of an utterance, 16 bits each, little endian. The box begins with what the worker is to
//! know ([`Setup`]), the worker answers ready, or why not, and then each request in turn.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// A longer head is no head.
pub(super) const MAX_HEAD: usize = 1 << 20;

/// From the box, first: what the model is steered with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// For each language (yue, cmn, en) names that are likely to be spoken of, the likeliest first. Empty for none.
    pub names: Vec<(String, Vec<String>)>,
}

/// From the box: decode what follows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Bytes of sound that follow.
    pub bytes: usize,
    /// The weight of each language that we write, beside the model's own score; none is 1.
    #[serde(default)]
    pub weights: Vec<(String, f64)>,
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Reply {
    /// The model is loaded; these are the languages it is driven in.
    Ready { languages: Vec<String> },
    /// There is no use in trying again; the sentence says why.
    Refused { why: String },
    Decoded {
        language: Option<String>,
        /// The part of the scores that the language has, 0 to 1.
        share: f64,
        pieces: Vec<Piece>,
    },
    /// This utterance could not be decoded.
    Failed { why: String },
}

/// A piece of text with its times within the utterance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
    /// Mean of the natural logarithms of its tokens' probabilities.
    pub logprob: f32,
    /// Probability that nobody spoke, 0 to 1.
    pub no_speech: f32,
}

/// A whole message.
pub(super) fn message(head: &impl Serialize, body: &[u8]) -> io::Result<Vec<u8>> {
    let head = serde_json::to_vec(head)?;
    let mut bytes = Vec::with_capacity(4 + head.len() + body.len());
    bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// Sends a message without a body.
pub(super) fn send(out: &mut impl Write, head: &impl Serialize) -> io::Result<()> {
    out.write_all(&message(head, &[])?)?;
    out.flush()
}

/// The box's first message; `None` when it has closed the pipe.
pub(super) fn receive_setup(from: &mut impl Read) -> io::Result<Option<Setup>> {
    head(from)
}

/// The next request and its sound; `None` when the box has closed the pipe.
pub(super) fn receive(from: &mut impl Read) -> io::Result<Option<(Request, Vec<i16>)>> {
    let Some(request) = head::<Request>(from)? else { return Ok(None) };
    let mut body = vec![0; request.bytes];
    from.read_exact(&mut body)?;
    let sound = body.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    Ok(Some((request, sound)))
}

fn head<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEAD {
        return Err(io::Error::other("a head of that length is none"));
    }
    let mut head = vec![0; length];
    from.read_exact(&mut head)?;
    Ok(Some(serde_json::from_slice(&head)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_arrives_as_it_was_sent() {
        let sound = [1_i16, -2, 32_767];
        let body: Vec<u8> = sound.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut bytes =
            message(&Request { bytes: body.len(), weights: vec![("yue".into(), 0.5)] }, &body).unwrap();
        let mut pipe = &bytes[..];
        let (request, heard) = receive(&mut pipe).unwrap().unwrap();
        assert_eq!((request.weights[0].1, heard), (0.5, sound.to_vec()));
        assert!(receive(&mut pipe).unwrap().is_none());
        bytes[3] = 0xff;
        assert!(receive(&mut &bytes[..]).is_err());
        assert!(receive(&mut &bytes[..bytes.len() - 1]).is_err());
    }
}
