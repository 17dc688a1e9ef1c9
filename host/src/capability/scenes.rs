//! `scenes`: creating, changing and deleting scenes. Granted to the plugin `scenes` unless the operator says otherwise.

use hue_bridge::{Id, NewScene, SceneChanges, SceneLights};

use super::{Reach, convert};
use crate::{
    config::Interface,
    plugin::wit::{scenes, types},
};

impl scenes::Host for Reach {
    async fn create(&mut self, scene: scenes::NewScene) -> Result<String, types::Error> {
        self.allow(Interface::Scenes)?;
        let scene = NewScene { name: scene.name, group: Id::new(scene.group), lights: source(scene.lights)? };
        self.check_group(&scene.group)?;
        self.spend(1)?;
        let deadline = self.bridge_deadline();
        let id = self.bridge()?.create_scene(scene, deadline).await.map_err(convert::error)?;
        self.view = None;
        Ok(id.to_string())
    }

    async fn update(&mut self, id: String, changes: scenes::SceneChanges) -> Result<(), types::Error> {
        self.allow(Interface::Scenes)?;
        let changes = SceneChanges { name: changes.name, lights: changes.lights.map(source).transpose()? };
        let (id, deadline) = (Id::new(id), self.bridge_deadline());
        self.check_scene(&id)?;
        self.spend(1)?;
        self.bridge()?.update_scene(&id, changes, deadline).await.map_err(convert::error)?;
        self.view = None;
        Ok(())
    }

    async fn delete(&mut self, id: String) -> Result<(), types::Error> {
        self.allow(Interface::Scenes)?;
        let (id, deadline) = (Id::new(id), self.bridge_deadline());
        self.check_scene(&id)?;
        self.spend(1)?;
        self.bridge()?.delete_scene(&id, deadline).await.map_err(convert::error)?;
        self.view = None;
        Ok(())
    }
}

fn source(source: scenes::Source) -> Result<SceneLights, types::Error> {
    Ok(match source {
        scenes::Source::Current => SceneLights::Current,
        scenes::Source::Given(lights) => SceneLights::Given(
            lights
                .into_iter()
                .map(|light| Ok((Id::new(light.light), convert::change(light.change)?)))
                .collect::<Result<_, types::Error>>()?,
        ),
    })
}
