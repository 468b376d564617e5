//! The pages in a real browser: what a client touches and sees, what an agent records and reads.

mod support;

use branchbox::listings::{Listing, Status};
use branchbox::speech::Progress;
use branchbox::store::{jobs, recordings};
use serde_json::json;
use support::agent_page::{connect, sign_in, transcribe};
use support::branch::Branch;
use support::browser::{Browser, Seen};
use support::microphone::{speech, with_microphone};

const LANGUAGES: [&str; 3] = ["yue", "cmn", "en"];

fn kind(wanted: &str) -> impl Fn(&Seen) -> bool {
    move |turn| turn.attribute("data-kind") == Some(wanted)
}

/// Two available units that differ in their block only, so that "17/F flat B" could be either.
fn two_alike(branch: &Branch) -> [&Listing; 2] {
    let available: Vec<&Listing> = branch.listings.iter().filter(|l| l.status == Status::Available).collect();
    let alike = |a: &Listing, b: &Listing| {
        (&a.estate_en, a.floor, &a.unit) == (&b.estate_en, b.floor, &b.unit) && a.block_en != b.block_en
    };
    let pair = available.iter().find_map(|a| available.iter().find(|b| alike(a, b)).map(|b| [*a, *b]));
    pair.expect("a large base has two such units")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_in_each_language_and_sees_cards() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(400).await;
    browser.goto(&branch.url("/")).await;
    for (language, area, tag) in
        [("yue", "實用面積", "zh-HK"), ("cmn", "实用面积", "zh-CN"), ("en", "Saleable area", "en")]
    {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("html", |html| html.attribute("lang") == Some(tag)).await;
        for (n, wanted) in [(3, "answer"), (2, "results"), (1, "results")] {
            browser.click(&format!("#suggestions button:nth-child({n})")).await;
            let turn = browser.wait_for(".turn", |turn| turn.attribute("data-kind") != Some("waiting")).await;
            assert_eq!(
                turn.attribute("data-kind"),
                Some(wanted),
                "suggestion {n} in {language}: {}",
                turn.text()
            );
            if n > 1 {
                browser.click("#finish").await;
                browser.wait_for("#greeting", Seen::shown).await;
                browser.click(&format!("[data-language={language}]")).await;
            }
        }
        let first = browser.script("return Array.from(document.querySelectorAll('.card'), c => c.querySelector('[data-field]').dataset.field)").await;
        assert!(
            first.as_array().unwrap().iter().all(|f| f == "saleable_area_sqft"),
            "the saleable area comes first: {first}"
        );
        let cards = browser.see(".card").await;
        assert!(!cards.is_empty());
        for card in &cards {
            let reference = card.attribute("data-ref").expect("a card has its reference");
            let listing =
                branch.listings.iter().find(|l| l.reference == reference).expect("it is in the base");
            let text = card.text().replace(',', "");
            let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is on the card: {text}"));
            at(&format!("{area} {}", listing.saleable_area_sqft));
            at(&listing.agent_licence);
            at(reference);
            at("2026");
        }
        browser.click("#finish").await;
        browser.wait_for("#greeting", Seen::shown).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_chooses_among_several_and_is_sent_to_a_colleague() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(1_200).await;
    let [one, other] = two_alike(&branch);
    browser.goto(&branch.url("/")).await;
    browser.click("[data-language=en]").await;
    browser
        .type_in(
            "#question",
            &format!("What is the saleable area of {} {}/F flat {}?\n", one.estate_en, one.floor, one.unit),
        )
        .await;
    browser.wait_for(".turn", kind("clarify")).await;
    let chosen = browser.see(".card.choice").await[0].attribute("data-ref").unwrap().to_owned();
    browser.click(&format!(".card.choice[data-ref='{chosen}']")).await;
    let turn = browser.wait_for(".turn", kind("answer")).await;
    assert!(turn.text().starts_with(&chosen), "the reference was the next question: {}", turn.text());
    browser.type_in("#question", "業主電話幾多？\n").await;
    let turn = browser.wait_for(".turn", kind("refuse")).await;
    for sentence in ["請向本店同事查詢", "请向本店同事咨询", "Please ask a colleague"] {
        assert!(turn.text().contains(sentence), "{}", turn.text());
    }
    browser.type_in("#question", &format!("比較 {} 同 {}\n", one.reference, other.reference)).await;
    browser.wait_for(".turn", kind("comparison")).await;
    assert_eq!(browser.count(".comparison thead th").await, 2);
    assert!(browser.text(".comparison [data-field=saleable_area_sqft] th").await.contains("Saleable area"));
    browser.close().await;
}

/// Everything that a client could have left: the page's text, the field, the address, the browser's storage.
async fn nothing_is_left(browser: &Browser, branch: &Branch) {
    browser.wait_for("#greeting", Seen::shown).await;
    assert_eq!(browser.count(".turn").await, 0);
    let left = browser
        .script(
            "return [document.querySelector('#question').value, document.body.innerText, location.href, \
        localStorage.length + sessionStorage.length + document.cookie.length, document.documentElement.lang]",
        )
        .await;
    assert_eq!((&left[0], &left[3], &left[4]), (&json!(""), &json!(0), &json!("zh-HK")), "{left}");
    assert!(!left[1].as_str().unwrap().contains("Mrs Wong"), "{left}");
    assert_eq!(left[2], json!(branch.url("/")), "nothing in the address");
}

/// The session that the page is in, seen from what it sends. Kept by a wrapper around fetch.
const WATCH_FETCH: &str = "window.seen = []; const real = window.fetch; window.fetch = (...a) => { \
    window.seen.push([a[1]?.method ?? 'GET', String(a[0])]); return real(...a); }; return 0";

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_client_leaves_nothing_behind() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(400).await;
    browser.goto(&branch.url("/?q=Mrs+Wong#x")).await;
    browser.script(WATCH_FETCH).await;
    browser.click("[data-language=en]").await;
    browser.click("#larger").await;
    browser.type_in("#question", &format!("flats in {} for Mrs Wong\n", branch.listings[0].estate_en)).await;
    browser.wait_for(".turn", |turn| turn.attribute("data-kind") != Some("waiting")).await;
    browser.type_in("#question", "half a question of Mrs Wong").await;
    browser.click("#finish").await;
    nothing_is_left(&browser, &branch).await;
    let seen = browser.script("return window.seen").await;
    let deleted = seen.as_array().unwrap().iter().filter(|s| s[0] == "DELETE").count();
    assert_eq!(deleted, 1, "the server was told to forget: {seen}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_who_walks_away_is_forgotten_after_a_countdown() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(400).await;
    browser.goto(&branch.url("/")).await;
    browser.script(WATCH_FETCH).await;
    // The page's clock is moved instead of waiting a minute and a half.
    let later = |seconds: u32| {
        format!(
            "window.ahead = {seconds}000; const real = window.real ??= performance.now.bind(performance); performance.now = () => real() + window.ahead; return 0"
        )
    };
    browser.click("[data-language=en]").await;
    browser.type_in("#question", &format!("{}\n", branch.listings[0].estate_en)).await;
    browser.wait_for(".turn", kind("results")).await;
    browser.script(&later(70)).await;
    assert!(!browser.see("#leaving").await[0].shown(), "20 seconds are left");
    browser.script(&later(80)).await;
    browser.wait_for("#leaving", Seen::shown).await;
    let left: u32 = browser.text("#countdown").await.trim_end_matches(" s").parse().expect("seconds");
    assert!((5..=10).contains(&left), "{left}");
    browser.click("#stay").await;
    browser.wait_for("#leaving", |l| !l.shown()).await;
    assert_eq!(browser.count(".turn").await, 1, "a touch keeps the session");
    browser.script(&later(80 + 91)).await;
    nothing_is_left(&browser, &branch).await;
    assert!(!browser.see("#leaving").await[0].shown());
    let seen = browser.script("return window.seen").await;
    assert!(seen.as_array().unwrap().iter().any(|s| s[0] == "DELETE"), "{seen}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kiosk_says_when_there_are_no_listings_or_old_ones() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(0).await;
    browser.goto(&branch.url("/")).await;
    for (language, sentence) in
        [("yue", "暫時未有樓盤資料"), ("cmn", "暂时没有楼盘资料"), ("en", "no listings here yet")]
    {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#note", |n| n.shown() && n.text().contains(sentence)).await;
    }
    let branch = Branch::start(400).await;
    branch.clock.set("2026-12-20T02:00:00Z".parse().unwrap());
    browser.goto(&branch.url("/")).await;
    let newest = branch.listings.iter().map(|l| l.updated_at).max().unwrap();
    let days = (jiff::civil::date(2026, 12, 20) - newest).get_days();
    browser.wait_for("#note", |n| n.shown() && n.text().contains(&format!("{days} 日前"))).await;
    branch.clock.set("2026-11-23T02:00:00Z".parse().unwrap());
    browser.goto(&branch.url("/")).await;
    browser.wait_for("#note", |n| !n.shown()).await;
    browser.close().await;
}

/// Buttons and fields that are shown and smaller than a finger, and whether the page is wider than the screen.
const MISFITS: &str = "const small = Array.from(document.querySelectorAll('button, input')).filter(e => e.checkVisibility()) \
    .map(e => [e.id || e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 64 || r.height < 64).map(([n]) => n); \
    const clipped = Array.from(document.querySelectorAll('button')).filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.id || e.textContent); \
    return { small, clipped, wide: document.documentElement.scrollWidth > innerWidth }";

#[tokio::test(flavor = "multi_thread")]
async fn everything_fits_a_finger_and_the_screen() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(400).await;
    let fits = json!({ "small": [], "clipped": [], "wide": false });
    for (width, height) in [(1080, 1920), (1920, 1080), (1280, 800)] {
        browser.size(width, height).await;
        browser.goto(&branch.url("/")).await;
        for language in LANGUAGES {
            browser.click(&format!("[data-language={language}]")).await;
            browser.click("#suggestions button").await;
            browser.wait_for(".turn", kind("results")).await;
            for size in 1..=3 {
                assert_eq!(
                    browser.script(MISFITS).await,
                    fits,
                    "{width}x{height} {language}, text size {size}"
                );
                browser.click("#larger").await;
            }
            browser.click("#finish").await;
        }
        browser.goto(&branch.url("/agent")).await;
        assert_eq!(browser.script(MISFITS).await, fits, "agent page {width}x{height}");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_signs_in_and_out() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(0).await;
    browser.goto(&branch.url("/agent")).await;
    browser.type_in("#name", "May Chan").await;
    browser.type_in("#code", "00000000x\n").await;
    browser.wait_for("#sign-in-problem", |p| p.shown() && p.text().contains("密碼唔啱")).await;
    browser.click("[data-language=cmn]").await;
    browser.wait_for("#sign-in-problem", |p| p.text().contains("密码不正确")).await;
    browser.type_in("#code", &format!("{}\n", branch.code)).await;
    browser.wait_for("#who", |w| w.text() == "May Chan").await;
    browser.wait_for("#base", |b| b.text().contains("还没有楼盘资料")).await;
    connect(&branch, 3);
    browser.wait_for("#sync", |s| s.text().contains("3 项待发送")).await;
    browser.goto(&branch.url("/agent")).await;
    browser.wait_for("#who", |w| w.text() == "May Chan").await;
    browser.click("#sign-out").await;
    browser.wait_for("#sign-in", Seen::shown).await;
    browser.goto(&branch.url("/agent")).await;
    browser.wait_for("#sign-in", Seen::shown).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_microphone_the_page_says_so() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start_with(0, Some("alsa:not_plugged_in".into())).await;
    sign_in(&browser, &branch).await;
    browser
        .wait_for("#microphone", |m| {
            m.attribute("data-present") == Some("no") && m.text().contains("not_plugged_in")
        })
        .await;
    browser.click("#record").await;
    let consent = browser.wait_for("#consent", Seen::shown).await;
    for sentence in ["在場每位都同意錄音嗎", "在场各位都同意录音吗", "Does everybody in the room agree"]
    {
        assert!(consent.text().contains(sentence), "{}", consent.text());
    }
    browser.click("#consent-no").await;
    browser.wait_for("#consent", |c| !c.shown()).await;
    browser.click("#record").await;
    browser.click("[data-consent=spoken]").await;
    browser
        .wait_for("#recorder-problem", |p| p.shown() && p.text().contains("No microphone was found"))
        .await;
    assert_eq!(browser.count("#meetings li").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_recorded_and_read() {
    let Some((microphone, _feeder)) = with_microphone("a_meeting_is_recorded_and_read") else { return };
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start_with(0, Some(microphone.device_id())).await;
    sign_in(&browser, &branch).await;
    browser.wait_for("#microphone", |m| m.attribute("data-present") == Some("yes")).await;
    browser.click("#try").await;
    browser.wait_for("#tried", |t| t.text().contains("The microphone works")).await;
    microphone.play(&speech("yue_0.wav")).expect("it speaks");
    browser.click("#record").await;
    browser.click("[data-consent=written]").await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("recording")).await;
    browser.wait_for("#level", |l| l.attribute("style").is_some_and(|s| !s.contains(" 0%"))).await;
    browser.wait_for("#elapsed", |e| e.text() == "0:02").await;
    browser.wait_for("#meetings button", |m| m.attribute("data-state") == Some("recording")).await;

    browser.click("#mark").await;
    browser.wait_for("#marked", |m| m.text().starts_with("Marked at 0:0")).await;
    browser.click("#pause").await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("paused")).await;
    browser.wait_for("#recorder-warning", |w| w.shown() && w.text().contains("is not recorded")).await;
    browser.wait_for("#pause", |b| b.text() == "Go on recording").await;
    browser.click("#pause").await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("recording")).await;
    browser.wait_for("#recorder-warning", |w| !w.shown()).await;
    microphone.mute(true).expect("a switch");
    for (language, sentence) in [("yue", "完全冇聲"), ("cmn", "完全没有声音"), ("en", "No sound at all")]
    {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#recorder-warning", |w| w.shown() && w.text().contains(sentence)).await;
    }
    microphone.mute(false).expect("a switch");
    browser.wait_for("#recorder-warning", |w| !w.shown()).await;

    browser.click("#record").await;
    browser.wait_for("#record", |r| r.text().contains("the last two seconds are kept")).await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("idle")).await;
    browser
        .wait_for("#meetings button", |m| {
            m.text().contains("waits for a speech model") && m.text().contains("May Chan")
        })
        .await;

    let recording = branch.db.read("find it", |c| recordings::latest(c, 1)).await.unwrap().remove(0);
    assert_eq!((recording.agent.as_str(), recording.state.as_str()), ("May Chan", "finished"));
    assert!(recording.samples > 16_000, "more than a second: {}", recording.samples);
    let id = recording.id.clone();
    let consent: String = branch
        .db
        .read("read the permit", move |c| {
            Ok(c.query_row("SELECT consent FROM recording_permit WHERE recording_id = ?1", [id], |r| {
                r.get(0)
            })?)
        })
        .await
        .unwrap();
    assert_eq!(consent, "written");

    let progress = Progress { recording_id: recording.id.clone(), done_ms: 500, total_ms: 2_000 };
    branch.progress.send_replace(Some(progress));
    browser.wait_for("#meetings progress", |p| p.attribute("value") == Some("0.25")).await;
    transcribe(&branch, &recording.id).await;
    branch.progress.send_replace(None);
    browser.wait_for("#meetings button", |m| m.text().contains("Minutes are ready")).await;

    browser.click("#meetings button").await;
    browser
        .wait_for("#segments li", |s| {
            s.attribute("data-kind") == Some("no_speech") && s.text().contains("no speech")
        })
        .await;
    browser
        .wait_for("#segments li", |s| {
            s.attribute("data-kind") == Some("failed") && s.text().contains("out of memory")
        })
        .await;
    browser
        .wait_for("#segments li", |s| {
            s.attribute("data-kind") == Some("gap") && s.text().contains("Paused here for 0:0")
        })
        .await;
    browser.wait_for("#segments li", |s| s.attribute("data-kind") == Some("marker")).await;
    // A word that was put right says what was heard, to the eye and to a screen reader.
    let right = browser.wait_for("#segments .put-right", |_| true).await;
    assert_eq!(right.text().split_whitespace().collect::<Vec<_>>().join(" "), "海景 (heard as “海境”)");
    let view = ".point[data-slot=view]";
    let point = browser.wait_for(view, Seen::shown).await;
    assert!(point.text().contains("0:06") && !point.text().contains("最好有海景"), "{}", point.text());
    browser.click(&format!("{view} .open")).await;
    browser.wait_for(&format!("{view} .quote"), |q| q.shown() && q.text().contains("最好有")).await;
    let lit = browser.wait_for("#segments li.borne", |_| true).await;
    assert_eq!((lit.attribute("data-n"), browser.count("#segments li.borne").await), (Some("2"), 1));
    browser.click(".point[data-slot=bedrooms] .open").await;
    browser.wait_for("#segments li.borne", |s| s.attribute("data-n") == Some("0")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_that_waits_and_a_recording_that_broke_off_say_so() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(0).await;
    branch.transcriber.shutdown().await; // the rows are written by hand here
    let now = branch.clock.now();
    let new = recordings::NewRecording {
        id: "0198-a".into(),
        started_at: now,
        agent: "Ken".into(),
        consent: recordings::Consent::Spoken,
        microphone: "alsa:default".into(),
        key: [1; 32],
    };
    let change = move |tx: &branchbox::store::Tx| {
        recordings::begin(tx, &new)?;
        recordings::break_off(tx, &new.id, 16_000 * 62, "broken-off: the box stopped while recording", now)?;
        let job = jobs::claim(tx, jobs::TRANSCRIBE, now)?.expect("queued");
        jobs::wait(tx, job.id, "no model is installed", now)
    };
    branch.db.write("make a recording", change).await.unwrap();
    sign_in(&browser, &branch).await;
    for (language, broken, waits) in [
        ("yue", "錄音喺 1:02 中斷", "未裝語音模型"),
        ("cmn", "录音在 1:02 中断", "尚未安装语音模型"),
        ("en", "Broken off at 1:02", "waits for a speech model"),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#meetings button", |m| m.text().contains(broken) && m.text().contains(waits)).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_made_elsewhere_is_uploaded_and_its_sound_taken_out() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(0).await;
    sign_in(&browser, &branch).await;
    let fixture = |name: &str| format!("{}/tests/fixtures/audio/{name}", env!("CARGO_MANIFEST_DIR"));
    let choose = |name: &'static str| {
        let (browser, path) = (&browser, fixture(name));
        async move {
            browser.click("#upload").await;
            browser.wait_for("#upload-dialog", Seen::shown).await;
            browser.type_in("#upload-file", &path).await;
            // the file's own date is shown, to be corrected
            let shown = || async {
                let value =
                    browser.script("return document.querySelector('#upload-recorded-at').value").await;
                value.as_str().is_some_and(|v| v.len() == 16).then_some(())
            };
            browser.poll("the file's date is shown", shown).await;
            let set = "document.querySelector('#upload-recorded-at').value = '2026-11-20T15:00'; return 1";
            browser.script(set).await;
            if let Ok(folder) = std::env::var("BRANCHBOX_LOOK") {
                browser.screenshot(&std::path::Path::new(&folder).join("upload-dialog.png")).await;
            }
            browser.click("#upload-form [value=spoken]").await;
        }
    };
    choose("silent_film.mp4").await;
    browser
        .wait_for("#upload-problem", |p| p.shown() && p.text().contains("There is no sound in this file"))
        .await;
    browser.click("[data-language=yue]").await;
    browser.wait_for("#upload-problem", |p| p.text().contains("呢個檔案冇聲音")).await;
    assert_eq!(browser.count("#meetings button").await, 0);
    browser.click("[data-language=en]").await;

    choose("voice_message.ogg").await;
    browser.wait_for("#upload-text", |t| t.text().contains("voice_message.ogg was taken in: 0:02")).await;
    browser
        .wait_for("#meetings button", |m| m.text().contains("15:00") && m.text().contains("Uploaded"))
        .await;
    if let Ok(folder) = std::env::var("BRANCHBOX_LOOK") {
        browser.screenshot(&std::path::Path::new(&folder).join("upload-done.png")).await;
    }
    browser.click("#meetings button").await;
    browser.wait_for("#meeting-state", |s| s.text().contains("May Chan · Uploaded")).await;
    browser.wait_for("#meeting-sound [data-format=wav]", Seen::shown).await;
    // the page's own player can begin at a second
    let played = "const a = new Audio(document.querySelector('[data-format=wav]').href); \
        a.addEventListener('loadedmetadata', () => { a.currentTime = 2; }); \
        a.addEventListener('seeked', () => { window.played = [a.duration, a.currentTime]; }); a.load(); return 1";
    browser.script(played).await;
    let place = || async { browser.script("return window.played ?? null").await.as_array().cloned() };
    let place = browser.poll("the player is at a second", place).await;
    assert!((place[0].as_f64().unwrap() - 2.9).abs() < 0.1 && place[1].as_f64().unwrap() > 1.9, "{place:?}");
    let flac = "return fetch(document.querySelector('[data-format=flac]').href).then(r => r.arrayBuffer()).then(b => b.byteLength)";
    assert!(browser.script(flac).await.as_u64().unwrap() > 10_000);
    if let Ok(folder) = std::env::var("BRANCHBOX_LOOK") {
        browser.screenshot(&std::path::Path::new(&folder).join("upload-open.png")).await;
    }
    browser.close().await;
}
