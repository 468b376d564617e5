//! The fleet: settings and words by group, updates in stages, logs on request, alarms and warnings.

use crate::parts::*;
use branchbox::config::{MailSettings, MailTls, WebhookSettings};
use branchbox::headoffice::HeadOffice;
use branchbox::headoffice::store::releases::{self, Progress, Stage};
use branchbox::headoffice::store::{Tx, groups, logs};
use branchbox::listings::phrasebook::{self, Word, WordKind};
use branchbox::reason::Reason;
use branchbox::sync::fleet::{held_settings, updates_folder};
use branchbox::sync::protocol::Health;
use branchbox::sync::vitals::Vitals;
use jiff::SignedDuration;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

on_both_engines!(
    what_head_office_sets_reaches_the_box,
    an_update_goes_out_in_stages_and_halts,
    a_log_comes_without_what_is_personal,
    alarms_begin_are_told_once_and_are_over,
);

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let limit = tokio::time::Instant::now() + LIMIT;
    while !done().await {
        assert!(tokio::time::Instant::now() < limit, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn well() -> Health {
    let waiting = branchbox::store::outbox::Waiting { count: 0, since: None };
    let vitals = Vitals::default();
    Health { listings: None, waiting, software: "0.1.0".into(), trust: None, vitals }
}

async fn what_head_office_sets_reaches_the_box(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let id = branch.link().branch.id;
    let now = office.clock.now();
    let mut book = phrasebook::Phrasebook {
        words: vec![Word { word: "糖水道".into(), kind: WordKind::Place, meaning: "North Point".into() }],
        ..Default::default()
    };
    book.version = book.content_hash();
    let version = book.version.clone();
    let change = move |tx: &Tx| {
        groups::put(tx, "", "upload.max_mb = 900", "test", now)?;
        groups::put(tx, "Island", "upload.max_mb = 700", "test", now)?;
        groups::set_of_branch(tx, &id, &["Island".into()], "test", now)?;
        groups::put_words(tx, "Island", &book, "test", now)
    };
    office.store().write("set", change).await.unwrap();
    let (_sync, _) = branch.sync();
    until("the settings on the box", async || {
        held_settings(&branch.data).is_some_and(|s| s.settings == "upload.max_mb = 700\n")
    })
    .await;
    until("the words on the box", async || {
        phrasebook::load(&branch.data.phrasebook()).unwrap().version == version
    })
    .await;
    let bad = move |tx: &Tx| groups::put(tx, "", "upload.max_mb = 0", "test", now);
    let e = office.store().write("set", bad).await.unwrap_err();
    assert!(e.to_string().contains("a whole number from 1 to 100000"), "{e}");
}

async fn an_update_goes_out_in_stages_and_halts(engine: Engine) {
    let office = Office::start(engine).await;
    let (one, other) = (office.branch("One").await, office.branch("Other").await);
    let file: Vec<u8> = (0..3_000_000u32).map(|n| (n * 7 % 251) as u8).collect();
    let (kept, now) = (file.clone(), office.clock.now());
    let stage = move |tx: &Tx| {
        releases::add(tx, "9.9.1", &kept, "test", now)?;
        releases::stage(tx, "9.9.1", Stage::One, "test", now)
    };
    assert_eq!(office.store().write("offer", stage).await.unwrap(), 1);
    let mut offers = Vec::new();
    for branch in [&one, &other] {
        offers.push(branch.client().health(&well()).await.unwrap().update);
    }
    assert_eq!(offers.iter().flatten().collect::<Vec<_>>(), ["9.9.1"], "{offers:?}");
    let (chosen, left) = if offers[0].is_some() { (&one, &other) } else { (&other, &one) };
    // Half of it is there from before the line broke.
    let folder = updates_folder(&chosen.data);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("9.9.1.part"), &file[..1_500_000]).unwrap();
    let (sync, _) = chosen.sync();
    let (stay, _) = left.sync();
    let done = folder.join("branchbox-9.9.1");
    until("the update on the box", async || done.exists()).await;
    assert!(std::fs::read(&done).unwrap() == file);
    assert!(!updates_folder(&left.data).join("branchbox-9.9.1").exists());
    let state = async || {
        let list = office.store().read("list", releases::list).await.unwrap();
        (list[0].stage.clone(), list[0].branches.clone())
    };
    let names = vec![chosen.link().branch.name];
    let progress = Progress { state: "downloaded".into(), count: 1, names };
    until("the report", async || state().await.1 == [progress.clone()]).await;
    // It took the update and is not heard of again.
    sync.stop().await;
    stay.stop().await;
    let later = now + SignedDuration::from_mins(31);
    let check = move |tx: &Tx| releases::halt_where_it_hurts(tx, later);
    assert_eq!(office.store().write("look", check).await.unwrap().len(), 1);
    assert_eq!(state().await.0, "halted");
    let why = async || office.store().read("list", releases::list).await.unwrap()[0].halted_why.clone();
    let branch = chosen.link().branch.name;
    assert_eq!(why().await, Some(Reason::ReleaseSilent { branch: branch.clone() }));
    assert_eq!(why().await.unwrap().to_string(), format!("{branch} took it and has not been heard of since"));
    assert_eq!(chosen.client().health(&well()).await.unwrap().update, None, "halted means at once");
    assert!(chosen.client().release("9.9.1").await.is_err());
    // A person begins anew and halts it: no branch has to do with it any more.
    let by_hand = move |tx: &Tx| {
        releases::stage(tx, "9.9.1", Stage::One, "test", later)?;
        let going_on = releases::get(tx, "9.9.1")?.unwrap().halted_why;
        releases::stage(tx, "9.9.1", Stage::Halt, "test", later)?;
        Ok((going_on, releases::get(tx, "9.9.1")?.unwrap().halted_why))
    };
    let told = office.store().write("halt", by_hand).await.unwrap();
    assert_eq!(told, (None, Some(Reason::ReleaseByHand)));
}

async fn a_log_comes_without_what_is_personal(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let (id, now) = (branch.link().branch.id, office.clock.now());
    let branch_id = id.clone();
    let asked = office.store().write("ask", move |tx: &Tx| logs::ask(tx, &id, "test", now)).await.unwrap();
    branchbox::log_tail::push("2026-11-23T04:00:00Z INFO test.line agent=Chan Tai Man call=50001234 n=1");
    let (_sync, _) = branch.sync();
    let read = async || {
        let id = branch_id.clone();
        office.store().read("read", move |tx: &Tx| logs::of_branch(tx, &id)).await.unwrap()
    };
    until("the log", async || read().await[0].lines.is_some()).await;
    let log = read().await.remove(0);
    let lines = log.lines.unwrap();
    assert_eq!(log.id, asked);
    assert!(lines.contains("test.line agent=[…] call=[…] n=1"), "{lines}");
    assert!(!lines.contains("Chan") && !lines.contains("5000"), "{lines}");
    let other = branch.client().logs("no-such-request", "x".into()).await;
    assert!(other.unwrap_err().to_string().contains("did not ask"));
    let later = now + logs::KEPT + SignedDuration::from_secs(1);
    let forget = move |tx: &Tx| logs::forget_old(tx, later);
    assert_eq!(office.store().write("forget", forget).await.unwrap(), 1);
}

/// A server that hands each conversation to `talk`, and what `talk` heard.
fn server(talk: impl Fn(TcpStream) -> String + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if tell.send(talk(stream)).is_err() {
                return;
            }
        }
    });
    (port, heard)
}

