//! Converts between the contract's types and the bridge's. Nothing is decided here.

mod control;
mod frozen;
mod home;
mod selection;

use std::time::Duration;

use hue_bridge as hue;

use crate::contract::{milliseconds, types};

pub(super) use control::{apply_options, change, command, outcome, plan};
pub(super) use home::{bridge, candidate, device, group, light, scene, sensor};
pub(super) use selection::light_table;

/// Converts an error that the bridge returned.
#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
pub(super) fn error(error: hue::Error) -> types::Error {
    let text = error.to_string();
    match error {
        hue::Error::Invalid(_) => types::Error::Invalid(text),
        hue::Error::NotFound { .. } => types::Error::NotFound(text),
        hue::Error::Unavailable { retry_after, .. } => unavailable(text, retry_after),
        hue::Error::Throttled { retry_after, .. } => unavailable(text, Some(retry_after)),
        hue::Error::Busy { wait } => unavailable(text, Some(wait)),
        hue::Error::Timeout | hue::Error::InDoubt(_) => types::Error::Timeout(text),
        // The contract's word for it says already that the bridge refused.
        hue::Error::Rejected { message, .. } => types::Error::Rejected(message),
        hue::Error::Unauthorized | hue::Error::Identity(_) => unavailable(text, None),
        hue::Error::Protocol(_) => types::Error::Other(text),
    }
}

pub(super) fn unavailable(message: String, retry_after: Option<Duration>) -> types::Error {
    types::Error::Unavailable(types::Unavailable { message, retry_after_ms: retry_after.map(milliseconds) })
}

/// Returns the message that an error carries.
pub(super) fn text(error: &types::Error) -> String {
    match error {
        types::Error::Unavailable(unavailable) => unavailable.message.clone(),
        types::Error::Denied(text)
        | types::Error::Invalid(text)
        | types::Error::NotFound(text)
        | types::Error::Timeout(text)
        | types::Error::Rejected(text)
        | types::Error::Other(text) => text.clone(),
    }
}
