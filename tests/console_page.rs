//! The head-office page in a browser: fifty branches at a glance, by keyboard, at the width of a desk and of a telephone.
//! With `SCREENSHOTS=folder` it leaves pictures for whoever changes the page.

mod support;

use branchbox::clock::Clock;
use branchbox::config::HeadOfficeConfig;
use branchbox::headoffice::HeadOffice;
use branchbox::headoffice::store::{Tx, alarms, branches, groups, params, releases};
use branchbox::store::jobs::JobQueue;
use branchbox::store::outbox::Waiting;
use branchbox::sync::protocol::Health;
use branchbox::sync::vitals::{MicrophoneState, SettingsHeld, Vitals};
use jiff::{SignedDuration, Timestamp};
use support::browser::Browser;

const BRANCHES: i64 = 50;

/// Branch `n` as it stands: most are well, a few are not.
fn health(n: i64, now: Timestamp) -> Health {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let waiting = match n {
        7 => Waiting { count: 812, since: Some(ago(30)) },
        _ => Waiting { count: 0, since: None },
    };
    let vitals = Vitals {
        protocol: Some(1),
        uptime_s: Some(86_400),
        disk_free: Some(if n == 3 { 4_000_000_000 } else { 80_000_000_000 }),
        disk_total: Some(120_000_000_000),
        microphone: Some(if n == 5 { MicrophoneState::Absent } else { MicrophoneState::Present }),
        last_meeting: Some(ago(n)),
        jobs: Some(JobQueue { waiting: 2, failed: 0, oldest: None }),
        settings: Some(SettingsHeld {
            held: Some(4),
            running: Some(3),
            overruled: vec!["upload.max_mb".into()],
        }),
        ..Vitals::default()
    };
    Health { listings: None, waiting, software: "0.1.0".into(), trust: None, vitals }
}

