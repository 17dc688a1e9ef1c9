//! What comes over the event stream.

use serde::Deserialize;
use serde_json::Value;

use super::soft;

/// One event of a container. A container is an array of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "type", default)]
    pub(crate) change: Change,
    /// The resources: whole for `add`, only what changed for `update`. The same one may occur twice.
    #[serde(default, deserialize_with = "soft::list")]
    pub(crate) data: Vec<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Add,
    Update,
    Delete,
    /// `error`, of which no example is known, and whatever firmware adds.
    #[default]
    #[serde(other)]
    Other,
}

impl Event {
    /// Reads the `data` of one frame; what is no event is left out. `None` if it is no list: something was lost.
    pub(crate) fn read_all(data: &str) -> Option<Vec<Self>> {
        match serde_json::from_str::<Vec<Value>>(data) {
            Ok(values) => Some(values.iter().filter_map(|value| Self::deserialize(value).ok()).collect()),
            Err(error) => {
                tracing::warn!(%error, "a frame of the event stream is no list of events");
                None
            }
        }
    }
}
