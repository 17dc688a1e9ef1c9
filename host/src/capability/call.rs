//! `call`: the call that is being served. Reaches nothing else, so it is never denied.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Progress, Reach};
use crate::plugin::wit::call;

/// A progress message longer than this is cut, in characters.
const MESSAGE: usize = 500;

impl call::Host for Reach {
    fn id(&mut self) -> String {
        self.call.id.to_string()
    }

    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        // MCP: "The progress value MUST increase with each notification".
        if !done.is_finite() || done <= self.last_progress {
            return;
        }
        let Some(sender) = &self.call.progress else { return };
        let total = total.filter(|total| total.is_finite());
        let message = message.map(|message| message.chars().take(MESSAGE).collect());
        // A client that reads slowly misses a step; the guest does not wait for it.
        if sender.try_send(Progress { done, total, message }).is_ok() {
            self.last_progress = done;
        }
    }

    fn is_cancelled(&mut self) -> bool {
        self.call.cancelled.is_cancelled()
    }

    fn time_left_ms(&mut self) -> u64 {
        let left = self.call.deadline.saturating_duration_since(Instant::now());
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }

    async fn sleep(&mut self, milliseconds: u64) -> bool {
        let now = Instant::now();
        let wanted = now.checked_add(Duration::from_millis(milliseconds)).unwrap_or(self.call.deadline);
        let until = wanted.min(self.call.deadline);
        tokio::select! {
            () = sleep_until(until) => until == wanted,
            () = self.call.cancelled.cancelled() => false,
        }
    }
}
