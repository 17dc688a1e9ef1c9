//! The signals to end, from a person, a service manager or a container.

use std::fmt;

use tokio_util::sync::CancellationToken;

/// A signal to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT: a person at the terminal pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a service manager, a container or an MCP client that has finished.
    Terminate,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
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
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        // `recv` cannot end: tokio keeps the sender for as long as the process lives.
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => never_arrives("SIGTERM", &error).await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

async fn never_arrives(signal: &str, error: &std::io::Error) {
    tracing::warn!(%error, "cannot wait for {signal}");
    std::future::pending::<()>().await;
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Signal, signal};

    #[tokio::test]
    async fn a_terminate_signal_is_told_and_does_not_kill() {
        let mut waiting = Box::pin(signal());
        assert!(futures::poll!(&mut waiting).is_pending(), "nobody sent a signal yet");
        let sent = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
        assert!(sent.expect("`kill` is on every Unix").success());
        assert_eq!(waiting.await, Signal::Terminate);
    }
}
