//! Execution of a scene edit: sends it, and looks at the mirror where the answer leaves it in doubt.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::{Duration, Instant, timeout_at};

use super::{EditStep, SceneEditPlan, actions};
use crate::{
    attempt_error::AttemptError,
    budget::Cost,
    clip::{Envelope, Request},
    error::Error,
    home::{Home, Id, Scene},
    mirror::MirrorReader,
    paced_client::PacedClient,
};

/// The longest wait for the mirror to show an edit that the bridge accepted.
const SHOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// The longest wait for the mirror to show an edit that may have been made. The mirror reloads 3 s after a write without
/// an event.
const IN_DOUBT_TIMEOUT: Duration = Duration::from_secs(4);

/// The parts of a connection that are needed to execute an edit.
pub(crate) struct SceneEditor<'a> {
    pub(crate) client: &'a PacedClient,
    pub(crate) mirror: &'a MirrorReader,
    pub(crate) deadline: Instant,
}

impl SceneEditor<'_> {
    /// Sends a planned edit, waits a moment for the mirror to show it, and returns the scene's id.
    ///
    /// An edit whose answer leaves it in doubt is made if the mirror shows it.
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
        let before = self.home();
        let reply = self.client.write_plain(&Request::post("scene", body.clone()), false, self.deadline).await;
        match reply.and_then(|reply| created_id(&reply.envelope)) {
            Ok(id) => {
                self.wait_until_shown(SHOWN_TIMEOUT, |home| home.scene(&id).map(drop)).await;
                Ok(id)
            }
            Err(error) => self.resolve_doubt(error, |home| find_created(home, &before, &body)).await,
        }
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
        let (before, changes_actions) = (self.home(), body.contains_key("actions"));
        let request = Request::put(kind, id.as_str(), Value::Object(body));
        let is_renamed = |scene: &Scene| new_name.as_ref().is_none_or(|name| scene.name == *name);
        match self.client.write_plain(&request, true, self.deadline).await {
            Ok(reply) => {
                if let Some(message) = reply.envelope.message() {
                    return Err(Error::Rejected { status: 207, message });
                }
                self.wait_until_shown(SHOWN_TIMEOUT, |home| home.scene(id).filter(|it| is_renamed(it)).map(drop)).await;
                Ok(())
            }
            Err(error) => {
                let old_actions = before.scene(id).map(|scene| &scene.actions);
                let is_updated =
                    |scene: &&Scene| is_renamed(scene) && !(changes_actions && old_actions == Some(&scene.actions));
                self.resolve_doubt(error, |home| home.scene(id).filter(is_updated).map(drop)).await
            }
        }
    }

    async fn delete(&self, id: &Id, kind: &str) -> Result<(), Error> {
        let is_gone = |home: &Home| home.scene(id).is_none().then_some(());
        match self.client.write_plain(&Request::delete(kind, id.as_str()), true, self.deadline).await {
            // The scene is gone: another client deleted it, or an earlier attempt whose answer was lost.
            Ok(_) | Err(Error::Rejected { status: 404, .. }) => {
                self.wait_until_shown(SHOWN_TIMEOUT, is_gone).await;
                Ok(())
            }
            Err(error) => self.resolve_doubt(error, is_gone).await,
        }
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

    /// Returns what the mirror shows of an edit that may have been made in spite of the error, or else the error.
    async fn resolve_doubt<T>(&self, error: Error, find: impl Fn(&Home) -> Option<T>) -> Result<T, Error> {
        if !error.leaves_doubt() {
            return Err(error);
        }
        self.wait_until_shown(IN_DOUBT_TIMEOUT, find).await.ok_or(error)
    }

    /// Waits for the mirror to show the edit, so that the next read agrees with it.
    async fn wait_until_shown<T>(&self, within: Duration, find: impl Fn(&Home) -> Option<T>) -> Option<T> {
        let until = self.deadline.min(Instant::now() + within);
        timeout_at(until, self.mirror.wait_for(|snapshot| find(&snapshot.home))).await.ok()
    }

    fn home(&self) -> Arc<Home> {
        Arc::clone(&self.mirror.snapshot().home)
    }
}

fn created_id(envelope: &Envelope) -> Result<Id, Error> {
    let no_id = || envelope.message().unwrap_or_else(|| "the bridge told no id of a new scene".to_owned());
    envelope.first_reference().map(|created| Id::new(created.rid)).ok_or_else(|| Error::InDoubt(no_id()))
}

/// Finds the scene that a request created: it has the request's name and group, and was not there before.
fn find_created(home: &Home, before: &Home, body: &Value) -> Option<Id> {
    let is_created = |scene: &&Scene| {
        scene.name == body["metadata"]["name"]
            && scene.group_id.as_str() == body["group"]["rid"]
            && before.scene(&scene.id).is_none()
    };
    home.scenes.iter().find(is_created).map(|scene| scene.id.clone())
}
