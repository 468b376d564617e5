//! Everything that is written is read back by somebody else's parser: pulldown-cmark, icalendar, zip with quick-xml.

use super::*;
use crate::clock::hong_kong;
use crate::demo::listings::generate;
use crate::language::Language;
use crate::minutes::matching::matching;
use crate::minutes::shown::{ShownReview, Was};
use crate::store::minutes::{Act, Confidence, Evidence, Origin, Point};
use crate::store::minutes_reviews::Verdict;
use crate::store::transcripts::SegmentKind;
use icalendar::parser::{Component, read_calendar, unfold};
use jiff::civil::date;
use serde_json::{Value, json};
use std::io::{Cursor, Read};

const TODAY: Date = date(2026, 11, 23);
/// Said in the meeting: what every format has a meaning of its own for.
const HOSTILE: &str =
    "# 太古城 *三房* [睇](http://x.example) <script>alert(1)</script> A;B,C\\D \"E\" & 1. F";

fn segments() -> Vec<Segment> {
    let said = [
        "我想要三房 太古城最好",
        "預算千三萬封頂",
        HOSTILE,
        "星期六下晝三點喺管理處等 OK三點冇問題",
        "我今晚send個平面圖俾你，同埋問埋業主條款，仲有管理處嗰邊嘅車位幾錢一個月都一齊問埋佢先覆你，好唔好呀，唔該晒你先",
        "我们考虑一下湾仔",
    ];
    let at = |n: usize| n as i64 * 1_800_500;
    let segment = |(n, text): (usize, &&str)| Segment {
        start_ms: at(n),
        end_ms: at(n) + 3_000,
        kind: SegmentKind::Speech,
        language: Some("yue".into()),
        text: (*text).to_owned(),
        heard: None,
    };
    said.iter().enumerate().map(segment).collect()
}

fn standing(n: usize, kind: &str, slot: &str, value: Value, text: &str) -> Standing {
    let point = Point {
        kind: kind.into(),
        slot: Some(slot.into()),
        value,
        polarity: (kind == "preference").then(|| "want".into()),
        text: text.into(),
        segments: Evidence::of(n),
        at: n as f64,
        confidence: Confidence::Sure,
        act: (kind == "action").then(Act::default),
    };
    let changed_at = "2026-11-18T08:00:00Z".parse().unwrap();
    let id = format!("p{n}");
    let shown = ShownPoint { id, point, origin: Origin::Extracted, review: None, until: None };
    Standing { shown, changed_at, revision: 0 }
}

fn corrected(standing: Standing) -> Standing {
    let mut shown = standing.shown;
    let at = "2026-11-19T01:30:00Z".to_owned();
    let was =
        Was {
            slot: None, value: Value::Null, polarity: None, act: None, text: "預算上限1,200萬".into()
        };
    shown.review = Some(ShownReview {
        verdict: Verdict::Corrected,
        by: "May Chan".into(),
        at: at.clone(),
        was: Some(was),
    });
    let review = |at: &str| Review {
        point: shown.id.clone(),
        verdict: Verdict::Accepted,
        agent: "May Chan".into(),
        at: at.into(),
        heard: 6,
        origin: Origin::Extracted,
        was: None,
        corrected: None,
    };
    let other = Review { point: "p77".into(), ..review("2026-11-20T00:00:00Z") };
    let reviews = [review("2026-11-18T09:00:00Z"), review(&at), other];
    let made = "2026-11-18T08:00:00Z".parse().unwrap();
    Standing::of(vec![shown], &reviews, made).remove(0)
}

fn with_id(mut standing: Standing, id: &str) -> Standing {
    standing.shown.id = id.into();
    standing
}

