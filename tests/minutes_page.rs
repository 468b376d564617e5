//! The minutes of a meeting on the agent's page, through real parts: a box as a process of its own with a speech model
//! and listings, a real browser. A recording is uploaded, its points are read in three languages, played, accepted,
//! corrected, struck, added, exported and drawn up again. That they appear while a meeting goes on is in the story.

mod support;

use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::browser::{Browser, Seen};
use support::process::{Process, branchbox_output, text};

/// Chooses all that is in a field, so that what is typed next takes its place.
const ALL: &str = "\u{e009}a\u{e000}";
const ENTER: &str = "\u{e007}";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A box with listings and a speech model; its address.
fn start_box(data: &Path) -> (Process, String) {
    let csv = data.with_extension("csv");
    std::fs::write(&csv, to_csv(&generate(400, 11, Clock::system().today()))).unwrap();
    let (data_text, model) = (data.to_str().unwrap(), fixture("estate-test-q5_0.bin"));
    for args in [
        ["import", csv.to_str().unwrap(), "--data", data_text].to_vec(),
        ["model", "add", model.to_str().unwrap(), "--data", data_text].to_vec(),
    ] {
        let done = branchbox_output(args);
        assert!(done.status.success(), "{}", text(&done));
    }
    Process::start_box(data, |_| ())
}

async fn sign_in(browser: &Browser, kiosk: &str, data: &Path) {
    browser.goto(&format!("{kiosk}/agent")).await;
    browser.click("[data-language=en]").await;
    browser.type_in("#name", "May Chan").await;
    browser.type_in("#code", std::fs::read_to_string(data.join("agent-code")).unwrap().trim()).await;
    browser.click("#sign-in button").await;
    browser.wait_for("#record", Seen::shown).await;
}

/// Uploads the meeting of the fixtures and opens it when its minutes are ready.
async fn upload_and_open(browser: &Browser) {
    browser.click("#upload").await;
    browser.type_in("#upload-file", fixture("meeting.wav").to_str().unwrap()).await;
    let shown = || async {
        let value = browser.script("return document.querySelector('#upload-recorded-at').value").await;
        value.as_str().is_some_and(|v| v.len() == 16).then_some(())
    };
    browser.poll("the file's date is shown", shown).await;
    browser
        .script("document.querySelector('#upload-recorded-at').value = '2026-11-20T15:00'; return 1")
        .await;
    browser.click("#upload-form [value=spoken]").await;
    browser.wait_for("#meetings button", |m| m.text().contains("Minutes are ready")).await;
    browser.click("#meetings button").await;
    browser.wait_for(".point[data-slot=bedrooms]", Seen::shown).await;
}

/// The point of a slot among those that are asserted.
fn asserted(slot: &str) -> String {
    format!(".group .point[data-list=asserted][data-slot={slot}]")
}

/// Touches an element where it lies free of what stays at the lower edge.
async fn touch(browser: &Browser, css: &str) {
    browser.wait_for(css, Seen::shown).await;
    let middle = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' }); return 1";
    browser.client.execute(middle, vec![json!(css)]).await.unwrap_or_else(|e| panic!("{css}: {e}"));
    browser.click(css).await;
}

async fn look(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("BRANCHBOX_LOOK") {
        browser.screenshot(&Path::new(&folder).join(format!("{name}.png"))).await;
    }
}

/// Where the player is, in seconds; nothing while it is still.
async fn playing_at(browser: &Browser) -> Option<f64> {
    let script =
        "const a = document.querySelector('#audio'); return a.paused || a.seeking ? null : a.currentTime";
    browser.script(script).await.as_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_plays_corrects_strikes_adds_and_exports() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("branch");
    let (_process, kiosk) = start_box(&data);
    sign_in(&browser, &kiosk, &data).await;
    upload_and_open(&browser).await;

    a_point_opens_its_quote_and_plays(&browser).await;
    every_verdict_is_taken(&browser).await;
    a_field_takes_what_its_slot_takes(&browser).await;
    a_point_is_added_to_lines_of_the_transcript(&browser).await;
    drawing_up_again_keeps_what_was_said_of_them(&browser).await;
    exports_hold_the_corrected_minutes(&browser).await;
    listings_that_fit_stand_under_them(&browser).await;
    in_three_languages_and_on_a_phone(&browser).await;
    browser.close().await;
}

