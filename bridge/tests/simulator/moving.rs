//! A bridge that has moved to another address is found and followed.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hue_bridge::{
    Bridge, Config, Connection, Delivery, Power, Rediscovery,
    discover::{Finder, FoundHosts, MdnsOptions, NetworkFinder, Options},
};
use hue_bridge_sim::{Announcement, Simulator, StartError};

use crate::{
    discover::{multicast_works, own_port},
    support::{TEST_KEY, TEST_TIMEOUT, builder, config, eventually, live, patient, power, set_light, simulator},
};

/// A finder that names the addresses it was given, and counts how often it is asked.
#[derive(Debug, Default)]
struct FakeFinder {
    addresses: Mutex<Vec<SocketAddr>>,
    asked: AtomicUsize,
}

impl FakeFinder {
    fn set_addresses(&self, addresses: &[SocketAddr]) {
        *self.addresses.lock().expect("no panic") = addresses.to_vec();
    }
}

/// Shares the finder with the test, which sets the addresses.
#[derive(Clone, Debug, Default)]
struct SharedFinder(std::sync::Arc<FakeFinder>);

impl Finder for SharedFinder {
    fn find<'a>(&'a self, _: &'a str) -> FoundHosts<'a> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let addresses = self.0.addresses.lock().expect("no panic").iter().map(ToString::to_string).collect();
        Box::pin(std::future::ready(addresses))
    }
}

/// Searches as soon as the bridge is gone, and again soon.
fn eager(finder: impl Finder + 'static) -> Rediscovery {
    Rediscovery {
        min_downtime: Duration::ZERO,
        min_interval: Duration::from_millis(200),
        ..Rediscovery::with_finder(finder)
    }
}

async fn connected(sim: &Simulator, rediscovery: Rediscovery) -> Bridge {
    let config = Config { rediscovery: Some(rediscovery), ..config(sim) };
    let bridge = Bridge::connect(config).expect("a configuration that makes sense");
    bridge.ready(TEST_TIMEOUT).await.expect("the bridge answers");
    live(&bridge).await;
    bridge
}

async fn gone(bridge: &Bridge) {
    eventually(bridge, |view| view.freshness.stale.then_some(())).await;
}

/// Checks that a write is confirmed: requests and events both reach the bridge.
async fn works(bridge: &Bridge, sim: &Simulator) {
    let outcomes = bridge.apply(&[set_light(bridge, "Mirror", power(Power::On))], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Confirmed);
    assert_eq!(sim.light("Mirror").expect("the demo home has one")["on"]["on"], true);
}

/// Starts another bridge at an address that is about to become free.
async fn successor(address: SocketAddr) -> Simulator {
    let builder = Simulator::builder().bridge_id("ecb5fafffe000002").listen(address).application_key(TEST_KEY);
    loop {
        match builder.clone().start().await {
            Ok(other) => return other,
            Err(StartError::Listen { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[tokio::test]
async fn a_bridge_that_moved_is_found_and_everything_goes_on() {
    let (sim, finder) = (simulator().await, SharedFinder::default());
    let bridge = connected(&sim, eager(finder.clone())).await;
    let mut address = bridge.address();
    assert_eq!(*address.borrow_and_update(), sim.address().to_string());
    let new = sim.move_to(anywhere()).await.expect("a free port");
    gone(&bridge).await;
    finder.0.set_addresses(&[new]);
    live(&bridge).await;
    assert!(address.has_changed().expect("the bridge lives"));
    assert_eq!(*address.borrow_and_update(), new.to_string());
    assert_eq!((bridge.status().moves, bridge.status().connection), (1, Connection::Live));
    works(&bridge, &sim).await;
}

#[tokio::test]
async fn an_impostor_at_the_new_address_gets_nothing() {
    let (sim, finder) = (simulator().await, SharedFinder::default());
    let bridge = connected(&sim, eager(finder.clone())).await;
    let impostor = Simulator::builder().bridge_id(sim.bridge_id()).application_key(TEST_KEY).start().await;
    let impostor = impostor.expect("a free port");
    let new = sim.move_to(anywhere()).await.expect("a free port");
    finder.0.set_addresses(&[impostor.address()]);
    gone(&bridge).await;
    let before = finder.0.asked.load(Ordering::SeqCst);
    while finder.0.asked.load(Ordering::SeqCst) < before + 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(matches!(bridge.status().connection, Connection::Down(_)), "{:?}", bridge.status());
    finder.0.set_addresses(&[impostor.address(), new]);
    live(&bridge).await;
    works(&bridge, &sim).await;
    assert_eq!(bridge.status().moves, 1);
    assert_eq!(impostor.requests(), [], "not even a request without the key");
}

#[tokio::test]
async fn another_bridge_that_took_the_address_is_reason_to_look_at_once() {
    let (sim, finder) = (simulator().await, SharedFinder::default());
    let patient = Rediscovery { min_downtime: Duration::from_hours(1), ..eager(finder.clone()) };
    let bridge = connected(&sim, patient).await;
    let old = sim.address();
    let new = sim.move_to(anywhere()).await.expect("a free port");
    finder.0.set_addresses(&[new]);
    let other = successor(old).await;
    eventually(&bridge, |_| (bridge.status().moves == 1).then_some(())).await;
    live(&bridge).await;
    works(&bridge, &sim).await;
    assert_eq!(other.requests(), []);
}

#[tokio::test]
async fn a_bridge_with_another_certificate_is_refused_wherever_it_is_and_the_reason_says_what_to_do() {
    let (sim, finder) = (simulator().await, SharedFinder::default());
    let bridge = connected(&sim, eager(finder.clone())).await;
    finder.0.set_addresses(&[sim.address()]);
    let before = sim.requests().len();
    sim.change_certificate(sim.bridge_id()).expect("a certificate");
    gone(&bridge).await;
    let reason = eventually(&bridge, |_| match bridge.status().connection {
        Connection::Down(error) if error.to_string().contains("certificate") => Some(error.to_string()),
        _ => None,
    })
    .await;
    assert!(reason.contains("if the bridge was reset or got a new certificate, pair again"), "{reason}");
    assert_eq!(sim.requests().len(), before, "no key was sent");
}

#[tokio::test]
async fn a_bridge_that_announces_its_new_address_is_found_there() {
    if !multicast_works() {
        eprintln!("skipped: there is no multicast on loopback here");
        return;
    }
    let announcement = Announcement { port: own_port(), ..Announcement::default() };
    let mdns = MdnsOptions { port: announcement.port, duration: Duration::from_secs(6), ..MdnsOptions::default() };
    let sim = builder().announce(announcement).start().await.expect("a free port");
    let finder = NetworkFinder::new(Options { mdns: Some(mdns), cloud: None, ..Options::default() });
    let bridge = connected(&sim, eager(finder)).await;
    let new = sim.move_to(anywhere()).await.expect("a free port");
    gone(&bridge).await;
    live(&bridge).await;
    assert_eq!(*bridge.address().borrow(), new.to_string());
    works(&bridge, &sim).await;
}
