//! The branch's scripts and words: what goes before what, and the same through the real program.

mod support;

use branchbox::assistant::{Assistant, Kind, Reply, Session};
use branchbox::listings::Listing;
use branchbox::listings::import::{self, File};
use branchbox::listings::phrasebook::Phrasebook;
use jiff::civil::date;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::http::ask;
use support::process::{Process, branchbox_output, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(name: &str) -> File {
    import::read_any(&std::fs::read(fixture(name)).unwrap(), name, None).unwrap()
}

fn listings() -> Vec<Listing> {
    let File::Listings(rows) = read("listings-small.csv") else { panic!("a heading of listings") };
    rows.rows.into_iter().map(|(listing, _)| listing).collect()
}

/// The invented branch's phrasebook, every row of it taken.
fn phrasebook() -> Phrasebook {
    let (File::Scripts(scripts), File::Words(words)) = (read("scripts.csv"), read("words.csv")) else {
        panic!("headings of scripts and words")
    };
    assert_eq!((scripts.rejected.len(), words.rejected.len()), (0, 0));
    let mut book = Phrasebook { scripts: scripts.rows, words: words.rows, ..Phrasebook::default() };
    book.version = book.content_hash();
    book
}

fn with_scripts() -> Assistant {
    Assistant::with_phrasebook(listings(), "base".into(), &phrasebook())
}

fn asked(assistant: &Assistant, session: &mut Session, question: &str) -> Reply {
    assistant.ask(session, question, None, date(2026, 11, 22))
}

fn script(reply: &Reply) -> &str {
    reply.understood.trigger.as_ref().map_or("", |t| t.script.as_str())
}

/// Question and the script that answers it.
#[test]
fn the_branch_answers_what_the_listings_do_not() {
    let assistant = with_scripts();
    for (question, id) in [
        ("你哋幾點開門？", "opening-hours"),
        ("请问你们几点开门", "opening-hours"),
        ("What are your opening hours?", "opening-hours"),
        ("佣金點計㗎", "commission"),
        ("how much commission do you charge", "commission"),
        ("邊啲銀行做估價？", "bank-valuation"),
        ("哪些銀行做估價", "bank-valuation"),
        ("搵邊間銀行幫手做估價", "bank-valuation"),
        ("Which banks do valuations?", "bank-valuation"),
        ("睇樓流程係點", "how-viewing-works"),
        ("How does viewing work here", "how-viewing-works"),
        ("買樓流程係點㗎", "buying-steps"),
        ("买房流程是怎样的", "buying-steps"),
        ("租樓流程", "renting-steps"),
        ("印花稅點計", "stamp-duty"),
        ("how is stamp duty worked out", "stamp-duty"),
        ("首期要幾多", "first-time-mortgage"),
        ("淘大花園首期要幾多？", "first-time-mortgage"),
        ("分行電話幾多號", "branch-phone"),
        ("我想投訴，點樣投訴", "complaints"),
        ("你哋喺邊㗎？", "branch-address"),
        ("Hi, how do I buy a flat please?", "buying-steps"),
        ("我要卖房", "list-my-flat"),
        ("ＷＨＡＴ　ＡＲＥ　ＹＯＵＲ　ＯＰＥＮＩＮＧ　ＨＯＵＲＳ", "opening-hours"),
    ] {
        let reply = asked(&assistant, &mut Session::default(), question);
        assert_eq!(
            (script(&reply), reply.kind),
            (id, Kind::Answer),
            "{question}: {}",
            reply.understood.explain()
        );
        assert!(reply.listings.is_empty() && reply.facts.len() == 1);
        assert_eq!((reply.facts[0].field.as_str(), &reply.facts[0].reference), ("script", &None));
        assert_eq!(reply.facts[0].value, json!(reply.text), "every figure of the text is in the facts");
        assert_eq!(reply.understood.query, json!({ "kind": "answer", "script": id }));
    }
}

#[test]
fn a_listing_fact_comes_from_its_row() {
    let (with, without) = (with_scripts(), Assistant::new(listings(), "base".into()));
    for question in [
        "AG-0001 估價幾多",
        "淘大花園D座19樓D室邊啲銀行做估價",
        "AG-0001 有冇銀行估價",
        "買樓，淘大花園兩房",
        "淘大花園有幾多個放租",
        "Flat D, 19/F, Block D, Amoy Gardens: bank valuation?",
        "兩房，可以睇樓，五百萬以下",
        "How does viewing work for AG-0001?",
        "how many flats are open kitchen in Amoy Gardens",
        "how do I buy a flat in Amoy Gardens",
    ] {
        let (a, b) = (
            asked(&with, &mut Session::default(), question),
            asked(&without, &mut Session::default(), question),
        );
        assert_eq!((script(&a), &a.text, a.kind), ("", &b.text, b.kind), "{question}");
    }
    // Of the unit that is talked about, too; but what is plainly not about it is the branch's.
    let mut session = Session::default();
    asked(&with, &mut session, "AG-0001 實用面積幾多");
    let reply = asked(&with, &mut session, "邊啲銀行做估價");
    assert_eq!(
        script(&reply),
        "bank-valuation",
        "the whole phrase is the branch's: {}",
        reply.understood.explain()
    );
    let reply = asked(&with, &mut session, "佢管理費幾多");
    assert_eq!(reply.facts[0].reference.as_deref(), Some("AG-0001"), "the talk goes on where it was");
    let reply = asked(&with, &mut session, "銀行估價幾多");
    assert_eq!(script(&reply), "", "{}", reply.understood.explain());
}

/// Conversations that know nothing of scripts go as they went: but for what was handed to a person, word for word.
fn goes_as_it_went(listings: Vec<Listing>, conversations: &str) -> usize {
    let with = Assistant::with_phrasebook(listings.clone(), "base".into(), &phrasebook());
    let without = Assistant::new(listings, "base".into());
    let mut answered = 0;
    for line in conversations.lines().filter(|l| !l.trim().is_empty()) {
        let conversation: Value = serde_json::from_str(line).unwrap();
        let (mut one, mut other) = (Session::default(), Session::default());
        for turn in conversation["turns"].as_array().unwrap() {
            let question = turn["user"].as_str().unwrap();
            let (a, b) = (asked(&with, &mut one, question), asked(&without, &mut other, question));
            if b.kind == Kind::Handoff && !script(&a).is_empty() {
                answered += 1;
                continue;
            }
            assert_eq!((a.kind, &a.text, &a.facts), (b.kind, &b.text, &b.facts), "{question}");
        }
    }
    answered
}

#[test]
fn the_questions_about_listings_go_as_they_went() {
    let own = fixture("../questions/own.jsonl");
    let answered = goes_as_it_went(listings(), &std::fs::read_to_string(own).unwrap());
    println!("of our own conversations {answered} turns that went to a person are answered");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(bytes) = std::fs::read(shared.join("listings.csv")) else {
        println!("skipped the shared conversations: ../shared/corpus is not there");
        return;
    };
    let rows = import::read(&bytes, "listings.csv", None).unwrap().rows;
    let set = std::fs::read_to_string(shared.join("ask-dev.jsonl")).unwrap();
    let answered = goes_as_it_went(rows.into_iter().map(|(listing, _)| listing).collect(), &set);
    println!("of the shared conversations {answered} turns that went to a person are answered");
}

#[test]
fn what_is_private_or_wants_a_person_goes_before_any_script() {
    let assistant = with_scripts();
    for (question, kind) in [
        ("業主電話幾多？佣金呢", Kind::Refuse),
        ("佣金可唔可以少啲，業主底價幾多", Kind::Refuse),
        ("I want to complain about the commission", Kind::Handoff),
        ("唔該搵個真人同我講下佣金", Kind::Handoff),
    ] {
        let reply = asked(&assistant, &mut Session::default(), question);
        assert_eq!((script(&reply), reply.kind), ("", kind), "{question}");
    }
    let bare = Assistant::new(listings(), "base".into());
    for question in ["印花稅點計", "首期要幾多", "opening hours"] {
        assert_eq!(asked(&bare, &mut Session::default(), question).kind, Kind::Handoff, "{question}");
    }
}

#[test]
fn the_reader_gets_the_language_there_is() {
    let assistant = with_scripts();
    let answer = |question: &str| {
        let reply = asked(&assistant, &mut Session::default(), question);
        let trigger = reply.understood.trigger.expect(question);
        (reply.text, trigger.answer.code(), reply.language.code())
    };
    let (text, from, to) = answer("请问买房流程是怎样的？");
    assert_eq!((from, to), ("yue", "cmn"));
    assert!(
        text.contains("先批按揭，再睇楼谈价") || text.contains("再睇楼倾价"),
        "only the script is changed: {text}"
    );
    let (text, from, to) = answer("你哋講唔講英文㗎");
    assert_eq!((from, to), ("en", "yue"));
    assert!(text.starts_with("（呢題分行暫時只有英文答案）Our colleagues"), "{text}");
    let (text, ..) = answer("你们会讲普通话吗");
    assert!(text.starts_with("（这个问题分行暂时只有英文答案）"), "{text}");
    let (text, from, _) = answer("Do you know a moving company?");
    assert!(
        from == "yue"
            && text.starts_with("(The branch has this answer in Chinese only.) 我哋有相熟嘅搬屋公司"),
        "{text}"
    );
    let (text, ..) = answer("请问搬家公司有介绍吗");
    assert!(text.starts_with("（这个问题分行只有粤语答案）我哋有相熟"), "{text}");
    let (text, from, to) = answer("請問佣金是怎麼算的？");
    assert!(
        (from, to) == ("cmn", "cmn") && text.contains("買賣一般收成交價"),
        "Traditional for who writes it: {text}"
    );
}

#[test]
fn the_branchs_words_are_understood() {
    let (with, without) = (with_scripts(), Assistant::new(listings(), "base".into()));
    let query = |a: &Assistant, q: &str| asked(a, &mut Session::default(), q).understood.query;
    for (word, same) in [
        ("淘花有咩盤", "淘大花園有咩盤"),
        ("灝仔水景位", "灝景灣海景"),
        ("lan島", "lan島"),
        ("蓝岛两房", "藍灣半島兩房"),
    ] {
        assert_eq!(query(&with, word), query(&without, same), "{word}");
    }
    assert_ne!(query(&with, "灝仔水景位"), query(&without, "灝仔水景位"));
}

fn run(data: &Path, files: &[PathBuf]) -> (Option<i32>, String) {
    let data = data.display().to_string();
    let files: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    let args = ["import", "--data", &data].into_iter().chain(files.iter().map(String::as_str));
    let output = branchbox_output(args);
    (output.status.code(), text(&output))
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const HEADING: &str = "id,triggers_zh,triggers_en,answer_yue,answer_cmn,answer_en\n";

#[tokio::test(flavor = "multi_thread")]
async fn imported_asked_in_three_languages_and_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let files = [fixture("words.csv"), fixture("listings-small.csv"), fixture("scripts.csv")];
    let (code, said) = run(&data, &files);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("Scripts:")
            && said.contains("scripts.csv lines 2-16")
            && said.contains("words.csv lines 2-7"),
        "{said}"
    );

    let (_process, address) = Process::start_box(&data, |_| {});
    for (question, language, part) in [
        ("你哋幾點開門？", "yue", "朝早十點開門"),
        ("你们几点开门？", "cmn", "上午十点开门"),
        ("When are your opening hours?", "en", "We open at 10 am"),
    ] {
        let reply = ask(&address, question).await;
        assert_eq!((&reply["kind"], &reply["language"]), (&json!("answer"), &json!(language)), "{reply}");
        assert!(reply["text"].as_str().unwrap().contains(part), "{reply}");
        assert_eq!(reply["understood"]["trigger"]["script"], "opening-hours");
    }
    assert_eq!(ask(&address, "淘花有咩盤").await["total"], ask(&address, "淘大花園有咩盤").await["total"]);

    // Other hours while the box runs: the next second has them, the words and the listings stay.
    let swapped = written(
        folder.path(),
        "new.csv",
        &format!("{HEADING}opening-hours,幾點開門,opening hours,而家九點開門。,,\n"),
    );
    let (code, said) = run(&data, &[swapped]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("changed        1") && said.contains("removed       14"), "{said}");
    let begun = std::time::Instant::now();
    loop {
        let reply = ask(&address, "你哋幾點開門？").await;
        if reply["text"] == "而家九點開門。" {
            break;
        }
        assert!(begun.elapsed() < support::process::PATIENCE, "{reply}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(ask(&address, "佣金點計").await["kind"], "handoff", "that script is gone");
    assert_ne!(ask(&address, "淘花有咩盤").await["total"], Value::Null);

    // A new base leaves the scripts alone, and a heading alone takes them away.
    assert_eq!(run(&data, &[fixture("listings-small.csv")]).0, Some(0));
    assert_eq!(ask(&address, "你哋幾點開門？").await["text"], "而家九點開門。");
    let (code, said) = run(&data, &[written(folder.path(), "none.csv", HEADING)]);
    assert!(code == Some(0) && said.contains("removed        1  opening-hours"), "{said}");
    let args = ["check", "--data", data.to_str().unwrap()];
    assert!(text(&branchbox_output(args)).contains("0 scripts, 6 words"));
}

#[test]
fn every_row_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rows = "good,幾點開門,,十點。,,\n\
        ,幾點收工,,八點。,,\n\
        no-trigger,,,十點。,,\n\
        no-answer,有冇糖食,,,,\n\
        good,有冇糖食,,有。,,\n\
        same-trigger,几点开门,,十一點。,,\n\
        listings,淘大花園兩房|海景,,有。,,\n\
        private,業主電話,,冇。,,\n\
        short,佣,,有。,,\n\
        cells,有冇糖食,,有。\n";
    let scripts = written(folder.path(), "scripts.csv", &format!("{HEADING}{rows}"));
    let words = written(
        folder.path(),
        "words.csv",
        "word,kind,meaning\n淘花,place,淘大花園\n花淘,place,淘大花圓\n望水,word,海景\n望山山,word,fully furnishedd\n海景,word,山景\n東東,street,淘大花園\n",
    );
    let (code, said) = run(&data, &[fixture("listings-small.csv"), scripts.clone(), words]);
    assert_eq!(code, Some(1), "{said}");
    for sentence in [
        "line 3: id is empty",
        "line 4 (no-trigger): the row has no trigger",
        "line 5 (no-answer): the row has no answer",
        "line 6 (good): id \"good\" stands in",
        "line 7 (same-trigger): triggers_zh \"几点开门\" is a trigger of good in",
        "line 8 (listings): triggers_zh \"淘大花園兩房\" is a question that the listings answer",
        "\"海景\" is a question that the listings answer",
        "line 9 (private): triggers_zh \"業主電話\" never fires",
        "line 10 (short): triggers_zh \"佣\" is too short",
        "line 11 (cells): the row has 4 cells",
        "line 3 (花淘): meaning \"淘大花圓\" names no place that is known here; did you mean 淘大花園",
        "line 5 (望山山): meaning \"fully furnishedd\" is no phrase of the vocabulary; did you mean fully furnished",
        "line 6 (海景): word \"海景\" means something else already",
        "line 7 (東東): kind \"street\" is neither",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
    assert!(said.contains("taken          1") && said.contains("rejected       9"), "{said}");
    assert!(said.contains("taken          2") && said.contains("rejected       4"), "{said}");

    let wrong =
        written(folder.path(), "wrong.csv", "id,triggers_zh,answer_yue,answer_cmn,answer_en\na,b,c,d,e\n");
    let (code, said) = run(&data, &[wrong]);
    assert!(code == Some(1) && said.contains("the heading lacks triggers_en"), "{said}");
    let hopeless = written(folder.path(), "hopeless.csv", &format!("{HEADING}a,海景,,有。,,\n"));
    let (code, said) = run(&data, &[hopeless]);
    assert!(code == Some(1) && said.contains("not one row could be taken"), "{said}");
    let args = ["ask", "--data", data.to_str().unwrap(), "--explain", "你哋幾點開門"];
    let said = text(&branchbox_output(args));
    assert!(said.contains("十點。") && said.contains("script: good by \"幾點開門\""), "{said}");
}

#[test]
fn a_damaged_phrasebook_is_said_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert_eq!(run(&data, &[fixture("listings-small.csv"), fixture("scripts.csv")]).0, Some(0));
    let path = data.join("phrasebook.json");
    let changed = std::fs::read_to_string(&path).unwrap().replace("十點", "九點");
    std::fs::write(&path, changed).unwrap();
    let check = || text(&branchbox_output(["check", "--data", data.to_str().unwrap()]));
    assert!(check().contains("damaged (the content is not that of its version)"), "{}", check());
    let (code, said) = run(&data, &[fixture("scripts.csv")]);
    assert!(code == Some(1) && said.contains("both together"), "{said}");
    assert_eq!(run(&data, &[fixture("scripts.csv"), fixture("words.csv")]).0, Some(0));
    assert!(check().contains("15 scripts, 6 words"), "{}", check());
}
