//! The branch's box as one process: builds the parts, owns start, stop, health and the watchdog.
//!
//! READY is said only when the store is open, broken-off recordings are closed, the base is loaded and the listener
//! is bound. SIGTERM stops within [`STOP_WITHIN`]: a running recording is kept. A part that ends by itself ends the
//! box with an error, so that systemd starts it again and nobody believes a half-dead box.

mod base_watch;
pub mod button;
pub mod headoffice;
mod health;
mod light;
mod listener;
pub mod logging;
pub mod minutes_worker;
pub mod second_opinion;
pub mod watchdog;

use crate::audio::{self, Recorder, RecorderSettings};
use crate::clock::Clock;
use crate::config::{BoxConfig, DataFolder};
use crate::speech::{Listings, Transcriber};
use crate::store::{self, jobs};
use crate::sync::{Sync, fleet};
use crate::web;
use anyhow::Context;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// systemd is told `TimeoutStopSec=10`; the box is done in half of that.
pub const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Runs the box until SIGTERM, SIGINT, or the end of one of its parts.
pub async fn run(config: BoxConfig, clock: Clock) -> anyhow::Result<()> {
    let mut stop_signal = StopSignal::listen()?;
    let held = fleet::held_settings(&config.data);
    let (config, shared_settings) = config.with_shared(held);
    let data = &config.data;
    std::fs::create_dir_all(data.path())
        .with_context(|| format!("cannot make the data folder {}", data.path().display()))?;
    let _lock = lock(data)?;
    let db = store::open_records(data.path(), &data.records_key())?;
    let requeued = db.write("queue unfinished jobs", jobs::requeue_running).await?;
    audio::recover_unfinished(&db, data, &clock)
        .await
        .context("cannot close the recordings that broke off")?;
    audio::clear_broken_uploads(&db, data).await.context("cannot clear away the uploads that broke off")?;

    let shown = base_watch::Shown::load(&config, &db, &clock).await;
    let settings = RecorderSettings {
        microphone_wait: config.microphone_wait,
        ..RecorderSettings::new(config.microphone.clone())
    };
    let recorder = Recorder::start_with(db.clone(), data.clone(), clock.clone(), settings)
        .context("cannot start the recorder")?;
    let assistant = shown.assistant();
    let listings: Listings = Arc::new(move || assistant.load().shared_listings());
    let transcriber =
        Transcriber::start(db.clone(), data.clone(), clock.clone(), config.model.clone(), listings)
            .context("cannot start the transcriber")?;
    let mut sync = Sync::start(db.clone(), data.clone(), clock.clone(), config.uplink, |_| {});
    sync.limit_pictures(config.pictures_limit);
    let stop = CancellationToken::new();
    let presses = config.button.clone().map(audio::button::listen).transpose()?;
    let holder = presses.is_some().then(|| web::ButtonHolder::new(clock.clone()));
    let parts = web::Parts {
        db: db.clone(),
        data: data.clone(),
        upload_limit: config.upload_limit,
        clock: clock.clone(),
        listen: config.listen,
        assistant: shown.assistant(),
        pictures: shown.pictures(),
        base: shown.info(),
        recorder: recorder.clone(),
        microphone: config.microphone.clone(),
        button: holder.clone(),
        transcriber: transcriber.clone(),
        progress: transcriber.progress(),
        sync: sync.status(),
        uplink: config.uplink,
        agent_code: web::AgentCode::load_or_make(&data.agent_code())?,
        stopping: stop.clone(),
    };
    let listener = listener::bind(&config, data).await?;
    let address = listener.address();

    let mut tasks = JoinSet::new();
    if let (Some(presses), Some(holder)) = (presses, holder) {
        let served = button::serve(presses, holder, recorder.clone(), transcriber.clone(), stop.clone());
        tasks.spawn(named("the record button", served));
    }
    if let Some(led) = config.light.clone() {
        tasks.spawn(named("the light", light::follow(led, recorder.status(), stop.clone())));
    }
    // A key that cannot be read must not keep a branch from working; doctor says so too.
    let opinion = config.second_opinion.as_ref().map(second_opinion::Client::new);
    let opinion =
        opinion.and_then(|client| client.map_err(|e| log::error!("second_opinion.off it {e}")).ok());
    let asks = opinion.is_some();
    if let Some(client) = opinion {
        let (db, assistant, clock) = (db.clone(), shown.assistant(), clock.clone());
        let asked = second_opinion::run(db, assistant, clock, client, stop.clone());
        tasks.spawn(named("the second opinion", asked));
    }
    let (info, assistant) = (shown.info(), shown.assistant());
    tasks.spawn(named("the pages", listener.serve(web::router(parts), stop.clone())));
    tasks.spawn(named("the watch on the listing base", shown.watch(stop.clone())));
    tasks.spawn(named(
        "the minutes",
        minutes_worker::run(db.clone(), assistant, clock.clone(), asks, stop.clone()),
    ));
    let looked = health::Looked {
        db: db.clone(),
        data: data.clone(),
        base: info,
        recorder: recorder.clone(),
        microphone: config.microphone.clone(),
        settings: shared_settings,
        clock,
    };
    tasks.spawn(named("the health report", health::watch(looked, sync.vitals(), stop.clone())));
    let proven = db.clone();
    tasks.spawn(named(
        "the watchdog",
        watchdog::feed(move || watchdog::commit(proven.clone()), address.probe("/healthz"), stop.clone()),
    ));

    println!("kiosk {address}\nagent {address}/agent");
    log::info!("box.ready address={address} requeued_jobs={requeued} version={}", env!("CARGO_PKG_VERSION"));
    watchdog::ready();

    let ended = tokio::select! {
        signal = stop_signal.heard() => { log::info!("box.stopping signal={signal}"); None }
        ended = tasks.join_next() => ended,
        () = sync.ended() => Some(Ok(("the line to head office", Ok(())))),
    };
    watchdog::stopping();
    stop.cancel();
    // The recording first: it is the one thing that cannot be had again.
    let stopped = tokio::time::timeout(STOP_WITHIN, async {
        recorder.shutdown().await;
        tokio::join!(transcriber.shutdown(), sync.stop());
        while tasks.join_next().await.is_some() {}
    })
    .await;
    if stopped.is_err() {
        log::warn!("box.stopped some parts did not end within {} s", STOP_WITHIN.as_secs());
    }
    match ended {
        None => Ok(()),
        Some(Ok((name, Ok(())))) => anyhow::bail!("{name} ended by itself"),
        Some(Ok((name, Err(e)))) => Err(e.context(format!("{name} ended"))),
        Some(Err(e)) => anyhow::bail!("a part of the box failed: {e}"),
    }
}

async fn named(
    name: &'static str,
    task: impl Future<Output = anyhow::Result<()>>,
) -> (&'static str, anyhow::Result<()>) {
    (name, task.await)
}

/// One box a data folder.
fn lock(data: &DataFolder) -> anyhow::Result<File> {
    let path = data.path().join("lock");
    let file = File::create(&path)
        .with_context(|| format!("cannot write in the data folder: {}", path.display()))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        anyhow::anyhow!(
            "another Branchbox runs on {}: stop it first, or take another --data",
            data.path().display()
        )
    })?;
    Ok(file)
}

/// SIGTERM and SIGINT, listened for from the moment this is made: a stop that comes while the box still starts is
/// heard when it has started.
pub struct StopSignal {
    term: Signal,
    int: Signal,
}

impl StopSignal {
    /// Starts to listen. From here on neither signal ends the process by itself.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for the stop signal");
        Ok(Self { term: listen(SignalKind::terminate())?, int: listen(SignalKind::interrupt())? })
    }

    /// Waits for one of them; its name.
    pub async fn heard(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}
