//! `log`: a plugin's lines in the operator's log. Writing cannot fail; what is beyond the rate is dropped and counted.

use super::Reach;
use crate::plugin::wit::log;

/// A message longer than this is cut, in characters.
const MESSAGE: usize = 4_000;

impl log::Host for Reach {
    fn write(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        if !self.allowances.lines.admit() {
            self.log_dropped += 1;
            return;
        }
        let message: String = message.chars().take(MESSAGE).collect();
        let fields = shown(fields);
        emit(level, &message, &fields);
    }
}

/// tracing's levels are part of a line's static description, so each has a line of its own.
fn emit(level: log::Level, message: &str, fields: &str) {
    match level {
        log::Level::Trace => tracing::trace!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Debug => tracing::debug!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Info => tracing::info!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Warn => tracing::warn!(target: "lamplighter::guest", fields, "{message}"),
        log::Level::Error => tracing::error!(target: "lamplighter::guest", fields, "{message}"),
    }
}

fn shown(fields: Vec<(String, String)>) -> String {
    let mut shown = String::new();
    for (name, value) in fields {
        let space = if shown.is_empty() { "" } else { " " };
        shown.extend([space, &name, "=", &value].iter().flat_map(|part| part.chars()).take(MESSAGE));
        if shown.len() >= MESSAGE {
            break;
        }
    }
    shown.chars().take(MESSAGE).collect()
}
