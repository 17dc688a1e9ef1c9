//! Waits until a person presses the bridge's link button.

use std::{io::Write as _, pin::pin, time::Duration};

use hue_bridge::{
    ApplicationKey, Error,
    pair::{PairError, Pairing},
};
use tokio::time::{Instant, sleep_until};

use crate::{cli::text, shutdown};

/// The interval at which the bridge is asked for a key.
const ASK_INTERVAL: Duration = Duration::from_secs(1);
/// The interval in seconds between two lines of the countdown, if stderr is no terminal.
const LINE_INTERVAL_S: u64 = 10;

/// Why the bridge gave no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoKey {
    #[error("the button was not pressed within {0} s; try again, and press it while the seconds run")]
    NotPressed(u64),
    #[error("the bridge did not answer: {0}")]
    NoAnswer(String),
    #[error("given up; nothing was stored")]
    GivenUp,
    #[error(transparent)]
    Refused(#[from] PairError),
}

/// Asks the bridge for a key once a second, until it gives one, the time is over, or the person gives up (Ctrl-C).
///
/// A request under way is never cut short: the bridge would make a key that no client knows.
pub(super) async fn wait_for_key(pairing: &Pairing, app: &str, within: Duration) -> Result<ApplicationKey, NoKey> {
    let begin = Instant::now();
    let end = begin + within;
    let mut given_up = pin!(shutdown::signal());
    // From here on Ctrl-C is received here, and no longer ends the process in the middle of a request.
    if futures::poll!(&mut given_up).is_ready() {
        return Err(NoKey::GivenUp);
    }
    let mut countdown = Countdown::begin();
    let mut next = begin;
    loop {
        countdown.show(end.saturating_duration_since(next));
        let trouble = match pairing.request_key(app).await {
            Ok(key) => {
                countdown.pressed();
                return Ok(key);
            }
            Err(PairError::LinkButtonNotPressed) => None,
            Err(PairError::Other(error)) if is_transient(&error) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        // The bridge's answer may have taken longer than the interval.
        next = (next + ASK_INTERVAL).max(Instant::now());
        if next >= end {
            return Err(trouble.map_or(NoKey::NotPressed(within.as_secs()), NoKey::NoAnswer));
        }
        tokio::select! {
            _ = &mut given_up => return Err(NoKey::GivenUp),
            () = sleep_until(next) => {}
        }
    }
}

/// Returns whether the bridge may answer the next time.
fn is_transient(error: &Error) -> bool {
    use Error::{InDoubt, Throttled, Timeout, Unavailable};
    matches!(error, Unavailable { .. } | Throttled { .. } | Timeout | InDoubt(_))
}

/// The remaining time: one line that is rewritten each second on a terminal, or a line now and then elsewhere.
struct Countdown {
    is_interactive: bool,
    last_line: Option<u64>,
}

impl Countdown {
    fn begin() -> Self {
        note!("\nNow press the round button on top of the bridge.");
        Self { is_interactive: text::is_interactive(), last_line: None }
    }

    fn show(&mut self, left: Duration) {
        let left = (left + Duration::from_millis(500)).as_secs();
        if self.is_interactive {
            let _ = write!(std::io::stderr(), "\r\x1b[KWaiting for it: {left} s   (Ctrl-C gives up)");
        } else if self.last_line.is_none_or(|last| left + LINE_INTERVAL_S <= last) {
            note!("Waiting for it: {left} s");
            self.last_line = Some(left);
        }
    }

    fn pressed(&self) {
        if self.is_interactive {
            // Dropping the countdown ends the line.
            let _ = write!(std::io::stderr(), "\r\x1b[KIt was pressed.");
        } else {
            note!("It was pressed.");
        }
    }
}

/// Ends the line in every case.
impl Drop for Countdown {
    fn drop(&mut self) {
        if self.is_interactive {
            note!("");
        }
    }
}
