//! Writes structured lines to the operator's log, under the plugin's name and the id of the call.
//!
//! The host also logs what a plugin prints on stdout and stderr. Writing a line cannot fail.
//!
//! ```
//! use lamplighter_plugin::log::{self, Level};
//!
//! # let host = lamplighter_plugin::testing::FakeHost::new().install();
//! log::info("looking for lamps");
//! log::write(Level::Warn, "a lamp is missing", &[("lamp", "Desk lamp".into()), ("tries", 3.into())]);
//! # assert_eq!(host.log().len(), 2);
//! ```

use serde_json::Value;

use crate::backend::log as host;
pub use crate::bindings::lamplighter::plugin::log::Level;

/// Writes a line that helps to follow every step.
pub fn trace(message: &str) {
    write(Level::Trace, message, &[]);
}

/// Writes a line that helps to find a mistake.
pub fn debug(message: &str) {
    write(Level::Debug, message, &[]);
}

/// Writes a line that is worth knowing.
pub fn info(message: &str) {
    write(Level::Info, message, &[]);
}

/// Writes a line about something that may need attention.
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}

/// Writes a line about a failure.
pub fn error(message: &str) {
    write(Level::Error, message, &[]);
}

/// Writes a line with a level and fields.
pub fn write(level: Level, message: &str, fields: &[(&str, Value)]) {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    host::write(level, message, &fields);
}
