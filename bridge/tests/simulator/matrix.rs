//! The fault matrix: what the client reports for each disruption during each kind of operation.
//!
//! Each cell has its own bridge and its own client. The disruption begins, the operation runs, the disruption ends. Then
//! the outcome has to be the stated one, in time, and with no more requests than allowed. At last the mirror has to show
//! what the bridge has. Cells of one class run concurrently.

mod cell;
mod disruption;
mod once;
mod operation;

use std::time::Duration;

use futures::future::join_all;
use hue_bridge_sim::Fault;

use cell::Cell;
use disruption::{Disruption, Disruption::Net, Lasts, Network};
use operation::Operation;

/// The outcome that the caller of an operation gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It was done, and the bridge showed it.
    Done,
    /// The bridge accepted it and did not show it.
    Taken,
    /// It was not done; the caller may try again later.
    NotDone,
    /// It may have been done, because the answer was lost.
    Unsure,
    /// The answer could not be understood.
    Nonsense,
    /// The bridge refused with this status.
    Refused(u16),
    /// The bridge does not accept the key.
    NoKey,
    /// The server that answered is not this bridge.
    OtherServer,
    /// One lamp cannot be reached; the others were changed.
    Lost,
    /// The mirror is stale, and reports that.
    Stale,
    /// The mirror is wrong and claims to be live. No cell expects this.
    Blind,
}

/// A line of the matrix, which is one disruption.
struct Row {
    class: &'static str,
    disruption: Disruption,
    /// The outcomes, which are in the order of [`Operation::ALL`].
    ends: [End; 5],
}

/// A latency that is longer than any client waits for an answer.
const NEVER_ANSWERED: Duration = Duration::from_mins(1);
/// A latency that a client does not notice.
const SHORT_LATENCY: Duration = Duration::from_millis(120);

/// Disrupts requests before the bridge acts.
const fn before(fault: Fault, lasts: Lasts) -> Disruption {
    Disruption::Requests { fault, lasts, acted: false }
}

/// Disrupts requests after the bridge has acted.
const fn after(fault: Fault, lasts: Lasts) -> Disruption {
    Disruption::Requests { fault, lasts, acted: true }
}

const fn row(class: &'static str, disruption: Disruption, ends: [End; 5]) -> Row {
    Row { class, disruption, ends }
}

use End::{Done, Lost, NoKey, Nonsense, NotDone, OtherServer, Refused, Stale, Taken, Unsure};
use Fault::{Empty, Html, Latency, Reset, Stalled, Status, StreamReset, Truncated, WrongTypes};
use Lasts::{Long, Once};

