//! Matching against the kiosk's answer to the same wish, and against a plain reading of every row.

use super::*;
use crate::assistant::Session;
use crate::demo::listings::generate;
use crate::language::Language;
use crate::listings::{Listing, Status};
use crate::store::minutes::{Confidence, Evidence};
use jiff::civil::date;
use serde_json::json;

const TODAY: Date = date(2026, 11, 23);

fn assistant() -> Assistant {
    let rows = generate(3_000, 11, TODAY);
    Assistant::new(rows.into_iter().map(|(listing, _)| listing).collect::<Vec<_>>(), "test".into())
}

fn point(slot: &str, value: Value, polarity: &str) -> Point {
    Point {
        kind: "preference".into(),
        slot: Some(slot.into()),
        value,
        polarity: Some(polarity.into()),
        text: String::new(),
        segments: Evidence::of(0),
        at: 0.0,
        confidence: Confidence::Sure,
        act: None,
    }
}

fn wants(of: &[(&str, Value)]) -> Vec<Point> {
    of.iter().map(|(slot, value)| point(slot, value.clone(), "want")).collect()
}

fn fits(assistant: &Assistant, points: &[Point]) -> Matching {
    matching(assistant, Tongue::EN, points, TODAY).expect("something is wanted")
}

fn count(assistant: &Assistant, meets: impl Fn(&Listing) -> bool) -> usize {
    assistant.listings().filter(|l| l.status == Status::Available && meets(l)).count()
}

#[test]
fn the_same_as_the_kiosk_finds() {
    let assistant = assistant();
    let cases: [(&str, Vec<Point>); 7] = [
        (
            "want to buy a three-bedroom flat below 13 million, at least 500 sq ft saleable",
            wants(&[
                ("deal", json!("sale")),
                ("bedrooms", json!(3)),
                ("budget_max", json!(13_000_000)),
                ("area_min", json!(500)),
            ]),
        ),
        (
            "租兩房，月租三萬以內，要有露台，可以養狗",
            wants(&[
                ("deal", json!("rent")),
                ("bedrooms", json!(2)),
                ("budget_max", json!(30_000)),
                ("balcony", json!(true)),
                ("pets", json!(true)),
            ]),
        ),
        (
            "買樓，向南海景高層",
            wants(&[
                ("deal", json!("sale")),
                ("orientation", json!("south")),
                ("view", json!("sea")),
                ("floor_band", json!("高層")),
            ]),
        ),
        (
            "flats for sale with parking and a swimming pool, at most 8 minutes walk to the MTR, not older than 30 years",
            wants(&[
                ("deal", json!("sale")),
                ("parking", json!(true)),
                ("facility", json!("swimming pool")),
                ("mtr_walk_max", json!(8)),
                ("age_max", json!(30)),
            ]),
        ),
        (
            "太古城或者康怡花園放售嘅單位，唔要低層",
            [
                wants(&[
                    ("deal", json!("sale")),
                    ("estate", json!("Taikoo Shing")),
                    ("estate", json!("Kornhill")),
                ]),
                vec![point("floor_band", json!("低層"), "avoid")],
            ]
            .concat(),
        ),
        (
            "年底前可以入住，交吉，有工人房，放租",
            wants(&[
                ("deal", json!("rent")),
                ("move_in_by", json!("2026-12-31")),
                ("tenancy", json!("vacant")),
                ("helper_room", json!(true)),
            ]),
        ),
        (
            "想買46校網嘅兩房",
            wants(&[("deal", json!("sale")), ("school_net", json!(46)), ("bedrooms", json!(2))]),
        ),
    ];
    let mut empty = 0;
    for (question, points) in cases {
        let asked = assistant.ask(&mut Session::default(), question, None, TODAY);
        let found = fits(&assistant, &points);
        assert_eq!(
            Some(found.total),
            asked.total,
            "{question}: {} / {}",
            found.understood,
            asked.understood.words
        );
        assert!(found.listings.len() == found.total.min(SHOWN));
        empty += usize::from(found.total == 0);
    }
    assert!(empty < 3, "the cases find something");
}

