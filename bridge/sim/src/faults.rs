//! What can be made to go wrong, for which requests, and how often.

mod scope;
mod spoil;
mod strike;
mod text;
mod twist;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(crate) use scope::Asked;
pub use scope::Scope;
pub(crate) use spoil::{frame, response};
pub use strike::Strike;
pub(crate) use strike::When;
pub use text::UnknownFault;
use tokio::sync::Notify;

/// A class of misbehaviour, of the bridge or of the network before it.
///
/// [`Fault::on`] says which requests it strikes; alone it strikes all of them. Written as a text, as the program and the
/// control address take it, a fault is its name and its value: `latency=200ms`, `status=503`, `html`, `empty`,
/// `truncated`, `wrong-types`, `reset`, `stream-reset`, `stalled`, `refused`, `offline`, `unresponsive`,
/// `dead-connections`, `drop-event-streams`; see [`Strike`] for the rest of the text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes this much later; the request is in flight meanwhile. Before the bridge acts, a client that
    /// gives up meanwhile has not changed anything; after it, it has.
    Latency(Duration),
    /// This status and a page of HTML, as the web server before the bridge answers: 502 while the bridge restarts, 503
    /// when it is busy, 429 when there are too many requests, 500, and any other. No `Retry-After`, as on a real one.
    Status(u16),
    /// A page of HTML with status 200.
    Html,
    /// Half of the answer's body, as if it were whole.
    Truncated,
    /// The status without a body. An event stream ends at once.
    Empty,
    /// Valid JSON with the right ids and types of resources, in which every other value is of another type than it
    /// should be, some members are missing, and there are some that nobody has heard of.
    WrongTypes,
    /// The head and half of the body, then the TCP connection is reset, and with it all its other requests.
    Reset,
    /// The head and half of the body, then the HTTP/2 stream is reset; the connection lives. Over HTTP/1.1 the
    /// connection ends.
    StreamReset,
    /// The head and half of the body, then nothing. An event stream stays open and tells nothing more, although HTTP/2
    /// PINGs are still answered.
    Stalled,
    /// Nothing listens: open connections break, new ones are refused.
    Refused,
    /// Open connections break, and new ones are accepted and reset.
    Offline,
    /// Nobody is at the other end of the wire: nothing is read or answered on any connection, no HTTP/2 PING and no TLS
    /// handshake. What was going on goes on when all is well again.
    Unresponsive,
    /// The connections that are open now are dead for ever, without a word: not even an HTTP/2 PING is answered. New
    /// ones work. So it is after a power cut, or when a router forgot about them.
    DeadConnections,
    /// The event streams that are open now end; new ones are accepted.
    DropEventStreams,
}

impl Fault {
    /// This fault for these requests only.
    pub fn on(self, scope: Scope) -> Strike {
        Strike::from(self).on(scope)
    }

    /// This fault for the next `count` requests only.
    pub fn times(self, count: u32) -> Strike {
        Strike::from(self).times(count)
    }

    /// Whether it strikes requests; the others concern all connections at once.
    fn is_for_requests(&self) -> bool {
        use Fault::{
            Empty, Html, Latency, Offline, Refused, Reset, Stalled, Status, StreamReset, Truncated, Unresponsive,
            WrongTypes,
        };
        match self {
            Latency(_) | Status(_) | Html | Truncated | Empty | WrongTypes | Reset | StreamReset | Stalled => true,
            Refused | Offline | Unresponsive | Self::DeadConnections | Self::DropEventStreams => false,
        }
    }

    /// Whether it is over as soon as it has struck.
    pub(crate) fn is_momentary(&self) -> bool {
        matches!(self, Self::DeadConnections | Self::DropEventStreams)
    }

    /// Whether it strikes the frames of open event streams, rather than their opening.
    fn is_for_frames(&self) -> bool {
        matches!(self, Self::Truncated | Self::WrongTypes | Self::Reset | Self::StreamReset | Self::Stalled)
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    strikes: Mutex<Vec<Strike>>,
    restarting: AtomicBool,
    healed: Notify,
}

impl Faults {
    /// Makes something go wrong beside what already does.
    pub(crate) fn add(&self, strike: Strike) {
        self.lock().push(strike);
    }

    /// Makes all well.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.healed.notify_waiters();
    }

    /// Returns when all is made well.
    pub(crate) async fn healed(&self) {
        self.healed.notified().await;
    }

    /// While the bridge restarts, its web server answers everything with 502.
    pub(crate) fn set_restarting(&self, restarting: bool) {
        self.restarting.store(restarting, Ordering::Release);
    }

    /// What is in force.
    pub(crate) fn all(&self) -> Vec<Strike> {
        self.lock().clone()
    }

    /// The fault that strikes a request: the oldest that concerns it. Counts as one time.
    pub(crate) fn strike(&self, asked: &Asked<'_>) -> Option<Strike> {
        if self.restarting.load(Ordering::Acquire) {
            return Some(Fault::Status(502).into());
        }
        let opens_stream = asked.is_event_stream();
        self.take(|strike| strike.scope.covers(asked) && !(opens_stream && strike.fault.is_for_frames()))
    }

    /// The fault that strikes the next frame of an event stream. Counts as one time.
    pub(crate) fn strike_frame(&self) -> Option<Strike> {
        self.take(|strike| strike.fault.is_for_frames() && strike.scope.covers(&Asked::EVENT_STREAM))
    }

    fn take(&self, concerned: impl Fn(&Strike) -> bool) -> Option<Strike> {
        let mut strikes = self.lock();
        let at = strikes.iter().position(|strike| strike.fault.is_for_requests() && concerned(strike))?;
        let strike = strikes[at].clone();
        match &mut strikes[at].times {
            Some(times) if *times <= 1 => drop(strikes.remove(at)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(strike)
    }

    // A std mutex: held for a few lines, never across an await.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Strike>> {
        self.strikes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &'static str, path: &'static str) -> Asked<'static> {
        Asked { method, path, body: None }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told_and_only_what_it_concerns() {
        let faults = Faults::default();
        faults.add(Fault::Status(503).on(Scope::LightWrites).times(2));
        let (read, write) = (asked("GET", "/clip/v2/resource/light/a"), asked("PUT", "/clip/v2/resource/light/a"));
        assert_eq!(faults.strike(&read), None);
        assert!(faults.strike(&write).is_some() && faults.strike(&write).is_some());
        assert_eq!(faults.strike(&write), None);
        assert!(faults.all().is_empty());
    }

    #[test]
    fn of_two_faults_the_older_strikes() {
        let faults = Faults::default();
        faults.add(Fault::Empty.on(Scope::Reads).times(1));
        faults.add(Fault::Html.into());
        let read = asked("GET", "/clip/v2/resource");
        assert_eq!(faults.strike(&read).map(|strike| strike.fault), Some(Fault::Empty));
        assert_eq!(faults.strike(&read).map(|strike| strike.fault), Some(Fault::Html));
    }

    #[test]
    fn what_spoils_an_answer_strikes_the_frames_of_an_event_stream_and_what_replaces_it_the_opening() {
        let faults = Faults::default();
        faults.add(Fault::Truncated.on(Scope::Events));
        assert_eq!(faults.strike(&Asked::EVENT_STREAM), None);
        assert!(faults.strike_frame().is_some());
        faults.clear();
        faults.add(Fault::Status(502).on(Scope::Events));
        assert_eq!(faults.strike_frame(), None);
        assert!(faults.strike(&Asked::EVENT_STREAM).is_some());
    }
}
