//! Making and changing scenes. Granted to the plugin `scenes` in the host's default configuration.
//!
//! Recalling one is in [`control`](crate::control), listing them in [`home`](crate::home).
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//! use lamplighter_plugin::scenes::{self, NewScene, Source};
//!
//! /// Keeps a room as it is now.
//! fn keep(room: &str) -> Result<String, ToolError> {
//!     let group = home::group(room)?.id;
//!     Ok(scenes::create(&NewScene { name: "As it was".to_owned(), group, lights: Source::Current })?)
//! }
//! # use lamplighter_plugin::testing::{FakeHost, FakeLight};
//! # let host = FakeHost::new().light(FakeLight::color("Desk lamp").room("Office")).install();
//! # keep("Office").expect("it is granted");
//! # assert_eq!(host.scenes()[0].name, "As it was");
//! ```

use crate::Error;
use crate::backend::scenes as host;
pub use crate::bindings::lamplighter::plugin::scenes::{NewScene, SceneChanges, SceneLight, Source};

/// Makes a scene and answers its CLIP v2 id.
pub fn create(scene: &NewScene) -> Result<String, Error> {
    host::create(scene)
}

/// Changes a scene: what is not given stays as it is.
pub fn update(id: &str, changes: &SceneChanges) -> Result<(), Error> {
    host::update(id, changes)
}

/// Deletes a scene.
pub fn delete(id: &str) -> Result<(), Error> {
    host::delete(id)
}
