//! Scene edits: creating, changing and deleting scenes.
//!
//! An edit is planned on one snapshot of the home, so that a caller can check it, and then sent as it was planned.

mod actions;
mod editor;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    change::Change,
    error::Error,
    home::{GroupKind, Home, Id, Scene},
};

pub(crate) use editor::SceneEditor;

/// The most characters that a scene's name may have.
const MAX_NAME_LENGTH: usize = 32;

/// A scene that is to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScene {
    /// Names the scene, in 1 to 32 characters of one line. Spaces at its ends are left out.
    pub name: String,
    /// Identifies the room or zone that the scene belongs to.
    pub group: Id,
    /// Gives the states of its lights.
    pub lights: SceneLights,
}

/// The changes of a scene; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneChanges {
    /// Renames the scene, in 1 to 32 characters.
    pub name: Option<String>,
    /// Changes the states of its lights. [`SceneLights::Current`] replaces all of them; [`SceneLights::Given`] changes
    /// only the lights and attributes that it names.
    pub lights: Option<SceneLights>,
}

/// The source that a scene's states are taken from.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneLights {
    /// Takes the present states of the group's lights.
    Current,
    /// Takes these changes. A light that is new to the scene is on unless its change turns it off. Toggles, deltas and
    /// transitions are refused.
    Given(Vec<(Id, Change)>),
}

/// One edit of a scene.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneEdit {
    /// Creates a scene.
    Create(NewScene),
    /// Changes the scene that has this id.
    Update(Id, SceneChanges),
    /// Deletes the scene that has this id.
    Delete(Id),
}

/// A scene edit that was checked against one snapshot of the home, and is sent as it was checked.
#[derive(Clone, Debug)]
pub struct SceneEditPlan {
    /// Identifies the room or zone that the scene belongs to.
    pub group: Id,
    home: Arc<Home>,
    step: EditStep,
}

/// The request that an edit sends, with the data that its execution needs.
#[derive(Clone, Debug)]
enum EditStep {
    Create {
        body: Value,
    },
    Update {
        scene: Id,
        kind: &'static str,
        body: Map<String, Value>,
        new_name: Option<String>,
        /// Changes that are merged into the actions that the bridge stores, once they are read.
        merged: Option<Vec<(Id, Change)>>,
    },
    Delete {
        scene: Id,
        kind: &'static str,
    },
}

/// Checks an edit against a home and prepares its request.
pub(crate) fn plan(home: Arc<Home>, edit: SceneEdit) -> Result<SceneEditPlan, Error> {
    let (group, step) = match edit {
        SceneEdit::Create(scene) => plan_creation(&home, scene)?,
        SceneEdit::Update(id, changes) => plan_update(&home, id, changes)?,
        SceneEdit::Delete(id) => {
            let scene = find_scene(&home, &id)?;
            (scene.group_id.clone(), EditStep::Delete { kind: resource_type(scene), scene: id })
        }
    };
    Ok(SceneEditPlan { group, home, step })
}

fn plan_creation(home: &Home, scene: NewScene) -> Result<(Id, EditStep), Error> {
    let group = home.group(&scene.group).ok_or_else(|| Error::not_found("group", &scene.group))?;
    let kind = match group.kind {
        GroupKind::Room => "room",
        GroupKind::Zone => "zone",
        GroupKind::Home => return Err(Error::Invalid("a scene belongs to a room or a zone".to_owned())),
    };
    let body = json!({
        "type": "scene",
        "metadata": {"name": checked_name(&scene.name)?},
        "group": {"rid": group.id.as_str(), "rtype": kind},
        "actions": actions::new_actions(home, &group.lights, &scene.lights)?,
    });
    Ok((scene.group, EditStep::Create { body }))
}

fn plan_update(home: &Home, id: Id, changes: SceneChanges) -> Result<(Id, EditStep), Error> {
    let scene = find_scene(home, &id)?;
    let (mut body, mut merged) = (Map::new(), None);
    if let Some(name) = &changes.name {
        body.insert("metadata".to_owned(), json!({"name": checked_name(name)?}));
    }
    if let Some(lights) = changes.lights {
        if scene.smart {
            return Err(Error::Invalid("a smart scene has no lights of its own".to_owned()));
        }
        let members = home.group(&scene.group_id).map(|group| group.lights.clone()).unwrap_or_default();
        match lights {
            SceneLights::Current => {
                let actions = actions::new_actions(home, &members, &lights)?;
                body.insert("actions".to_owned(), Value::Array(actions));
            }
            SceneLights::Given(given) => {
                actions::check_given(home, &members, &given)?;
                merged = Some(given);
            }
        }
    }
    let (kind, group) = (resource_type(scene), scene.group_id.clone());
    let new_name = changes.name.map(|name| name.trim().to_owned());
    Ok((group, EditStep::Update { scene: id, kind, body, new_name, merged }))
}

fn find_scene<'a>(home: &'a Home, id: &Id) -> Result<&'a Scene, Error> {
    home.scene(id).ok_or_else(|| Error::not_found("scene", id))
}

fn resource_type(scene: &Scene) -> &'static str {
    if scene.smart { "smart_scene" } else { "scene" }
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if name.chars().any(char::is_control) {
        return Err(Error::Invalid("the name of a scene is one line, without control characters".to_owned()));
    }
    match name.chars().count() {
        1..=MAX_NAME_LENGTH => Ok(name),
        count => Err(Error::Invalid(format!("the name of a scene has 1 to 32 characters, this has {count}"))),
    }
}
