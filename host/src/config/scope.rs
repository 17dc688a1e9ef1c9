//! Narrower grants: `control` and `scenes` within some rooms, `clip` for some resource types and methods.

use super::{
    error::{ConfigError, Located, suggestion},
    table::Table,
};

/// The methods of `clip`, as they are written.
const CLIP_METHODS: [&str; 4] = ["get", "put", "post", "delete"];

/// How far grants reach. Default: as far as the interface does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Names or CLIP v2 ids of rooms and zones.
    rooms: Option<Vec<String>>,
    clip_types: Option<Vec<String>>,
    clip_methods: Option<Vec<String>>,
}

impl Scope {
    /// `[plugins.NAME.control]` and `[plugins.NAME.clip]`.
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

    /// The rooms and zones whose lights and scenes may be changed; `None` for all of the home.
    pub(crate) fn rooms(&self) -> Option<&[String]> {
        self.rooms.as_deref()
    }

    /// The resource types that `clip` may touch; `None` for all.
    pub(crate) fn clip_types(&self) -> Option<&[String]> {
        self.clip_types.as_deref()
    }

    /// What `clip` may do; `None` for anything.
    pub(crate) fn clip_methods(&self) -> Option<&[String]> {
        self.clip_methods.as_deref()
    }

    /// Whether `clip` may do this; no type stands for all resources.
    ///
    /// # Errors
    /// What is beyond the grant, and the lines that would let it through.
    pub(crate) fn admits_clip(&self, plugin: &str, method: &str, kind: Option<&str>) -> Result<(), String> {
        let lines = |key: &str, values: &[String], missing: &str| {
            let mut values = values.to_vec();
            values.push(missing.to_owned());
            format!("to allow it, write in config.toml:\n\n[plugins.{plugin}.clip]\n{key} = {values:?}\n")
        };
        if let Some(methods) = self.clip_methods.as_ref().filter(|methods| !methods.iter().any(|it| it == method)) {
            let lines = lines("methods", methods, method);
            return Err(format!("the plugin `{plugin}` may not use `clip` to {method} anything; {lines}"));
        }
        match (&self.clip_types, kind) {
            (None, _) => Ok(()),
            (Some(types), Some(kind)) if types.iter().any(|it| it == kind) => Ok(()),
            (Some(types), Some(kind)) => {
                let lines = lines("types", types, kind);
                Err(format!("the plugin `{plugin}` may not use `clip` for the resource type `{kind}`; {lines}"))
            }
            (Some(_), None) => Err(format!(
                "the plugin `{plugin}` may use `clip` for some resource types only, so not for all at once; to allow it, \
                 take `types` out of [plugins.{plugin}.clip] in config.toml"
            )),
        }
    }

    /// What is said when a light or a scene outside the rooms was to be changed.
    pub(crate) fn beyond_rooms(&self, plugin: &str, what: &str) -> String {
        let rooms = self.rooms.as_deref().unwrap_or_default();
        format!(
            "the plugin `{plugin}` may change {} only, and {what} is elsewhere; to allow it, add the room or zone to \
             config.toml:\n\n[plugins.{plugin}.control]\nrooms = {rooms:?}\n",
            rooms.join(", ")
        )
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

/// As the bridge writes them: `grouped_light`.
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
        assert_eq!(Scope::default().admits_clip("p", "delete", None), Ok(()));
    }

    #[test]
    fn what_is_beyond_shows_the_lines_that_would_let_it_through() {
        let scope = scope(Some(&["light"]), Some(&["get"]));
        assert_eq!(scope.admits_clip("p", "get", Some("light")), Ok(()));
        let text = scope.admits_clip("p", "put", Some("light")).unwrap_err();
        assert!(text.ends_with("[plugins.p.clip]\nmethods = [\"get\", \"put\"]\n"), "{text}");
        let text = scope.admits_clip("p", "get", Some("scene")).unwrap_err();
        assert!(text.ends_with("[plugins.p.clip]\ntypes = [\"light\", \"scene\"]\n"), "{text}");
        assert!(scope.admits_clip("p", "get", None).is_err());
    }
}
