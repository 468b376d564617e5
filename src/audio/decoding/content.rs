//! What a file is, by its first bytes: a form of sound that the decoders are tried on, or something else, by name.
//!
//! Extensions lie (a voice message saved as `.mp3` is Opus all the same), so none is looked at. What is no sound is
//! told apart before a decoder sees it, for a decoder that searches for a frame finds one in a photograph too.

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Worth a decoder's try.
    Sound(Form),
    /// A form of sound that the box has no decoder for.
    OtherSound(&'static str),
    /// Something else, with its article.
    Else(&'static str),
    Unknown,
}

/// Forms that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Wav,
    Flac,
    Ogg,
    Mp4,
    /// MP3, MP2 or AAC without a container.
    Frames,
}

/// How many bytes [`recognise`] looks at.
pub(super) const LOOK: usize = 64;

/// First bytes and what they are the beginning of.
const OTHERS: &[(&[u8], Content)] = &[
    (b"%PDF", Content::Else("a PDF")),
    (b"PK\x03\x04", Content::Else("a ZIP archive or an Office document")),
    (b"\xd0\xcf\x11\xe0", Content::Else("an old Office document")),
    (b"\xff\xd8\xff", Content::Else("a JPEG picture")),
    (b"\x89PNG", Content::Else("a PNG picture")),
    (b"GIF8", Content::Else("a GIF picture")),
    (b"\x7fELF", Content::Else("a program")),
    (b"MZ", Content::Else("a program")),
    (b"\x1f\x8b", Content::Else("a gzip archive")),
    (b"Rar!", Content::Else("a RAR archive")),
    (b"7z\xbc\xaf", Content::Else("a 7-Zip archive")),
    (b"SQLite format 3", Content::Else("a database")),
    (b"MThd", Content::Else("a MIDI file, which holds notes and no sound")),
    (b"#!AMR", Content::OtherSound("AMR")),
    (b"#!SILK", Content::OtherSound("SILK")),
    (b"\x02#!SILK", Content::OtherSound("SILK")),
    (b"\x30\x26\xb2\x75", Content::OtherSound("Windows Media (WMA)")),
    (b"\x1a\x45\xdf\xa3", Content::OtherSound("WebM or Matroska")),
    (b"caff", Content::OtherSound("CAF")),
    (b"RF64", Content::OtherSound("RF64")),
    (b"RIFX", Content::OtherSound("RIFX")),
    (b"wvpk", Content::OtherSound("WavPack")),
    (b"MAC ", Content::OtherSound("Monkey's Audio")),
    (b".snd", Content::OtherSound("Sun AU")),
];

/// Recognises the beginning of a file.
pub(super) fn recognise(head: &[u8]) -> Content {
    let at = |from: usize, to: usize| head.get(from..to).unwrap_or_default();
    if at(0, 4) == b"RIFF" {
        return match at(8, 12) {
            b"WAVE" => Content::Sound(Form::Wav),
            b"AVI " => Content::Else("an AVI film"),
            b"WEBP" => Content::Else("a WebP picture"),
            _ => Content::Unknown,
        };
    }
    if at(0, 4) == b"FORM" && matches!(at(8, 12), b"AIFF" | b"AIFC") {
        return Content::OtherSound("AIFF");
    }
    match at(4, 8) {
        b"ftyp" if matches!(at(8, 12), b"heic" | b"heix" | b"mif1" | b"avif") => {
            return Content::Else("a photograph (HEIC or AVIF)");
        }
        b"ftyp" | b"moov" | b"mdat" | b"wide" => return Content::Sound(Form::Mp4),
        _ => {}
    }
    match at(0, 4) {
        b"fLaC" => return Content::Sound(Form::Flac),
        b"OggS" => return Content::Sound(Form::Ogg),
        [b'I', b'D', b'3', _] => return Content::Sound(Form::Frames),
        _ => {}
    }
    if let Some((_, content)) = OTHERS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return *content;
    }
    // Eleven bits set begin a frame of MPEG sound (ISO 11172-3, 2.4.1.3) or of AAC (ISO 13818-7, ADTS).
    if let [0xff, second, ..] = head
        && second & 0xe0 == 0xe0
    {
        return Content::Sound(Form::Frames);
    }
    if !head.is_empty() && head.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..)) {
        return if head.starts_with(b"<") { Content::Else("a web page") } else { Content::Else("a text") };
    }
    Content::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let cases: &[(&[u8], Content)] = &[
            (b"RIFF\x24\0\0\0WAVEfmt ", Content::Sound(Form::Wav)),
            (b"RIFF\x24\0\0\0AVI LIST", Content::Else("an AVI film")),
            (b"\0\0\0\x1cftypM4A ", Content::Sound(Form::Mp4)),
            (b"\0\0\0\x1cftypheic", Content::Else("a photograph (HEIC or AVIF)")),
            (b"ID3\x04\0\0", Content::Sound(Form::Frames)),
            (b"\xff\xfb\x90\x64", Content::Sound(Form::Frames)),
            (b"\xff\xf1\x50\x80", Content::Sound(Form::Frames)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Content::Else("a JPEG picture")),
            (b"%PDF-1.7\n", Content::Else("a PDF")),
            (b"#!AMR\n\x3c", Content::OtherSound("AMR")),
            ("會議紀錄：客戶想睇兩房".as_bytes(), Content::Else("a text")),
            (b"<!DOCTYPE html>", Content::Else("a web page")),
            (b"\0\x01\x02\x03\x04\x05\x06\x07\x08", Content::Unknown),
            (b"", Content::Unknown),
        ];
        for (bytes, content) in cases {
            assert_eq!(recognise(bytes), *content, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