async fn a_point_opens_its_quote_and_plays(browser: &Browser) {
    let view = asserted("view");
    assert!(!browser.see(&format!("{view} .quote")).await[0].shown(), "the quote is folded at first");
    touch(browser, &format!("{view} .open")).await;
    let quote = browser.wait_for(&format!("{view} .quote"), Seen::shown).await;
    assert!(quote.text().contains("海景"), "{}", quote.text());
    browser.wait_for("#segments li.borne", |line| line.text().contains("海景")).await;
    let at: f64 = {
        let shown = browser.wait_for(&format!("{view} [data-deed=play]"), Seen::shown).await;
        let (minutes, seconds) = shown.text().trim().rsplit_once(':').expect("a time");
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    assert!(at > 5.0, "it is well within the meeting: {at}");
    touch(browser, &format!("{view} [data-deed=play]")).await;
    let heard = browser.poll("it plays", || playing_at(browser)).await;
    assert!((at..at + 5.0).contains(&heard), "the player is at {heard}, the point at {at}");
    browser
        .wait_for(&format!("{view} [data-deed=play]"), |b| b.attribute("aria-pressed") == Some("true"))
        .await;
    browser.wait_for("#segments li[aria-current]", |line| line.text().contains("景")).await;
    touch(browser, &format!("{view} [data-deed=play]")).await;
    browser
        .wait_for(&format!("{view} [data-deed=play]"), |b| b.attribute("aria-pressed") == Some("false"))
        .await;
    // A line of the transcript is played from its own beginning.
    touch(browser, "#segments li[data-kind=speech] .at").await;
    let first = || async { playing_at(browser).await.filter(|t| *t < at) };
    browser.poll("the first line plays", first).await;
    browser.script("document.querySelector('#audio').pause(); return 1").await;
}

async fn every_verdict_is_taken(browser: &Browser) {
    // accepted, with the keyboard, which stays where it was
    let estate = asserted("estate");
    browser.script(&format!("document.querySelector('{estate} [data-deed=accept]').focus(); return 1")).await;
    browser.type_in(&format!("{estate} [data-deed=accept]"), ENTER).await;
    browser.wait_for(&format!("{estate} .review"), |r| r.text().starts_with("Accepted by May Chan")).await;
    browser.wait_for("#minutes-said", |s| s.text().contains("Accepted: ")).await;
    let focus =
        format!("return document.activeElement.closest('.point') === document.querySelector('{estate}')");
    assert_eq!(browser.script(&focus).await, json!(true), "the keyboard goes on from the point");

    // corrected: what cannot be is one sentence in the form, and nothing typed is lost
    let budget = asserted("budget_max");
    let before = browser.text(&format!("{budget} .text")).await;
    touch(browser, &format!("{budget} [data-deed=correct]")).await;
    browser.wait_for("#point-was", |w| w.shown() && w.text().contains(&before)).await;
    browser.type_in("#point-value", &format!("{ALL}8500000")).await;
    browser.wait_for("#point-field output", |o| o.text() == "HK$8,500,000").await;
    look(browser, "minutes-correct").await;
    touch(browser, "#point-save").await;
    browser.wait_for(&format!("{budget} .text"), |t| t.text().contains("8,500,000")).await;
    browser.wait_for(&format!("{budget} .review"), |r| r.text().starts_with("Corrected by May Chan")).await;
    browser.wait_for(&format!("{budget} .was"), |w| w.text().contains(&before)).await;

    // struck, taken back, struck
    let view = asserted("view");
    touch(browser, &format!("{view} [data-deed=strike]")).await;
    browser.wait_for("#struck-title", |t| t.shown() && t.text() == "Struck out (1)").await;
    assert_eq!(browser.count(&view).await, 0);
    touch(browser, "#struck-title").await;
    browser
        .wait_for("#struck-points .review", |r| r.shown() && r.text().starts_with("Struck out by May Chan"))
        .await;
    touch(browser, "#struck-points [data-deed=reopen]").await;
    browser.wait_for(&view, Seen::shown).await;
    touch(browser, &format!("{view} [data-deed=strike]")).await;
    browser.wait_for("#struck-title", Seen::shown).await;
}

/// The field fits the slot: a place of the base, a day and a time.
async fn a_field_takes_what_its_slot_takes(browser: &Browser) {
    let estate = asserted("estate");
    touch(browser, &format!("{estate} [data-deed=correct]")).await;
    browser.type_in("#point-value", &format!("{ALL}Nowhere Court")).await;
    browser.click("#point-save").await;
    let refused = "return [document.querySelector('#point-dialog').open, document.querySelector('#point-value').validationMessage]";
    assert_eq!(
        browser.script(refused).await,
        json!([true, "Please choose a place from the list."]),
        "only a place of the base is taken"
    );
    let other = "return Array.from(document.querySelectorAll('#point-places option'), o => o.value).find(v => v !== 'Taikoo Shing')";
    let other = browser.script(other).await.as_str().expect("another estate").to_owned();
    browser.type_in("#point-value", &format!("{ALL}{other}")).await;
    browser.click("#point-save").await;
    browser.wait_for(&format!("{estate} .text"), |t| t.text().contains(&other)).await;
    touch(browser, &format!("{estate} [data-deed=reopen]")).await;
    browser.wait_for(&format!("{estate} .text"), |t| t.text().contains("Taikoo Shing")).await;
    touch(browser, &format!("{estate} [data-deed=accept]")).await;
    browser.wait_for(&estate, |p| p.attribute("data-verdict") == Some("accepted")).await;

    let next = "#group-next .point";
    touch(browser, &format!("{next} [data-deed=correct]")).await;
    let field = browser.wait_for("#point-value", Seen::shown).await;
    assert_eq!(field.attribute("value"), Some("2026-11-21T15:00"), "Hong Kong's time");
    browser.script("document.querySelector('#point-value').value = '2026-11-22T16:30'; return 1").await;
    browser.click("#point-save").await;
    browser.wait_for(&format!("{next} .text"), |t| t.text().contains("16:30")).await;
    browser.wait_for(&format!("{next} .was"), |w| w.text().contains("15:00")).await;
}

async fn a_point_is_added_to_lines_of_the_transcript(browser: &Browser) {
    browser
        .script("getSelection().removeAllRanges(); document.querySelector('#add-point').focus(); return 1")
        .await;
    touch(browser, "#add-point").await;
    browser.wait_for("#point-lines li", Seen::shown).await;
    // Lines that are lit are ticked; without any there is nothing to save.
    browser
        .script("for (const b of document.querySelectorAll('#point-lines :checked')) b.click(); return 1")
        .await;
    browser.wait_for("#point-lines-hint", Seen::shown).await;
    browser.wait_for("#point-save", |b| b.attribute("disabled").is_some()).await;
    browser.wait_for("#point-type option", |_| true).await;
    touch(browser, "#point-lines li:nth-child(2) input").await;
    browser.click("#point-type option[value=offer]").await;
    browser.type_in("#point-value", "7800000").await;
    look(browser, "minutes-add").await;
    touch(browser, "#point-save").await;
    let offer = browser.wait_for("#group-budget .point[data-type=offer]", Seen::shown).await;
    assert_eq!(offer.attribute("data-origin"), Some("agent"));
    assert!(offer.text().contains("7,800,000"), "{}", offer.text());
}

async fn drawing_up_again_keeps_what_was_said_of_them(browser: &Browser) {
    touch(browser, "#redo").await;
    browser.wait_for("#minutes-said", |s| s.text().contains("your changes stay")).await;
    let done = || async {
        let drawn = browser
            .script("return fetch('/agent/api/recordings').then(r => r.json()).then(l => l[0].minutes.state)")
            .await;
        (drawn == "done").then_some(())
    };
    browser.poll("the minutes are drawn up again", done).await;
    browser.wait_for("#redo", Seen::shown).await;
    browser.wait_for(&format!("{} .text", asserted("budget_max")), |t| t.text().contains("8,500,000")).await;
    browser.wait_for(&asserted("estate"), |p| p.attribute("data-verdict") == Some("accepted")).await;
    browser.wait_for("#struck-title", |t| t.text() == "Struck out (1)").await;
    browser.wait_for("#group-budget .point[data-type=offer]", Seen::shown).await;
    assert_eq!(browser.count(&asserted("view")).await, 0);
}

async fn exports_hold_the_corrected_minutes(browser: &Browser) {
    let got = |format: &'static str| async move {
        let script = format!(
            "return fetch(document.querySelector('#exports [data-format={format}]').href).then(async r => \
            [r.status, r.headers.get('content-disposition'), await r.text()])"
        );
        browser.script(&script).await
    };
    let markdown = got("md").await;
    assert_eq!(markdown[0], 200, "{markdown}");
    let words = markdown[2].as_str().unwrap();
    assert!(words.contains("8,500,000") && words.contains("7,800,000"), "{words}");
    let word = got("docx").await;
    assert!(word[0] == 200 && word[2].as_str().unwrap().starts_with("PK"), "{}", word[0]);
    let calendar = got("ics").await;
    assert!(calendar[2].as_str().unwrap().starts_with("BEGIN:VCALENDAR"), "{calendar}");
}

