//! The way into the CLIP v2 document: read as it is, written only by requests of CLIP v2.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::clip;
use crate::reply::{Complaint, Reply};
use crate::store::Store;
use crate::world::World;

/// The document, and what has to be known of the writes.
pub(super) struct Document<'a> {
    world: &'a mut World,
    /// Set when a write tells lights, scenes and groups together.
    pub(super) together: bool,
}

impl<'a> Document<'a> {
    pub(super) fn new(world: &'a mut World) -> Self {
        Self { world, together: false }
    }

    pub(super) fn store(&self) -> &Store {
        &self.world.store
    }

    /// What the calendar says, without fractions of a second and without a zone.
    pub(super) fn now(&self) -> String {
        self.world.time.stamp().chars().take(19).collect()
    }

    /// Changes a resource; the answer is what CLIP v2 complains about, or the status with which it refuses.
    pub(super) fn put(&mut self, rtype: &str, id: &str, body: &Value) -> Result<Vec<Complaint>, StatusCode> {
        self.send(&Method::PUT, &[rtype, id], body).map(|(complaints, _)| complaints)
    }

    /// Makes a resource; the answer is its id.
    pub(super) fn post(&mut self, rtype: &str, body: &Value) -> Result<String, StatusCode> {
        let (_, data) = self.send(&Method::POST, &[rtype], body)?;
        data.first().and_then(|made| made["rid"].as_str()).map(str::to_owned).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn delete(&mut self, rtype: &str, id: &str) -> Result<(), StatusCode> {
        self.send(&Method::DELETE, &[rtype, id], &Value::Null).map(|_| ())
    }

    fn send(
        &mut self,
        method: &Method,
        path: &[&str],
        body: &Value,
    ) -> Result<(Vec<Complaint>, Vec<Value>), StatusCode> {
        let answer = clip::answer(self.world, method, path, body.to_string().as_bytes());
        self.together |= answer.together;
        match answer.reply {
            Reply::Clip(status, complaints, data) if status.is_success() => Ok((complaints, data)),
            other => Err(other.status()),
        }
    }
}
