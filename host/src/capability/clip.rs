//! `clip`: sends any request of the CLIP API as JSON, for the resource types and methods that the grant names. The path
//! that is checked is the path that is sent.

use hue_bridge::ClipMethod;
use serde_json::Value;

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{clip, json, types},
};

impl clip::Host for InstanceContext {
    async fn send(&mut self, request: clip::Request) -> Result<clip::Response, types::Error> {
        self.check_grant(Interface::Clip)?;
        let (method, name) = method(request.method);
        let path: Vec<&str> = [request.resource_type.as_str()]
            .into_iter()
            .filter(|kind| !kind.is_empty())
            .chain(request.id.as_deref())
            .collect();
        let admitted = self.config.scope.check_clip(&self.plugin, name, path.first().copied());
        admitted.map_err(|error| self.denied(error.to_string()))?;
        self.spend_commands(1)?;
        let body = request.body.as_deref().map(json::parse_value).transpose();
        let body: Option<Value> = body.map_err(|error| types::Error::Invalid(format!("the body is {error}")))?;
        let reply = self.bridge()?.clip(method, &path, body, self.bridge_deadline()).await;
        let reply = reply.map_err(convert::error)?;
        // The next read must show the change.
        self.view = None;
        Ok(clip::Response { status: reply.status, body: reply.body.to_string() })
    }
}

/// Converts a method for the bridge, and names it as the configuration does.
fn method(method: clip::Method) -> (ClipMethod, &'static str) {
    match method {
        clip::Method::Get => (ClipMethod::Get, "get"),
        clip::Method::Put => (ClipMethod::Put, "put"),
        clip::Method::Post => (ClipMethod::Post, "post"),
        clip::Method::Delete => (ClipMethod::Delete, "delete"),
    }
}