async fn listings_that_fit_stand_under_them(browser: &Browser) {
    let title = browser.wait_for("#matches-title", Seen::shown).await;
    let total: usize =
        title.text().trim_end_matches(')').rsplit_once('(').expect("a count").1.parse().unwrap();
    let rows = browser.see("#matches li").await;
    assert!(rows.len() <= total && (total == 0) == rows.is_empty(), "{} of {total}", rows.len());
    for row in &rows {
        let (place, facts) = row.text().split_once("Saleable area").expect("labelled");
        assert!(place.contains("Taikoo Shing") && facts.contains("2 bedrooms"), "{}", row.text());
    }
}

/// Keys of phrases that stand on the page instead of words, in its text or its labels.
const UNSAID: &str = "return fetch('/agent/phrases/en.json').then(r => r.json()).then(known => { \
    const key = /^[a-z]+(\\.[a-z_.-]+)+$/; const seen = []; \
    for (const e of document.querySelectorAll('body *')) { \
        const own = Array.from(e.childNodes, n => n.nodeType === 3 ? n.data.trim() : ''); \
        seen.push(...own, ...['aria-label', 'placeholder', 'title'].map(a => e.getAttribute(a) ?? '')); } \
    return seen.filter(t => key.test(t) || t in known && t.includes('.') || /\\{[a-z]+\\}/.test(t)); })";

