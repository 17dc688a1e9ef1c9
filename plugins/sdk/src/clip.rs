//! Reads and writes any resource of the bridge as CLIP v2 JSON. No plugin is granted it by default.
//!
//! Prefer [`home`](crate::home), [`control`](crate::control) and [`scenes`](crate::scenes) for what they cover.
//!
//! ```
//! use lamplighter_plugin::{clip, prelude::*};
//!
//! /// Returns the names of the bridge's automations.
//! fn automations() -> Result<Vec<String>, ToolError> {
//!     let found = clip::get("behavior_instance")?;
//!     Ok(found.iter().filter_map(|it| it["metadata"]["name"].as_str().map(str::to_owned)).collect())
//! }
//! # let answer = serde_json::json!({"errors": [], "data": [{"metadata": {"name": "Wake up"}}]});
//! # let _host = lamplighter_plugin::testing::FakeHost::new().clip_answer(200, &answer).install();
//! # assert_eq!(automations().expect("it is granted"), ["Wake up"]);
//! ```

use serde_json::Value;

use crate::Error;
use crate::backend::clip as host;
pub use crate::bindings::lamplighter::plugin::clip::{Method, Request, Response};

/// Reads all resources of a type, or of every type if it is empty. Returns the `data` of the bridge's response.
pub fn get(resource_type: &str) -> Result<Vec<Value>, Error> {
    send(Method::Get, resource_type, None, None)
}

/// Reads one resource.
pub fn get_one(resource_type: &str, id: &str) -> Result<Option<Value>, Error> {
    send(Method::Get, resource_type, Some(id), None).map(|data| data.into_iter().next())
}

/// Changes one resource.
pub fn put(resource_type: &str, id: &str, body: &Value) -> Result<Vec<Value>, Error> {
    send(Method::Put, resource_type, Some(id), Some(body))
}

/// Creates a resource.
pub fn post(resource_type: &str, body: &Value) -> Result<Vec<Value>, Error> {
    send(Method::Post, resource_type, None, Some(body))
}

/// Deletes one resource.
pub fn delete(resource_type: &str, id: &str) -> Result<Vec<Value>, Error> {
    send(Method::Delete, resource_type, Some(id), None)
}

fn send(method: Method, resource_type: &str, id: Option<&str>, body: Option<&Value>) -> Result<Vec<Value>, Error> {
    let response = host::send(&Request {
        method,
        resource_type: resource_type.to_owned(),
        id: id.map(str::to_owned),
        body: body.map(Value::to_string),
    })?;
    let mut body: Value = serde_json::from_str(&response.body).map_err(|error| Error::Other(error.to_string()))?;
    match body["data"].take() {
        Value::Array(data) => Ok(data),
        _ => Err(Error::Other("the bridge's response has no `data`".to_owned())),
    }
}
