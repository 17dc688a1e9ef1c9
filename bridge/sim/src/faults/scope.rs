//! Which requests a fault strikes.

use serde_json::Value;

/// The path of the event stream.
const EVENT_STREAM: &str = "/eventstream/clip/v2";

/// Which requests a fault strikes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// All of them, the event stream included. As a text: `all`.
    #[default]
    Any,
    /// Each GET but that of the event stream: `reads`.
    Reads,
    /// Each change of a single light: `light-writes`.
    LightWrites,
    /// Each change of a group's lights: `group-writes`.
    GroupWrites,
    /// Each recall of a scene: `scene-recalls`.
    SceneRecalls,
    /// The event stream, its opening or its frames as the fault has it: `events`.
    Events,
    /// This method, on paths that begin so; without a method, any: `PUT /clip/v2/resource/light/`, `/api`.
    Path {
        /// In upper case.
        method: Option<String>,
        /// With its leading slash.
        prefix: String,
    },
}

/// What is known of a request when a fault may strike it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: Option<&'a Value>,
}

impl Scope {
    /// This method on paths that begin with `prefix`.
    pub fn path(method: &str, prefix: &str) -> Self {
        Self::Path { method: Some(method.to_uppercase()), prefix: prefix.to_owned() }
    }

    pub(super) fn covers(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Reads => asked.method == "GET" && !asked.is_event_stream(),
            Self::LightWrites => asked.is_light_write(),
            Self::GroupWrites => asked.is_group_write(),
            Self::SceneRecalls => asked.is_scene_recall(),
            Self::Events => asked.is_event_stream(),
            Self::Path { method, prefix } => {
                method.as_deref().is_none_or(|method| method == asked.method) && asked.path.starts_with(prefix.as_str())
            }
        }
    }
}

impl Asked<'_> {
    pub(super) const EVENT_STREAM: Asked<'static> = Asked { method: "GET", path: EVENT_STREAM, body: None };

    pub(crate) fn is_event_stream(&self) -> bool {
        self.method == "GET" && self.path == EVENT_STREAM
    }

    fn is_light_write(&self) -> bool {
        self.puts(&["light"])
    }

    fn is_group_write(&self) -> bool {
        self.puts(&["grouped_light"])
    }

    fn is_scene_recall(&self) -> bool {
        self.puts(&["scene", "smart_scene"]) && self.body.is_some_and(|body| body.get("recall").is_some())
    }

    /// True for a PUT on a resource of one of these types.
    fn puts(&self, types: &[&str]) -> bool {
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
            (Scope::Events, "GET", EVENT_STREAM, None),
            (Scope::LightWrites, "PUT", "/clip/v2/resource/light/a", Some(&other)),
            (Scope::GroupWrites, "PUT", "/clip/v2/resource/grouped_light/a", Some(&other)),
            (Scope::SceneRecalls, "PUT", "/clip/v2/resource/scene/a", Some(&recall)),
            (Scope::path("post", "/clip/v2/resource/sc"), "POST", "/clip/v2/resource/scene", None),
        ] {
            let asked = Asked { method, path, body };
            let all = [Scope::Reads, Scope::LightWrites, Scope::GroupWrites, Scope::SceneRecalls, Scope::Events];
            assert!(scope.covers(&asked) && Scope::Any.covers(&asked), "{method} {path}");
            let others = all.iter().filter(|other| **other != scope && other.covers(&asked)).count();
            assert_eq!(others, 0, "{method} {path}");
        }
    }

    #[test]
    fn a_scene_that_is_renamed_is_not_recalled() {
        let rename = json!({"metadata": {"name": "New"}});
        let asked = Asked { method: "PUT", path: "/clip/v2/resource/scene/a", body: Some(&rename) };
        assert!(!Scope::SceneRecalls.covers(&asked));
    }
}