fn points() -> Vec<Standing> {
    let long = "經紀：send個平面圖；問業主條款, 同管理處 \\ 車位";
    vec![
        standing(0, "preference", "bedrooms", json!(3), "想要3房"),
        corrected(standing(1, "preference", "budget_max", json!(13_000_000), "預算上限1,300萬")),
        standing(2, "decision", "shortlist", json!("x"), "列入考慮：- A;B,C\\D <b>"),
        standing(3, "appointment", "", json!("2026-11-21T15:00:00+08:00"), "約咗2026-11-21 15:00"),
        standing(4, "action", "agent", json!("2026-11-18"), long),
        with_id(standing(4, "action", "client", Value::Null, "客戶：諗清楚"), "p9"),
    ]
}

/// Calls `with` on an export in a language.
fn exported<T>(language: Language, with: impl Fn(&Source) -> T) -> T {
    let rows = generate(1_500, 11, TODAY).into_iter().map(|(listing, _)| listing).collect::<Vec<_>>();
    let assistant = Assistant::new(rows, "test".into());
    let (segments, points, reader) = (segments(), points(), Tongue::of(language));
    let found = matching(&assistant, reader, points.iter().map(|s| &s.shown.point), TODAY).unwrap();
    assert!(found.total > 0, "{}", found.understood);
    let mut offered = standing(5, "preference", "district", json!("Wan Chai"), "想住灣仔");
    offered.shown.origin = Origin::Proposed;
    let started_at: Timestamp = "2026-11-18T07:10:00Z".parse().unwrap();
    with(&Source {
        id: "019a0000-0000-7000-8000-000000000001",
        reader,
        started_at: started_at.to_zoned(hong_kong()),
        agent: "May Chan",
        proposed_summary: Some("傾向三房。"),
        summary: "客戶想要3房。\n約咗2026-11-21 15:00。",
        points,
        offered: vec![offered],
        segments: &segments,
        listings: Some(&found),
        assistant: &assistant,
        today: TODAY,
    })
}

/// Every text of a sheet, in order.
fn texts(sheet: &Sheet) -> Vec<String> {
    let mut all = vec![sheet.title.clone()];
    all.extend(sheet.heading.iter().map(|(what, value)| format!("{what}{}{value}", sheet.colon)));
    all.extend(sheet.summary.iter().cloned());
    for group in &sheet.groups {
        all.push(group.title.clone());
        all.extend(group.note.clone());
        for entry in &group.entries {
            let status = entry.status.as_deref().map_or(String::new(), |s| format!(" — {s}"));
            all.push(format!("{}{status}", entry.text));
            all.extend(entry.quotes.iter().map(|(time, quote)| format!("{time} {quote}")));
        }
    }
    all
}

#[test]
fn the_sheet_has_its_groups_in_three_languages() {
    for (language, titles) in [
        (Language::Yue, ["客戶想要", "預算同出價", "決定", "待辦", "下次見面", "有待確認", "合適嘅盤"]),
        (Language::Cmn, ["客户想要", "预算和出价", "决定", "待办", "下次见面", "有待确认", "合适的房源"]),
        (
            Language::En,
            [
                "What the client wants",
                "Budget and offers",
                "Decisions",
                "To do",
                "Next meeting",
                "Still to be confirmed",
                "Listings that fit",
            ],
        ),
    ] {
        let sheet = exported(language, sheet);
        assert_eq!(sheet.groups.iter().map(|g| g.title.as_str()).collect::<Vec<_>>(), titles);
        let all = texts(&sheet).join("\n");
        assert!(
            !all.contains(['{', '}'])
                && all.contains("「我想要三房 太古城最好」") == (language == Language::Yue)
        );
    }
    let english = exported(Language::En, sheet);
    assert_eq!(
        english.heading[0],
        ("Date".into(), "Wednesday 18 November 2026, 15:10 (Hong Kong time)".into())
    );
    let budget = &english.groups[1].entries[0];
    assert_eq!(
        budget.status.as_deref(),
        Some("corrected by May Chan, 19 November 2026, 09:30; was “預算上限1,200萬”")
    );
    assert_eq!(budget.quotes, [("30:00".into(), "“預算千三萬封頂”".into())]);
    assert_eq!(english.groups[3].entries[0].quotes[0].0, "2:00:02");
    assert_eq!(english.groups[5].entries[0].status.as_deref(), Some("proposed by a computer, not confirmed"));
    let chinese = exported(Language::Yue, sheet);
    assert_eq!(chinese.heading[0].1, "2026年11月18日 星期三 15:10（香港時間）");
}

