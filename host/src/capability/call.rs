//! `call`: the call that the instance serves. It reaches nothing else, so it needs no grant.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{InstanceContext, Progress};
use crate::contract::{call, milliseconds};

/// The longest progress message, in characters; the rest is cut off.
const MAX_MESSAGE_CHARS: usize = 500;

impl call::Host for InstanceContext {
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
        let message = message.map(|message| message.chars().take(MAX_MESSAGE_CHARS).collect());
        // The channel is full if the client reads slowly. The step is dropped, so that the guest does not wait.
        if sender.try_send(Progress { done, total, message }).is_ok() {
            self.last_progress = done;
        }
    }

    fn is_cancelled(&mut self) -> bool {
        self.call.cancelled.is_cancelled()
    }

    fn time_left_ms(&mut self) -> u64 {
        milliseconds(self.call.deadline.saturating_duration_since(Instant::now()))
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
