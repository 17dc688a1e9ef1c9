//! What goes wrong in a cell.

use std::net::SocketAddr;
use std::time::Duration;

use hue_bridge_sim::{Fault, Scope, Simulator, Strike};

/// Longer than any operation takes.
const LONG: Duration = Duration::from_secs(30);

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// With the requests of the operation, and no others.
    Requests {
        fault: Fault,
        lasts: Lasts,
        /// It strikes after the bridge acted.
        acted: bool,
    },
    /// With the bridge or the network.
    Net(Network),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lasts {
    /// It strikes the first request, or the first frame of an event stream.
    Once,
    /// It goes on until the operation is over.
    Long,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Network {
    Refused,
    Offline,
    Unresponsive,
    Rebooting,
    NewCertificate,
    OtherBridge,
    Moved,
    DeadConnections,
    StreamsEnd,
    Goaway,
    LampLost,
}

impl Trouble {
    pub(super) async fn begin(&self, sim: &Simulator, scope: Scope, lamp: &str) {
        match self {
            Self::Requests { fault, lasts, acted } => {
                // What keeps a stream from being opened needs one that is to be opened.
                let opening = scope == Scope::Events && !is_for_frames(fault);
                let strike = Strike::from(fault.clone()).on(scope);
                let strike = if *acted { strike.after_acting() } else { strike };
                sim.add_fault(if *lasts == Lasts::Once { strike.times(1) } else { strike });
                if opening {
                    sim.add_fault(Fault::DropEventStreams);
                }
            }
            Self::Net(network) => network.begin(sim, lamp).await,
        }
    }

    /// Makes all well, also what does not heal by itself.
    pub(super) async fn end(&self, sim: &Simulator, address: SocketAddr, lamp: &str) {
        sim.set_fault(None);
        match self {
            Self::Net(Network::NewCertificate | Network::OtherBridge) => sim.set_identity(sim.identity()),
            Self::Net(Network::Moved) => drop(sim.move_to(address).await.expect("its old address")),
            Self::Net(Network::LampLost) => drop(sim.set_reachable(lamp, true)),
            _ => {}
        }
    }

    /// Whether the operation is to begin when the mirror has noticed.
    pub(super) fn is_noticed(&self) -> bool {
        use Network::{Moved, NewCertificate, Offline, OtherBridge, Rebooting, Refused, Unresponsive};
        matches!(self, Self::Net(Refused | Offline | Unresponsive | Rebooting | NewCertificate | OtherBridge | Moved))
    }

    /// What the mirror says of it.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Net(Network::NewCertificate | Network::OtherBridge) => "certificate",
            Self::Net(Network::Rebooting) => "restarting",
            _ => "",
        }
    }

    /// Whether an answer, or an event, is waited for in vain.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Self::Requests { fault: Fault::Latency(latency), .. } => *latency >= LONG,
            Self::Requests { fault, .. } => *fault == Fault::Stalled,
            Self::Net(network) => matches!(network, Network::Unresponsive | Network::DeadConnections),
        }
    }

    /// How many requests an operation may take at most.
    pub(super) fn most_requests(&self) -> usize {
        match self {
            Self::Net(Network::DeadConnections) => 2,
            trouble if trouble.is_noticed() => 0,
            Self::Net(_) | Self::Requests { fault: Fault::Status(400 | 403 | 500), .. } => 1,
            Self::Requests { fault: Fault::Latency(latency), .. } if *latency < LONG => 1,
            Self::Requests { lasts: Lasts::Once, .. } => 2,
            Self::Requests { .. } => 4,
        }
    }
}

impl Network {
    async fn begin(self, sim: &Simulator, lamp: &str) {
        match self {
            Self::Refused => sim.add_fault(Fault::Refused),
            Self::Offline => sim.add_fault(Fault::Offline),
            Self::Unresponsive => sim.add_fault(Fault::Unresponsive),
            Self::DeadConnections => sim.add_fault(Fault::DeadConnections),
            Self::StreamsEnd => sim.add_fault(Fault::DropEventStreams),
            Self::Rebooting => sim.reboot(LONG, None),
            Self::NewCertificate => drop(sim.change_certificate(sim.bridge_id()).expect("a certificate")),
            Self::OtherBridge => drop(sim.change_certificate("001788fffe000001").expect("a certificate")),
            Self::Moved => drop(sim.move_to(SocketAddr::new(sim.address().ip(), 0)).await.expect("a free port")),
            Self::LampLost => assert!(sim.set_reachable(lamp, false), "{lamp} has a radio"),
            // Each connection has had more requests than it may have.
            Self::Goaway => {}
        }
    }
}

fn is_for_frames(fault: &Fault) -> bool {
    use Fault::{Reset, Stalled, StreamReset, Truncated, WrongTypes};
    matches!(fault, Truncated | WrongTypes | Reset | StreamReset | Stalled)
}
