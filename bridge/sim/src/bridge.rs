//! One running bridge: the state that its connections share, and the passing of time.
//!
//! # Layout
//!
//! * `events`: the event stream · `pairing`: link button and application keys · `request_log`: the record of requests

mod events;
mod pairing;
mod request_log;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(crate) use self::events::{AggregateTiming, Events};
pub use self::pairing::LinkButton;
pub(crate) use self::pairing::Pairing;
pub use self::request_log::RecordedRequest;
pub(crate) use self::request_log::{PendingRecord, RequestLog};
use crate::error::StartError;
use crate::faults::{ActiveFaults, Fault, FaultKind, FaultRule};
use crate::limits::Limits;
use crate::network::{Identity, Network};
use crate::product;
use crate::world::{BridgeClock, Moment, Store, World};

/// One bridge, which consists of its home and the parts around it.
pub(crate) struct Bridge {
    pub(crate) id: String,
    pub(crate) clock: BridgeClock,
    pub(crate) events: Events,
    pub(crate) faults: ActiveFaults,
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    pub(crate) pairing: Pairing,
    pub(crate) requests: RequestLog,
    /// Is never locked across an await.
    world: Mutex<World>,
    /// Tells [`run_clock`] that there may be a new deadline.
    deadlines_changed: Notify,
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
            clock: world.clock.clone(),
            events,
            faults: ActiveFaults::default(),
            limits,
            network,
            pairing,
            requests: RequestLog::default(),
            world: Mutex::new(world),
            deadlines_changed: Notify::new(),
        }
    }

    /// Reads from the home.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.world())
    }

    /// Changes the home and publishes the changes; grouped lights follow one container later.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.update(|world| (change(world), AggregateTiming::NextContainer))
    }

    /// Changes the home and publishes the changes, grouped lights with the timing that the update returns.
    pub(crate) fn update<T>(&self, update: impl FnOnce(&mut World) -> (T, AggregateTiming)) -> T {
        let mut world = self.world();
        let (result, timing) = update(&mut world);
        self.publish(&mut world, timing);
        result
    }

    /// Adds a fault beside those in force.
    pub(crate) fn add_fault(&self, rule: FaultRule) {
        let fault = rule.fault();
        if fault.kind() == FaultKind::Connection {
            self.network.apply_fault(fault);
        }
        if *fault == Fault::DropEventStreams {
            self.events.close_streams();
        }
        if !fault.is_momentary() {
            self.faults.add(rule);
        }
    }

    /// Ends all faults.
    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.network.clear_faults();
    }

    /// Restarts the bridge: it is down for a time or until the faults are cleared, and comes up with `home` if there is
    /// one.
    pub(crate) async fn reboot(&self, down: Duration, home: Option<Store>) {
        self.faults.set_restarting(true);
        self.network.break_connections();
        tokio::select! {
            () = sleep(down) => {}
            () = self.faults.wait_until_cleared() => {}
        }
        self.events.reset();
        self.world.lock().restart(home);
        self.faults.set_restarting(false);
    }

    /// Generates a new key and certificate for a bridge id, uses them from now on, and returns the certificate as DER.
    pub(crate) fn change_certificate(&self, bridge_id: &str) -> Result<Vec<u8>, StartError> {
        let bridge_id =
            product::parse_bridge_id(bridge_id).ok_or_else(|| StartError::BridgeId(bridge_id.to_owned()))?;
        let identity = Identity::generate(&bridge_id)?;
        let der = identity.der.to_vec();
        self.network.set_identity(identity);
        Ok(der)
    }

    /// Advances the clock, deadline by deadline.
    pub(crate) fn advance(&self, by: Moment) {
        let mut world = self.world.lock();
        let until = self.clock.now().saturating_add(by);
        self.run_until(&mut world, until);
        self.clock.advance_to(until);
        self.deadlines_changed.notify_one();
    }

    /// Locks the home after everything due has been done, because [`run_clock`] may be late on a busy machine.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock();
        self.run_until(&mut world, self.clock.now());
        world
    }

    /// Does everything that is due up to a moment, each at its deadline.
    fn run_until(&self, world: &mut World, until: Moment) {
        while let Some(deadline) = self.next_deadline(world).filter(|deadline| *deadline <= until) {
            self.clock.advance_to(deadline);
            self.events.flush();
            world.run_timers(deadline);
            self.publish(world, AggregateTiming::NextContainer);
        }
    }

    fn next_deadline(&self, world: &World) -> Option<Moment> {
        [self.events.next_deadline(), world.next_deadline()].into_iter().flatten().min()
    }

    /// Publishes the changes of the home. The home is locked meanwhile, so events have the order of the changes.
    fn publish(&self, world: &mut World, timing: AggregateTiming) {
        let changes = world.store.take_changes();
        if !changes.is_empty() {
            let aggregates = world.update_aggregates(&changes);
            self.events.publish(changes, aggregates, timing);
        }
        self.deadlines_changed.notify_one();
    }
}

/// Does what is due between requests, until `stop` is cancelled. A stepped clock does not need it.
pub(crate) async fn run_clock(bridge: Arc<Bridge>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = wait_for_deadline(&bridge) => {}
            () = bridge.deadlines_changed.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Does what is due, and returns at the next deadline; waits for ever if there is none.
async fn wait_for_deadline(bridge: &Bridge) {
    // The lock ends before the wait.
    let deadline = bridge.next_deadline(&bridge.world());
    match deadline.and_then(|deadline| bridge.clock.time_until(deadline)) {
        Some(wait) => sleep(wait).await,
        None => std::future::pending().await,
    }
}
