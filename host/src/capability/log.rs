//! `log`: a plugin's lines in the operator's log. Writing cannot fail; lines beyond the rate limit are dropped and counted.

use super::InstanceContext;
use crate::contract::log;

/// The longest message, and the longest list of fields, in characters; the rest is cut off.
const MAX_LINE_CHARS: usize = 4_000;

impl log::Host for InstanceContext {
    fn write(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        if !self.rate_limiters.log.try_acquire() {
            self.dropped_log_lines += 1;
            return;
        }
        let message: String = message.chars().take(MAX_LINE_CHARS).collect();
        write_line(level, &message, &format_fields(fields));
    }
}

/// Writes one line. tracing fixes the level when it compiles a call, so each level has a call of its own.
fn write_line(level: log::Level, message: &str, fields: &str) {
    match level {
        log::Level::Trace => tracing::trace!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Debug => tracing::debug!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Info => tracing::info!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Warn => tracing::warn!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Error => tracing::error!(target: "lamplighter::guest", fields, "{message}"),
    }
}

fn format_fields(fields: Vec<(String, String)>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let space = if text.is_empty() { "" } else { " " };
        text.extend([space, &name, "=", &value].iter().flat_map(|part| part.chars()).take(MAX_LINE_CHARS));
        if text.len() >= MAX_LINE_CHARS {
            break;
        }
    }
    text.chars().take(MAX_LINE_CHARS).collect()
}