#[test]
fn listings_say_the_saleable_area_first_and_nothing_of_an_owner() {
    for (language, label) in
        [(Language::En, "saleable area "), (Language::Yue, "實用面積"), (Language::Cmn, "实用面积")]
    {
        let sheet = exported(language, sheet);
        let listings = &sheet.groups.last().unwrap().entries;
        assert!(!listings.is_empty() && listings.len() <= 10);
        assert!(listings.iter().all(|e| e.text.starts_with(label)), "{listings:?}");
    }
    let all = exported(Language::En, |s| markdown(&sheet(s)));
    let rows = generate(1_500, 11, TODAY);
    let shown: Vec<_> = rows.iter().filter(|(l, _)| all.contains(&l.reference)).collect();
    assert!(!shown.is_empty());
    for (_, owner) in shown {
        assert!(!all.contains(&owner.owner_name) && !all.contains(&owner.owner_phone));
        let bottom = owner.bottom_price_hkd.map(|n| crate::language::fold_str(&n.to_string()));
        assert!(bottom.is_none_or(|n| !all.replace(',', "").contains(&n)));
    }
}

/// The paragraphs of Markdown as a reader sees them, and whether anything of it is a link, HTML or code.
fn read_markdown(text: &str) -> (Vec<String>, bool) {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd};
    let (mut all, mut now, mut odd) = (Vec::new(), String::new(), false);
    for event in Parser::new(text) {
        match event {
            Event::Text(t) => now += &t,
            Event::SoftBreak | Event::HardBreak => all.push(std::mem::take(&mut now)),
            Event::Html(_) | Event::InlineHtml(_) | Event::Code(_) | Event::Rule => odd = true,
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_)) => {
                odd = true
            }
            Event::Start(Tag::List(Some(_))) => odd = true,
            Event::Start(Tag::List(None) | Tag::Item)
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                all.push(std::mem::take(&mut now))
            }
            _ => {}
        }
    }
    all.retain(|t| !t.is_empty());
    (all, odd)
}

#[test]
fn markdown_reads_as_the_sheet() {
    for language in [Language::Yue, Language::Cmn, Language::En] {
        let sheet = exported(language, sheet);
        let (read, odd) = read_markdown(&markdown(&sheet));
        assert_eq!(read, texts(&sheet));
        assert!(!odd);
    }
}

#[test]
fn no_text_is_anything_but_text_in_markdown() {
    let hostile = [
        "- a list",
        "1. one",
        "12) twelve",
        "+ plus",
        "= line",
        "---",
        "# heading",
        "> quote",
        "`code`",
        "**bold** __b__ ~~s~~",
        "<b>html</b> &lt; &amp;",
        "![i](u) [a]: b",
        "a | b",
        "\\ back\\slash\\",
        "*",
        "1",
        "<!-- -->",
        "http://x.example/ <http://x.example>",
    ];
    for text in hostile {
        let entry = |text: &str| super::sheet::Entry {
            text: text.into(),
            status: Some(text.into()),
            quotes: vec![("0:01".into(), text.into())],
        };
        let group = super::sheet::Group {
            title: format!("x {text}"),
            note: Some(format!("{text}.")),
            entries: vec![entry(text)],
        };
        let sheet = Sheet {
            title: format!("x {text}"),
            heading: vec![],
            colon: ": ".into(),
            summary: vec![format!("{text}.")],
            groups: vec![group],
        };
        let (read, odd) = read_markdown(&markdown(&sheet));
        let seen = |all: Vec<String>| all.concat().split_whitespace().collect::<String>();
        assert_eq!((seen(read), odd), (seen(texts(&sheet)), false), "{text}\n{}", markdown(&sheet));
    }
}

