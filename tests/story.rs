//! The whole story in one go, with real parts: a head office and a branch as processes of their own, mutual TLS
//! between them, a client in a real browser, a meeting through a real ALSA device, a real speech model, and the
//! meeting at head office.

mod support;

use branchbox::audio::VirtualMicrophone;
use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::{Listing, Status};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use support::browser::{Browser, Seen};
use support::http::get_json;
use support::office::{HeadOffice, enrol};
use support::process::{Process, branchbox_output, eventually, text};

/// An available unit whose address names it alone.
fn unit(listings: &[Listing]) -> &Listing {
    let mut addresses: HashMap<_, u32> = HashMap::new();
    let address = |l: &Listing| (l.estate_en.clone(), l.floor, l.unit.clone());
    listings.iter().for_each(|l| *addresses.entry(address(l)).or_default() += 1);
    let fits = |l: &&Listing| {
        l.status == Status::Available && l.block_en.starts_with("Tower") && addresses[&address(l)] == 1
    };
    listings.iter().find(fits).expect("an invented base has such a unit")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_from_its_first_start_to_a_meeting_at_head_office() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();

    // Head office, and its listing base.
    let office = HeadOffice::new(&folder.path().join("headoffice"));
    let _head = office.start();
    let rows = generate(400, 11, Clock::system().today());
    let csv = folder.path().join("listings.csv");
    std::fs::write(&csv, to_csv(&rows)).unwrap();
    office.import(&csv);

    // A branch: enrolled with a one-time code, with a speech model, and with a microphone.
    let data = folder.path().join("branch");
    enrol(&office, &data);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/estate-test-q5_0.bin");
    let added = branchbox_output(["model", "add", model.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert!(added.status.success(), "{}", text(&added));
    let microphone = VirtualMicrophone::create(&folder.path().join("microphone")).unwrap();
    let _feeder = microphone.feed().unwrap();
    let (branch, kiosk) = Process::start_box(&data, |c| {
        c.env("ALSA_CONFIG_PATH", microphone.config_path()).args(["--microphone", &microphone.device_id()]);
    });
    browser
        .poll("the listings are at the branch", || async {
            (branchbox::listings::base::load(&data.join("listings.db")).ok()??.listings.len() == 400)
                .then_some(())
        })
        .await;

    // A client asks for one unit, in each language, and sees that unit.
    let listings: Vec<Listing> = rows.into_iter().map(|(listing, _)| listing).collect();
    ask_in_each_language(&browser, &kiosk, unit(&listings)).await;

    // A meeting: recorded, transcribed, minuted.
    record_a_meeting(&browser, &kiosk, &data, &microphone).await;

    // And head office has it, without the quotes.
    let overview = browser
        .poll("the meeting and its minutes are at head office", || async {
            let overview = get_json(&format!("{}/api/overview", office.console())).await?;
            let points = overview["meetings"][0]["points"].as_array()?.len();
            (points > 0).then_some(overview)
        })
        .await;
    let meeting = &overview["meetings"][0];
    assert!(meeting["seconds"].as_f64().unwrap() > 20.0, "{meeting}");
    assert!(has_point(meeting, "bedrooms", &Value::from(2)), "{meeting}");
    assert!(has_point(meeting, "budget_max", &Value::from(8_000_000)), "{meeting}");
    assert!(has_point(meeting, "estate", &Value::from("Taikoo Shing")), "{meeting}");
    assert!(!meeting.to_string().contains("我想搵"), "quotes stay in the branch: {meeting}");
    browser.goto(&office.console()).await;
    browser.wait_for("#branches tr", |row| row.text().contains("Test branch")).await;
    browser.wait_for("#meetings", |m| m.text().contains("Ada Lau")).await;

    let (status, _) = branch.terminate();
    assert!(status.success(), "the box stops cleanly: {status}");
    browser.close().await;
}

async fn ask_in_each_language(browser: &Browser, kiosk: &str, unit: &Listing) {
    let Listing { estate_en, estate_zh, block_en, block_zh, floor, unit: flat, .. } = unit;
    browser.goto(kiosk).await;
    for (language, question, label) in [
        ("yue", format!("{estate_zh}{block_zh}{floor}樓{flat}室實用幾多呎？"), "實用面積"),
        ("cmn", format!("请问{estate_zh}{block_zh}{floor}楼{flat}室的实用面积是多少？"), "实用面积"),
        (
            "en",
            format!("What is the saleable area of Flat {flat}, {floor}/F, {block_en}, {estate_en}?"),
            "aleable area",
        ),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.type_in("#question", &format!("{question}\n")).await;
        let turn = browser.wait_for(".turn", |t| t.attribute("data-kind") == Some("answer")).await;
        let said = turn.text().replace(',', "");
        assert!(said.contains(&unit.saleable_area_sqft.to_string()), "{question} → {said}");
        assert!(said.contains(label), "{question} → {said}");
        let card = browser.wait_for(".card", Seen::shown).await;
        assert_eq!(card.attribute("data-ref"), Some(unit.reference.as_str()), "{question}");
        browser.click("#finish").await;
        browser.wait_for("#greeting", Seen::shown).await;
    }
}

async fn record_a_meeting(browser: &Browser, kiosk: &str, data: &Path, microphone: &VirtualMicrophone) {
    browser.goto(&format!("{kiosk}/agent")).await;
    browser.click("[data-language=en]").await;
    browser.type_in("#name", "Ada Lau").await;
    browser.type_in("#code", std::fs::read_to_string(data.join("agent-code")).unwrap().trim()).await;
    browser.click("#sign-in button").await;
    browser.wait_for("#record", Seen::shown).await;
    browser.click("#record").await;
    browser.click("[data-consent=spoken]").await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("recording")).await;
    let spoken = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/meeting.wav");
    microphone.play(&spoken).unwrap();
    eventually("it has begun to speak", || microphone.is_playing().then_some(()));
    // The text comes while it is spoken, and the points beside it; their sound cannot be played yet.
    browser.wait_for("#caption li", |s| s.text().contains("我想搵太古城嘅兩房單位")).await;
    browser.wait_for("#live-points .point[data-slot=estate]", |p| p.text().contains("Taikoo Shing")).await;
    browser.click("#live-points .point[data-slot=estate] .open").await;
    browser.wait_for("#caption li.borne", |s| s.text().contains("我想搵太古城嘅兩房單位")).await;
    browser.click("#meetings button").await;
    browser.wait_for("#sound-state", |s| s.text().contains("still being recorded")).await;
    browser.wait_for("#meeting .point[data-slot=estate] .deeds", Seen::shown).await;
    assert_eq!(browser.count("#meeting :is([data-deed=play], .at)").await, 0, "there is nothing to play yet");
    browser.click("#back").await;
    let still = browser.wait_for("#recorder", |r| r.attribute("data-state").is_some()).await;
    assert_eq!(still.attribute("data-state"), Some("recording"));
    eventually("it has spoken", || (!microphone.is_playing()).then_some(()));
    browser.click("#record").await;
    browser.wait_for("#meetings button", |m| m.text().contains("Minutes are ready")).await;
    browser.click("#meetings button").await;
    for phrase in ["我想搵太古城嘅兩房單位", "My budget is eight million", "客户想要两房海景"]
    {
        browser.wait_for("#segments li", |s| s.text().contains(phrase)).await;
    }
    let estate = ".point[data-slot=estate]";
    browser.click(&format!("{estate} .open")).await;
    browser
        .wait_for(&format!("{estate} .quote"), |q| q.shown() && q.text().contains("我想搵太古城嘅兩房單位"))
        .await;
}

fn has_point(meeting: &Value, slot: &str, value: &Value) -> bool {
    meeting["points"]
        .as_array()
        .is_some_and(|all| all.iter().any(|p| p["slot"] == slot && p["value"] == *value))
}
