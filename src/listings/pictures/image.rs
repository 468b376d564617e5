//! What a picture is, by its content: JPEG (ISO/IEC 10918-1), PNG (W3C, third edition) or WebP (RFC 9649), its size in
//! pixels, and whether it is whole. Pure. Only headers are read, nothing is decoded: that is the browser's work, and a
//! picture of more pixels than a screen could want is refused before one tries.

use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// The longest side, pixels.
const LONGEST_SIDE: u32 = 12_000;
/// Most pixels: 50 megapixels unpack to 200 MB in a browser.
const MOST_PIXELS: u64 = 50_000_000;

/// The forms that every browser shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Jpeg,
    Png,
    Webp,
}

impl Format {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// From the name that is stored.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp].into_iter().find(|f| f.as_str() == name)
    }
}

/// What a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub format: Format,
    /// Pixels, as stored: a photo that was taken upright may say beside it that it is to be turned.
    pub width: u32,
    pub height: u32,
}

/// Looks at the bytes of a picture. The error is the end of a sentence about it.
pub fn look(bytes: &[u8]) -> Result<Image, Reason> {
    let (format, size) = if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        (Format::Jpeg, jpeg(bytes))
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        (Format::Png, png(bytes))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        (Format::Webp, webp(bytes))
    } else {
        return Err(Reason::ImageUnknown);
    };
    let (width, height) = size.ok_or(Reason::ImageDamaged)?;
    if width == 0 || height == 0 {
        return Err(Reason::ImageWithoutSize);
    }
    if width.max(height) > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        let (side, million) = (LONGEST_SIDE, MOST_PIXELS / 1_000_000);
        return Err(Reason::ImageTooLarge { width, height, side, million });
    }
    Ok(Image { format, width, height })
}

type Size = Option<(u32, u32)>;

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at + 3)?;
    Some(u32::from(b[0]) | u32::from(b[1]) << 8 | u32::from(b[2]) << 16)
}

/// Segments up to the scan; the frame's header has the size, and the end of the image comes after the scan began.
fn jpeg(bytes: &[u8]) -> Size {
    let mut size = None;
    let mut at = 2;
    loop {
        while bytes.get(at)? == &0xff && bytes.get(at + 1)? == &0xff {
            at += 1; // fill bytes
        }
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        let length = be16(bytes, at + 2)? as usize;
        if length < 2 {
            return None;
        }
        match marker {
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) && size.is_none() => {
                size = Some((be16(bytes, at + 7)?, be16(bytes, at + 5)?));
            }
            0xda => {
                let scan = bytes.get(at + 2 + length..)?;
                return size.filter(|_| scan.windows(2).any(|pair| pair == [0xff, 0xd9]));
            }
            _ => {}
        }
        at += 2 + length;
    }
}

/// Chunks up to the last one.
fn png(bytes: &[u8]) -> Size {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let size = (be32(bytes, 16)?, be32(bytes, 20)?);
    let mut at = 8usize;
    loop {
        let (length, kind) = (be32(bytes, at)? as usize, bytes.get(at + 4..at + 8)?);
        let end = at.checked_add(12)?.checked_add(length)?;
        if end > bytes.len() {
            return None;
        }
        if kind == b"IEND" {
            return Some(size);
        }
        at = end;
    }
}

fn webp(bytes: &[u8]) -> Size {
    let said = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    if bytes.len() < said.checked_add(8)? {
        return None;
    }
    let body = bytes.get(20..)?;
    match bytes.get(12..16)? {
        b"VP8 " if body.get(3..6)? == [0x9d, 0x01, 0x2a] => {
            let side = |at: usize| {
                Some(u32::from(u16::from_le_bytes(body.get(at..at + 2)?.try_into().ok()?)) & 0x3fff)
            };
            Some((side(6)?, side(8)?))
        }
        b"VP8L" if body.first()? == &0x2f => {
            let bits = u32::from_le_bytes(body.get(1..5)?.try_into().ok()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le24(body, 4)? + 1, le24(body, 7)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame of a JPEG with a thumbnail before it, which is not to be taken for the picture.
    fn a_jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0, 12];
        bytes.extend([0xff, 0xc0, 0, 17, 8, 0, 1, 0, 1, 0xd9]); // what a thumbnail looks like, in the application's segment
        bytes.extend([0xff, 0xff, 0xc2, 0, 11, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0]);
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0, 0x34, 0xff, 0xd9]);
        bytes
    }

    fn a_png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(b"\0\0\0\x02IDATxx\0\0\0\0");
        bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
        bytes
    }

    fn a_webp(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((12 + body.len() as u32).to_le_bytes());
        bytes.extend(b"WEBP");
        bytes.extend(kind);
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn all() -> [(Vec<u8>, Image); 5] {
        let image = |format, width, height| Image { format, width, height };
        let bits: u32 = (640 - 1) | (480 - 1) << 14;
        let mut lossless = vec![0x2f];
        lossless.extend(bits.to_le_bytes());
        [
            (a_jpeg(1600, 1200), image(Format::Jpeg, 1600, 1200)),
            (a_png(800, 601), image(Format::Png, 800, 601)),
            (
                a_webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0x80, 0x02, 0xe0, 0x41]),
                image(Format::Webp, 640, 480),
            ),
            (a_webp(b"VP8L", &lossless), image(Format::Webp, 640, 480)),
            (a_webp(b"VP8X", &[0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0]), image(Format::Webp, 640, 480)),
        ]
    }

    #[test]
    fn what_it_is_and_its_size_are_read_from_the_content() {
        for (bytes, image) in all() {
            assert_eq!(look(&bytes), Ok(image));
        }
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        for (bytes, image) in all() {
            for cut in 0..bytes.len() {
                assert!(look(&bytes[..cut]).is_err(), "{image:?} cut at {cut} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn what_is_no_picture_or_too_large_has_its_sentence() {
        for other in [&b"GIF89a"[..], b"<svg onload=alert(1)>", b"", b"%PDF-1.7", b"\xff\xd8"] {
            assert_eq!(look(other).unwrap_err(), Reason::ImageUnknown);
        }
        assert_eq!(look(&a_png(0, 5)).unwrap_err(), Reason::ImageWithoutSize);
        assert!(look(&a_png(30_000, 30_000)).unwrap_err().to_string().contains("30000 × 30000 pixels"));
        assert!(look(&a_png(12_000, 5_000)).unwrap_err().to_string().contains("50 million"));
        assert!(look(&a_png(u32::MAX, u32::MAX)).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(kind in 0usize..3, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let begin: &[u8] = [&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP"][kind];
            let _ = look(&[begin, &rest].concat());
        }
    }
}
