//! Where `control` and `scenes` reach, for a plugin whose grant is limited to rooms.

use hue_bridge::{Home, Id, Kinds, Plan, View};

use super::InstanceContext;
use crate::contract::types;

impl InstanceContext {
    /// Whether all lights that these commands are for lie where this plugin may change something.
    pub(super) fn check_lights(&self, commands: &[hue_bridge::Command]) -> Result<(), types::Error> {
        let Some(rooms) = self.config.scope.rooms() else { return Ok(()) };
        let bridge = self.bridge()?;
        let plan: Plan = bridge.plan(commands).map_err(super::convert::error)?;
        let view = bridge.view();
        let allowed = lights_in(&view, rooms);
        match plan.lights.iter().find(|light| !allowed.contains(&light.light)) {
            None => Ok(()),
            Some(light) => Err(self.beyond_rooms(&format!("the light {}", light.name))),
        }
    }

    /// Whether a scene of this room or zone may be made, changed or deleted.
    pub(super) fn check_group(&self, group: &Id) -> Result<(), types::Error> {
        let Some(rooms) = self.config.scope.rooms() else { return Ok(()) };
        let view = self.bridge()?.view();
        if groups_in(&view.home, rooms).any(|allowed| allowed.id == *group) {
            return Ok(());
        }
        let name = view.home.group(group).map_or(group.as_str(), |group| &group.name);
        Err(self.beyond_rooms(&format!("{name:?}")))
    }

    /// As [`InstanceContext::check_group`], of a scene that is there. One that is not is left to the bridge to miss.
    pub(super) fn check_scene(&self, scene: &Id) -> Result<(), types::Error> {
        if self.config.scope.rooms().is_none() {
            return Ok(());
        }
        let view = self.bridge()?.view();
        view.home.scene(scene).map_or(Ok(()), |scene| self.check_group(&scene.group_id))
    }

    fn beyond_rooms(&self, what: &str) -> types::Error {
        self.denied(self.config.scope.outside_rooms(&self.plugin, what).to_string())
    }
}

fn lights_in<'a>(view: &'a View, rooms: &'a [String]) -> std::collections::HashSet<&'a Id> {
    groups_in(&view.home, rooms).flat_map(|group| &group.lights).collect()
}

/// A name that fits nothing allows nothing.
fn groups_in<'a>(home: &'a Home, rooms: &'a [String]) -> impl Iterator<Item = &'a hue_bridge::Group> {
    let found = |room: &String| home.find(room, Kinds::GROUPS, None).ok().map(|found| found.id);
    rooms.iter().filter_map(found).filter_map(|id| home.group(&id))
}
