//! Creates, changes and deletes scenes. The host's default configuration grants it to the plugin `scenes` alone.
//!
//! [`control`](crate::control) recalls scenes, and [`home`](crate::home) lists them.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//! use lamplighter_plugin::scenes::{self, NewScene, Source};
//!
//! /// Stores the present state of a room.
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

/// Creates a scene and returns its CLIP v2 id.
pub fn create(scene: &NewScene) -> Result<String, Error> {
    host::create(scene)
}

/// Changes a scene; fields without a value stay as they are.
pub fn update(id: &str, changes: &SceneChanges) -> Result<(), Error> {
    host::update(id, changes)
}

/// Deletes a scene for good.
pub fn delete(id: &str) -> Result<(), Error> {
    host::delete(id)
}
