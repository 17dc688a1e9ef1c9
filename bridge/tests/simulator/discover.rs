//! Finding bridges by mDNS, by the discovery service and by address.

use std::{
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
    time::{Duration, Instant},
};

use hue_bridge::{
    Fingerprint, Identity,
    discover::{
        CloudOptions, CloudPolicy, DiscoveryError, DiscoveryErrorKind, DiscoveryEvent, DiscoveryMethod, MdnsOptions,
        Options, discover, probe_address,
    },
};
use hue_bridge_sim::{Announcement, Simulator};

use crate::{
    cloud::List,
    support::{TEST_TIMEOUT, simulator},
};

/// Returns an address where no server listens: its port was free a moment ago.
fn nowhere() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("an address").to_string()
}

fn only_cloud(cloud: CloudOptions) -> Options {
    Options { mdns: None, cloud: Some(cloud), probe_timeout: TEST_TIMEOUT }
}

fn listing(bridges: &[(&str, std::net::SocketAddr)]) -> List {
    let entries: Vec<String> = bridges
        .iter()
        .map(|(id, address)| {
            format!(r#"{{"id":"{id}","internalipaddress":"{}","port":{}}}"#, address.ip(), address.port())
        })
        .collect();
    List::answering(200, format!("[{}]", entries.join(",")))
}

#[tokio::test]
async fn an_address_by_hand_is_asked_what_it_is() {
    let sim = simulator().await;
    let found = probe_address(&sim.address().to_string(), TEST_TIMEOUT).await.expect("a bridge");
    assert_eq!((found.address, found.methods), (sim.address().to_string(), vec![DiscoveryMethod::Manual]));
    assert_eq!((found.config.id.as_str(), found.config.model.as_str()), (sim.bridge_id(), "BSB002"));
    assert!(found.config.clip_v2 && !found.config.name.is_empty(), "{:?}", found.config);
    assert_eq!(found.config.identity, Identity::Pinned(Fingerprint::of(sim.certificate_der())));
    let asked: Vec<_> = sim.requests().into_iter().map(|request| (request.method, request.path)).collect();
    assert_eq!(asked, [("GET".to_owned(), "/api/config".to_owned())]);
}

#[tokio::test]
async fn an_address_with_no_bridge_is_told_in_words() {
    let address = nowhere();
    let error = probe_address(&address, TEST_TIMEOUT).await.expect_err("nobody is there");
    assert_eq!(error.to_string(), format!("{address} cannot be reached: the connection was refused"));
    let plain = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = plain.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = plain.accept().expect("a client");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("it listens");
        std::io::Read::read_to_end(&mut stream, &mut Vec::new())
    });
    let error = probe_address(&address, TEST_TIMEOUT).await.expect_err("no HTTPS");
    assert_eq!(error.to_string(), format!("{address} cannot be reached: the server there does not speak HTTPS"));
    let list = List::answering(200, "[]");
    let web = list.cloud(CloudPolicy::Always).url.replace("https://", "").replace('/', "");
    let error = probe_address(&web, TEST_TIMEOUT).await.expect_err("no bridge");
    assert!(matches!(error.kind, DiscoveryErrorKind::IdentityUnproven(_)), "{error}");
    assert_eq!(list.asked(), 0, "nothing is asked of a server that is no bridge");
}

#[tokio::test]
async fn the_list_of_signify_is_asked_over_https_and_each_bridge_asked_itself() {
    let (one, two) = (simulator().await, Simulator::builder().bridge_id("ecb5fafffe000002").start().await);
    let two = two.expect("a free port");
    let gone = nowhere().parse().expect("an address");
    let list =
        listing(&[(one.bridge_id(), one.address()), (two.bridge_id(), two.address()), ("001788fffe000009", gone)]);
    let mut events = Vec::new();
    let discovered = discover(&only_cloud(list.cloud(CloudPolicy::WhenNothingFound)), |event| events.push(event)).await;
    let mut ids: Vec<_> = discovered.bridges.iter().map(|bridge| bridge.config.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [one.bridge_id(), "ecb5fafffe000002"]);
    let [error] = &discovered.errors[..] else { panic!("{:?}", discovered.errors) };
    assert_eq!((error.method, error.id.as_deref()), (DiscoveryMethod::Cloud, Some("001788fffe000009")));
    assert_eq!(events[0], DiscoveryEvent::Started(DiscoveryMethod::Cloud));
    assert_eq!(events.len(), 4, "{events:?}");
}

