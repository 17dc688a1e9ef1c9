//! The end of a client that neither a signal nor the end of the input tells.
//!
//! A client that dies closes its ends of the pipes, but another process may hold a copy of them. So two more things are
//! looked at: whether anybody can still read stdout, and whether the parent process lives.

use std::{fmt, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};

/// The pause between two looks at stdout and at the parent.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The age of this process up to which the parent may end as a launcher, which is not the client.
const LAUNCHER_TIMEOUT: Duration = Duration::from_secs(5);

/// The process that started programs are handed to when their parent ends.
const INIT_PROCESS: u32 = 1;

/// How a client went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientEnd {
    /// Nobody can read stdout any more.
    Output,
    /// The parent process has ended.
    Parent,
}

impl fmt::Display for ClientEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => "its end of stdout is closed",
            Self::Parent => "the parent process has ended",
        })
    }
}

/// Waits for the end of the client on stdout and of the parent process.
///
/// On a system that is not Unix it never comes: there the end of the input and a failed write tell the end.
pub(crate) async fn client_end() -> ClientEnd {
    let (start, mut parent) = (Instant::now(), Parent::new(parent_id()));
    let mut checks = interval(CHECK_INTERVAL);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        checks.tick().await;
        if is_output_closed() {
            return ClientEnd::Output;
        }
        if parent.has_ended(parent_id(), start.elapsed()) {
            return ClientEnd::Parent;
        }
    }
}

/// The parent process, and what its end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    /// It may yet end as a launcher does.
    Young(u32),
    /// It lives with the session: its end is the client's.
    Client(u32),
    /// It was a launcher, or there is none: only the pipes tell the end.
    Launcher,
}

impl Parent {
    /// Makes the state at the start. A process of another container has no id here.
    fn new(id: Option<u32>) -> Self {
        id.filter(|id| *id != INIT_PROCESS).map_or(Self::Launcher, Self::Young)
    }

    /// Takes note of the present parent at this age of the process, and returns whether the client has ended.
    fn has_ended(&mut self, present: Option<u32>, age: Duration) -> bool {
        match *self {
            Self::Young(id) if present != Some(id) => {
                tracing::debug!(parent = id, "the parent process was a launcher: only the pipes tell the end");
                *self = Self::Launcher;
            }
            Self::Young(id) if age >= LAUNCHER_TIMEOUT => {
                tracing::debug!(parent = id, "the end of the parent process will end the session");
                *self = Self::Client(id);
            }
            Self::Client(id) => return present != Some(id),
            Self::Young(_) | Self::Launcher => {}
        }
        false
    }
}

#[cfg(unix)]
fn parent_id() -> Option<u32> {
    rustix::process::getppid().map(|id| id.as_raw_nonzero().get().cast_unsigned())
}

#[cfg(not(unix))]
fn parent_id() -> Option<u32> {
    None
}

/// Asks the system whether the other end of stdout is closed; nothing is written.
#[cfg(unix)]
fn is_output_closed() -> bool {
    is_peer_closed(&std::io::stdout())
}

#[cfg(not(unix))]
fn is_output_closed() -> bool {
    false
}

/// Returns whether a pipe has no reader, or a socket or terminal no peer.
#[cfg(unix)]
fn is_peer_closed(output: &impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut polled = [PollFd::new(output, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns when the end of the client is told, if ever. Looks are the parent at each age in milliseconds.
    fn told(start: Option<u32>, looks: &[(u64, Option<u32>)]) -> Option<u64> {
        let mut parent = Parent::new(start);
        let has_ended = |(age, present): &&(u64, Option<u32>)| parent.has_ended(*present, Duration::from_millis(*age));
        looks.iter().find(has_ended).map(|(age, _)| *age)
    }

    #[test]
    fn a_parent_that_outlives_a_launcher_is_the_client() {
        assert_eq!(told(Some(70), &[(0, Some(70)), (5000, Some(70)), (6000, Some(1))]), Some(6000));
        assert_eq!(told(Some(70), &[(4999, Some(70)), (5000, Some(70)), (90_000, Some(30))]), Some(90_000));
        assert_eq!(told(Some(70), &[(0, Some(70)), (9000, Some(70)), (10_000, None)]), Some(10_000));
    }

    #[test]
    fn a_parent_that_lives_ends_nothing() {
        assert_eq!(told(Some(70), &[(0, Some(70)), (5000, Some(70)), (3_600_000, Some(70))]), None);
    }

    #[test]
    fn a_parent_that_ends_within_5_s_was_a_launcher() {
        for early in [0, 1000, 4999] {
            let looks = [(early, Some(1)), (5000, Some(1)), (6000, Some(1)), (60_000, Some(1))];
            assert_eq!(told(Some(70), &looks), None, "{early}");
        }
        // To a subreaper's child the subreaper is the next parent, and its end tells as little.
        assert_eq!(told(Some(70), &[(1000, Some(30)), (6000, Some(30)), (7000, Some(1))]), None);
    }

    /// Between the last look before 5 s and the first after it the parent may have ended early.
    #[test]
    fn a_parent_that_was_not_seen_after_5_s_was_a_launcher() {
        assert_eq!(told(Some(70), &[(0, Some(70)), (4500, Some(70)), (5500, Some(1)), (9000, Some(1))]), None);
    }

    #[test]
    fn process_1_and_no_parent_at_all_end_nothing() {
        for start in [Some(1), None] {
            assert_eq!(told(start, &[(0, start), (5000, start), (6000, Some(30)), (7000, None)]), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_peer_is_seen_without_writing() {
        let (pipe_reader, pipe) = std::io::pipe().unwrap();
        let (socket_peer, socket) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(!is_peer_closed(&pipe) && !is_peer_closed(&socket));
        drop((pipe_reader, socket_peer));
        assert!(is_peer_closed(&pipe), "a pipe without a reader");
        assert!(is_peer_closed(&socket), "a socket without a peer");
        assert!(!is_peer_closed(&std::fs::File::open("/dev/null").unwrap()), "a file has no peer");
    }
}
