//! The limit of `control` and `scenes` to some rooms: plans are made, checked and then sent as they were checked.
//!
//! A plan is one value from here to the bridge. The home may change after the check; what is sent does not. A group
//! command or a recall reaches the members that it has on the bridge, so a confined plan sends it only while the mirror
//! shows the members that were checked. Otherwise its lights are reported as not sent, and the caller may try again.

use std::collections::HashSet;

use hue_bridge::{Bridge, Command, Group, Home, Id, Kinds, Plan, SceneEdit, SceneEditPlan};

use super::{InstanceContext, convert};
use crate::contract::types;

/// The reason why a change was not planned.
#[derive(Debug, PartialEq)]
enum PlanError {
    Bridge(hue_bridge::Error),
    /// Names the part of the change that lies outside the rooms.
    Outside(String),
}

impl From<hue_bridge::Error> for PlanError {
    fn from(error: hue_bridge::Error) -> Self {
        Self::Bridge(error)
    }
}

impl InstanceContext {
    /// Plans commands, and confines the plan to the rooms that this plugin may change.
    pub(super) fn plan_within_grant(&self, commands: &[Command]) -> Result<Plan, types::Error> {
        plan_commands(self.bridge()?, self.config.scope.rooms(), commands).map_err(|error| self.plan_error(error))
    }

    /// Plans a scene edit, and checks that the scene belongs to a room or zone that this plugin may change.
    pub(super) fn plan_edit_within_grant(&self, edit: SceneEdit) -> Result<SceneEditPlan, types::Error> {
        plan_scene_edit(self.bridge()?, self.config.scope.rooms(), edit).map_err(|error| self.plan_error(error))
    }

    fn plan_error(&self, error: PlanError) -> types::Error {
        match error {
            PlanError::Bridge(error) => convert::error(error),
            PlanError::Outside(part) => self.denied(self.config.scope.outside_rooms(&self.plugin, &part).to_string()),
        }
    }
}

/// Plans commands for lights within some rooms; `None` is the whole home.
fn plan_commands(bridge: &Bridge, rooms: Option<&[String]>, commands: &[Command]) -> Result<Plan, PlanError> {
    let mut plan = bridge.plan(commands)?;
    if let Some(rooms) = rooms {
        let home = bridge.view().home;
        let allowed: HashSet<&Id> = groups_in(&home, rooms).flat_map(|group| &group.lights).collect();
        plan.confine_to(&allowed).map_err(|part| PlanError::Outside(part.to_string()))?;
    }
    Ok(plan)
}

/// Plans an edit of a scene that belongs to one of some rooms or zones; `None` is the whole home.
fn plan_scene_edit(bridge: &Bridge, rooms: Option<&[String]>, edit: SceneEdit) -> Result<SceneEditPlan, PlanError> {
    let plan = bridge.plan_scene_edit(edit)?;
    let home = bridge.view().home;
    if rooms.is_some_and(|rooms| groups_in(&home, rooms).all(|allowed| allowed.id != plan.group)) {
        let name = home.group(&plan.group).map_or(plan.group.as_str(), |group| &group.name);
        return Err(PlanError::Outside(format!("{name:?}")));
    }
    Ok(plan)
}

/// Returns the groups with these names or ids. A name that fits nothing allows nothing.
fn groups_in<'a>(home: &'a Home, rooms: &'a [String]) -> impl Iterator<Item = &'a Group> {
    let found = |room: &String| home.find(room, Kinds::GROUPS, None).ok().map(|found| found.id);
    rooms.iter().filter_map(found).filter_map(|id| home.group(&id))
}

#[cfg(test)]
mod tests;
