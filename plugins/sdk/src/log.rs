//! Structured lines in the operator's log, under the plugin's name and the id of the call.
//!
//! What a plugin prints on stdout and stderr becomes log lines too. Writing a line cannot fail.
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

/// For following every step.
pub fn trace(message: &str) {
    write(Level::Trace, message, &[]);
}

/// For looking for a mistake.
pub fn debug(message: &str) {
    write(Level::Debug, message, &[]);
}

/// Worth knowing.
pub fn info(message: &str) {
    write(Level::Info, message, &[]);
}

/// Worth looking at.
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}

/// Something failed.
pub fn error(message: &str) {
    write(Level::Error, message, &[]);
}

/// Writes a line with fields.
pub fn write(level: Level, message: &str, fields: &[(&str, Value)]) {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    host::write(level, message, &fields);
}
