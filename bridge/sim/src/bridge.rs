//! Everything that the parts of one running bridge share, and how time passes for them.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clip;
use crate::clock::{Moment, Time};
use crate::events::Events;
use crate::faults::{Fault, Faults, Strike};
use crate::limits::{Limits, Slots};
use crate::network::Network;
use crate::pairing::Pairing;
use crate::radio::RadioTraffic;
use crate::reply::Reply;
use crate::requests::Requests;
use crate::store::{self, Store};
use crate::world::World;
use crate::{StartError, builder, group, scene, tls};

/// One bridge: its document, and what surrounds it.
pub(crate) struct Bridge {
    pub(crate) id: String,
    pub(crate) time: Time,
    pub(crate) events: Events,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    pub(crate) pairing: Pairing,
    pub(crate) requests: Requests,
    pub(crate) slots: Arc<Slots>,
    /// A std mutex: no work on the document ever waits for anything.
    world: Mutex<World>,
    /// Tells [`run`] that something new may fall due.
    changed: Notify,
}

impl Bridge {
    pub(crate) fn new(
        id: String,
        world: World,
        events: Events,
        limits: Limits,
        pairing: Pairing,
        network: Network,
    ) -> Self {
        Self {
            id,
            time: world.time.clone(),
            events,
            faults: Faults::default(),
            limits,
            network,
            pairing,
            requests: Requests::default(),
            slots: Arc::default(),
            world: Mutex::new(world),
            changed: Notify::new(),
        }
    }

    /// The document as it is now, locked.
    pub(crate) fn store(&self) -> impl Deref<Target = Store> {
        Document(self.world())
    }

    /// Answers a request below `/clip/v2/resource` and tells the event streams what it changed.
    pub(crate) fn clip(&self, method: &Method, path: &[&str], body: &[u8]) -> Reply {
        let mut world = self.world();
        let answer = clip::answer(&mut world, method, path, body);
        if method != Method::GET {
            self.publish(&mut world, answer.together);
        }
        answer.reply
    }

    /// Makes something go wrong beside what already does.
    pub(crate) fn strike(&self, strike: Strike) {
        if *strike.fault() == Fault::DropEventStreams {
            self.events.close_streams();
        }
        let momentary = strike.fault().is_momentary();
        self.network.strike(strike.fault());
        if !momentary {
            self.faults.add(strike);
        }
    }

    /// Makes all well.
    pub(crate) fn heal(&self) {
        self.faults.clear();
        self.network.heal();
    }

    /// Goes down, and comes up again, with another home if there is one.
    pub(crate) async fn reboot(&self, down: Duration, home: Option<Store>) {
        self.faults.set_restarting(true);
        self.network.break_connections();
        tokio::select! {
            () = sleep(down) => {}
            () = self.faults.healed() => {}
        }
        self.events.forget();
        self.lock().restart(home);
        self.faults.set_restarting(false);
    }

    /// Shows a new certificate for this id from now on; returns it as DER.
    pub(crate) fn change_certificate(&self, bridge_id: &str) -> Result<Vec<u8>, StartError> {
        let identity = tls::identity(&builder::checked_id(bridge_id)?)?;
        let der = identity.der.to_vec();
        self.network.show(identity);
        Ok(der)
    }

    /// Changes the document from outside, as somebody at a wall switch does.
    pub(crate) fn set_resource(&self, resource: &Value) {
        let mut world = self.world();
        let store = &mut world.store;
        let (rtype, id) = (resource["type"].as_str().unwrap_or_default(), store::id(resource));
        if store.edit(rtype, &id, |old| store::merge(old, resource)).is_none() {
            store.insert(resource.clone());
        }
        if rtype == "light" {
            // A hand at the switch ends what the light was doing; a new name does not.
            if resource.get("on").or(resource.get("dimming")).is_some() {
                world.end_fade(&id);
            }
            scene::lights_changed(&mut world.store, &[id]);
        }
        self.publish(&mut world, false);
    }

    /// The id of the first light with this name.
    pub(crate) fn light_id(&self, name: &str) -> Option<String> {
        self.store().of_type("light").find(|light| light["metadata"]["name"] == name).map(store::id)
    }

    /// Moves a light in or out of reach of the radio; false if there is no such light, or it has no radio.
    pub(crate) fn set_reachable(&self, light: &str, reachable: bool) -> bool {
        let mut world = self.world();
        let store = &mut world.store;
        let radio = store.get("light", light).and_then(|light| group::radio(store, light)).map(store::id);
        let Some(radio) = radio else { return false };
        let status = if reachable { "connected" } else { "connectivity_issue" };
        store.edit("zigbee_connectivity", &radio, |radio| radio["status"] = status.into());
        self.publish(&mut world, false);
        true
    }

    pub(crate) fn radio_traffic(&self) -> RadioTraffic {
        self.world().radio.traffic()
    }

    /// Moves the clock on, step by step through all that falls due on the way.
    pub(crate) fn advance(&self, by: Moment) {
        let mut world = self.lock();
        let until = self.time.now().saturating_add(by);
        self.pass(&mut world, until);
        self.time.reach(until);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world with everything done that is due: [`run`] may be late on a busy machine.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.lock();
        self.pass(&mut world, self.time.now());
        world
    }

    /// Does what falls due up to a moment, each thing at its time.
    fn pass(&self, world: &mut World, until: Moment) {
        while let Some(due) = self.due(world).filter(|due| *due <= until) {
            self.time.reach(due);
            self.events.flush();
            world.pass(due);
            self.publish(world, false);
        }
    }

    /// When something happens next by itself.
    fn due(&self, world: &World) -> Option<Moment> {
        [self.events.due(), world.due()].into_iter().flatten().min()
    }

    /// Sent while the document is locked, so that the order of events is the order of changes.
    fn publish(&self, world: &mut World, together: bool) {
        let mut now = world.store.take_changes();
        if !now.is_empty() {
            let mut later = world.sum_up(&now);
            if together {
                now.append(&mut later);
            }
            self.events.publish(now, later);
        }
        self.changed.notify_one();
    }
}

/// The locked document, to read.
struct Document<'a>(MutexGuard<'a, World>);

impl Deref for Document<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.0.store
    }
}

/// Does what falls due while nobody asks, until `stop` is cancelled. A stepped clock has no need of it.
pub(crate) async fn run(bridge: Arc<Bridge>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = next(&bridge) => {}
            () = bridge.changed.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Does what is due, and returns when something else is; never, if nothing will be.
async fn next(bridge: &Bridge) {
    // Not held while waiting.
    let due = bridge.due(&bridge.world());
    match due.and_then(|due| bridge.time.until(due)) {
        Some(wait) => sleep(wait).await,
        None => std::future::pending().await,
    }
}