// A change that is disrupted once is retried and done. A change that stays disrupted is reported as definitely not done or
// as in doubt, unless the event stream shows it. An event stream is opened again until it works. The next load brings the
// changes that it missed, so only a stream that never opens leaves the mirror stale.
#[rustfmt::skip]
const FAULT_MATRIX: &[Row] = &[
    //   class            what goes wrong                              read         light        group        scene     
    //     event stream
    row("latency",        before(Latency(SHORT_LATENCY), Long),        [Done,        Done,        Done,        Done,        Done]),
    row("latency",        before(Latency(NEVER_ANSWERED), Once),       [Done,        Done,        Done,        Done,        Done]),
    row("latency",        before(Latency(NEVER_ANSWERED), Long),       [NotDone,     Unsure,      Unsure,      Unsure,      Stale]),
    row("latency",        after(Latency(NEVER_ANSWERED), Once),        [Done,        Done,        Done,        Done,        Done]),
    row("latency",        after(Latency(NEVER_ANSWERED), Long),        [NotDone,     Done,        Done,        Done,        Stale]),

    row("too_many",       before(Status(429), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("too_many",       before(Status(429), Long),                   [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("too_many",       after(Status(429), Long),                    [NotDone,     Done,        Done,        Done,        Stale]),
    row("busy",           before(Status(503), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("busy",           before(Status(503), Long),                   [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("busy",           after(Status(503), Long),                    [NotDone,     Done,        Done,        Done,        Stale]),

    row("down",           before(Status(502), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("down",           before(Status(502), Long),                   [NotDone,     Unsure,      Unsure,      Unsure,      Stale]),
    row("down",           after(Status(502), Long),                    [NotDone,     Done,        Done,        Done,        Stale]),
    row("down",           before(Status(504), Once),                   [Done,        Done,        Done,        Done,        Done]),

    row("error",          before(Status(500), Long),                   [Refused(500), Unsure,     Unsure,      Unsure,      Stale]),
    row("error",          after(Status(500), Long),                    [Refused(500), Done,       Done,        Done,        Stale]),
    row("error",          before(Status(400), Long),                   [Refused(400), Refused(400), Refused(400), Refused(400), Stale]),
    row("key",            before(Status(403), Long),                   [NoKey,       NoKey,       NoKey,       NoKey,       Stale]),

    row("html",           before(Html, Once),                          [Done,        Done,        Done,        Done,        Done]),
    row("html",           before(Html, Long),                          [Nonsense,    Unsure,      Unsure,      Unsure,      Stale]),
    row("html",           after(Html, Long),                           [Nonsense,    Done,        Done,        Done,        Stale]),

    row("truncated",      before(Truncated, Once),                     [Done,        Done,        Done,        Done,        Done]),
    row("truncated",      before(Truncated, Long),                     [Nonsense,    Unsure,      Unsure,      Unsure,      Done]),
    row("truncated",      after(Truncated, Long),                      [Nonsense,    Done,        Done,        Done,        Done]),

    row("empty",          before(Empty, Once),                         [Done,        Done,        Done,        Done,        Done]),
    row("empty",          before(Empty, Long),                         [Nonsense,    Unsure,      Unsure,      Unsure,      Done]),
    row("empty",          after(Empty, Long),                          [Nonsense,    Done,        Done,        Done,        Done]),

    // An answer with wrong JSON types says no more than its status: that the bridge accepted the request. Only the event
    // stream could show whether it was done.
    row("wrong_types",    before(WrongTypes, Once),                    [Done,        Taken,       Taken,       Taken,       Done]),
    row("wrong_types",    after(WrongTypes, Long),                     [Nonsense,    Done,        Done,        Done,        Done]),

    row("reset",          before(Reset, Once),                         [Done,        Done,        Done,        Done,        Done]),
    row("reset",          before(Reset, Long),                         [NotDone,     Unsure,      Unsure,      Unsure,      Done]),
    row("reset",          after(Reset, Once),                          [Done,        Done,        Done,        Done,        Done]),
    row("reset",          after(Reset, Long),                          [NotDone,     Done,        Done,        Done,        Done]),

    row("stream_reset",   before(StreamReset, Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("stream_reset",   before(StreamReset, Long),                   [NotDone,     Unsure,      Unsure,      Unsure,      Done]),
    row("stream_reset",   after(StreamReset, Long),                    [NotDone,     Done,        Done,        Done,        Done]),

    row("stalled",        before(Stalled, Once),                       [Done,        Done,        Done,        Done,        Done]),
    row("stalled",        before(Stalled, Long),                       [NotDone,     Unsure,      Unsure,      Unsure,      Done]),
    row("stalled",        after(Stalled, Once),                        [Done,        Done,        Done,        Done,        Done]),
    row("stalled",        after(Stalled, Long),                        [NotDone,     Done,        Done,        Done,        Done]),

    // From here on the whole bridge is disrupted, and the operation begins when the mirror has noticed that.
    row("refused",        Net(Network::Refused),                       [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("offline",        Net(Network::Offline),                       [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("unresponsive",   Net(Network::Unresponsive),                  [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("reboot",         Net(Network::Rebooting),                     [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("certificate",    Net(Network::NewCertificate),                [OtherServer, OtherServer, OtherServer, OtherServer, Stale]),
    row("certificate",    Net(Network::OtherBridge),                   [OtherServer, OtherServer, OtherServer, OtherServer, Stale]),
    row("moved",          Net(Network::Moved),                         [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),

    // The caller does not notice.
    row("dead",           Net(Network::DeadConnections),               [Done,        Done,        Done,        Done,        Done]),
    row("streams",        Net(Network::StreamsEnd),                    [Done,        Done,        Done,        Done,        Done]),
    row("goaway",         Net(Network::Goaway),                        [Done,        Done,        Done,        Done,        Done]),

    row("lamp",           Net(Network::LampLost),                      [Done,        Lost,        Lost,        Lost,        Done]),
];

/// Runs all cells of a class concurrently, and reports each cell whose outcome is not the stated one.
async fn class(name: &str) {
    let cells = FAULT_MATRIX.iter().filter(|row| row.class == name).flat_map(|row| {
        Operation::ALL.into_iter().zip(row.ends).map(|(operation, end)| Cell::new(&row.disruption, operation, end))
    });
    // All clients connect before the first disruption begins: handshakes take processor time, disruptions take clock
    // time.
    let cells: Vec<Cell> = join_all(cells).await;
    assert!(!cells.is_empty(), "{name} is no class of the matrix");
    let faults: Vec<String> = join_all(cells.into_iter().map(Cell::check)).await.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{} cells are not as stated:\n{}", faults.len(), faults.join("\n"));
}

macro_rules! classes {
    ($($name:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            class(stringify!($name)).await;
        })+

        #[test]
        fn every_class_of_the_matrix_is_run() {
            let run = [$(stringify!($name)),+];
            assert!(FAULT_MATRIX.iter().all(|row| run.contains(&row.class)));
        }
    };
}

classes! {
    latency, too_many, busy, down, error, key, html, truncated, empty, wrong_types, reset, stream_reset, stalled, refused,
    offline, unresponsive, reboot, certificate, moved, dead, streams, goaway, lamp,
}
