//! `scenes`: creating, changing and deleting scenes. Granted to the plugin `scenes` unless the operator says otherwise.

use hue_bridge::{Id, NewScene, SceneChanges, SceneLights};

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{scenes, types},
};

impl scenes::Host for InstanceContext {
    async fn create(&mut self, scene: scenes::NewScene) -> Result<String, types::Error> {
        self.check_grant(Interface::Scenes)?;
        let scene = NewScene { name: scene.name, group: Id::new(scene.group), lights: source(scene.lights)? };
        self.check_group(&scene.group)?;
        self.spend_commands(1)?;
        let deadline = self.bridge_deadline();
        let id = self.bridge()?.create_scene(scene, deadline).await.map_err(convert::error)?;
        self.view = None;
        Ok(id.to_string())
    }

    async fn update(&mut self, id: String, changes: scenes::SceneChanges) -> Result<(), types::Error> {
        self.check_grant(Interface::Scenes)?;
        let changes = SceneChanges { name: changes.name, lights: changes.lights.map(source).transpose()? };
        let (id, deadline) = (Id::new(id), self.bridge_deadline());
        self.check_scene(&id)?;
        self.spend_commands(1)?;
        self.bridge()?.update_scene(&id, changes, deadline).await.map_err(convert::error)?;
        self.view = None;
        Ok(())
    }

    async fn delete(&mut self, id: String) -> Result<(), types::Error> {
        self.check_grant(Interface::Scenes)?;
        let (id, deadline) = (Id::new(id), self.bridge_deadline());
        self.check_scene(&id)?;
        self.spend_commands(1)?;
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
