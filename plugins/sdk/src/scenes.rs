//! Making and changing scenes. Granted to the plugin `scenes` in the host's default configuration.
//!
//! Recalling one is in [`control`](crate::control), listing them in [`home`](crate::home).

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
