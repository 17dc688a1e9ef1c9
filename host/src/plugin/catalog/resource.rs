//! A resource or a template of resources, with the URIs that clients know them by.

use serde_json::{Map, Value};

use super::{Variables, check_common_parts, check_sizes, parse_object, path::Path, text_bytes};
use crate::contract::{Invalid, content, resources};

/// Begins the URIs of all plugins' resources.
const URI_SCHEME: &str = "lamplighter://";

/// A resource that may be read.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Is the path as the plugin lists it.
    pub(crate) path: String,
    parsed: Path,
    /// Is the name that programs use.
    pub(crate) name: String,
    /// Is the name that people see.
    pub(crate) title: Option<String>,
    /// Is the description that the model sees.
    pub(crate) description: Option<String>,
    /// Is the media type of the contents.
    pub(crate) mime_type: Option<String>,
    /// Is the size of the contents in bytes.
    pub(crate) size: Option<u64>,
    /// Lists the icons.
    pub(crate) icons: Vec<content::Icon>,
    /// Holds MCP's annotations.
    pub(crate) annotations: Option<Map<String, Value>>,
    /// Holds MCP's `_meta`.
    pub(crate) meta: Option<Map<String, Value>>,
}

impl Resource {
    /// Checks a resource as the plugin lists it.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(super) fn check(raw: resources::ResourceInfo) -> Result<Self, Invalid> {
        let parsed = Path::parse(&raw.path)?;
        if raw.name.is_empty() {
            return Err(Invalid::new("it has no name"));
        }
        if parsed.is_template() && raw.size.is_some() {
            return Err(Invalid::new("a template has no size"));
        }
        check_sizes(&[
            ("name", raw.name.len()),
            ("mime-type", text_bytes(raw.mime_type.as_ref())),
            ("annotations", text_bytes(raw.annotations.as_ref())),
        ])?;
        let meta = check_common_parts(raw.title.as_ref(), raw.description.as_ref(), &raw.icons, raw.meta.as_ref())?;
        Ok(Self {
            parsed,
            annotations: parse_object("annotations", raw.annotations.as_ref())?,
            meta,
            path: raw.path,
            name: raw.name,
            title: raw.title,
            description: raw.description,
            mime_type: raw.mime_type,
            size: raw.size,
            icons: raw.icons,
        })
    }

    /// Returns whether this is a template of resources.
    pub(crate) fn is_template(&self) -> bool {
        self.parsed.is_template()
    }

    /// Matches a path. Returns the values of the variables, or none if the path is another one.
    pub(crate) fn match_path(&self, path: &str) -> Option<Variables> {
        self.parsed.match_path(path)
    }

    /// Returns the URI, or the URI template, that clients know it by.
    pub(crate) fn uri(&self, plugin: &str) -> String {
        build_uri(plugin, &self.path)
    }
}

fn build_uri(plugin: &str, path: &str) -> String {
    format!("{URI_SCHEME}{plugin}/{path}")
}

/// Splits the URI of a plugin's resource into the plugin's name and the path; none if the URI is another one.
pub(crate) fn parse_uri(uri: &str) -> Option<(&str, &str)> {
    uri.strip_prefix(URI_SCHEME)?.split_once('/')
}

/// Completes a URI that a plugin gave: without a scheme it is the path of one of the plugin's own resources.
///
/// # Errors
/// The text is neither a URI nor a path.
pub(crate) fn absolute_uri(plugin: &str, given: &str) -> Result<String, Invalid> {
    if has_scheme(given) {
        return Ok(given.to_owned());
    }
    match Path::parse(given) {
        Ok(path) if path.is_template() => Err(Invalid::new(format!("{given:?} is a template, and no URI"))),
        Ok(_) => Ok(build_uri(plugin, given)),
        Err(error) => {
            let shown = super::shorten(given);
            Err(Invalid::new(format!("{shown:?} is neither a URI nor the path of a resource: {error}")))
        }
    }
}

/// Returns whether the text begins with a scheme (RFC 3986, 3.1).
fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw_resource(path: &str) -> resources::ResourceInfo {
        resources::ResourceInfo {
            path: path.to_owned(),
            name: "schedule".to_owned(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
            icons: Vec::new(),
            annotations: None,
            meta: None,
        }
    }

    #[test]
    fn a_resource_is_known_by_its_plugin_and_path() {
        let resource = Resource::check(raw_resource("schedule/today")).expect("good");
        assert_eq!(resource.uri("sunset"), "lamplighter://sunset/schedule/today");
        assert_eq!(parse_uri("lamplighter://sunset/schedule/today"), Some(("sunset", "schedule/today")));
        assert_eq!(parse_uri("https://sunset/schedule"), None);
        assert_eq!(resource.match_path("schedule/today"), Some(Vec::new()));
        assert_eq!(resource.match_path("schedule"), None);
    }

    #[test]
    fn a_template_is_not_itself_a_resource() {
        let resource = Resource::check(raw_resource("rooms/{room}")).expect("good");
        assert_eq!(resource.match_path("rooms/Hall").map(|variables| variables.len()), Some(1));
        let sized = resources::ResourceInfo { size: Some(3), ..raw_resource("rooms/{room}") };
        assert!(Resource::check(sized).is_err());
    }

    #[test]
    fn a_uri_without_scheme_is_a_path_of_the_plugins_own() {
        assert_eq!(absolute_uri("sunset", "https://example.org/"), Ok("https://example.org/".to_owned()));
        assert_eq!(absolute_uri("sunset", "schedule/today"), Ok("lamplighter://sunset/schedule/today".to_owned()));
        for bad in ["", "../lights", "rooms/{room}", "a b", "1:2"] {
            assert!(absolute_uri("sunset", bad).is_err(), "{bad}");
        }
    }
}
