//! The record button: what a press does and for whom, and the kernel's key events where a virtual device can be made.

mod support;

use branchbox::audio::button::{Pressed, listen};
use branchbox::audio::{Recorder, RecorderState};
use branchbox::clock::Clock;
use branchbox::config::{ButtonSettings, DataFolder};
use branchbox::daemon::button::serve;
use branchbox::speech::Transcriber;
use branchbox::store::{open_records, recording_notes, recordings};
use branchbox::web::ButtonHolder;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::branch::Branch;
use support::microphone::with_microphone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_press_records_only_for_an_agent_who_switched_the_button_on() {
    let test = "a_press_records_only_for_an_agent_who_switched_the_button_on";
    let Some((microphone, _feeder)) = with_microphone(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::new(folder.path());
    let db = open_records(data.path(), &data.records_key()).unwrap();
    let clock = Clock::system();
    let recorder =
        Recorder::start(db.clone(), data.clone(), clock.clone(), Some(microphone.device_id())).unwrap();
    let transcriber = Transcriber::start(db.clone(), data, clock.clone(), None, Arc::new(Vec::new)).unwrap();
    let (holder, stop) = (ButtonHolder::new(clock.clone()), CancellationToken::new());
    let (press, presses) = mpsc::channel(8);
    let served = serve(presses, holder.clone(), recorder.clone(), transcriber.clone(), stop.clone());
    let served = tokio::spawn(served);
    let mut status = recorder.status();

    // Nobody: nothing. The one after it is served, so the first was looked at.
    press.send(Pressed::Short).await.unwrap();
    press.send(Pressed::Long).await.unwrap();
    while press.capacity() < press.max_capacity() {
        tokio::task::yield_now().await;
    }
    assert_eq!(status.borrow().state, RecorderState::Idle);
    holder.take("sign-in", "May", clock.now() + jiff::SignedDuration::from_hours(1));
    press.send(Pressed::Short).await.unwrap();
    let wait = Duration::from_secs(10);
    let began = tokio::time::timeout(wait, status.wait_for(|s| s.state == RecorderState::Recording)).await;
    let id = began.unwrap().unwrap().recording.clone().unwrap();
    press.send(Pressed::Long).await.unwrap();
    press.send(Pressed::Short).await.unwrap();
    let ended = tokio::time::timeout(wait, status.wait_for(|s| s.state == RecorderState::Idle)).await;
    ended.unwrap().unwrap();

    let (all, markers, consent) = db
        .read("read it", move |c| {
            let consent: (String, String) = c.query_row(
                "SELECT consent, noted_by FROM recording_permit WHERE recording_id = ?1",
                [&id],
                |r| Ok((r.get(0)?, r.get(1)?)),
            )?;
            Ok((recordings::latest(c, 10)?, recording_notes::markers(c, &id)?, consent))
        })
        .await
        .unwrap();
    assert_eq!((all.len(), all[0].agent.as_str(), all[0].state.as_str()), (1, "May", "finished"));
    assert_eq!(markers.len(), 1);
    assert_eq!(consent, ("spoken".into(), "May".into()));
    stop.cancel();
    served.await.unwrap().unwrap();
    transcriber.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_switches_the_button_for_one_sign_in() {
    let branch = Branch::start(0).await;
    let (may, ken) = (branch.sign_in("May").await, branch.sign_in("Ken").await);
    let headers = |cookie: &'static str| [("cookie", cookie), ("x-branchbox", "1")];
    let (may, ken) = (headers(may.leak()), headers(ken.leak()));
    let state = async |who: &[(&str, &str)]| branch.request("GET /agent/api/button", who, None).await.json;
    let switch = async |who: &[(&str, &str)], on: bool| {
        branch.request("POST /agent/api/button", who, Some(json!({ "on": on }))).await.json
    };
    assert_eq!(state(&may).await, json!({ "configured": true, "agent": null }));
    assert_eq!(switch(&may, true).await["agent"], "May");
    assert_eq!(switch(&ken, true).await["agent"], "Ken", "the last one has it");
    assert_eq!(switch(&may, false).await["agent"], "Ken", "nobody switches it off for another");
    branch.request("POST /agent/api/sign-out", &ken, None).await;
    assert_eq!(state(&may).await["agent"], json!(null), "signed out, switched off");
    let noted: Vec<(String, String)> = branch
        .db
        .read("read the audit trail", |c| {
            let mut rows =
                c.prepare("SELECT actor, action FROM audit WHERE subject = 'button' ORDER BY id")?;
            let rows = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    let noted: Vec<_> = noted.iter().map(|(who, what)| format!("{who} {what}")).collect();
    assert_eq!(noted, ["May button.on", "Ken button.on", "May button.off"]);
}

/// A key of a real input device, as the kernel sees it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_an_input_device_is_heard() {
    use evdev::{AttributeSet, EventType, InputEvent, KeyCode, uinput::VirtualDevice};
    let name = "Branchbox test button";
    let mut keys = AttributeSet::<KeyCode>::new();
    keys.insert(KeyCode::KEY_PLAYPAUSE);
    let made = VirtualDevice::builder().and_then(|b| b.name(name).with_keys(&keys)?.build());
    let mut device = match made {
        Ok(device) => device,
        Err(e) => return println!("skipped: this machine cannot make a virtual input device ({e})"),
    };
    let mut presses = listen(ButtonSettings { device: name.into(), key: "KEY_PLAYPAUSE".into() }).unwrap();
    let pressed = async {
        loop {
            for value in [1, 0] {
                let key = InputEvent::new(EventType::KEY.0, KeyCode::KEY_PLAYPAUSE.0, value);
                device.emit(&[key]).unwrap();
            }
            // It is heard once the device has been found.
            if let Ok(pressed) = tokio::time::timeout(Duration::from_millis(500), presses.recv()).await {
                break pressed;
            }
        }
    };
    let pressed = tokio::time::timeout(Duration::from_secs(20), pressed).await;
    assert_eq!(pressed.expect("a press in time"), Some(Pressed::Short));
}
