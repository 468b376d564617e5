//! The index of an MP4 or M4A file (ISO 14496-12), as far as it says what the decoder does not: when the recording
//! was made, whether it is locked (DRM), and whether there is any sound in it.

use jiff::{SignedDuration, Timestamp};
use std::io::{self, Read, Seek, SeekFrom};

/// Most bytes of index that are looked at: the index of a day of sound is some 20 MB.
const MAX_INDEX: u64 = 32 << 20;
/// Most boxes at the top of a file; a recording has about five.
const MAX_BOXES: usize = 1_000;
/// MP4 counts seconds from the beginning of 1904 (ISO 14496-12, 8.2.2.3).
const EPOCH: &str = "1904-01-01T00:00:00Z";

/// What the index says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub made_at: Option<Timestamp>,
    /// The sound is encrypted.
    pub locked: bool,
    pub has_sound: bool,
}

/// Finds the index. `None` where there is none: a copy that stopped half-way lacks it, for it is written last.
pub(super) fn read_index<S: Read + Seek>(source: &mut S, length: u64) -> io::Result<Option<Index>> {
    let mut at = 0_u64;
    for _ in 0..MAX_BOXES {
        if at.saturating_add(8) > length {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        source.read_exact(&mut head[..8])?;
        let size = match u64::from(be32(&head[..4])) {
            0 => length - at, // to the end
            1 if at.saturating_add(16) <= length => {
                source.read_exact(&mut head[8..])?;
                u64::from_be_bytes([
                    head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
                ])
            }
            size => size,
        };
        if &head[4..8] == b"moov" {
            let mut moov = Vec::new();
            source.take(size.min(MAX_INDEX)).read_to_end(&mut moov)?;
            return Ok(Some(Index::from_bytes(&moov)));
        }
        let Some(next) = at.checked_add(size.max(8)) else { return Ok(None) };
        at = next;
    }
    Ok(None)
}

impl Index {
    fn from_bytes(moov: &[u8]) -> Self {
        let find = |name: &[u8]| moov.windows(4).position(|w| w == name);
        let handler = |kind: &[u8]| {
            // hdlr: version and flags, a reserved word, then what the track holds (8.4.3.2)
            moov.windows(16).any(|w| &w[..4] == b"hdlr" && &w[12..] == kind)
        };
        let made_at = find(b"mvhd").and_then(|at| {
            let body = moov.get(at + 4..at + 16)?;
            let seconds = match body[0] {
                0 => u64::from(be32(&body[4..8])),
                _ => u64::from_be_bytes(body[4..12].try_into().ok()?),
            };
            // A device without a clock writes 0, and some count from 1970.
            let epoch: Timestamp = EPOCH.parse().ok()?;
            let at = epoch.checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()?;
            (at.as_second() > 0).then_some(at)
        });
        Self {
            made_at,
            locked: find(b"drms").is_some() || find(b"enca").is_some(),
            has_sound: handler(b"soun"),
        }
    }
}

fn be32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    #[test]
    fn the_index_says_when_and_what() {
        let seconds = 2_082_844_800_u32 + 1_000_000_000; // 2001-09-09T01:46:40Z
        let mvhd = boxed(b"mvhd", &[&[0; 4][..], &seconds.to_be_bytes(), &[0; 12]].concat());
        let hdlr = boxed(b"hdlr", &[&[0; 8][..], b"soun", &[0; 8]].concat());
        let moov = boxed(b"moov", &[mvhd, hdlr].concat());
        let file = [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[7; 50]), moov].concat();
        let read = |file: &[u8]| read_index(&mut Cursor::new(file), file.len() as u64).unwrap();
        let index = read(&file).unwrap();
        assert_eq!(index.made_at.unwrap().to_string(), "2001-09-09T01:46:40Z");
        assert!(index.has_sound && !index.locked);
        assert_eq!(read(&file[..60]), None, "cut off before its index");
        // sizes that lie lead nowhere, and end
        for size in [0_u32, 1, 2, 7, 9, u32::MAX] {
            let _ = read(&[&size.to_be_bytes()[..], b"junk", &[0xff; 40]].concat());
        }
    }
}
