//! The fault matrix: each thing that can go wrong, for each kind of operation, and what the client says then.
//!
//! A cell is a bridge of its own with a client of its own. The trouble begins, the operation runs, all is well again;
//! and then the outcome has to be the stated one, in time, with no request more than there may be, and the mirror has
//! to come to show what the bridge has. Cells of one class run side by side.

mod cell;
mod once;
mod operation;
mod trouble;

use std::time::Duration;

use futures::future::join_all;
use hue_bridge_sim::Fault;

use cell::Cell;
use operation::Operation;
use trouble::{Lasts, Network, Trouble, Trouble::Net};

/// What the caller of an operation is told in the end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It is done, and the bridge showed it.
    Done,
    /// The bridge took it. It did not show it.
    Taken,
    /// It was not done, and may be tried again later.
    NotDone,
    /// It may have been done: the answer is missing.
    Unsure,
    /// The bridge answered with nonsense.
    Nonsense,
    /// The bridge refused with this status.
    Refused(u16),
    /// The bridge does not accept the key.
    NoKey,
    /// Something answers that is not this bridge.
    Stranger,
    /// One lamp cannot be reached, and all others are done.
    Lost,
    /// The mirror says that it is not fed.
    Stale,
    /// The mirror is wrong, and says that it is fed. Stated nowhere.
    Blind,
}

/// One line of the matrix.
struct Row {
    class: &'static str,
    trouble: Trouble,
    /// In the order of [`Operation::ALL`].
    ends: [End; 5],
}

/// Longer than is ever waited for an answer.
const FOR_EVER: Duration = Duration::from_mins(1);
/// Not so long.
const A_MOMENT: Duration = Duration::from_millis(120);

/// Trouble that strikes requests: before the bridge acts, or after it.
const fn before(fault: Fault, lasts: Lasts) -> Trouble {
    Trouble::Requests { fault, lasts, acted: false }
}

const fn after(fault: Fault, lasts: Lasts) -> Trouble {
    Trouble::Requests { fault, lasts, acted: true }
}

const fn row(class: &'static str, trouble: Trouble, ends: [End; 5]) -> Row {
    Row { class, trouble, ends }
}

use End::{Done, Lost, NoKey, Nonsense, NotDone, Refused, Stale, Stranger, Taken, Unsure};
use Fault::{Empty, Html, Latency, Reset, Stalled, Status, StreamReset, Truncated, WrongTypes};
use Lasts::{Long, Once};

// A change that is struck once is tried again and done. One that is struck for long is told as what it is: surely not
// done, or in doubt, unless the event stream shows it. An event stream is opened again until it works; what it missed
// comes with the next loading of everything, so that only one that does not open at all leaves the mirror stale.
#[rustfmt::skip]
const MATRIX: &[Row] = &[
    //   class            what goes wrong                              read         light        group        scene     
    //     event stream
    row("latency",        before(Latency(A_MOMENT), Long),             [Done,        Done,        Done,        Done,        Done]),
    row("latency",        before(Latency(FOR_EVER), Once),             [Done,        Done,        Done,        Done,        Done]),
    row("latency",        before(Latency(FOR_EVER), Long),             [NotDone,     Unsure,      Unsure,      Unsure,      Stale]),
    row("latency",        after(Latency(FOR_EVER), Once),              [Done,        Done,        Done,        Done,        Done]),
    row("latency",        after(Latency(FOR_EVER), Long),              [NotDone,     Done,        Done,        Done,        Stale]),

    row("too_many",       before(Status(429), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("too_many",       before(Status(429), Long),                   [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("busy",           before(Status(503), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("busy",           before(Status(503), Long),                   [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),

    row("down",           before(Status(502), Once),                   [Done,        Done,        Done,        Done,        Done]),
    row("down",           before(Status(502), Long),                   [NotDone,     Unsure,      Unsure,      Unsure,      Stale]),
    row("down",           after(Status(502), Long),                    [NotDone,     Done,        Done,        Done,        Stale]),
    row("down",           before(Status(504), Once),                   [Done,        Done,        Done,        Done,        Done]),

    row("error",          before(Status(500), Long),                   [Refused(500), Refused(500), Refused(500), Refused(500), Stale]),
    row("error",          after(Status(500), Long),                    [Refused(500), Done,       Done,        Done,        Stale]),
    row("error",          before(Status(400), Long),                   [Refused(400), Refused(400), Refused(400), Refused(400), Stale]),
    row("key",            before(Status(403), Long),                   [NoKey,       NoKey,       NoKey,       NoKey,       Stale]),

    row("html",           before(Html, Once),                          [Done,        Done,        Done,        Done,        Done]),
    row("html",           before(Html, Long),                          [Nonsense,    Nonsense,    Nonsense,    Nonsense,    Stale]),
    row("html",           after(Html, Long),                           [Nonsense,    Done,        Done,        Done,        Stale]),

    row("truncated",      before(Truncated, Once),                     [Done,        Done,        Done,        Done,        Done]),
    row("truncated",      before(Truncated, Long),                     [Nonsense,    Nonsense,    Nonsense,    Nonsense,    Done]),
    row("truncated",      after(Truncated, Long),                      [Nonsense,    Done,        Done,        Done,        Done]),

    row("empty",          before(Empty, Once),                         [Done,        Done,        Done,        Done,        Done]),
    row("empty",          before(Empty, Long),                         [Nonsense,    Nonsense,    Nonsense,    Nonsense,    Done]),
    row("empty",          after(Empty, Long),                          [Nonsense,    Done,        Done,        Done,        Done]),

    // An answer of wrong types says no more than its status: that the bridge took it. That it did not is what the event
    // stream does not show.
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

    // From here on it is the whole bridge, and the operation begins when the mirror has noticed.
    row("refused",        Net(Network::Refused),                       [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("offline",        Net(Network::Offline),                       [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("unresponsive",   Net(Network::Unresponsive),                  [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("reboot",         Net(Network::Rebooting),                     [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),
    row("certificate",    Net(Network::NewCertificate),                [Stranger,    Stranger,    Stranger,    Stranger,    Stale]),
    row("certificate",    Net(Network::OtherBridge),                   [Stranger,    Stranger,    Stranger,    Stranger,    Stale]),
    row("moved",          Net(Network::Moved),                         [NotDone,     NotDone,     NotDone,     NotDone,     Stale]),

    // The caller does not notice.
    row("dead",           Net(Network::DeadConnections),               [Done,        Done,        Done,        Done,        Done]),
    row("streams",        Net(Network::StreamsEnd),                    [Done,        Done,        Done,        Done,        Done]),
    row("goaway",         Net(Network::Goaway),                        [Done,        Done,        Done,        Done,        Done]),

    row("lamp",           Net(Network::LampLost),                      [Done,        Lost,        Lost,        Lost,        Done]),
];

/// Runs all cells of a class side by side, and says of each that is not as stated what it was.
async fn class(name: &str) {
    let cells = MATRIX.iter().filter(|row| row.class == name).flat_map(|row| {
        Operation::ALL.into_iter().zip(row.ends).map(|(operation, end)| Cell::new(&row.trouble, operation, end))
    });
    // All are connected before the first trouble begins: handshakes take the machine's time, and troubles take the
    // clock's.
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
            assert!(MATRIX.iter().all(|row| run.contains(&row.class)));
        }
    };
}

classes! {
    latency, too_many, busy, down, error, key, html, truncated, empty, wrong_types, reset, stream_reset, stalled, refused,
    offline, unresponsive, reboot, certificate, moved, dead, streams, goaway, lamp,
}
