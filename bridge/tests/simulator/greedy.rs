//! Twenty callers who always want more, through the real client, against the simulator's limits. Also the harness of
//! `benches/budget.rs`, which only measures what the test of `budget.rs` proves.

#![allow(dead_code, reason = "the bench runs mixes that the test does not")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use hue_bridge::{
    ApplicationKey, ApplyOptions, Bridge, Brightness, Change, Color, Command, Config, Delivery, Error, Fingerprint,
    Home, Id, Identity, Outcome, Power, RecallMode, Target, Xy,
};
use hue_bridge_sim::{Limits, Simulator};
use tokio::task::JoinSet;

pub(crate) const CALLERS: usize = 20;
/// What each of them has waiting at any time.
const WINDOW: usize = 3;
/// The home's first five rooms have the first hundred lights: those are changed by scenes, all others one by one.
const BY_SCENE: usize = 100;
const LIGHTS: usize = 240;

/// What every caller sends, over and over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mix {
    /// The brightness of one light.
    OneAttribute,
    /// On, brightness and colour of one light.
    ThreeAttributes,
    /// As [`Mix::OneAttribute`], and every eleventh a scene, which counts as a group.
    Groups,
}

/// A command, and what its caller was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) caller: usize,
    /// In percent, by which it is known again: no other command asked for the same.
    pub(crate) brightness: f64,
    /// Requests, lights and groups: the tokens it takes.
    pub(crate) tokens: [f64; 3],
    /// When its caller was told, since the first began.
    pub(crate) at: Duration,
    /// How long its caller waited for that.
    pub(crate) took: Duration,
    pub(crate) end: End,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// The bridge took it.
    Sent,
    /// It was not sent, as there was no time for it.
    Refused,
    /// The time was up while the bridge was at work: it may have been done.
    Unsure,
    /// It was not sent, as all was so already.
    Unchanged,
    /// Anything else.
    Other(String),
}

/// A home large enough for all of them.
pub(crate) async fn home() -> (Simulator, Bridge) {
    let sim = Simulator::builder()
        .home(hue_bridge_sim::Home::of_lights(LIGHTS))
        .application_key("key")
        .limits(Limits::Real)
        .start()
        .await
        .expect("a free port");
    let identity = Identity::Pinned(Fingerprint::of(sim.certificate_der()));
    let config = Config::new(sim.address().to_string(), sim.bridge_id(), ApplicationKey::new("key"), identity);
    let bridge = Bridge::connect(config).expect("a configuration that makes sense");
    bridge.ready(Duration::from_secs(20)).await.expect("the bridge answers");
    (sim, bridge)
}

/// Lets all callers want more until the time is up, and comes back when the last of them was told.
pub(crate) async fn all_at_once(bridge: &Bridge, mix: Mix, lasts: Duration) -> Vec<Told> {
    let (start, home) = (Instant::now(), bridge.view().home);
    let (next, told) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let mut workers = JoinSet::new();
    for (worker, light) in (0..CALLERS * WINDOW).zip(lights(&home)) {
        let caller = worker % CALLERS;
        let bridge = bridge.for_caller(format!("caller {caller}"));
        let (next, told, home) = (Arc::clone(&next), Arc::clone(&told), Arc::clone(&home));
        workers.spawn(async move {
            while start.elapsed() < lasts {
                let mut one = once(&bridge, mix, &home, &light, caller, next.fetch_add(1, Ordering::Relaxed)).await;
                one.at = start.elapsed();
                let refused = one.end == End::Refused;
                told.lock().expect("no panic").push(one);
                if refused {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    workers.join_all().await;
    std::mem::take(&mut *told.lock().expect("no panic"))
}

/// Lights with colour outside the rooms that scenes change.
fn lights(home: &Home) -> impl Iterator<Item = Id> {
    let number = |name: &str| name.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    let lights = home.lights.iter().filter(move |light| light.can.color && number(&light.name) > BY_SCENE);
    lights.map(|light| light.id.clone())
}

async fn once(bridge: &Bridge, mix: Mix, home: &Home, light: &Id, caller: usize, number: u32) -> Told {
    // All different, and each far from the last: what is nearly so already is not sent.
    let brightness = 5.0 + f64::from(number * 3001 % 9000) / 100.0;
    let (command, tokens) = match mix {
        Mix::Groups if number.is_multiple_of(11) => recall(home, number, brightness),
        Mix::OneAttribute | Mix::Groups => (dim(light, brightness), [1.0, 1.0, 0.0]),
        Mix::ThreeAttributes => (paint(light, brightness, number), [1.0, 1.2, 0.0]),
    };
    let began = Instant::now();
    // Every seventh has little time, to be refused.
    let within = if number.is_multiple_of(7) { Duration::from_millis(700) } else { Duration::from_mins(1) };
    let options = ApplyOptions { confirm_within: Duration::ZERO, deadline: began + within };
    let end = end(bridge.apply(&[command], options).await);
    Told { caller, brightness, tokens, at: Duration::ZERO, took: began.elapsed(), end }
}

fn dim(light: &Id, brightness: f64) -> Command {
    let brightness = Some(Brightness::Percent(brightness));
    Command::Set { target: Target::Light(light.clone()), change: Change { brightness, ..Change::default() } }
}

fn paint(light: &Id, brightness: f64, number: u32) -> Command {
    let color = Some(Color::Xy(Xy { x: 0.3 + f64::from(number % 10) / 50.0, y: 0.35 }));
    let brightness = Some(Brightness::Percent(brightness));
    let change = Change { power: Some(Power::On), brightness, color, ..Change::default() };
    Command::Set { target: Target::Light(light.clone()), change }
}

/// One of the scenes of the first five rooms.
fn recall(home: &Home, number: u32, brightness: f64) -> (Command, [f64; 3]) {
    let scene = home.scenes[usize::try_from(number).expect("small") / 11 % 5].id.clone();
    let command = Command::Recall { scene, mode: RecallMode::Active, transition: None, brightness: Some(brightness) };
    (command, [1.0, 0.0, 1.0])
}

fn end(result: Result<Vec<Outcome>, Error>) -> End {
    let outcomes = match result {
        Ok(outcomes) => outcomes,
        Err(Error::Busy { .. }) => return End::Refused,
        Err(error) => return End::Other(error.to_string()),
    };
    // One step each, so that all lights of it have the same.
    match outcomes.first().map(|outcome| &outcome.delivery) {
        Some(Delivery::Accepted | Delivery::Confirmed | Delivery::StoredWhileOff | Delivery::Unreachable) => End::Sent,
        Some(Delivery::NotSent(_)) => End::Refused,
        Some(Delivery::Unchanged) => End::Unchanged,
        Some(Delivery::Failed(Error::Timeout)) => End::Unsure,
        other => End::Other(format!("{other:?}")),
    }
}
