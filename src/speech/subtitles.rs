//! A transcript as text, SubRip, WebVTT or JSON. Pure.

use crate::store::transcripts::{Segment, SegmentKind};

/// A form that a transcript is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtitles {
    /// One line an utterance.
    Text,
    Srt,
    /// <https://www.w3.org/TR/webvtt1/>
    Vtt,
    /// Every segment, those without speech too, with their times in milliseconds.
    Json,
}

impl Subtitles {
    /// The transcript in this form, with a line break at its end unless it is empty.
    pub fn write(self, segments: &[Segment]) -> String {
        let spoken = || segments.iter().filter(|s| s.kind == SegmentKind::Speech);
        // A line break within a cue would end it, or the file.
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self {
            Self::Text => spoken().map(|s| format!("{}\n", line(&s.text))).collect(),
            Self::Srt => spoken()
                .enumerate()
                .map(|(n, s)| {
                    format!(
                        "{}\n{} --> {}\n{}\n\n",
                        n + 1,
                        time(s.start_ms, ','),
                        time(s.end_ms, ','),
                        line(&s.text)
                    )
                })
                .collect(),
            Self::Vtt => {
                let escaped =
                    |text: &str| line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let cues = spoken().map(|s| {
                    format!("\n{} --> {}\n{}\n", time(s.start_ms, '.'), time(s.end_ms, '.'), escaped(&s.text))
                });
                format!("WEBVTT\n{}", cues.collect::<String>())
            }
            Self::Json => {
                let text = serde_json::to_string_pretty(&serde_json::json!({ "segments": segments }));
                format!("{}\n", text.expect("segments are plain data"))
            }
        }
    }
}

/// Hours, minutes, seconds and milliseconds.
fn time(ms: i64, mark: char) -> String {
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{mark}{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_says_the_same() {
        let segment = |start_ms, end_ms, kind, text: &str| Segment {
            start_ms,
            end_ms,
            kind,
            language: Some("yue".into()),
            text: text.into(),
            heard: None,
        };
        let segments = [
            segment(0, 1_500, SegmentKind::NoSpeech, ""),
            segment(1_500, 3_661_004, SegmentKind::Speech, "兩房 &\n\n海景"),
        ];
        assert_eq!(Subtitles::Text.write(&segments), "兩房 & 海景\n");
        assert_eq!(Subtitles::Srt.write(&segments), "1\n00:00:01,500 --> 01:01:01,004\n兩房 & 海景\n\n");
        assert_eq!(
            Subtitles::Vtt.write(&segments),
            "WEBVTT\n\n00:00:01.500 --> 01:01:01.004\n兩房 &amp; 海景\n"
        );
        let json: serde_json::Value = serde_json::from_str(&Subtitles::Json.write(&segments)).unwrap();
        assert_eq!(json["segments"][1]["text"], "兩房 &\n\n海景");
        assert_eq!(json["segments"][0]["kind"], "no_speech");
    }
}
