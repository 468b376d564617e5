//! A base that grows old at a running box: prices are withheld when nobody has confirmed them for two weeks, in every
//! answer and in all three languages, and come back with the line; a unit whose papers have run out is not shown.

mod support;

use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::generate;
use branchbox::listings::{Deal, Status, base, freshness};
use branchbox::store::open_records;
use jiff::{SignedDuration, ToSpan};
use serde_json::Value;
use std::time::Duration;
use support::http::ask;
use support::process::{PATIENCE, Process};

/// Every figure of a price in the base, as it might be written in a reply.
fn figures(reply: &Value, prices: &[i64]) -> Vec<i64> {
    let text: String = reply["text"].as_str().unwrap().chars().filter(|c| *c != ',').collect();
    prices.iter().copied().filter(|p| text.contains(&p.to_string())).collect()
}

/// Notes when head office was last heard of, as the line does.
fn last_contact(data: &DataFolder, days_ago: i64) {
    let at = Clock::system().now() - SignedDuration::from_hours(24 * days_ago);
    std::fs::create_dir_all(data.identity()).unwrap();
    std::fs::write(data.identity().join("headoffice.contact"), at.to_string()).unwrap();
}

#[tokio::test]
async fn prices_are_withheld_while_head_office_is_out_of_touch_and_come_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, clock) = (DataFolder::new(folder.path()), Clock::system());
    let db = open_records(data.path(), &data.records_key()).unwrap();
    let mut rows = generate(300, 5, clock.today());
    let today = clock.today();
    let for_sale = |l: &branchbox::listings::Listing| l.status == Status::Available && l.deal == Deal::Sale;
    let mut for_sale = rows.iter_mut().filter(|(l, _)| for_sale(l));
    let [open, agreement, consent] = [0, 1, 2].map(|_| for_sale.next().unwrap());
    open.0.terms.agreement_until = Some(today);
    agreement.0.terms.agreement_until = Some(today - 1.day());
    consent.0.terms.advert_consent_until = Some(today - 3.days());
    let [open, agreement, consent] = [open, agreement, consent].map(|(l, _)| l.reference.clone());
    let unit = rows.iter().find(|(l, _)| l.reference == open).unwrap().0.clone();
    let prices: Vec<i64> = rows
        .iter()
        .flat_map(|(l, _)| {
            [l.sale_price_hkd, l.monthly_rent_hkd, l.last_transaction_hkd, l.valuation_hsbc_hkd]
        })
        .flatten()
        .collect();
    base::replace(&data, &db, rows, "headoffice", &clock).await.unwrap();
    last_contact(&data, 20);
    let (branch, kiosk) = Process::start_box(data.path(), |_| {});

    let estate = unit.estate_en.clone();
    let questions = [
        format!("{open} 售價幾多"),
        format!("{open} 多少钱"),
        format!("how much is {open}?"),
        "八百萬以下兩房".to_owned(),
        "cheapest flat for sale".to_owned(),
        "两房里最便宜的是哪套".to_owned(),
        format!("average price in {estate}"),
    ];
    for question in &questions {
        let reply = ask(&kiosk, question).await;
        assert_eq!(reply["kind"], "handoff", "{question}: {reply}");
        assert!(reply["text"].as_str().unwrap().contains("20"), "{question}: says for how long: {reply}");
        assert!(
            figures(&reply, &prices).is_empty() && reply["facts"] == serde_json::json!([]),
            "{question}: {reply}"
        );
    }
    for question in
        ["兩房有咩盤", "two-bedroom flats", &format!("tell me about {open}"), &format!("介紹下 {open}")]
    {
        let reply = ask(&kiosk, question).await;
        assert!(figures(&reply, &prices).is_empty(), "{question}: {reply}");
        assert!(reply["text"].as_str().unwrap().contains("20"), "{question}: {reply}");
        for listing in reply["listings"].as_array().unwrap() {
            for column in freshness::PRICES {
                assert!(listing.get(*column).is_none_or(Value::is_null), "{question}: {column} of {listing}");
            }
        }
        let facts = reply["facts"].as_array().unwrap();
        assert!(facts.iter().all(|f| !freshness::PRICES.contains(&f["field"].as_str().unwrap())), "{reply}");
    }
    let area = ask(&kiosk, &format!("saleable area of {open}")).await;
    assert_eq!(area["facts"][0]["value"], unit.saleable_area_sqft, "the rest is told as ever: {area}");
    for gone in [&agreement, &consent] {
        let reply = ask(&kiosk, &format!("tell me about {gone}")).await;
        assert_eq!(
            (reply["kind"].as_str(), &reply["listings"]),
            (Some("not_found"), &serde_json::json!([])),
            "{reply}"
        );
    }
    let welcome = support::http::get_json(&format!("{kiosk}/kiosk/welcome")).await.unwrap();
    assert_eq!(welcome["base"]["prices_withheld_days"], 20, "{welcome}");
    assert_eq!(welcome["base"]["hidden"], 2, "{welcome}");
    assert!(welcome.to_string().find("agreement_until").is_none());

    // Head office is heard of again.
    last_contact(&data, 0);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let reply = ask(&kiosk, &format!("how much is {open}?")).await;
        if reply["kind"] == "answer" {
            assert_eq!(reply["facts"][0]["value"].as_i64(), unit.sale_price_hkd, "{reply}");
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "prices never came back: {reply}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    branch.kill();
}