/// A part of a DOCX: its texts by paragraph, and all values of an attribute.
fn read_docx(file: &[u8], part: &str, attribute: &str) -> (Vec<String>, Vec<String>) {
    use quick_xml::events::Event;
    let mut zip = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut xml = String::new();
    zip.by_name(part).unwrap().read_to_string(&mut xml).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    reader.config_mut().check_end_names = true;
    let (mut paragraphs, mut now, mut values, mut in_text) = (Vec::new(), String::new(), Vec::new(), false);
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(e) | Event::Empty(e) = &event {
            in_text = e.name().as_ref() == b"w:t";
            for a in e.attributes() {
                let a = a.unwrap();
                if a.key.as_ref() == attribute.as_bytes() {
                    values.push(String::from_utf8(a.value.to_vec()).unwrap());
                }
            }
            if e.name().as_ref() == b"w:br" {
                paragraphs.push(std::mem::take(&mut now));
            }
        }
        match event {
            Event::Text(t) if in_text => now += &t.decode().unwrap(),
            Event::GeneralRef(r) if in_text => {
                let c = match &*r.decode().unwrap() {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" | "#39" => '\'',
                    other => panic!("entity {other}"),
                };
                now.push(c);
            }
            Event::End(e) if e.name().as_ref() == b"w:p" => paragraphs.push(std::mem::take(&mut now)),
            Event::End(e) if e.name().as_ref() == b"w:t" => in_text = false,
            Event::Eof => break,
            _ => {}
        }
    }
    paragraphs.retain(|p| !p.is_empty());
    (paragraphs, values)
}

#[test]
fn docx_reads_as_the_sheet_with_chinese_fonts() {
    for (language, font) in [
        (Language::Yue, "Microsoft JhengHei"),
        (Language::Cmn, "Microsoft YaHei"),
        (Language::En, "Microsoft JhengHei"),
    ] {
        let (sheet, made) = exported(language, |s| {
            let sheet = sheet(s);
            let file = docx(&sheet, s.reader, "2026-11-23T02:00:00Z".parse().unwrap()).unwrap();
            (sheet, file)
        });
        let (read, fonts) = read_docx(&made, "word/document.xml", "w:eastAsia");
        assert_eq!(read, texts(&sheet));
        assert!(
            fonts.iter().all(|f| f == "Microsoft YaHei") && !fonts.is_empty(),
            "Simplified quotes have theirs"
        );
        let (_, styles) = read_docx(&made, "word/styles.xml", "w:eastAsia");
        assert_eq!(styles, [font]);
        let (_, used) = read_docx(&made, "word/document.xml", "w:val");
        let (_, known) = read_docx(&made, "word/styles.xml", "w:styleId");
        for style in ["Title", "Heading1", "Summary", "Point", "Quote"] {
            assert!(used.iter().any(|s| s == style) && known.iter().any(|s| s == style), "{style}");
        }
        // What a reader of the format looks for first.
        let (_, parts) = read_docx(&made, "[Content_Types].xml", "PartName");
        assert!(
            parts.iter().any(|p| p == "/word/document.xml")
                && parts.iter().any(|p| p == "/word/numbering.xml")
        );
        let (_, targets) = read_docx(&made, "_rels/.rels", "Target");
        assert!(targets.iter().any(|t| t == "word/document.xml"));
    }
}

/// The value of a property; the parser takes the escapes of a text away.
fn value(component: &Component, name: &str) -> Option<String> {
    component.properties.iter().find(|p| p.name == name).map(|p| p.val.to_string())
}

fn components<'a>(calendar: &'a icalendar::parser::Calendar<'a>, name: &str) -> Vec<&'a Component<'a>> {
    calendar.components.iter().filter(|c| c.name == name).collect()
}

