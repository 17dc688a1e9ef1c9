//! The disruption that a cell runs under.

use std::net::SocketAddr;
use std::time::Duration;

use hue_bridge_sim::{Fault, FaultRule, Scope, Simulator};

/// A time that is longer than any operation takes.
const LONG_OUTAGE: Duration = Duration::from_secs(30);

/// Something that disrupts an operation.
#[derive(Clone, Debug)]
pub(super) enum Disruption {
    /// The requests of the operation fail, and no others.
    Requests {
        fault: Fault,
        lasts: Lasts,
        /// Is set when the fault follows the bridge's action.
        acted: bool,
    },
    /// The bridge or the network fails.
    Net(Network),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lasts {
    /// Only the first request fails, or the first frame of an event stream.
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

impl Disruption {
    pub(super) async fn begin(&self, sim: &Simulator, scope: Scope, lamp: &str) {
        match self {
            Self::Requests { fault, lasts, acted } => {
                // A fault of opening a stream shows only when a stream is opened: this ends the open one.
                let opening = scope == Scope::Events && !is_for_frames(fault);
                let rule = FaultRule::from(fault.clone()).on(scope);
                let rule = if *acted { rule.after_acting() } else { rule };
                sim.add_fault(if *lasts == Lasts::Once { rule.times(1) } else { rule });
                if opening {
                    sim.add_fault(Fault::DropEventStreams);
                }
            }
            Self::Net(network) => network.begin(sim, lamp).await,
        }
    }

    /// Ends the disruption, and repairs what does not recover by itself.
    pub(super) async fn end(&self, sim: &Simulator, address: SocketAddr, lamp: &str) {
        sim.set_fault(None);
        match self {
            Self::Net(Network::NewCertificate | Network::OtherBridge) => sim.set_identity(sim.identity()),
            Self::Net(Network::Moved) => drop(sim.move_to(address).await.expect("its old address")),
            Self::Net(Network::LampLost) => drop(sim.set_reachable(lamp, true)),
            _ => {}
        }
    }

    /// Whether the operation has to wait until the mirror has noticed the disruption.
    pub(super) fn is_noticed(&self) -> bool {
        use Network::{Moved, NewCertificate, Offline, OtherBridge, Rebooting, Refused, Unresponsive};
        matches!(self, Self::Net(Refused | Offline | Unresponsive | Rebooting | NewCertificate | OtherBridge | Moved))
    }

    /// Returns the word that the mirror's reason contains.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Net(Network::NewCertificate | Network::OtherBridge) => "certificate",
            Self::Net(Network::Rebooting) => "restarting",
            _ => "",
        }
    }

    /// Whether an answer or an event never comes.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Self::Requests { fault: Fault::Latency(latency), .. } => *latency >= LONG_OUTAGE,
            Self::Requests { fault, .. } => *fault == Fault::Stalled,
            Self::Net(network) => matches!(network, Network::Unresponsive | Network::DeadConnections),
        }
    }

    /// Returns the most requests that an operation may take.
    pub(super) fn max_requests(&self) -> usize {
        match self {
            Self::Net(Network::DeadConnections) => 2,
            disruption if disruption.is_noticed() => 0,
            Self::Net(_) | Self::Requests { fault: Fault::Status(400 | 403 | 500), .. } => 1,
            Self::Requests { fault: Fault::Latency(latency), .. } if *latency < LONG_OUTAGE => 1,
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
            Self::Rebooting => sim.reboot(LONG_OUTAGE, None),
            Self::NewCertificate => drop(sim.change_certificate(sim.bridge_id()).expect("a certificate")),
            Self::OtherBridge => drop(sim.change_certificate("001788fffe000001").expect("a certificate")),
            Self::Moved => drop(sim.move_to(SocketAddr::new(sim.address().ip(), 0)).await.expect("a free port")),
            Self::LampLost => assert!(sim.set_reachable(lamp, false), "{lamp} has a radio"),
            // The simulator already limits the requests of each connection.
            Self::Goaway => {}
        }
    }
}

fn is_for_frames(fault: &Fault) -> bool {
    use Fault::{Reset, Stalled, StreamReset, Truncated, WrongTypes};
    matches!(fault, Truncated | WrongTypes | Reset | StreamReset | Stalled)
}
