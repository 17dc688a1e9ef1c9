//! A resource, or a family of them: how clients name it, and what the plugin is asked for.

use serde_json::{Map, Value};

use super::{Variables, check_sizes, icons_size, object, path::Path, size};
use crate::plugin::wit::{content, resources};

/// What the URIs of all plugins' resources begin with.
const SCHEME: &str = "lamplighter://";

/// A resource that may be read.
#[derive(Debug)]
pub(crate) struct Resource {
    /// As the plugin gave it.
    pub(crate) path: String,
    parsed: Path,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) icons: Vec<content::Icon>,
    pub(crate) annotations: Option<Map<String, Value>>,
    pub(crate) meta: Option<Map<String, Value>>,
}

impl Resource {
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(super) fn check(described: resources::ResourceInfo) -> Result<Self, String> {
        let parsed = Path::read(&described.path)?;
        if described.name.is_empty() {
            return Err("it has no name".to_owned());
        }
        if parsed.is_template() && described.size.is_some() {
            return Err("a template has no size".to_owned());
        }
        check_sizes(&[
            ("name", described.name.len()),
            ("title", size(described.title.as_ref())),
            ("description", size(described.description.as_ref())),
            ("mime-type", size(described.mime_type.as_ref())),
            ("icons", icons_size(&described.icons)),
            ("annotations", size(described.annotations.as_ref())),
            ("meta", size(described.meta.as_ref())),
        ])?;
        Ok(Self {
            parsed,
            annotations: object("annotations", described.annotations.as_deref())?,
            meta: object("meta", described.meta.as_deref())?,
            path: described.path,
            name: described.name,
            title: described.title,
            description: described.description,
            mime_type: described.mime_type,
            size: described.size,
            icons: described.icons,
        })
    }

    /// Whether it stands for a family of resources.
    pub(crate) fn is_template(&self) -> bool {
        self.parsed.is_template()
    }

    /// Its variables with the values that make it the given path; none if it is not that one.
    pub(crate) fn fit(&self, path: &str) -> Option<Variables> {
        self.parsed.fit(path)
    }

    /// The URI, or the template of URIs, by which clients know it.
    pub(crate) fn uri(&self, plugin: &str) -> String {
        uri(plugin, &self.path)
    }
}

fn uri(plugin: &str, path: &str) -> String {
    format!("{SCHEME}{plugin}/{path}")
}

/// The plugin and the path that a URI means; none if it is not of a plugin's resource.
pub(crate) fn read_uri(uri: &str) -> Option<(&str, &str)> {
    uri.strip_prefix(SCHEME)?.split_once('/')
}

/// A URI as a plugin gave it, in full: without a scheme it is the path of one of its own resources.
///
/// # Errors
/// It is neither.
pub(crate) fn absolute(plugin: &str, given: &str) -> Result<String, String> {
    if has_scheme(given) {
        return Ok(given.to_owned());
    }
    match Path::read(given) {
        Ok(path) if path.is_template() => Err(format!("{given:?} is a template, and no URI")),
        Ok(_) => Ok(uri(plugin, given)),
        Err(reason) => Err(format!("{:?} is neither a URI nor the path of a resource: {reason}", super::shown(given))),
    }
}

/// RFC 3986, 3.1.
fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(path: &str) -> resources::ResourceInfo {
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
        let resource = Resource::check(described("schedule/today")).expect("good");
        assert_eq!(resource.uri("sunset"), "lamplighter://sunset/schedule/today");
        assert_eq!(read_uri("lamplighter://sunset/schedule/today"), Some(("sunset", "schedule/today")));
        assert_eq!(read_uri("https://sunset/schedule"), None);
        assert_eq!(resource.fit("schedule/today"), Some(Vec::new()));
        assert_eq!(resource.fit("schedule"), None);
    }

    #[test]
    fn a_template_is_not_itself_a_resource() {
        let resource = Resource::check(described("rooms/{room}")).expect("good");
        assert_eq!(resource.fit("rooms/Hall").map(|variables| variables.len()), Some(1));
        let sized = resources::ResourceInfo { size: Some(3), ..described("rooms/{room}") };
        assert!(Resource::check(sized).is_err());
    }

    #[test]
    fn a_uri_without_scheme_is_a_path_of_the_plugins_own() {
        assert_eq!(absolute("sunset", "https://example.org/"), Ok("https://example.org/".to_owned()));
        assert_eq!(absolute("sunset", "schedule/today"), Ok("lamplighter://sunset/schedule/today".to_owned()));
        for bad in ["", "../lights", "rooms/{room}", "a b", "1:2"] {
            assert!(absolute("sunset", bad).is_err(), "{bad}");
        }
    }
}