#[test]
fn the_calendar_reads_as_the_points() {
    let file = exported(Language::Yue, calendar).unwrap();
    for line in file.split_terminator("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']) && !line.is_empty(), "{line:?}");
    }
    assert!(file.ends_with("\r\n") && file.lines().filter(|l| l.starts_with(' ')).count() > 3);
    let unfolded = unfold(&file);
    let read = read_calendar(&unfolded).unwrap();
    let (events, tasks) = (components(&read, "VEVENT"), components(&read, "VTODO"));
    assert_eq!((events.len(), tasks.len()), (2, 2));
    let of = |c: &Component, name: &str| value(c, name).unwrap_or_else(|| panic!("{name} of {c:?}"));

    let meeting = events.iter().find(|e| value(e, "DURATION").is_some()).unwrap();
    assert_eq!(of(meeting, "DTSTART"), "20261121T070000Z");
    assert_eq!(of(meeting, "DURATION"), "PT1H");
    assert_eq!(of(meeting, "SUMMARY"), "約咗2026-11-21 15:00");
    assert_eq!(of(meeting, "STATUS"), "TENTATIVE");
    assert_eq!(of(meeting, "UID"), "019a0000-0000-7000-8000-000000000001-p3@branchbox");
    let told = of(meeting, "DESCRIPTION");
    let first = "錄音 1:30:01 「星期六下晝三點喺管理處等 OK三點冇問題」\n會面紀要：2026年11月18日";
    assert!(told.starts_with(first) && told.ends_with("經紀：May Chan"), "{told}");

    let due = events.iter().find(|e| value(e, "TRANSP").as_deref() == Some("TRANSPARENT")).unwrap();
    let (task, open) = (tasks[0], tasks[1]);
    assert_eq!((of(due, "DTSTART"), of(due, "DTEND")), ("20261118".into(), "20261119".into()));
    assert_eq!((of(task, "DUE"), value(open, "DUE")), ("20261118".into(), None));
    for c in [due, task] {
        assert_eq!(of(c, "SUMMARY"), points()[4].shown.point.text);
        assert!(of(c, "DESCRIPTION").contains("都一齊問埋佢先覆你，好唔好呀，唔該晒你先"));
        assert_eq!((of(c, "DTSTAMP"), of(c, "SEQUENCE")), ("20261118T080000Z".into(), "0".into()));
    }
    let day = |c: &Component, name: &str| {
        let property = c.properties.iter().find(|p| p.name == name).unwrap();
        property.params.iter().any(|p| p.key == "VALUE" && p.val.as_ref().is_some_and(|v| *v == "DATE"))
    };
    assert!(day(due, "DTSTART") && day(due, "DTEND") && day(task, "DUE"));
    let uids: std::collections::BTreeSet<_> = read.components.iter().map(|c| of(c, "UID")).collect();
    assert_eq!(uids.len(), 4);
}

#[test]
fn a_review_makes_the_next_sequence_of_the_same_event() {
    let of = |points: fn() -> Vec<Standing>| {
        exported(Language::En, |s| {
            let source = Source {
                points: points(),
                listings: None,
                ..Source { points: vec![], offered: vec![], started_at: s.started_at.clone(), ..*s }
            };
            calendar(&source)
        })
    };
    let first = || vec![standing(3, "appointment", "", json!("2026-11-21T15:00:00+08:00"), "x")];
    let second = || vec![corrected(standing(3, "appointment", "", json!("2026-11-21T16:30:00+08:00"), "y"))];
    let [a, b] = [of(first).unwrap(), of(second).unwrap()].map(|file| {
        let unfolded = unfold(&file);
        let read = read_calendar(&unfolded).unwrap();
        ["UID", "SEQUENCE", "DTSTART", "DTSTAMP", "STATUS"]
            .map(|name| value(&read.components[0], name).unwrap())
    });
    assert_eq!(a[0], b[0]);
    assert_eq!([&a[1], &a[2], &a[4]], ["0", "20261121T070000Z", "TENTATIVE"]);
    assert_eq!([&b[1], &b[2], &b[4]], ["2", "20261121T083000Z", "CONFIRMED"]);
    assert!(a[3] < b[3]);
    // Nothing to do and nobody to meet: a calendar without a component would be none.
    assert_eq!(of(Vec::new), None);
    // A value that is no time is left out rather than guessed.
    assert_eq!(of(|| vec![standing(3, "appointment", "", json!("soon"), "x")]), None);
}
