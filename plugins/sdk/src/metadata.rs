//! The description that tools, prompts and resources have in common.

use serde_json::Value;

use crate::Icon;

/// The optional part of a description: a title, icons, and MCP's `_meta`.
#[derive(Default)]
pub(crate) struct Metadata {
    pub(crate) title: Option<String>,
    pub(crate) icons: Vec<Icon>,
    pub(crate) meta: Option<Value>,
}

impl Metadata {
    /// Returns `_meta` as the contract has it: JSON text.
    pub(crate) fn meta_text(&self) -> Option<String> {
        self.meta.as_ref().map(Value::to_string)
    }
}

/// Gives a builder with a field `metadata` the setters of [`Metadata`].
macro_rules! metadata_setters {
    ($builder:ty) => {
        impl $builder {
            /// Sets a name for people to read.
            #[must_use]
            pub fn title(mut self, title: &str) -> Self {
                self.metadata.title = Some(title.to_owned());
                self
            }

            /// Adds a picture for clients that show one.
            #[must_use]
            pub fn icon(mut self, icon: $crate::Icon) -> Self {
                self.metadata.icons.push(icon);
                self
            }

            /// Sets MCP's `_meta`, a JSON object.
            #[must_use]
            pub fn meta(mut self, meta: ::serde_json::Value) -> Self {
                self.metadata.meta = Some(meta);
                self
            }
        }
    };
}

pub(crate) use metadata_setters;