/// What a narrow screen, a finger or a screen reader would stumble over.
const STUMBLES: &str = "const shown = s => Array.from(document.querySelectorAll(s)).filter(e => e.checkVisibility()); \
    const box = e => e.getBoundingClientRect(); \
    return { wide: document.documentElement.scrollWidth > innerWidth, \
        outside: shown('#meeting button, #meeting a').filter(e => box(e).right > innerWidth + 1).map(e => e.textContent), \
        small: shown('#meeting button, #meeting a').filter(e => box(e).height < 24 || box(e).width < 24).map(e => e.textContent), \
        nameless: shown('#meeting :is(button, a, input, select)').filter(e => !(e.getAttribute('aria-label') ?? e.textContent).trim()).map(e => e.outerHTML) }";

async fn in_three_languages_and_on_a_phone(browser: &Browser) {
    let fine = json!({ "wide": false, "outside": [], "small": [], "nameless": [] });
    // The heading of the wants, and how the corrected budget is written.
    let told = [("yue", "要求", "850萬"), ("cmn", "要求", "850万"), ("en", "Wants", "HK$8,500,000")];
    for (width, height) in [(1280, 800), (390, 844)] {
        browser.size(width, height).await;
        for (language, heading, budget) in told {
            browser.click(&format!("[data-language={language}]")).await;
            browser.wait_for("#group-wants h4", |h| h.shown() && h.text() == heading).await;
            browser.wait_for("#summary", |s| s.shown() && s.text().contains(budget)).await;
            browser
                .wait_for(&format!("{} .text", asserted("budget_max")), |t| t.text().contains(budget))
                .await;
            let lines = browser.text("#summary").await.lines().count();
            assert!((1..=2).contains(&lines), "{lines} lines");
            assert_eq!(browser.script(UNSAID).await, Value::Array(Vec::new()), "{language}");
            assert_eq!(browser.script(STUMBLES).await, fine, "{language} at {width}");
            browser.script("scrollTo(0, 0); return 1").await;
            look(browser, &format!("minutes-{language}-{width}")).await;
        }
    }
}
