//! Runs twenty callers that always have requests waiting, through the real client, against the simulator's limits.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use hue_bridge::{
    ApplyOptions, Bridge, Brightness, Change, Command, Delivery, Error, Home, Id, Outcome, RecallMode, Target,
};
use hue_bridge_sim::{Limits, Simulator};
use tokio::task::JoinSet;

use crate::support::{TEST_KEY, start};

pub(crate) const CALLER_COUNT: usize = 20;
/// The requests that each caller has waiting at any time.
const WINDOW_SIZE: usize = 3;
/// The lights that scenes change: the first hundred, in the first five rooms. All others are changed one by one.
const SCENE_LIGHT_COUNT: usize = 100;
const LIGHT_COUNT: usize = 240;

/// A command, and the result that its caller got.
#[derive(Clone, Debug)]
pub(crate) struct CommandResult {
    pub(crate) caller: usize,
    /// The brightness in percent. It identifies the command: no other one asks for the same.
    pub(crate) brightness: f64,
    pub(crate) end: End,
}

/// Says how a command ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// The bridge accepted it.
    Sent,
    /// It was not sent, because there was no time for it.
    Refused,
    /// The deadline passed while the bridge was working: it may have been done.
    Unsure,
    /// It was not sent, because the light was in that state already.
    Unchanged,
    /// It ended in another way.
    Other(String),
}

/// Starts a home that is large enough for all callers.
pub(crate) async fn home() -> (Simulator, Bridge) {
    let home = hue_bridge_sim::Home::of_lights(LIGHT_COUNT);
    start(Simulator::builder().home(home).application_key(TEST_KEY).limits(Limits::Real)).await
}

/// Runs all callers until the time is up, and returns when the last of them has its result.
pub(crate) async fn all_at_once(bridge: &Bridge, lasts: Duration) -> Vec<CommandResult> {
    let (start, home) = (Instant::now(), bridge.view().home);
    let (next, results) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let mut workers = JoinSet::new();
    for (worker, light) in (0..CALLER_COUNT * WINDOW_SIZE).zip(lights(&home)) {
        let caller = worker % CALLER_COUNT;
        let bridge = bridge.for_caller(format!("caller {caller}"));
        let (next, results, home) = (Arc::clone(&next), Arc::clone(&results), Arc::clone(&home));
        workers.spawn(async move {
            while start.elapsed() < lasts {
                let one = once(&bridge, &home, &light, caller, next.fetch_add(1, Ordering::Relaxed)).await;
                let refused = one.end == End::Refused;
                results.lock().expect("no panic").push(one);
                if refused {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    workers.join_all().await;
    std::mem::take(&mut *results.lock().expect("no panic"))
}

/// Returns the colour lights that no scene changes.
fn lights(home: &Home) -> impl Iterator<Item = Id> {
    let number = |name: &str| name.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    let lights = home.lights.iter().filter(move |light| light.can.color && number(&light.name) > SCENE_LIGHT_COUNT);
    lights.map(|light| light.id.clone())
}

/// Sends a command: the brightness of one light, or every eleventh time a scene, which costs a group token.
async fn once(bridge: &Bridge, home: &Home, light: &Id, caller: usize, number: u32) -> CommandResult {
    // All values differ, and each is far from the one before: a change that is too small is not sent.
    let brightness = 5.0 + f64::from(number * 3001 % 9000) / 100.0;
    let command = if number.is_multiple_of(11) { recall(home, number, brightness) } else { dim(light, brightness) };
    // Every seventh command has so little time that it may be refused.
    let within = if number.is_multiple_of(7) { Duration::from_millis(700) } else { Duration::from_mins(1) };
    let options = ApplyOptions { confirm_within: Duration::ZERO, deadline: Instant::now() + within };
    let end = end(bridge.apply(&[command], options).await);
    CommandResult { caller, brightness, end }
}

fn dim(light: &Id, brightness: f64) -> Command {
    let brightness = Some(Brightness::Percent(brightness));
    Command::Set { target: Target::Light(light.clone()), change: Change { brightness, ..Change::default() } }
}

/// Recalls a scene that is in one of the first five rooms.
fn recall(home: &Home, number: u32, brightness: f64) -> Command {
    let scene = home.scenes[usize::try_from(number).expect("small") / 11 % 5].id.clone();
    Command::Recall { scene, mode: RecallMode::Active, transition: None, brightness: Some(brightness) }
}

fn end(result: Result<Vec<Outcome>, Error>) -> End {
    let outcomes = match result {
        Ok(outcomes) => outcomes,
        Err(Error::Busy { .. }) => return End::Refused,
        Err(error) => return End::Other(error.to_string()),
    };
    // Each command is one step, so all its lights have the same outcome.
    match outcomes.first().map(|outcome| &outcome.delivery) {
        Some(Delivery::Accepted | Delivery::Confirmed | Delivery::StoredWhileOff | Delivery::Unreachable) => End::Sent,
        Some(Delivery::NotSent(_)) => End::Refused,
        Some(Delivery::Unchanged) => End::Unchanged,
        Some(Delivery::Unknown(Error::Timeout)) => End::Unsure,
        other => End::Other(format!("{other:?}")),
    }
}
