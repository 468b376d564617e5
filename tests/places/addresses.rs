//! The ways in which people write the address of a flat, made by rule from a listing.

use branchbox::language::gazetteer::block_key;
use branchbox::listings::Listing;

/// A number in Chinese numerals, below a hundred; `short` says 廿三 for 二十三.
fn numeral(n: i64, short: bool) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = ((n / 10) as usize, DIGITS[(n % 10) as usize]);
    match tens {
        0 => ones.to_owned(),
        1 => format!("十{ones}"),
        2 if short => format!("廿{ones}"),
        3 if short => format!("卅{ones}"),
        _ => format!("{}十{ones}", DIGITS[tens]),
    }
}

fn ordinal(n: i64) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

fn full_width(s: &str) -> String {
    let wide =
        |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).unwrap_or(c) } else { c };
    s.chars().map(wide).collect()
}

/// The ways of writing a listing's address: a name of the way, and the address.
pub fn renderings(l: &Listing) -> Vec<(&'static str, String)> {
    let (zh, en, f, u) = (&l.estate_zh, &l.estate_en, l.floor, &l.unit);
    let (bz, be) = (&l.block_zh, &l.block_en);
    let key = block_key(bz, be).map(|k| k.to_uppercase());
    let number: Option<i64> = key.as_ref().and_then(|k| k.parse().ok());
    let letter = u.chars().all(|c| c.is_ascii_alphabetic());
    let ground = f == 0;
    let (fz, fe) =
        if ground { ("地下".to_owned(), "G/F".to_owned()) } else { (format!("{f}樓"), format!("{f}/F")) };
    let comma =
        |parts: &[&str]| parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(", ");
    let space =
        |parts: &[&str]| parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let flat = format!("Flat {u}");
    let mut out = vec![
        ("座樓室", format!("{zh}{bz}{fz}{u}室")),
        ("座樓", format!("{zh}{bz}{fz}{u}")),
        ("spaced", space(&[zh, bz, &fz, &format!("{u}室")])),
        ("back to front", format!("{zh}{u}室{fz}{bz}")),
        ("/F", format!("{zh}{bz}{fe} {u}室")),
        ("full width", full_width(&format!("{zh}{bz}{fz}{u}室"))),
        ("單位", format!("{zh}{bz}{fz}{u}單位")),
        ("words between", format!("{zh}嘅{bz}，{fz}，{u}室")),
        ("mixed", space(&[zh, bz, &flat, &fe])),
        ("Flat first", comma(&[&flat, &fe, be, en])),
        ("Flat last", comma(&[en, be, &fe, &flat])),
        ("no commas", space(&[&fe, &flat, be, en])),
        ("small letters", space(&[&flat, &fe, be, en]).to_lowercase()),
        ("Room", comma(&[&format!("Room {u}"), &fe, be, en])),
        ("estate first", space(&[en, be, &fe, &flat])),
    ];
    if !ground {
        out.push(("numerals", format!("{zh}{bz}{}樓{u}室", numeral(f, false))));
        out.push(("廿", format!("{zh}{bz}{}樓{u}室", numeral(f, true))));
        out.push(("層", format!("{zh}{bz}{f}層{u}室")));
        out.push(("第", format!("{zh}{bz}第{f}層{u}室")));
        let floor = format!("{} floor", ordinal(f));
        out.push(("ordinal", format!("Flat {u} on the {floor} of {}", comma(&[be, en]))));
        out.push(("unit", comma(&[be, &floor, &format!("unit {u}"), en])));
        out.push(("floor first", comma(&[&format!("Floor {f}"), &flat, be, en])));
        if letter {
            out.push(("12C", format!("{zh}{bz}{f}{u}")));
            out.push(("12C室", format!("{zh}{bz}{f}{u}室")));
            out.push(("12C spaced", space(&[zh, bz, &format!("{f}{u}")])));
            out.push(("en 12C", space(&[en, be, &format!("{f}{u}")])));
            out.push(("12C first", space(&[&format!("{f}{u}"), be, en])));
            out.push(("Flat 12C", comma(&[&format!("Flat {f}{u}"), be, en])));
            out.push(("12-C", space(&[en, be, &format!("{f}-{u}")])));
            out.push(("12F C", space(&[zh, bz, &format!("{f}F {u}室")])));
        }
    }
    if let Some(k) = &key {
        let house = be.starts_with("House");
        if !house {
            out.push(("Block for Tower", comma(&[&flat, &fe, &format!("Block {k}"), en])));
            out.push(("Blk", space(&[en, &format!("Blk {k}"), &fe, &flat])));
            out.push(("block and flat last", space(&[&flat, &fe, &format!("Tower {k}"), en])));
            if !ground {
                out.push(("T3-18-H", format!("{zh} T{k}-{f}-{u}")));
                out.push(("en T3-18-H", format!("{en} T{k}-{f}-{u}")));
                if letter && number.is_some() {
                    out.push(("T3 18H", format!("{en} T{k} {f}{u}")));
                }
            }
        }
        if bz.ends_with('座') && number.is_some() {
            out.push(("第座", format!("{zh}第{k}座{fz}{u}室")));
            out.push(("棟", format!("{zh}{k}棟{fz}{u}室")));
        }
    }
    if let Some(n) = number.filter(|_| bz.ends_with('座') && !ground) {
        out.push(("all numerals", format!("{zh}{}座{}樓{u}室", numeral(n, false), numeral(f, false))));
        out.push(("第 numerals", format!("{zh}第{}座{}樓{u}", numeral(n, false), numeral(f, true))));
    }
    let simple = branchbox::language::chinese::to_simplified(&format!("{zh}{bz}{fz}{u}室"));
    out.push(("Simplified", simple));
    out
}
