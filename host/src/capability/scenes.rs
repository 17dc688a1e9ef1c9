//! `scenes`: creates, changes and deletes scenes. Granted to the plugin `scenes` unless the operator says otherwise.

use hue_bridge::{Id, NewScene, SceneChanges, SceneEdit, SceneLights};

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{draft, scenes, types},
};

impl InstanceContext {
    /// Plans an edit, checks it against the grant, and sends it as it was checked.
    async fn edit_scene(&mut self, edit: SceneEdit) -> Result<Id, types::Error> {
        let plan = self.plan_edit_within_grant(edit)?;
        self.spend_commands(1)?;
        let deadline = self.bridge_deadline();
        let id = self.bridge()?.execute_scene_edit(plan, deadline).await.map_err(convert::error)?;
        // The next read must show the edit.
        self.view = None;
        Ok(id)
    }
}

impl scenes::Host for InstanceContext {
    async fn create(&mut self, scene: scenes::NewScene) -> Result<String, types::Error> {
        draft::scenes::Host::create(self, scene.into()).await
    }

    async fn update(&mut self, id: String, changes: scenes::SceneChanges) -> Result<(), types::Error> {
        draft::scenes::Host::update(self, id, changes.into()).await
    }

    async fn delete(&mut self, id: String) -> Result<(), types::Error> {
        draft::scenes::Host::delete(self, id).await
    }
}

impl draft::scenes::Host for InstanceContext {
    async fn create(&mut self, scene: draft::scenes::NewScene) -> Result<String, types::Error> {
        self.check_grant(Interface::Scenes)?;
        let scene = NewScene { name: scene.name, group: Id::new(scene.group), lights: scene_lights(scene.lights)? };
        Ok(self.edit_scene(SceneEdit::Create(scene)).await?.to_string())
    }

    async fn update(&mut self, id: String, changes: draft::scenes::SceneChanges) -> Result<(), types::Error> {
        self.check_grant(Interface::Scenes)?;
        let changes = SceneChanges { name: changes.name, lights: changes.lights.map(scene_lights).transpose()? };
        self.edit_scene(SceneEdit::Update(Id::new(id), changes)).await.map(drop)
    }

    async fn delete(&mut self, id: String) -> Result<(), types::Error> {
        self.check_grant(Interface::Scenes)?;
        self.edit_scene(SceneEdit::Delete(Id::new(id))).await.map(drop)
    }
}

fn scene_lights(source: draft::scenes::Source) -> Result<SceneLights, types::Error> {
    Ok(match source {
        draft::scenes::Source::Current => SceneLights::Current,
        draft::scenes::Source::Given(lights) => SceneLights::Given(
            lights
                .into_iter()
                .map(|light| Ok((Id::new(light.light), convert::change(light.change)?)))
                .collect::<Result<_, types::Error>>()?,
        ),
    })
}
