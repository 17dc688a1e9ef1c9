//! The catalog of a plugin: its tools, prompts and resources, checked before they are served.

mod path;
mod prompt;
mod resource;
mod tool;

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{error::PluginError, schema::Schema};
use crate::contract::{Invalid, content, json, prompts, resources, tools};

pub(crate) use path::Variables;
pub(crate) use prompt::Prompt;
pub(crate) use resource::{Resource, absolute_uri, parse_uri};
pub(crate) use tool::Tool;

/// Limits the items of one kind: a client can use fewer.
const MAX_ITEMS: usize = 256;
/// Limits the bytes of an item's description, title, icons or meta: they are sent with every list.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Limits the regular expressions in all schemas of a plugin: each takes memory when it is compiled.
const MAX_PATTERNS: usize = 64;
/// Limits the characters of a name that stands in a message.
const MAX_SHOWN_CHARS: usize = 80;

/// Holds the catalog as the plugin lists it, unchecked.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct RawCatalog {
    pub(super) tools: Vec<tools::Tool>,
    pub(super) prompts: Vec<prompts::Prompt>,
    pub(super) resources: Vec<resources::ResourceInfo>,
}

/// Holds the tools, prompts and resources that a plugin serves.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// Lists the tools as the plugin orders them.
    pub(crate) tools: Vec<Arc<Tool>>,
    /// Lists the prompts as the plugin orders them.
    pub(crate) prompts: Vec<Arc<Prompt>>,
    /// Lists the resources and templates as the plugin orders them: the first template that matches is read.
    pub(crate) resources: Vec<Arc<Resource>>,
}

/// Selects how much of a catalog is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Validation {
    /// Everything is checked.
    Full,
    /// This program checked the catalog in an earlier run, so its schemas are not compiled.
    Cached,
}

impl Catalog {
    /// Checks a catalog, on a thread for blocking work: compiling its schemas takes time that the plugin chooses.
    ///
    /// # Errors
    /// The catalog is empty, or something in it breaks a rule.
    pub(super) async fn validate(raw: RawCatalog, validation: Validation) -> Result<Self, PluginError> {
        let checked = tokio::task::spawn_blocking(move || Self::check(raw, validation));
        checked.await.map_err(PluginError::host)?
    }

    fn check(raw: RawCatalog, validation: Validation) -> Result<Self, PluginError> {
        let RawCatalog { tools, prompts, resources } = raw;
        if tools.is_empty() && prompts.is_empty() && resources.is_empty() {
            return Err(PluginError::Catalog(Invalid::new("it has no tools")));
        }
        let mut patterns = 0;
        let check_tool = |raw| {
            let tool = Tool::check(raw)?;
            patterns += tool.input.patterns() + tool.output.as_ref().map_or(0, Schema::patterns);
            if patterns > MAX_PATTERNS {
                let rule = format!("with it, the schemas have more than {MAX_PATTERNS} regular expressions");
                return Err(Invalid::new(rule));
            }
            if validation == Validation::Full {
                tool.compile_schemas()?;
            }
            Ok(tool)
        };
        Ok(Self {
            tools: check_items("tool", tools, |tool| &tool.name, check_tool)?,
            prompts: check_items("prompt", prompts, |prompt| &prompt.name, Prompt::check)?,
            resources: check_items("resource", resources, |resource| &resource.path, Resource::check)?,
        })
    }

    /// Returns the kind and name of each tool and prompt: no other plugin may have them.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let tools = self.tools.iter().map(|tool| ("tool", tool.name.as_str()));
        tools.chain(self.prompts.iter().map(|prompt| ("prompt", prompt.name.as_str())))
    }
}

