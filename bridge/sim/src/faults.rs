//! The faults of a simulator: what goes wrong, for which requests, when, and how often.
//!
//! # Layout
//!
//! * this file: the faults, their two kinds, and the list of rules in force
//! * `rule`, `scope`: a fault with its restrictions · `text`: rules as text

mod rule;
mod scope;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
pub use rule::FaultRule;
pub(crate) use rule::FaultTiming;
pub(crate) use scope::RequestInfo;
pub use scope::Scope;
pub use text::ParseFaultError;
use tokio::sync::Notify;

/// A class of misbehaviour, of the bridge or of the network in front of it.
///
/// [`Fault::on`] restricts a fault to some requests; without it the fault applies to all of them.
///
/// The command line and the control address take a fault as text, its name and its value: `latency=200ms`, `status=503`,
/// `html`, `empty`, `truncated`, `wrong-types`, `omitted-lists`, `missing-id`, `unknown-words`, `reset`, `stream-reset`,
/// `stalled`, `short-streams`, `refused`, `offline`, `unresponsive`, `dead-connections`, `drop-event-streams`. [`FaultRule`] documents the rest of the text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Delays the answer; the request is in flight meanwhile. If the delay comes before the bridge acts, a client that
    /// gives up has changed nothing. If it comes after, the change is made.
    Latency(Duration),
    /// Answers with this status and an HTML page, as the web server in front of the bridge does: 502 while the bridge
    /// restarts, 503 when it is busy, 429 for too many requests, 500, or any other. There is no `Retry-After`, as on a
    /// real bridge.
    Status(u16),
    /// Answers with an HTML page that has status 200.
    Html,
    /// Sends half of the body as if it were complete.
    Truncated,
    /// Sends the status without a body. An event stream ends at once.
    Empty,
    /// Sends valid JSON in which ids and resource types are right and all else is not: values have other types, `owner`
    /// is missing, and there is an unknown member.
    WrongTypes,
    /// Leaves out every list that a resource has, as bridges do where a list is empty.
    OmittedLists,
    /// Leaves out the id of the last resource of an answer, and of each event, as a bridge does after a firmware update.
    MissingId,
    /// Replaces the word of every enumerated member by one that no client knows, as newer firmware does.
    UnknownWords,
    /// Sends the head and half of the body, then resets the TCP connection and thereby all its other requests.
    Reset,
    /// Sends the head and half of the body, then resets the HTTP/2 stream; the connection stays. Over HTTP/1.1 the
    /// connection ends.
    StreamReset,
    /// Sends the head and half of the body, then nothing. An event stream stays open without further events, although
    /// HTTP/2 PINGs are still answered.
    Stalled,
    /// Ends each event stream a few milliseconds after it was opened. Other requests are answered.
    ShortStreams,
    /// Stops listening: open connections break, new ones are refused.
    Refused,
    /// Breaks open connections; new ones are accepted and reset.
    Offline,
    /// Reads and answers nothing on any connection, neither HTTP/2 PINGs nor TLS handshakes. Requests continue when the
    /// fault is cleared.
    Unresponsive,
    /// Silences the connections that are open now for ever: not even HTTP/2 PINGs are answered. New connections work.
    /// This is what a power cut or a router that forgot its connections leaves.
    DeadConnections,
    /// Ends the event streams that are open now; new ones are accepted.
    DropEventStreams,
}

/// What a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Single requests, or frames of an event stream, as the [`FaultRule`] selects them.
    Request,
    /// All connections at once; such a fault takes no restrictions.
    Connection,
}

impl Fault {
    /// Restricts the fault to these requests.
    pub fn on(self, scope: Scope) -> FaultRule {
        FaultRule::from(self).on(scope)
    }

    /// Restricts the fault to the next `count` requests.
    pub fn times(self, count: u32) -> FaultRule {
        FaultRule::from(self).times(count)
    }

    /// Returns what the fault applies to.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Latency(_)
            | Self::Status(_)
            | Self::Html
            | Self::Truncated
            | Self::Empty
            | Self::WrongTypes
            | Self::OmittedLists
            | Self::MissingId
            | Self::UnknownWords
            | Self::Reset
            | Self::StreamReset
            | Self::Stalled
            | Self::ShortStreams => FaultKind::Request,
            Self::Refused | Self::Offline | Self::Unresponsive | Self::DeadConnections | Self::DropEventStreams => {
                FaultKind::Connection
            }
        }
    }

    /// True for a fault that acts once, when it is added, and is not in force afterwards.
    pub(crate) fn is_momentary(&self) -> bool {
        matches!(self, Self::DeadConnections | Self::DropEventStreams)
    }

    /// True for a fault that damages the frames of an open event stream instead of the response that opens it.
    fn applies_to_frames(&self) -> bool {
        use Fault::{MissingId, OmittedLists, Reset, Stalled, StreamReset, Truncated, UnknownWords, WrongTypes};
        matches!(self, Truncated | WrongTypes | OmittedLists | MissingId | UnknownWords | Reset | StreamReset | Stalled)
    }
}

