//! What ends the process: signals, from a person, a service manager or a container, and the end of the client.

mod client;

use std::fmt;

#[cfg(unix)]
use tokio::signal::unix::SignalKind;
use tokio_util::sync::CancellationToken;

pub(crate) use client::client_end;

/// A signal to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT: a person at the terminal pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a service manager, a container or an MCP client that has finished.
    Terminate,
    /// SIGHUP: the terminal was closed.
    HangUp,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
            Self::HangUp => "hang-up",
        })
    }
}

/// Waits for the next signal.
///
/// From the first poll on, signals no longer end the process by themselves. So callers wait again while they drain, and a
/// second signal ends the drain. A signal that the system does not report never arrives here, and keeps its usual effect.
pub(crate) async fn signal() -> Signal {
    tokio::select! {
        () = interrupt() => Signal::Interrupt,
        () = terminate() => Signal::Terminate,
        () = hang_up() => Signal::HangUp,
    }
}

/// Returns a token that the next signal cancels.
pub(crate) fn token() -> CancellationToken {
    let token = CancellationToken::new();
    tokio::spawn({
        let token = token.clone();
        async move {
            signal().await;
            token.cancel();
        }
    });
    token
}

async fn interrupt() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        never_arrives("SIGINT", &error).await;
    }
}

#[cfg(unix)]
async fn terminate() {
    receive("SIGTERM", SignalKind::terminate()).await;
}

#[cfg(unix)]
async fn hang_up() {
    if is_hang_up_ignored() {
        std::future::pending::<()>().await;
    }
    receive("SIGHUP", SignalKind::hangup()).await;
}

#[cfg(unix)]
async fn receive(name: &str, kind: SignalKind) {
    match tokio::signal::unix::signal(kind) {
        // `recv` cannot end: tokio keeps the sender for as long as the process lives.
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => never_arrives(name, &error).await,
    }
}

/// Returns whether the process was started to outlive its terminal, as `nohup` does; only Linux tells.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hang_up(&status))
}

/// Reads the lowest bit, which is SIGHUP's, of the mask of ignored signals.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

#[cfg(not(unix))]
async fn hang_up() {
    std::future::pending().await
}

async fn never_arrives(signal: &str, error: &std::io::Error) {
    tracing::warn!(%error, "cannot wait for {signal}");
    std::future::pending::<()>().await;
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Signal, ignores_hang_up, is_hang_up_ignored, signal};

    #[tokio::test]
    async fn a_signal_to_end_is_told_and_does_not_kill() {
        let signals = [("-TERM", Signal::Terminate), ("-HUP", Signal::HangUp)];
        // The tests themselves may run under `nohup`.
        for (name, expected) in signals.into_iter().take(if is_hang_up_ignored() { 1 } else { 2 }) {
            let mut waiting = Box::pin(signal());
            assert!(futures::poll!(&mut waiting).is_pending(), "nobody sent a signal yet");
            let sent = std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status();
            assert!(sent.expect("`kill` is on every Unix").success());
            assert_eq!(waiting.await, expected);
        }
    }

    #[test]
    fn a_hang_up_is_ignored_where_the_process_was_started_so() {
        for (mask, is_ignored) in [("0000000000001001", true), ("0000000000001000", false), ("", false)] {
            let status = format!("Name:\tlamplighter\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
            assert_eq!(ignores_hang_up(&status), is_ignored, "{mask}");
        }
    }
}