fn smtp(stream: TcpStream) -> String {
    let mut out = stream.try_clone().unwrap();
    let mut said = String::new();
    out.write_all(b"220 here\r\n").unwrap();
    let mut data = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer: &[u8] = match (data, line.split([' ', ':']).next().unwrap_or("")) {
            (true, ".") => {
                data = false;
                b"250 taken\r\n"
            }
            (true, _) => b"",
            (_, "EHLO") => b"250 here\r\n",
            (_, "DATA") => {
                data = true;
                b"354 go on\r\n"
            }
            (_, "QUIT") => {
                out.write_all(b"221 bye\r\n").unwrap();
                break;
            }
            _ => b"250 well\r\n",
        };
        said += &line;
        said.push('\n');
        out.write_all(answer).unwrap();
    }
    said
}

fn http(stream: TcpStream) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut out = stream;
    out.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    format!("{head}\n{}", String::from_utf8(body).unwrap())
}

async fn alarms_begin_are_told_once_and_are_over(engine: Engine) {
    let ((mail_port, mails), (hook_port, posts)) = (server(smtp), server(http));
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook-secret");
    std::fs::write(&secret, "a shared secret\n").unwrap();
    let office = Office::configured(engine, &["127.0.0.1"], |config| {
        config.warnings.gather = SignedDuration::ZERO;
        config.warnings.mail = Some(MailSettings {
            server: "127.0.0.1".into(),
            port: mail_port,
            tls: MailTls::None,
            from: "branchbox@mail.example".into(),
            to: vec!["it@mail.example".into()],
            login: None,
            language: "en".into(),
            authority: None,
        });
        let url = format!("http://127.0.0.1:{hook_port}/alarms");
        config.warnings.webhook = Some(WebhookSettings { url, secret });
    })
    .await;
    // Two processes on one store send each warning once: this one beside the first.
    let branch = office.branch("Taikoo Shing").await;
    let mut health = well();
    health.vitals = Vitals { disk_free: Some(5), disk_total: Some(100), ..Vitals::default() };
    branch.client().health(&health).await.unwrap();
    let second = HeadOffice::start(office.config(), office.clock.clone()).await.unwrap();
    let wait = |r: &Receiver<String>| r.recv_timeout(LIMIT).unwrap();
    let (mail, post) = tokio::task::block_in_place(|| (wait(&mails), wait(&posts)));
    assert!(mail.contains("disk nearly full: 5 % free") && mail.contains("To: it@mail.example"), "{mail}");
    let body = post.rsplit('\n').next().unwrap();
    let sign = branchbox::tls::hmac_sha256(b"a shared secret", body.as_bytes());
    assert!(post.to_lowercase().contains(&format!("x-branchbox-signature: sha256={sign}")), "{post}");
    let posted: Value = serde_json::from_str(body).unwrap();
    assert_eq!(posted["alarms"][0]["code"], "disk");
    assert_eq!(posted["alarms"].as_array().unwrap().len(), 1, "{posted}");
    health.vitals.disk_free = Some(50);
    branch.client().health(&health).await.unwrap();
    let (mail, post) = tokio::task::block_in_place(|| (wait(&mails), wait(&posts)));
    assert!(mail.contains("0 new alarms, 1 over") && post.contains("\"over\":"), "{mail} {post}");
    assert!(mails.try_recv().is_err() && posts.try_recv().is_err(), "each is sent once");
    second.shutdown().await;
}
