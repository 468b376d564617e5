//! Enrolment: what a code is good for, and the one sentence each thing that is wrong gets.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::sync::enrol::enrol;
use branchbox::sync::identity;
use jiff::SignedDuration;
use std::os::unix::fs::PermissionsExt;

on_both_engines!(
    a_code_makes_a_box_a_branch,
    each_thing_that_is_wrong_has_its_sentence,
    an_answer_that_was_lost_is_given_again_to_the_same_key_only,
    a_box_in_anothers_place_ends_the_other,
    a_box_that_runs_notices_its_enrolment
);

async fn a_code_makes_a_box_a_branch(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = Branch::new();
    assert!(identity::link(&branch.data).unwrap().is_none());
    let link = branch.enrol(&office.url(), &office.code("Taikoo Shing").await).await.unwrap();
    assert_eq!((link.branch.name.as_str(), &link.url), ("Taikoo Shing", &office.url()));
    assert_eq!(identity::link(&branch.data).unwrap(), Some(link.clone()));
    let key = identity::folder(&branch.data).join("identity.pem");
    assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(branch.client().listings("", 0).await.unwrap(), None);
    let overview = overview(office.running.console).await;
    assert_eq!(overview["branches"][0]["name"], "Taikoo Shing");
    assert_eq!(overview["branches"][0]["online"], true);
    office.running.shutdown().await;
}

async fn each_thing_that_is_wrong_has_its_sentence(engine: Engine) {
    let office = Office::start(engine).await;
    let other = Office::start(engine).await;
    let misnamed = Office::named(engine, &["headoffice.example"]).await;
    let code = office.code("Taikoo Shing").await;
    let foreign = other.code("Taikoo Shing").await;
    let for_misnamed = misnamed.code("Taikoo Shing").await;
    // The secret of one office with the authority of the other: the pin fits, the code is not known.
    let unknown = format!("{}{}", &foreign[..25], &code[25..]);
    let down = "https://127.0.0.1:1".to_owned();
    let plain = format!("https://{}", office.running.console);
    for (url, code, words) in [
        (office.url(), "BRANCHBOX-ABC".to_owned(), "this is not an enrolment code"),
        ("office".into(), code.clone(), "is not head office's address"),
        (office.url(), unknown, "head office does not know this code"),
        (office.url(), foreign.clone(), "is not the head office that this code comes from"),
        (down, code.clone(), "does not answer (Connection refused)"),
        (plain, code.clone(), "does not speak as a Branchbox head office does"),
        (misnamed.url(), for_misnamed, "is not made out to the name in"),
    ] {
        let e = Branch::new().enrol(&url, &code).await.unwrap_err().to_string();
        assert!(e.contains(words), "{words}: {e}");
        assert_eq!(e.lines().count(), 1, "{e}");
    }

    let branch = Branch::new();
    branch.enrol(&office.url(), &code).await.unwrap();
    let e = branch.enrol(&office.url(), &code).await.unwrap_err().to_string();
    assert!(e.contains("enrolled already, as Taikoo Shing"), "{e}");
    let e = Branch::new().enrol(&office.url(), &code).await.unwrap_err().to_string();
    assert!(e.contains("has been used already"), "{e}");

    let late = office.code("Quarry Bay").await;
    office.clock.set(office.clock.now() + SignedDuration::from_mins(61));
    let e = Branch::new().enrol(&office.url(), &late).await.unwrap_err().to_string();
    assert!(e.contains("was good until"), "{e}");
}

async fn an_answer_that_was_lost_is_given_again_to_the_same_key_only(engine: Engine) {
    let office = Office::start(engine).await;
    let code = office.code("Taikoo Shing").await;
    let branch = Branch::new();
    let first = branch.enrol(&office.url(), &code).await.unwrap();
    // As if the power went between the answer and the files: the key is aside still, nothing else is.
    let place = identity::folder(&branch.data);
    let aside = place.with_extension("new");
    std::fs::create_dir_all(&aside).unwrap();
    std::fs::rename(place.join("identity.pem"), aside.join("key.pem")).unwrap();
    std::fs::remove_dir_all(&place).unwrap();
    let again = branch.enrol(&office.url(), &code).await.unwrap();
    assert_eq!(again.branch, first.branch);
    branch.client().listings("", 0).await.unwrap();
}

async fn a_box_in_anothers_place_ends_the_other(engine: Engine) {
    let office = Office::start(engine).await;
    let old = office.branch("Taikoo Shing").await;
    let new = office.branch("Taikoo Shing").await;
    new.client().listings("", 0).await.unwrap();
    let e = old.client().listings("", 0).await.unwrap_err().to_string();
    assert!(e.contains("this box was replaced"), "{e}");

    // The old box may come back with a code of its own, and goes on from its own sequence.
    old.happen(3).await;
    let code = office.code("Quarry Bay").await;
    let link = enrol(&old.data, &office.url(), &code, true, &Clock::system()).await.unwrap();
    let (sync, _) = old.sync();
    until(&mut sync.status(), "drained", |s| s.connected && s.last_contact.is_some() && s.waiting.count == 0)
        .await;
    sync.stop().await;
    assert_eq!(Ledger::read(office.store(), &link.branch.id).await, Ledger::of(3));
}

async fn a_box_that_runs_notices_its_enrolment(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = Branch::new();
    branch.happen(2).await;
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    assert!(status.borrow().branch.is_none());
    branch.enrol(&office.url(), &office.code("Taikoo Shing").await).await.unwrap();
    until(&mut status, "enrolled and drained", |s| s.branch.is_some() && s.connected && s.waiting.count == 0)
        .await;
    sync.stop().await;
}
