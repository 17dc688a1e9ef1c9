//! Scopes narrow grants: `control` and `scenes` to some rooms, `clip` to some resource types and methods.

use super::{
    error::{ConfigError, Located, suggestion},
    table::Table,
};

/// The methods of `clip`, as the configuration writes them.
const CLIP_METHODS: [&str; 4] = ["get", "put", "post", "delete"];

/// An error for the plugin, with the lines of `config.toml` that would allow the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct OutOfScope(String);

/// The scope of a plugin's grants. By default it is not narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Holds names or CLIP v2 ids of rooms and zones.
    rooms: Option<Vec<String>>,
    clip_types: Option<Vec<String>>,
    clip_methods: Option<Vec<String>>,
}

impl Scope {
    /// Reads `[plugins.NAME.control]` and `[plugins.NAME.clip]`.
    pub(super) fn read(table: &mut Table<'_>) -> Result<Self, ConfigError> {
        let mut control = table.table("control")?;
        let mut clip = table.table("clip")?;
        let rooms = control.texts("rooms")?.map(|rooms| rooms.value);
        let clip_types = texts(&mut clip, "types", |kind| {
            let problem = || format!("`{kind}` is no resource type, such as \"light\"");
            if is_resource_type(kind) { Ok(()) } else { Err(problem()) }
        })?;
        let clip_methods = texts(&mut clip, "methods", |method| {
            let problem = || format!("`{method}` is no method; {}", suggestion(method, &CLIP_METHODS));
            if CLIP_METHODS.contains(&method) { Ok(()) } else { Err(problem()) }
        })?;
        control.finish()?;
        clip.finish()?;
        Ok(Self { rooms, clip_types, clip_methods })
    }

    /// Returns the rooms and zones whose lights and scenes may be changed; `None` means the whole home.
    pub(crate) fn rooms(&self) -> Option<&[String]> {
        self.rooms.as_deref()
    }

    /// Returns the resource types that `clip` may use; `None` means all.
    pub(crate) fn clip_types(&self) -> Option<&[String]> {
        self.clip_types.as_deref()
    }

    /// Returns the methods that `clip` may use; `None` means all.
    pub(crate) fn clip_methods(&self) -> Option<&[String]> {
        self.clip_methods.as_deref()
    }

    /// Checks a call of `clip`. Without a type it concerns all resources.
    ///
    /// # Errors
    /// The method or the type is out of scope.
    pub(crate) fn check_clip(&self, plugin: &str, method: &str, kind: Option<&str>) -> Result<(), OutOfScope> {
        let lines = |key: &str, values: &[String], missing: &str| {
            let mut values = values.to_vec();
            values.push(missing.to_owned());
            format!("to allow it, write in config.toml:\n\n[plugins.{plugin}.clip]\n{key} = {values:?}\n")
        };
        if let Some(methods) = self.clip_methods.as_ref().filter(|methods| !methods.iter().any(|it| it == method)) {
            let lines = lines("methods", methods, method);
            return Err(OutOfScope(format!("the plugin `{plugin}` may not use `clip` to {method} anything; {lines}")));
        }
        match (&self.clip_types, kind) {
            (None, _) => Ok(()),
            (Some(types), Some(kind)) if types.iter().any(|it| it == kind) => Ok(()),
            (Some(types), Some(kind)) => {
                let lines = lines("types", types, kind);
                let problem =
                    format!("the plugin `{plugin}` may not use `clip` for the resource type `{kind}`; {lines}");
                Err(OutOfScope(problem))
            }
            (Some(_), None) => Err(OutOfScope(format!(
                "the plugin `{plugin}` may use `clip` for some resource types only, so not for all at once; to allow it, \
                 take `types` out of [plugins.{plugin}.clip] in config.toml"
            ))),
        }
    }

    /// Returns the error of a change of `target`, a light or a scene outside of the granted rooms.
    pub(crate) fn outside_rooms(&self, plugin: &str, target: &str) -> OutOfScope {
        let rooms = self.rooms.as_deref().unwrap_or_default();
        OutOfScope(format!(
            "the plugin `{plugin}` may change {} only, and {target} is elsewhere; to allow it, add the room or zone to \
             config.toml:\n\n[plugins.{plugin}.control]\nrooms = {rooms:?}\n",
            rooms.join(", ")
        ))
    }
}

/// Takes a list of texts that `check` accepts.
fn texts(
    table: &mut Table<'_>,
    key: &'static str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Option<Vec<String>>, ConfigError> {
    let Some(Located { value: texts, location }) = table.texts(key)? else { return Ok(None) };
    match texts.iter().try_for_each(|text| check(text)) {
        Ok(()) => Ok(Some(texts)),
        Err(problem) => Err(location.error(format!("is wrong: {problem}"))),
    }
}

/// Returns whether a text may be a resource type, such as `grouped_light`.
fn is_resource_type(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(types: Option<&[&str]>, methods: Option<&[&str]>) -> Scope {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Scope { rooms: None, clip_types: types.map(owned), clip_methods: methods.map(owned) }
    }

    #[test]
    fn without_limits_clip_reaches_everything() {
        assert_eq!(Scope::default().check_clip("p", "delete", None), Ok(()));
    }

    #[test]
    fn what_is_beyond_shows_the_lines_that_would_let_it_through() {
        let scope = scope(Some(&["light"]), Some(&["get"]));
        assert_eq!(scope.check_clip("p", "get", Some("light")), Ok(()));
        let text = scope.check_clip("p", "put", Some("light")).unwrap_err().to_string();
        assert!(text.ends_with("[plugins.p.clip]\nmethods = [\"get\", \"put\"]\n"), "{text}");
        let text = scope.check_clip("p", "get", Some("scene")).unwrap_err().to_string();
        assert!(text.ends_with("[plugins.p.clip]\ntypes = [\"light\", \"scene\"]\n"), "{text}");
        assert!(scope.check_clip("p", "get", None).is_err());
    }
}
