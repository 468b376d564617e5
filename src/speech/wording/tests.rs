//! The rules over invented estates.

use super::*;
use crate::listings::cell::{Deal, Status};

/// A base of invented estates: Chinese and English name, how many units are available.
fn base(estates: &[(&str, &str, usize)]) -> Vec<Arc<Listing>> {
    let rows = crate::demo::listings::generate(120, 7, jiff::civil::date(2026, 11, 22));
    let sample = rows.into_iter().next().expect("the demonstration has listings").0;
    let mut out = Vec::new();
    for (zh, en, available) in estates {
        for n in 0..(*available).max(1) {
            let listing = Listing {
                reference: format!("{en}-{n}"),
                estate_zh: (*zh).into(),
                estate_en: (*en).into(),
                block_zh: String::new(),
                block_en: String::new(),
                district_zh: "翠鳴谷".into(),
                district_en: "Tsui Ming Kuk".into(),
                status: if n < *available { Status::Available } else { Status::Sold },
                deal: Deal::Sale,
                ..sample.clone()
            };
            out.push(Arc::new(listing));
        }
    }
    out
}

fn wording(estates: &[(&str, &str)]) -> Wording {
    Wording::new(&base(&estates.iter().map(|(zh, en)| (*zh, *en, 1)).collect::<Vec<_>>()))
}

#[test]
fn a_change_says_where_and_why() {
    let wording = wording(&[("翡麗嶺峯", "Feilai Ridge")]);
    let written = wording.write("我住翡丽岭峰，佢住翡麗領峰", Language::Yue);
    assert_eq!(written.text, "我住翡麗嶺峯，佢住翡麗嶺峯");
    let changes: Vec<_> = written.changes.iter().map(|c| (c.at, c.len, c.from.as_str(), c.reason)).collect();
    assert_eq!(changes, [(3, 3, "丽岭峰", Reason::Script), (9, 4, "翡麗領峰", Reason::Sound)]);
    let heard = written.heard("我住翡丽岭峰，佢住翡麗領峰").expect("there are changes");
    assert_eq!(heard.text, "我住翡丽岭峰，佢住翡麗領峰");
    let kept = wording.write("我住翡麗嶺峯", Language::Yue);
    assert_eq!((kept.text.as_str(), kept.heard("我住翡麗嶺峯")), ("我住翡麗嶺峯", None));
}

#[test]
fn two_names_that_sound_so_are_left() {
    let text = "想睇錦暉台兩房";
    assert_eq!(wording(&[("錦輝臺", "Kam Fai Terrace")]).write(text, Language::Yue).text, "想睇錦輝臺兩房");
    let both = wording(&[("錦輝臺", "Kam Fai Terrace"), ("金輝臺", "Golden Terrace")]);
    assert_eq!(both.write(text, Language::Yue).text, text);
    let both = wording(&[("錦輝臺", "Kam Fai Terrace"), ("金輝臺", "Kum Fai Terrace")]);
    assert_eq!(both.write("a flat in Cam Fai Terrace", Language::En).text, "a flat in Cam Fai Terrace");
}

#[test]
fn without_a_base_only_the_script_is_seen_to() {
    let none = Wording::new(&[]);
    let yue = |text: &str| none.write(text, Language::Yue).text;
    for (heard, written) in [
        ("呢个单位系唔系有三房", "呢個單位係唔係有三房"),
        ("嗰啲嘢喺晒呢度，你睇吓", "嗰啲嘢喺晒呢度，你睇吓"),
        ("关系好好，系统都系新嘅", "關係好好，系統都係新嘅"),
        ("余小姐话几多钱都得", "余小姐話幾多錢都得"),
        ("鲗鱼涌同天后站", "鰂魚涌同天后站"),
        ("裡面衛生", "裡面衛生"),
        ("印花税同主人床", "印花稅同主人床"),
        ("我说下层数，启德嗰边", "我說下層數，啟德嗰邊"),
        ("管理费2,350蚊", "管理費2,350蚊"),
    ] {
        assert_eq!(yue(heard), written);
    }
    let cmn = |text: &str| none.write(text, Language::Cmn).text;
    assert_eq!(cmn("這個單位有沒有車位"), "这个单位有没有车位");
    assert_eq!(cmn("这个单位有没有车位"), "这个单位有没有车位");
    assert_eq!(none.write("tie koo shing 泰古城", Language::En).text, "tie koo shing 泰古城");
}

#[test]
fn figures_and_short_names_need_more() {
    let wording = wording(&[("又一臺", "Yau Yat Terrace"), ("翡鑄", "Fei Chu")]);
    for text in ["又二台有冇盤", "又十台三座", "匪鑄造廠好大", "佢非注咗"] {
        assert_eq!(wording.write(text, Language::Yue).text, text);
    }
    assert_eq!(wording.write("匪鑄三座有冇", Language::Yue).text, "翡鑄三座有冇");
}

#[test]
fn steering_names_come_by_their_use() {
    let listings = base(&[("甲臺", "Alpha Terrace", 0), ("乙臺", "Beta Terrace", 3), ("麗臺", "Gamma", 1)]);
    let wording = Wording::new(&listings);
    assert_eq!(wording.prompt(Language::Yue), ["乙臺", "麗臺", "甲臺", "翠鳴谷"]);
    assert_eq!(wording.prompt(Language::Cmn)[1], "丽台");
    assert_eq!(wording.prompt(Language::En)[0], "Beta Terrace");
    assert!(Wording::new(&[]).prompt(Language::En).is_empty());
}
