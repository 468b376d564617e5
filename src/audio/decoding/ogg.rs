//! The pages of an OGG file (RFC 3533), with what is between them when it is damaged.
//!
//! Our own, because whoever skips a damaged page must say so, and keep the time by the granule positions of the
//! others: a voice message is OGG, and the demuxers at hand either end at the first damaged page or close the gap.

use std::io::{self, Read};

/// Bytes of a page before its table of segments.
const HEADER: usize = 27;
/// Most bytes of a page: header, 255 segments, 255 bytes each.
const LARGEST: usize = HEADER + 255 + 255 * 255;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// The position at the end of the last packet that ends on this page; -1 where none does.
    pub granule: i64,
    pub serial: u32,
    /// The first packet goes on from the page before.
    pub continued: bool,
    /// The first page of its stream.
    pub first: bool,
    /// The last page of its stream.
    pub last: bool,
    pub packets: Vec<Vec<u8>>,
    /// The last packet goes on on the next page.
    pub unfinished: bool,
    /// Something that is no page, or a damaged one, was passed over before this page.
    pub after_damage: bool,
}

/// Reads page after page.
pub(super) struct Pages<R> {
    source: R,
    buffer: Vec<u8>,
    ended: bool,
    /// Bytes were passed over since the last page.
    damage: bool,
}

impl<R: Read> Pages<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), ended: false, damage: false }
    }

    /// Whether what was read last ended in something that is no whole page.
    pub(super) fn damage(&self) -> bool {
        self.damage
    }

    /// The next whole page; `None` at the end.
    pub(super) fn next_page(&mut self) -> io::Result<Option<Page>> {
        loop {
            self.fill()?;
            if self.buffer.len() < HEADER {
                self.damage |= !self.buffer.is_empty();
                return Ok(None);
            }
            if let Some((page, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                let after_damage = std::mem::take(&mut self.damage);
                return Ok(Some(Page { after_damage, ..page }));
            }
            self.damage = true;
            let next = self.buffer[1..].windows(4).position(|w| w == b"OggS");
            // The mark may begin in the last three bytes.
            let skip = next.map_or(self.buffer.len() - 3, |n| n + 1);
            self.buffer.drain(..skip);
        }
    }

    /// Makes sure that a whole page is in the buffer, if the file still has one.
    fn fill(&mut self) -> io::Result<()> {
        if self.ended || self.buffer.len() >= LARGEST {
            return Ok(());
        }
        let want = 2 * LARGEST - self.buffer.len();
        self.ended = self.source.by_ref().take(want as u64).read_to_end(&mut self.buffer)? < want;
        Ok(())
    }
}

/// The page at the beginning of `bytes` and its length; `None` where there is no whole and good one.
fn parse(bytes: &[u8]) -> Option<(Page, usize)> {
    let head = bytes.get(..HEADER)?;
    if !head.starts_with(b"OggS\0") {
        return None;
    }
    let segments = bytes.get(HEADER..HEADER + usize::from(head[26]))?;
    let body_at = HEADER + segments.len();
    let length = body_at + segments.iter().map(|s| usize::from(*s)).sum::<usize>();
    let whole = bytes.get(..length)?;
    let stated = u32::from_le_bytes(head[22..26].try_into().ok()?);
    if crc(&[&head[..22], &[0; 4], &whole[26..]]) != stated {
        return None;
    }
    let mut packets = Vec::new();
    let (mut from, mut at) = (body_at, body_at);
    for segment in segments {
        at += usize::from(*segment);
        if *segment < 255 {
            packets.push(whole[from..at].to_vec());
            from = at;
        }
    }
    let unfinished = segments.last() == Some(&255);
    if unfinished {
        packets.push(whole[from..at].to_vec());
    }
    let page = Page {
        granule: i64::from_le_bytes(head[6..14].try_into().ok()?),
        serial: u32::from_le_bytes(head[14..18].try_into().ok()?),
        continued: head[5] & 1 != 0,
        first: head[5] & 2 != 0,
        last: head[5] & 4 != 0,
        packets,
        unfinished,
        after_damage: false,
    };
    Some((page, length))
}

/// The check sum of a page: CRC-32 with the polynomial 0x04c11db7, high bit first, from 0 (RFC 3533, 6).
fn crc(parts: &[&[u8]]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let mut value = (n as u32) << 24;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 0x8000_0000 != 0 { value << 1 ^ 0x04c1_1db7 } else { value << 1 };
                bit += 1;
            }
            table[n] = value;
            n += 1;
        }
        table
    };
    parts
        .iter()
        .flat_map(|p| p.iter())
        .fold(0, |crc: u32, b| crc << 8 ^ TABLE[((crc >> 24) as u8 ^ b) as usize])
}