#[tokio::test]
async fn a_list_out_of_date_names_the_wrong_bridge_and_that_is_told() {
    let sim = simulator().await;
    let list = listing(&[("ecb5fafffe000002", sim.address())]);
    let discovered = discover(&only_cloud(list.cloud(CloudPolicy::Always)), |_| {}).await;
    assert_eq!(discovered.bridges[0].config.id, sim.bridge_id());
    assert_eq!(discovered.errors[0].kind, DiscoveryErrorKind::OtherBridge(sim.bridge_id().to_owned()));
}

#[tokio::test]
async fn a_list_that_was_asked_too_often_says_how_often_it_may_be_asked() {
    let list = List::answering(429, "<html>");
    let discovered = discover(&only_cloud(list.cloud(CloudPolicy::Always)), |_| {}).await;
    let error = DiscoveryError {
        method: DiscoveryMethod::Cloud,
        address: None,
        id: None,
        kind: DiscoveryErrorKind::RateLimited,
    };
    assert!(error.to_string().contains("once in 15 minutes"));
    assert_eq!(discovered.errors, [error]);
    assert_eq!(list.asked(), 1, "it is not asked again");
}

#[tokio::test]
async fn a_list_that_no_authority_vouches_for_is_not_believed() {
    let sim = simulator().await;
    let list = listing(&[(sim.bridge_id(), sim.address())]);
    let unknown = CloudOptions { extra_root: None, ..list.cloud(CloudPolicy::Always) };
    let discovered = discover(&only_cloud(unknown), |_| {}).await;
    assert!(discovered.bridges.is_empty() && sim.requests().is_empty());
    assert!(matches!(discovered.errors[0].kind, DiscoveryErrorKind::MethodFailed(_)), "{:?}", discovered.errors);
}

#[tokio::test]
async fn an_empty_list_finds_nothing_and_is_no_trouble() {
    let list = List::answering(200, "[]");
    let discovered = discover(&only_cloud(list.cloud(CloudPolicy::Always)), |_| {}).await;
    assert!(discovered.bridges.is_empty() && discovered.errors.is_empty(), "{discovered:?}");
}

/// Whether a datagram to the group of multicast DNS comes back on loopback, which is not so in every container.
pub(crate) fn multicast_works() -> bool {
    let group = Ipv4Addr::new(224, 0, 0, 251);
    let probe = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        // Without a route for the group, the system cannot send to it.
        let port = socket.local_addr()?.port();
        let sender = UdpSocket::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        sender.send_to(b"probe", SocketAddrV4::new(group, port))?;
        let mut answer = [0; 16];
        Ok(socket.recv(&mut answer)? == 5)
    };
    probe().unwrap_or(false)
}

/// Returns a port for multicast DNS that neither the real one nor another test uses.
pub(crate) fn own_port() -> u16 {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a free port");
    socket.local_addr().expect("an address").port()
}

#[tokio::test]
async fn a_bridge_that_announces_itself_is_found_and_the_list_is_left_alone() {
    if !multicast_works() {
        eprintln!("skipped: there is no multicast on loopback here");
        return;
    }
    let announcement = Announcement { port: own_port(), ..Announcement::default() };
    let mdns = MdnsOptions { port: announcement.port, duration: Duration::from_secs(6), ..MdnsOptions::default() };
    let sim = Simulator::builder().announce(announcement).start().await.expect("a free port");
    let list = listing(&[(sim.bridge_id(), sim.address())]);
    let options = Options {
        mdns: Some(mdns),
        cloud: Some(list.cloud(CloudPolicy::WhenNothingFound)),
        probe_timeout: Duration::from_secs(5),
    };
    let began = Instant::now();
    let mut found_after = None;
    let discovered = discover(&options, |event| {
        if let DiscoveryEvent::Found(_) = event {
            found_after = Some(began.elapsed());
        }
    })
    .await;
    let [bridge] = &discovered.bridges[..] else { panic!("{discovered:?}") };
    assert_eq!((bridge.config.id.as_str(), &bridge.methods[..]), (sim.bridge_id(), &[DiscoveryMethod::Mdns][..]));
    assert_eq!(bridge.address, sim.address().to_string());
    assert!(found_after.is_some_and(|after| after < began.elapsed()), "told before the end");
    assert_eq!(list.asked(), 0, "Signify need not know");

    let both = Options { cloud: Some(list.cloud(CloudPolicy::Always)), ..options };
    let discovered = discover(&both, |_| {}).await;
    assert_eq!(
        discovered.bridges[0].methods,
        [DiscoveryMethod::Mdns, DiscoveryMethod::Cloud],
        "one bridge, found twice"
    );
    assert_eq!(discovered.bridges.len(), 1);
}