fn fleet(tx: &Tx, now: Timestamp) -> branchbox::store::StoreResult<()> {
    for n in 0..BRANCHES {
        let (id, name) = (format!("branch-{n:02}"), format!("Branch {n:02}"));
        tx.execute(
            "INSERT INTO branch (id, name, enrolled_at) VALUES (?1, ?2, ?3)",
            params![&id, name, now.to_string()],
        )?;
        branches::note_health(tx, &id, &health(n, now), now)?;
    }
    groups::put(tx, "Island", "upload.max_mb = 700", "test", now)?;
    for n in 0..5 {
        groups::set_of_branch(tx, &format!("branch-{n:02}"), &["Island".into()], "test", now)?;
    }
    releases::add(tx, "9.9.1", b"a release", "test", now)?;
    releases::stage(tx, "9.9.1", releases::Stage::Tenth, "test", now)?;
    alarms::update(tx, SignedDuration::from_mins(10), now, now)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_branches_are_readable_and_within_reach_of_the_keyboard() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let clock = Clock::system();
    let office =
        HeadOffice::start(HeadOfficeConfig::new(folder.path(), any, any), clock.clone()).await.unwrap();
    let now = clock.now();
    office.store().write("make a fleet", move |tx: &Tx| fleet(tx, now)).await.unwrap();
    let shot = async |name: &str| {
        if let Some(folder) = std::env::var_os("SCREENSHOTS") {
            browser.screenshot(&std::path::Path::new(&folder).join(format!("console-{name}.png"))).await;
        }
    };
    let ready = async || {
        browser.wait_for("html", |h| h.attribute("data-ready") == Some("yes")).await;
    };
    browser.size(1280, 800).await;
    browser.goto(&format!("http://{}", office.console)).await;
    ready().await;

    for language in ["yue", "cmn", "en"] {
        browser.click(&format!("[data-language={language}]")).await;
        let pressed = format!("[data-language={language}]");
        browser.wait_for(&pressed, |b| b.attribute("aria-pressed") == Some("true")).await;
        for (width, height) in [(390, 844), (1280, 800)] {
            browser.size(width, height).await;
            let wide = browser.script("return document.documentElement.scrollWidth - innerWidth").await;
            assert!(wide.as_i64().unwrap() <= 0, "{language} at {width}: the page is {wide} px too wide");
            shot(&format!("{language}-{width}")).await;
        }
        let raw = browser
            .script("return [...document.querySelectorAll('[data-phrase]')].filter(e => e.textContent === e.dataset.phrase).map(e => e.textContent)")
            .await;
        assert_eq!(raw, serde_json::json!([]), "{language}: phrases that are not there");
    }

    // Worst first: the full disk, then no microphone, then the outbox; then who is well, by name.
    assert_eq!(browser.count("#branches tr").await, 50);
    let names = browser.see("#branches .link").await;
    let first: Vec<&str> = names.iter().take(4).map(|n| n.text()).collect();
    assert_eq!(first, ["Branch 03", "Branch 05", "Branch 07", "Branch 00"]);
    assert_eq!(browser.text("#fleet-line").await, "Needing attention: 3");
    let select = async |id: &str, value: &str| {
        browser.script(&format!("const s = document.querySelector('{id}'); s.value = '{value}'; s.dispatchEvent(new Event('change'))")).await;
    };
    assert_eq!(browser.text("#filter-state option[value=trouble]").await, "Needs attention (3)");
    select("#filter-state", "trouble").await;
    assert_eq!(browser.count("#branches tr").await, 3);
    select("#filter-group", "Island").await;
    assert_eq!(browser.count("#branches tr").await, 1);
    select("#filter-state", "").await;
    assert_eq!(browser.count("#branches tr").await, 5);
    assert_eq!(browser.text("#fleet-line").await, "Needing attention: 3 · 5 of 50 shown");
    select("#filter-group", "").await;
    browser.type_in("#filter-name", "ch 1").await;
    assert_eq!(browser.count("#branches tr").await, 10);
    browser.script("document.querySelector('#filter-name').value = ''; document.querySelector('#filter-name').dispatchEvent(new Event('input'))").await;

    // By keyboard: the place is kept while the table is drawn anew, Enter opens, Escape closes and goes back.
    browser.script("document.querySelector('[data-key=open-branch-03]').focus()").await;
    let later = move |tx: &Tx| branches::note_health(tx, "branch-09", &health(7, now), now);
    office.store().write("another queue", later).await.unwrap();
    browser
        .wait_for("#branches tr", |row| row.text().contains("Branch 09") && row.text().contains("812"))
        .await;
    let focus = "return document.activeElement.dataset.key ?? document.activeElement.id";
    assert_eq!(browser.script(focus).await, "open-branch-03");
    browser.type_in("[data-key=open-branch-03]", "\n").await;
    browser.wait_for("#branch", |b| b.shown() && b.text().contains("Branch 03")).await;
    let facts = browser.text("#facts").await;
    assert!(
        facts.contains("Disk nearly full: 3 % free")
            && facts.contains("takes effect when the box next starts"),
        "{facts}"
    );
    assert!(facts.contains("the box's own file wins for upload.max_mb"), "{facts}");
    browser.click("#ask-log").await;
    browser.wait_for("#log-state", |s| s.text().contains("Asked for")).await;
    assert_eq!(browser.text("#branch-problem").await, "");
    shot("branch").await;
    browser.type_in("#h-branch", "\u{e00c}").await;
    browser
        .poll("the branch is closed", || async {
            (browser.script("return document.querySelector('#branch').hidden").await == true).then_some(())
        })
        .await;
    assert_eq!(browser.script(focus).await, "open-branch-03");

    // A setting that no box would take is refused with its reason, and nothing that was typed is lost.
    let area = "[id='settings-Island']";
    browser.script("const t = document.getElementById('settings-Island'); t.value = 'upload.max_mb = 0'; t.focus(); t.form.requestSubmit()").await;
    browser
        .wait_for(".group .report:not([hidden])", |r| r.text().contains("a whole number from 1 to 100000"))
        .await;
    let kept = browser.script(&format!("return document.querySelector(\"{area}\").value")).await;
    assert_eq!(kept, "upload.max_mb = 0");

    // The group's words: what can be taken is, and every row that cannot is told.
    let words = folder.path().join("words.csv");
    std::fs::write(&words, "word,kind,meaning\n水景位,word,海景\n,word,海景\n").unwrap();
    browser.type_in("form.group:nth-of-type(2) input[type=file]", words.to_str().unwrap()).await;
    browser
        .wait_for("form.group:nth-of-type(2) .report", |r| {
            r.text().contains("1 rows taken, 1 rejected") && r.text().contains('3')
        })
        .await;

    // Which branches have to do with an update, the first few by name.
    let offered = browser.text("#releases article").await;
    let named = offered.matches("Branch ").count();
    assert!(offered.contains("offered: 5 (Branch ") && named == 5, "{offered}");
    // Halt is one click.
    browser.click("[data-key='halt-9.9.1']").await;
    browser.wait_for("#releases", |r| r.text().contains("halted")).await;
    browser.close().await;
    office.shutdown().await;
}

