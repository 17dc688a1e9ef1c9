//! Which requests a fault applies to.

use serde_json::Value;

/// The path at which event streams are opened.
const EVENT_STREAM_PATH: &str = "/eventstream/clip/v2";

/// The requests that a fault applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// All requests, including those that open an event stream. As text: `all`.
    #[default]
    Any,
    /// Each GET except that of the event stream: `reads`.
    Reads,
    /// Each request that changes a single light: `light-writes`.
    LightWrites,
    /// Each request that changes the lights of a group: `group-writes`.
    GroupWrites,
    /// Each request that recalls a scene: `scene-recalls`.
    SceneRecalls,
    /// The event stream: its opening or its frames, depending on the fault. As text: `events`.
    Events,
    /// Requests whose path begins with this prefix, and whose method is this one if it is given. As text:
    /// `PUT /clip/v2/resource/light/`, `/api`.
    Path {
        /// Is the method in upper case, or `None` for any method.
        method: Option<String>,
        /// Is the prefix, which begins with a slash.
        prefix: String,
    },
}

/// The parts of a request that a [`Scope`] looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestInfo<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: Option<&'a Value>,
}

impl Scope {
    /// Selects requests with this method on paths that begin with `prefix`.
    pub fn path(method: &str, prefix: &str) -> Self {
        Self::Path { method: Some(method.to_uppercase()), prefix: prefix.to_owned() }
    }

    pub(super) fn matches(&self, request: &RequestInfo<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Reads => request.method == "GET" && !request.is_event_stream(),
            Self::LightWrites => request.is_light_write(),
            Self::GroupWrites => request.is_group_write(),
            Self::SceneRecalls => request.is_scene_recall(),
            Self::Events => request.is_event_stream(),
            Self::Path { method, prefix } => {
                method.as_deref().is_none_or(|method| method == request.method)
                    && request.path.starts_with(prefix.as_str())
            }
        }
    }
}

impl RequestInfo<'_> {
    pub(super) const EVENT_STREAM: RequestInfo<'static> =
        RequestInfo { method: "GET", path: EVENT_STREAM_PATH, body: None };

    pub(crate) fn is_event_stream(&self) -> bool {
        self.method == "GET" && self.path == EVENT_STREAM_PATH
    }

    fn is_light_write(&self) -> bool {
        self.is_put_on(&["light"])
    }

    fn is_group_write(&self) -> bool {
        self.is_put_on(&["grouped_light"])
    }

    fn is_scene_recall(&self) -> bool {
        self.is_put_on(&["scene", "smart_scene"]) && self.body.is_some_and(|body| body.get("recall").is_some())
    }

    /// Tells whether the request is a PUT on a resource of one of these types.
    fn is_put_on(&self, types: &[&str]) -> bool {
        let path: Vec<&str> = self.path.split('/').skip(1).collect();
        self.method == "PUT" && matches!(path[..], ["clip", "v2", "resource", rtype, _] if types.contains(&rtype))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_request_has_its_scope() {
        let (recall, other) = (json!({"recall": {"action": "active"}}), json!({"on": {"on": true}}));
        for (scope, method, path, body) in [
            (Scope::Reads, "GET", "/clip/v2/resource/light", None),
            (Scope::Reads, "GET", "/api/config", None),
            (Scope::Events, "GET", EVENT_STREAM_PATH, None),
            (Scope::LightWrites, "PUT", "/clip/v2/resource/light/a", Some(&other)),
            (Scope::GroupWrites, "PUT", "/clip/v2/resource/grouped_light/a", Some(&other)),
            (Scope::SceneRecalls, "PUT", "/clip/v2/resource/scene/a", Some(&recall)),
            (Scope::path("post", "/clip/v2/resource/sc"), "POST", "/clip/v2/resource/scene", None),
        ] {
            let request = RequestInfo { method, path, body };
            let all = [Scope::Reads, Scope::LightWrites, Scope::GroupWrites, Scope::SceneRecalls, Scope::Events];
            assert!(scope.matches(&request) && Scope::Any.matches(&request), "{method} {path}");
            let others = all.iter().filter(|other| **other != scope && other.matches(&request)).count();
            assert_eq!(others, 0, "{method} {path}");
        }
    }

    #[test]
    fn a_scene_that_is_renamed_is_not_recalled() {
        let rename = json!({"metadata": {"name": "New"}});
        let request = RequestInfo { method: "PUT", path: "/clip/v2/resource/scene/a", body: Some(&rename) };
        assert!(!Scope::SceneRecalls.matches(&request));
    }
}
