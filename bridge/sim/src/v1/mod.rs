//! The old API, `/api/<key>/...`: a view of the CLIP v2 document, whose writes become writes of CLIP v2.
//!
//! So quantised brightness, gamuts, soft errors, events and all else hold for both alike, and neither can say what the
//! other denies. What the old API knew and the document does not hold (schedules, rules, links) is empty.
//!
//! * `call`, `error`, `document`: a request, what may be wrong with it, and the way into the document
//! * `config`, `light`, `group`, `scene`, `sensor`: the collections
//! * `order`, `state`, `hs`: parameters as commands of CLIP v2, lights as states of the old API, hue and saturation

mod call;
mod config;
mod document;
mod error;
mod group;
mod hs;
mod light;
mod order;
mod scene;
mod sensor;
mod state;

use axum::http::Method;
use serde_json::{Value, json};

pub(crate) use self::config::public as public_config;

use self::call::Call;
use self::document::Document;
use self::error::Error;
use crate::pairing::Application;
use crate::world::World;

/// What the old API has to know beside the document.
pub(crate) struct About<'a> {
    pub(crate) bridge_id: &'a str,
    /// The application that asks.
    pub(crate) key: &'a str,
    pub(crate) applications: Vec<Application>,
}

/// What a request did, and whether aggregates may come in the same container of events as the rest.
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) together: bool,
}

/// Answers an authorised request; `path` is what follows the key.
pub(crate) fn answer(world: &mut World, about: &About<'_>, method: &Method, path: &[&str], body: &[u8]) -> Answer {
    let mut document = Document::new(world);
    let call = Call { method: method.as_str(), path, body };
    let body = route(&mut document, about, &call).unwrap_or_else(|error| json!([error.to_json()]));
    Answer { body, together: document.together }
}

/// Answers a request with a key that the bridge does not know.
pub(crate) fn unauthorized(path: &[&str]) -> Value {
    json!([Error::unauthorized(&call::address(path)).to_json()])
}

fn route(document: &mut Document<'_>, about: &About<'_>, call: &Call<'_>) -> Result<Value, Error> {
    match (call.method, call.path) {
        ("GET", []) => Ok(everything(document, about)),
        (_, ["config", ..]) => config::answer(document, about, call),
        ("GET", ["capabilities"]) => Ok(config::capabilities(document.store())),
        (_, ["lights", ..]) => light::answer(document, call),
        (_, ["groups", ..]) => group::answer(document, call),
        (_, ["scenes", ..]) => scene::answer(document, about.key, call),
        (_, ["sensors", ..]) => sensor::answer(document, call),
        ("GET", ["schedules" | "rules" | "resourcelinks"]) => Ok(json!({})),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

/// The whole datastore.
fn everything(document: &Document<'_>, about: &About<'_>) -> Value {
    let store = document.store();
    json!({
        "lights": light::all(store), "groups": group::all(store), "scenes": scene::all(store, about.key),
        "sensors": sensor::all(store), "config": config::full(document, about),
        "schedules": {}, "rules": {}, "resourcelinks": {},
    })
}
