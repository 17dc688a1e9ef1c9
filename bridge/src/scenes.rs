//! Making and changing scenes.

mod actions;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::{
    Bridge,
    change::Change,
    clip::Request,
    error::Error,
    home::{Home, Id, Scene},
    paced_client::to_tokio_instant,
};

/// How long to wait for the mirror to show what was made, changed or deleted.
const SHOWN: std::time::Duration = std::time::Duration::from_millis(1500);

/// A scene to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScene {
    /// 1 to 32 characters.
    pub name: String,
    /// Id of the room or zone.
    pub group: Id,
    /// What its lights do.
    pub lights: SceneLights,
}

/// What to change about a scene; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneChanges {
    /// 1 to 32 characters.
    pub name: Option<String>,
    /// What its lights do. [`SceneLights::Current`] replaces what it had; [`SceneLights::Given`] changes only the
    /// lights and attributes that it names.
    pub lights: Option<SceneLights>,
}

/// Where the states of a scene's lights come from.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneLights {
    /// As the lights of the group are now.
    Current,
    /// As given; a light that the scene did not have yet is on unless its change says off. Toggles, deltas and
    /// transitions make no sense here.
    Given(Vec<(Id, Change)>),
}

impl Bridge {
    /// Makes a scene and returns its id. Not repeated if the bridge's answer is lost.
    pub async fn create_scene(&self, scene: NewScene, deadline: std::time::Instant) -> Result<Id, Error> {
        let home = self.writable_home()?;
        let group = home.group(&scene.group).ok_or_else(|| not_found("group", &scene.group))?;
        let kind = match group.kind {
            crate::GroupKind::Room => "room",
            crate::GroupKind::Zone => "zone",
            crate::GroupKind::Home => return Err(Error::Invalid("a scene belongs to a room or a zone".to_owned())),
        };
        let body = json!({
            "type": "scene",
            "metadata": {"name": checked_name(&scene.name)?},
            "group": {"rid": group.id.as_str(), "rtype": kind},
            "actions": actions::of_new(&home, &group.lights, &scene.lights)?,
        });
        let deadline = to_tokio_instant(deadline);
        let reply = self.client().send_plain(&Request::post("scene", body), false, deadline).await?;
        let made = reply.envelope.first_reference().ok_or_else(|| {
            Error::Protocol(reply.envelope.message().unwrap_or_else(|| "no id for the new scene".to_owned()))
        })?;
        let id = Id::new(made.rid);
        self.shown(deadline, |home| home.scene(&id).is_some()).await;
        Ok(id)
    }

    /// Changes a scene. What is not named stays as the bridge has it, also what this crate does not know.
    pub async fn update_scene(
        &self,
        id: &Id,
        changes: SceneChanges,
        deadline: std::time::Instant,
    ) -> Result<(), Error> {
        let deadline = to_tokio_instant(deadline);
        let home = self.writable_home()?;
        let scene = home.scene(id).ok_or_else(|| not_found("scene", id))?;
        let mut body = serde_json::Map::new();
        if let Some(name) = &changes.name {
            body.insert("metadata".to_owned(), json!({"name": checked_name(name)?}));
        }
        if let Some(lights) = &changes.lights {
            if scene.smart {
                return Err(Error::Invalid("a smart scene has no lights of its own".to_owned()));
            }
            let members = home.group(&scene.group_id).map(|group| group.lights.clone()).unwrap_or_default();
            let actions = match lights {
                SceneLights::Current => actions::of_new(&home, &members, lights)?,
                SceneLights::Given(given) => {
                    actions::check(&home, &members, given)?;
                    actions::changed(&home, self.stored_actions(id, deadline).await?, given)?
                }
            };
            body.insert("actions".to_owned(), Value::Array(actions));
        }
        if body.is_empty() {
            return Ok(());
        }
        let request = Request::put(kind(scene), id.as_str(), Value::Object(body));
        let reply = self.client().send_plain(&request, true, deadline).await?;
        if let Some(message) = reply.envelope.message() {
            return Err(Error::Rejected { status: 207, message });
        }
        if let Some(name) = changes.name {
            self.shown(deadline, |home| home.scene(id).is_some_and(|scene| scene.name == name)).await;
        }
        Ok(())
    }

    /// Deletes a scene.
    pub async fn delete_scene(&self, id: &Id, deadline: std::time::Instant) -> Result<(), Error> {
        let home = self.writable_home()?;
        let scene = home.scene(id).ok_or_else(|| not_found("scene", id))?;
        let deadline = to_tokio_instant(deadline);
        match self.client().send_plain(&Request::delete(kind(scene), id.as_str()), true, deadline).await {
            // Deleted by somebody else, or by an attempt of ours of which the answer was lost: it is gone.
            Ok(_) | Err(Error::Rejected { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
        self.shown(deadline, |home| home.scene(id).is_none()).await;
        Ok(())
    }

    /// The actions as the bridge has them at this moment, with all their attributes.
    async fn stored_actions(&self, id: &Id, deadline: Instant) -> Result<Vec<Value>, Error> {
        let reply = match self.client().send_plain(&Request::get_one("scene", id.as_str()), true, deadline).await {
            Err(Error::Rejected { status: 404, .. }) => return Err(not_found("scene", id)),
            reply => reply?,
        };
        let actions = reply.envelope.data.into_iter().next().and_then(|mut scene| match scene["actions"].take() {
            Value::Array(actions) => Some(actions),
            _ => None,
        });
        actions.ok_or_else(|| Error::Protocol("a scene without actions".to_owned()))
    }

    /// Gives the mirror a moment to show it, so that what is read next agrees with what was just done.
    async fn shown(&self, deadline: Instant, look: impl Fn(&Home) -> bool) {
        let until = deadline.min(Instant::now() + SHOWN);
        let shown = self.reader().wait_for(|snapshot| look(&snapshot.home).then_some(()));
        let _ = timeout_at(until, shown).await;
    }
}

fn kind(scene: &Scene) -> &'static str {
    if scene.smart { "smart_scene" } else { "scene" }
}

fn not_found(kind: &'static str, id: &Id) -> Error {
    Error::NotFound { kind, id: id.to_string() }
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    match name.chars().count() {
        1..=32 => Ok(name),
        count => Err(Error::Invalid(format!("the name of a scene has 1 to 32 characters, this has {count}"))),
    }
}
