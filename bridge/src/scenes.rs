//! Scene edits: creating, changing and deleting scenes.
//!
//! An edit is planned on one snapshot of the home, so that a caller can check it, and then sent as it was planned.

mod actions;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, timeout_at};

use crate::{
    attempt_error::AttemptError,
    budget::Cost,
    change::Change,
    clip::Request,
    error::Error,
    home::{GroupKind, Home, Id, Scene},
    mirror::MirrorReader,
    paced_client::PacedClient,
};

/// The longest wait for the mirror to show an edit.
const SHOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// The most characters that a scene's name may have.
const MAX_NAME_LENGTH: usize = 32;

/// A scene that is to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScene {
    /// Names the scene, in 1 to 32 characters.
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
    Ok((group, EditStep::Update { scene: id, kind, body, new_name: changes.name, merged }))
}

/// The parts of a connection that are needed to execute an edit.
pub(crate) struct SceneEditor<'a> {
    pub(crate) client: &'a PacedClient,
    pub(crate) mirror: &'a MirrorReader,
    pub(crate) deadline: Instant,
}

impl SceneEditor<'_> {
    /// Sends a planned edit, waits a moment for the mirror to show it, and returns the scene's id.
    pub(crate) async fn execute(&self, plan: SceneEditPlan) -> Result<Id, Error> {
        match plan.step {
            EditStep::Create { body } => self.create(body).await,
            EditStep::Update { scene, kind, mut body, new_name, merged } => {
                if let Some(given) = merged {
                    let stored = self.stored_actions(&scene).await?;
                    let actions = actions::merge_actions(&plan.home, stored, &given)?;
                    body.insert("actions".to_owned(), Value::Array(actions));
                }
                self.update(&scene, kind, body, new_name).await?;
                Ok(scene)
            }
            EditStep::Delete { scene, kind } => {
                self.delete(&scene, kind).await?;
                Ok(scene)
            }
        }
    }

    async fn create(&self, body: Value) -> Result<Id, Error> {
        let reply = self.client.write_plain(&Request::post("scene", body), false, self.deadline).await?;
        let created = reply.envelope.first_reference().ok_or_else(|| {
            Error::InDoubt(
                reply.envelope.message().unwrap_or_else(|| "the bridge told no id of a new scene".to_owned()),
            )
        })?;
        let id = Id::new(created.rid);
        self.wait_until_shown(|home| home.scene(&id).is_some()).await;
        Ok(id)
    }

    async fn update(
        &self,
        id: &Id,
        kind: &str,
        body: Map<String, Value>,
        new_name: Option<String>,
    ) -> Result<(), Error> {
        if body.is_empty() {
            return Ok(());
        }
        let request = Request::put(kind, id.as_str(), Value::Object(body));
        let reply = self.client.write_plain(&request, true, self.deadline).await?;
        if let Some(message) = reply.envelope.message() {
            return Err(Error::Rejected { status: 207, message });
        }
        if let Some(name) = new_name {
            self.wait_until_shown(|home| home.scene(id).is_some_and(|scene| scene.name == name)).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, kind: &str) -> Result<(), Error> {
        match self.client.write_plain(&Request::delete(kind, id.as_str()), true, self.deadline).await {
            // The scene is gone: another client deleted it, or an earlier attempt whose answer was lost.
            Ok(_) | Err(Error::Rejected { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
        self.wait_until_shown(|home| home.scene(id).is_none()).await;
        Ok(())
    }

    /// Reads the actions that the bridge stores now, with attributes that this crate does not know.
    async fn stored_actions(&self, id: &Id) -> Result<Vec<Value>, Error> {
        let request = Request::get_one("scene", id.as_str());
        let reply = match self.client.send(&request, Cost::REQUEST_ONLY, true, self.deadline).await {
            Err(AttemptError::Rejected(404, _)) => return Err(Error::not_found("scene", id)),
            reply => reply.map_err(AttemptError::into_read_error)?,
        };
        let actions = reply.envelope.data.into_iter().next().and_then(|mut scene| match scene["actions"].take() {
            Value::Array(actions) => Some(actions),
            _ => None,
        });
        actions.ok_or_else(|| Error::Protocol("a scene without actions".to_owned()))
    }

    /// Waits for the mirror to show the edit, so that the next read agrees with it.
    async fn wait_until_shown(&self, condition: impl Fn(&Home) -> bool) {
        let until = self.deadline.min(Instant::now() + SHOWN_TIMEOUT);
        let shown = self.mirror.wait_for(|snapshot| condition(&snapshot.home).then_some(()));
        let _ = timeout_at(until, shown).await;
    }
}

fn find_scene<'a>(home: &'a Home, id: &Id) -> Result<&'a Scene, Error> {
    home.scene(id).ok_or_else(|| Error::not_found("scene", id))
}

fn resource_type(scene: &Scene) -> &'static str {
    if scene.smart { "smart_scene" } else { "scene" }
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    match name.chars().count() {
        1..=MAX_NAME_LENGTH => Ok(name),
        count => Err(Error::Invalid(format!("the name of a scene has 1 to 32 characters, this has {count}"))),
    }
}