/// A name that a page must show and never run.
const HOSTILE: &str = "Tai Po <img src=x onerror=\"document.title='run'\">";

#[tokio::test(flavor = "multi_thread")]
async fn codes_for_a_morning_and_a_base_that_is_cut_short() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let mut config = HeadOfficeConfig::new(folder.path().join("office"), any, any);
    config.names = vec!["127.0.0.1".into()];
    let office = HeadOffice::start(config, Clock::system()).await.unwrap();
    browser.size(1280, 900).await;
    browser.goto(&format!("http://{}", office.console)).await;
    browser.wait_for("html", |h| h.attribute("data-ready") == Some("yes")).await;
    browser.click("[data-language=en]").await;

    browser.type_in("#branch-name", &format!("Quarry Bay\n\nQuarry Bay\nSha Tin\n{HOSTILE}")).await;
    browser.click("#make-code").await;
    browser.wait_for("#code a", |a| a.text() == "Save as CSV").await;
    assert_eq!(browser.count("#code tr").await, 1 + 3, "each branch once");
    let code = browser.text("#code tr:nth-child(4) code").await;
    let data = branchbox::config::DataFolder::new(folder.path().join("box"));
    let url = format!("https://{}", office.branches);
    branchbox::sync::enrol::enrol(&data, &url, &code, false, &Clock::system()).await.unwrap();
    browser.wait_for("#branches .link", |name| name.text() == HOSTILE).await;
    browser.click("#branches .link").await;
    browser.wait_for("#h-branch", |h| h.text() == HOSTILE).await;
    assert_eq!(browser.script("return document.title").await, "Branchbox · Head office");
    assert_eq!(browser.count("main img").await, 0);

    let mut rows = branchbox::demo::listings::generate(60, 3, jiff::civil::date(2026, 11, 22));
    let file = folder.path().join("base.csv");
    let upload = async |rows: &[_], spoil: bool| {
        let mut text = branchbox::demo::listings::to_csv(rows);
        if spoil {
            text.push_str("NEW-1,,,,,,,,,,,,,,,,,,,,,,\n");
        }
        std::fs::write(&file, text).unwrap();
        browser.type_in("#file", file.to_str().unwrap()).await;
        browser.click("#import").await;
    };
    upload(&rows, true).await;
    browser.wait_for("#report", |r| r.text().contains("60 new") && r.text().contains("1 rejected")).await;
    // What is wrong with it is told in the reader's language, on the page and in the file to save.
    // The page may call nothing but head office, not even what it made itself: so it is kept as it is made.
    let keep = "const make = URL.createObjectURL.bind(URL); window.made = {};
        URL.createObjectURL = (b) => { const url = make(b); window.made[url] = b; return url; }";
    browser.script(keep).await;
    let saved = "return window.made[document.querySelector('#report a').href].text()";
    for (language, words) in [
        ("yue", "這一行有 23 格，標題行有"),
        ("cmn", "这一行有 23 格，标题行有"),
        ("en", "has 23 cells where the heading has"),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        let told = |row: &support::browser::Seen| row.text().contains("NEW-1") && row.text().contains(words);
        browser.wait_for("#report tr:nth-child(2)", told).await;
        assert!(browser.script(saved).await.as_str().unwrap().contains(words), "{language}");
    }
    rows.truncate(5);
    upload(&rows, false).await;
    for (language, refused) in [
        ("yue", "會撤走 60 個樓盤中的 55 個"),
        ("cmn", "会撤下 60 个房源中的 55 个"),
        ("en", "it would withdraw 55 of 60 listings"),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#report.bad", |r| r.text().contains(refused)).await;
    }
    browser.wait_for("#listings", |l| l.text() == "60 units").await;
    browser.script("document.querySelector('#file').value = ''").await;
    browser.click("#allow-removals").await;
    upload(&rows, false).await;
    browser.wait_for("#report", |r| r.text().contains("55 removed")).await;
    browser.wait_for("#listings", |l| l.text() == "5 units").await;
    assert_eq!(browser.script("return document.querySelector('#allow-removals').checked").await, false);

    // A file of changes takes away only what it names, however much is not in it.
    let gone = folder.path().join("changes.json");
    let named = serde_json::json!([{ "ref": rows[0].0.reference, "withdrawn": true }]);
    std::fs::write(&gone, named.to_string()).unwrap();
    browser.click("[name=mode][value=changes]").await;
    assert_eq!(browser.script("return document.querySelector('#allow-removals').disabled").await, true);
    browser.type_in("#file", gone.to_str().unwrap()).await;
    browser.click("#import").await;
    browser.wait_for("#report", |r| r.text().contains("1 removed") && r.text().contains("4 unchanged")).await;
    browser.wait_for("#listings", |l| l.text() == "4 units").await;
    let mode = "return document.querySelector('#upload').elements.mode.value";
    assert_eq!(browser.script(mode).await, "complete", "the next file is taken for the whole again");
    if let Some(folder) = std::env::var_os("SCREENSHOTS") {
        browser.script("document.querySelector('#h-listings').scrollIntoView()").await;
        browser.screenshot(&std::path::Path::new(&folder).join("console-codes.png")).await;
    }
    browser.close().await;
    office.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_how_the_folder_and_the_pictures_stand() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let mut config = HeadOfficeConfig::new(folder.path().join("data"), any, any);
    let feeds = folder.path().join("feeds");
    std::fs::create_dir(&feeds).unwrap();
    config.feeds.folder = Some(feeds.clone());
    config.feeds.quiet = std::time::Duration::from_millis(300);
    let mut rows = branchbox::demo::listings::generate(30, 5, jiff::civil::date(2026, 11, 22));
    rows[0].0.pictures.photos = vec!["kitchen.png".into()];
    std::fs::write(feeds.join("base.csv"), branchbox::demo::listings::to_csv(&rows)).unwrap();
    let office = HeadOffice::start(config, Clock::system()).await.unwrap();
    browser.size(390, 844).await;
    browser.goto(&format!("http://{}", office.console)).await;
    browser.wait_for("html", |h| h.attribute("data-ready") == Some("yes")).await;
    for (language, missing, reason, imported) in [
        ("yue", "試過攞唔到", "內沒有這個名稱的檔案", "已匯入：base.csv"),
        ("cmn", "试过取不到", "内没有这个名称的文件", "已导入：base.csv"),
        ("en", "tried in vain", "no file of this name", ": base.csv. 30 new"),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        let said = |f: &support::browser::Seen| {
            let text = f.text();
            f.shown() && [imported, missing, reason].iter().all(|part| text.contains(part))
        };
        browser.wait_for("#feeds", said).await;
        let wide = browser.script("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(wide.as_i64().unwrap() <= 0, "{language}: the page is {wide} px too wide");
    }
    if let Some(folder) = std::env::var_os("SCREENSHOTS") {
        browser
            .script("document.querySelector('#feeds').scrollIntoView({ block: 'center' }); return 0")
            .await;
        browser.screenshot(&std::path::Path::new(&folder).join("console-feeds-390.png")).await;
    }
    browser.close().await;
    office.shutdown().await;
}
