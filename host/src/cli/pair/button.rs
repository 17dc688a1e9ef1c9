//! Waiting until somebody presses the button of the bridge.

use std::{io::Write as _, pin::pin, time::Duration};

use hue_bridge::{
    ApplicationKey, Error,
    pair::{PairError, Pairing},
};
use tokio::time::{Instant, sleep_until};

use crate::{cli::text, shutdown};

/// How often the bridge is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How often a line is written where nobody watches a countdown: a log, a pipe.
const LINE_EVERY: u64 = 10;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoKey {
    #[error("nobody pressed the button within {0} s; try again, and press it while the seconds run")]
    NotPressed(u64),
    #[error("the bridge did not answer: {0}")]
    NoAnswer(String),
    #[error("given up; nothing was stored")]
    GivenUp,
    #[error(transparent)]
    Refused(#[from] PairError),
}

/// Asks the bridge for a key once a second, until it gives one, the time is over, or somebody gives up (Ctrl-C).
///
/// A question under way is never cut short: the bridge would make a key that nobody knows.
pub(super) async fn wait(pairing: &Pairing, app: &str, within: Duration) -> Result<ApplicationKey, NoKey> {
    let begin = Instant::now();
    let end = begin + within;
    let mut given_up = pin!(shutdown::signal());
    // From here on Ctrl-C is told, and no longer ends the process in the middle of a question.
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
            Err(PairError::Other(error @ (Error::Unavailable { .. } | Error::Timeout))) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        // The bridge's own answer may have taken longer than a second.
        next = (next + EVERY).max(Instant::now());
        if next >= end {
            return Err(trouble.map_or(NoKey::NotPressed(within.as_secs()), NoKey::NoAnswer));
        }
        tokio::select! {
            _ = &mut given_up => return Err(NoKey::GivenUp),
            () = sleep_until(next) => {}
        }
    }
}

/// One line that is written anew each second, or a line now and then where it cannot be.
struct Countdown {
    watched: bool,
    last_line: Option<u64>,
}

impl Countdown {
    fn begin() -> Self {
        note!("\nNow press the round button on top of the bridge.");
        Self { watched: text::is_interactive(), last_line: None }
    }

    fn show(&mut self, left: Duration) {
        let left = (left + Duration::from_millis(500)).as_secs();
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\x1b[KWaiting for it: {left} s   (Ctrl-C gives up)");
        } else if self.last_line.is_none_or(|last| left + LINE_EVERY <= last) {
            note!("Waiting for it: {left} s");
            self.last_line = Some(left);
        }
    }

    fn pressed(&self) {
        if self.watched {
            // The line is ended when the countdown is dropped.
            let _ = write!(std::io::stderr(), "\r\x1b[KIt was pressed.");
        } else {
            note!("It was pressed.");
        }
    }
}

/// Ends the line, however the waiting ended.
impl Drop for Countdown {
    fn drop(&mut self) {
        if self.watched {
            note!("");
        }
    }
}
