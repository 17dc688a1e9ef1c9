//! The faults of connections in force: whether new ones are accepted, and which open ones break or fall silent.

use crate::faults::Fault;

/// The state of all connections, as faults have left it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ConnectionFaults {
    pub(super) accept_mode: AcceptMode,
    /// Is set while nothing is read from or written to any connection.
    silent: bool,
    /// Connections with smaller numbers break.
    broken_before: u64,
    /// Connections with smaller numbers are silent for ever.
    dead_before: u64,
}

/// What happens to a new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AcceptMode {
    /// It is accepted and served.
    #[default]
    Serve,
    /// It is accepted and reset.
    Reset,
    /// It is refused, because the port does not listen.
    Refuse,
}

impl ConnectionFaults {
    /// Applies a fault; `next` is the number of the next connection.
    pub(super) fn apply(&mut self, fault: &Fault, next: u64) {
        match fault {
            Fault::Refused => (self.accept_mode, self.broken_before) = (AcceptMode::Refuse, next),
            Fault::Offline => (self.accept_mode, self.broken_before) = (AcceptMode::Reset, next),
            Fault::Unresponsive => self.silent = true,
            Fault::DeadConnections => self.dead_before = next,
            _ => {}
        }
    }

    pub(super) fn clear(&mut self) {
        (self.accept_mode, self.silent) = (AcceptMode::Serve, false);
    }

    pub(super) fn break_before(&mut self, next: u64) {
        self.broken_before = next;
    }

    pub(super) fn is_broken(&self, number: u64) -> bool {
        number < self.broken_before
    }

    pub(super) fn is_silent(&self, number: u64) -> bool {
        self.silent || number < self.dead_before
    }
}