/// Checks each item of a list, and that no two have the same name.
fn check_items<R, T>(
    kind: &'static str,
    items: Vec<R>,
    name: impl Fn(&R) -> &String,
    mut check: impl FnMut(R) -> Result<T, Invalid>,
) -> Result<Vec<Arc<T>>, PluginError> {
    let count = items.len();
    if count > MAX_ITEMS {
        let rule = format!("it has {count} {kind}s; at most {MAX_ITEMS} are allowed");
        return Err(PluginError::Catalog(Invalid::new(rule)));
    }
    let mut seen = HashSet::new();
    let checked = items.into_iter().map(|item| {
        let name = name(&item).clone();
        let checked = if seen.insert(name.clone()) { check(item) } else { Err(listed_twice()) };
        checked.map(Arc::new).map_err(|rule| PluginError::Item { kind, name: shorten(&name), rule })
    });
    checked.collect()
}

fn listed_twice() -> Invalid {
    Invalid::new("it is listed more than once")
}

/// Returns whether every client accepts the name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn check_name(name: &str) -> Result<(), Invalid> {
    if is_name(name) { Ok(()) } else { Err(Invalid::new("a name has 1 to 64 of a-z, A-Z, 0-9, _ and -")) }
}

/// Checks the parts that tools, prompts and resources have in common, and parses `meta`.
fn check_common_parts(
    title: Option<&String>,
    description: Option<&String>,
    icons: &[content::Icon],
    meta: Option<&String>,
) -> Result<Option<Map<String, Value>>, Invalid> {
    check_sizes(&[
        ("description", text_bytes(description)),
        ("title", text_bytes(title)),
        ("icons", icons.iter().map(icon_bytes).sum()),
        ("meta", text_bytes(meta)),
    ])?;
    parse_object("meta", meta)
}

/// Checks the sizes of parts that are sent with every list.
fn check_sizes(parts: &[(&str, usize)]) -> Result<(), Invalid> {
    match parts.iter().find(|(_, size)| *size > MAX_TEXT_BYTES) {
        Some((part, size)) => {
            Err(Invalid::new(format!("its {part} has {size} bytes; at most {MAX_TEXT_BYTES} are allowed")))
        }
        None => Ok(()),
    }
}

fn text_bytes(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

fn icon_bytes(icon: &content::Icon) -> usize {
    icon.src.len() + text_bytes(icon.mime_type.as_ref()) + icon.sizes.iter().map(|it| it.len() + 8).sum::<usize>()
}

fn parse_object(part: &str, text: Option<&String>) -> Result<Option<Map<String, Value>>, Invalid> {
    text.map(|text| json::parse_object(text)).transpose().map_err(|error| error.in_part(part))
}

/// Cuts a name so that it may stand in a message.
fn shorten(name: &str) -> String {
    name.chars().take(MAX_SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(name: &str) -> prompts::Prompt {
        prompts::Prompt {
            name: name.to_owned(),
            title: None,
            description: "Says good night.".to_owned(),
            arguments: Vec::new(),
            icons: Vec::new(),
            meta: None,
        }
    }

    fn catalog_of(prompts: Vec<prompts::Prompt>) -> Result<Catalog, String> {
        let raw = RawCatalog { tools: Vec::new(), prompts, resources: Vec::new() };
        Catalog::check(raw, Validation::Full).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_those_every_client_takes() {
        assert!(is_name("hue_list-Lights2"));
        for name in ["", "a b", "a.b", "ä", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_catalog_of_prompts_needs_no_tools() {
        assert_eq!(catalog_of(vec![prompt("night")]).map(|catalog| catalog.prompts.len()), Ok(1));
        assert_eq!(catalog_of(Vec::new()).map(drop), Err("it has no tools".to_owned()));
    }

    #[test]
    fn an_item_that_is_listed_twice_is_refused_by_name() {
        let reason = catalog_of(vec![prompt("night"), prompt("night")]).map(drop);
        assert_eq!(reason, Err(r#"prompt "night": it is listed more than once"#.to_owned()));
    }

    #[test]
    fn a_list_that_is_too_long_is_refused() {
        let many = (0..300).map(|number| prompt(&format!("p{number}"))).collect();
        assert_eq!(catalog_of(many).map(drop), Err("it has 300 prompts; at most 256 are allowed".to_owned()));
    }
}
