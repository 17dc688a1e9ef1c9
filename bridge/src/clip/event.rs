//! Events that the event stream delivers.

use serde::Deserialize;
use serde_json::Value;

use super::lenient;

/// One event of a container. A container is an array of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "type", default)]
    pub(crate) change: Change,
    /// Holds the resources: whole for `add`, only the changed fields for `update`. A resource may occur twice.
    #[serde(default, deserialize_with = "lenient::list")]
    pub(crate) data: Vec<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Add,
    Update,
    Delete,
    /// Stands for `error`, of which no example is known, and for types that firmware adds.
    #[default]
    #[serde(other)]
    Other,
}

impl Event {
    /// Reads the `data` of one frame, and skips entries that are no events. Returns `None` if it is no list: something was
    /// lost.
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