#[test]
fn places_are_alternatives_and_a_station_narrows_what_it_is_near() {
    let assistant = assistant();
    let near = |l: &Listing| l.mtr_en == "Tai Koo";
    let both = wants(&[("estate", json!("Taikoo Shing")), ("district", json!("Mong Kok"))]);
    assert_eq!(
        fits(&assistant, &both).total,
        count(&assistant, |l| l.estate_en == "Taikoo Shing" || l.district_en == "Mong Kok")
    );
    let district = assistant.listings().find(|l| l.estate_en == "Taikoo Shing").unwrap().district_en.clone();
    let narrowed = wants(&[("estate", json!("Taikoo Shing")), ("district", json!(district))]);
    assert_eq!(fits(&assistant, &narrowed).total, count(&assistant, |l| l.estate_en == "Taikoo Shing"));
    let station = wants(&[("district", json!(district)), ("mtr", json!("Tai Koo"))]);
    assert_eq!(fits(&assistant, &station).total, count(&assistant, |l| l.district_en == district && near(l)));
    let elsewhere = wants(&[("district", json!("Mong Kok")), ("mtr", json!("Tai Koo"))]);
    assert_eq!(
        fits(&assistant, &elsewhere).total,
        count(&assistant, |l| l.district_en == "Mong Kok" || near(l))
    );
    let avoided = [
        wants(&[("deal", json!("sale"))]),
        vec![point("district", json!(district), "avoid"), point("orientation", json!("west"), "avoid")],
    ]
    .concat();
    let west = |l: &Listing| l.orientation_en.to_lowercase().contains("west");
    assert_eq!(
        fits(&assistant, &avoided).total,
        count(&assistant, |l| l.deal != Deal::Rent && l.district_en != district && !west(l))
    );
    assert!(count(&assistant, near) > 0);
}

#[test]
fn the_cheapest_come_first_and_only_what_may_be_offered() {
    let assistant = assistant();
    let found = fits(&assistant, &wants(&[("budget_max", json!(9_000_000)), ("bedrooms_min", json!(2))]));
    let prices: Vec<_> = found.listings.iter().map(|l| l.listing.sale_price_hkd.unwrap()).collect();
    assert!(prices.is_sorted() && prices.len() == SHOWN && prices.iter().all(|p| *p <= 9_000_000));
    assert!(found.listings.iter().all(|l| l.listing.status == Status::Available && l.listing.bedrooms >= 2));
    assert_eq!(found.understood, "for sale, asking price up to HK$9,000,000, 2 bedrooms or more");
    let shown = serde_json::to_string(&found).unwrap();
    for private in crate::listings::PRIVATE_COLUMNS {
        assert!(!shown.contains(private), "{private}");
    }
}

#[test]
fn where_nothing_fits_it_says_what_could_be_given_up() {
    let assistant = assistant();
    let points = wants(&[
        ("deal", json!("sale")),
        ("estate", json!("Taikoo Shing")),
        ("bedrooms", json!(3)),
        ("budget_max", json!(1_000_000)),
    ]);
    let found = fits(&assistant, &points);
    assert_eq!((found.total, found.listings.len()), (0, 0));
    let without_price =
        count(&assistant, |l| l.deal != Deal::Rent && l.estate_en == "Taikoo Shing" && l.bedrooms == 3);
    assert!(without_price > 0);
    let [budget] = found.relaxed.as_slice() else { panic!("{:?}", found.relaxed) };
    assert_eq!((budget.without.as_str(), budget.total), ("asking price up to HK$1,000,000", without_price));
    assert_eq!(budget.text, format!("{without_price} listings without “asking price up to HK$1,000,000”"));
    let chinese = matching(&assistant, Tongue::of(Language::Cmn), &points, TODAY).unwrap();
    assert!(
        chinese.relaxed[0].text.contains("套房源") && chinese.understood.contains("太古城"),
        "{chinese:?}"
    );
}

#[test]
fn no_wish_no_listings_and_nonsense_is_no_wish() {
    let assistant = assistant();
    let none = |points: &[Point]| matching(&assistant, Tongue::YUE, points, TODAY).is_none();
    assert!(none(&[]) && none(&wants(&[("deal", json!("sale"))])));
    assert!(none(&wants(&[
        ("bedrooms", json!("three")),
        ("parking", json!("yes")),
        ("move_in_by", json!("soon"))
    ])));
    let offer = Point { kind: "offer".into(), ..point("price", json!(8_000_000), "want") };
    assert!(none(&[offer]));
}