/// Holds the rules that are in force, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ActiveFaults {
    rules: Mutex<Vec<FaultRule>>,
    restarting: AtomicBool,
    cleared: Notify,
}

impl ActiveFaults {
    /// Adds a rule to those in force.
    pub(crate) fn add(&self, rule: FaultRule) {
        self.rules.lock().push(rule);
    }

    /// Removes all rules.
    pub(crate) fn clear(&self) {
        self.rules.lock().clear();
        self.cleared.notify_waiters();
    }

    /// Returns when the rules are cleared.
    pub(crate) async fn wait_until_cleared(&self) {
        self.cleared.notified().await;
    }

    /// Starts or ends a restart, during which every request gets status 502 from the web server.
    pub(crate) fn set_restarting(&self, restarting: bool) {
        self.restarting.store(restarting, Ordering::Release);
    }

    pub(crate) fn all(&self) -> Vec<FaultRule> {
        self.rules.lock().clone()
    }

    /// Returns the oldest rule that applies to a request, and counts it down.
    pub(crate) fn take_for_request(&self, request: &RequestInfo<'_>) -> Option<FaultRule> {
        if self.restarting.load(Ordering::Acquire) {
            return Some(Fault::Status(502).into());
        }
        let opens_stream = request.is_event_stream();
        let applies = |fault: &Fault| match fault {
            Fault::ShortStreams => opens_stream,
            fault => !(opens_stream && fault.applies_to_frames()),
        };
        self.take(|rule| rule.scope.matches(request) && applies(&rule.fault))
    }

    /// Returns the oldest rule that applies to the next frame of an event stream, and counts it down.
    pub(crate) fn take_for_frame(&self) -> Option<FaultRule> {
        self.take(|rule| rule.fault.applies_to_frames() && rule.scope.matches(&RequestInfo::EVENT_STREAM))
    }

    fn take(&self, applies: impl Fn(&FaultRule) -> bool) -> Option<FaultRule> {
        let mut rules = self.rules.lock();
        let index = rules.iter().position(|rule| rule.fault.kind() == FaultKind::Request && applies(rule))?;
        let rule = rules[index].clone();
        match &mut rules[index].times {
            Some(times) if *times <= 1 => drop(rules.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &'static str, path: &'static str) -> RequestInfo<'static> {
        RequestInfo { method, path, body: None }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told_and_only_what_it_concerns() {
        let faults = ActiveFaults::default();
        faults.add(Fault::Status(503).on(Scope::LightWrites).times(2));
        let (read, write) = (request("GET", "/clip/v2/resource/light/a"), request("PUT", "/clip/v2/resource/light/a"));
        assert_eq!(faults.take_for_request(&read), None);
        assert!(faults.take_for_request(&write).is_some() && faults.take_for_request(&write).is_some());
        assert_eq!(faults.take_for_request(&write), None);
        assert!(faults.all().is_empty());
    }

    #[test]
    fn of_two_faults_the_older_strikes() {
        let faults = ActiveFaults::default();
        faults.add(Fault::Empty.on(Scope::Reads).times(1));
        faults.add(Fault::Html.into());
        let read = request("GET", "/clip/v2/resource");
        assert_eq!(faults.take_for_request(&read).map(|rule| rule.fault), Some(Fault::Empty));
        assert_eq!(faults.take_for_request(&read).map(|rule| rule.fault), Some(Fault::Html));
    }

    #[test]
    fn what_spoils_an_answer_strikes_the_frames_of_an_event_stream_and_what_replaces_it_the_opening() {
        let faults = ActiveFaults::default();
        faults.add(Fault::Truncated.on(Scope::Events));
        assert_eq!(faults.take_for_request(&RequestInfo::EVENT_STREAM), None);
        assert!(faults.take_for_frame().is_some());
        faults.clear();
        faults.add(Fault::Status(502).on(Scope::Events));
        assert_eq!(faults.take_for_frame(), None);
        assert!(faults.take_for_request(&RequestInfo::EVENT_STREAM).is_some());
    }
}
