//! What a plugin offers to clients: it says so itself, and is checked before it is believed.

mod path;
mod prompt;
mod resource;
mod tool;

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    load::LoadError,
    schema::{self, Schema},
    wit::{content, prompts, resources, tools},
};

pub(crate) use path::Variables;
pub(crate) use prompt::Prompt;
pub(crate) use resource::{Resource, absolute, read_uri};
pub(crate) use tool::Tool;

/// More of one kind than a client can use.
const MAX_ITEMS: usize = 256;
/// Longest description, title, icons or meta of one item, in bytes: they are sent with every list.
const MAX_DESCRIPTION: usize = 16 * 1024;
/// Regular expressions in all schemas of a plugin: each takes memory when it is compiled.
const MAX_PATTERNS: usize = 64;

/// What a plugin says that it offers.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) tools: Vec<tools::Tool>,
    pub(super) prompts: Vec<prompts::Prompt>,
    pub(super) resources: Vec<resources::ResourceInfo>,
}

/// What a plugin offers.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    pub(crate) tools: Vec<Arc<Tool>>,
    pub(crate) prompts: Vec<Arc<Prompt>>,
    /// In the plugin's order: the first template that fits is read.
    pub(crate) resources: Vec<Arc<Resource>>,
}

/// Who checked what a plugin says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Never,
    /// This program did, in an earlier run: its schemas need not be compiled to know that they can be.
    Before,
}

impl Offer {
    /// Checks what a plugin says. Compiling schemas takes time that a plugin chooses, so not on an async thread.
    pub(super) async fn checked(described: Described, before: Checked) -> Result<Self, LoadError> {
        let checked = tokio::task::spawn_blocking(move || Self::check(described, before));
        checked.await.map_err(|error| LoadError::Host(error.to_string()))?
    }

    fn check(described: Described, before: Checked) -> Result<Self, LoadError> {
        let Described { tools, prompts, resources } = described;
        if tools.is_empty() && prompts.is_empty() && resources.is_empty() {
            return Err(LoadError::Offer("it has no tools".to_owned()));
        }
        let mut patterns = 0;
        let tools = each(
            "tool",
            tools,
            |tool| tool.name.clone(),
            |described| {
                let tool = Tool::check(described)?;
                patterns += tool.input.patterns() + tool.output.as_ref().map_or(0, Schema::patterns);
                if patterns > MAX_PATTERNS {
                    return Err(format!("with it, the schemas have more than {MAX_PATTERNS} regular expressions"));
                }
                if before == Checked::Never {
                    tool.compile()?;
                }
                Ok(tool)
            },
        )?;
        let prompts = each("prompt", prompts, |prompt| prompt.name.clone(), Prompt::check)?;
        let resources = each("resource", resources, |resource| resource.path.clone(), Resource::check)?;
        Ok(Self { tools, prompts, resources })
    }
}

/// Checks each item of a list, and that no two have the same name.
fn each<D, T>(
    kind: &'static str,
    described: Vec<D>,
    name: impl Fn(&D) -> String,
    mut check: impl FnMut(D) -> Result<T, String>,
) -> Result<Vec<Arc<T>>, LoadError> {
    let count = described.len();
    if count > MAX_ITEMS {
        return Err(LoadError::Offer(format!("it has {count} {kind}s; at most {MAX_ITEMS} are allowed")));
    }
    let mut seen = HashSet::new();
    let checked = described.into_iter().map(|item| {
        let name = name(&item);
        let checked =
            if seen.insert(name.clone()) { check(item) } else { Err("it is listed more than once".to_owned()) };
        checked.map(Arc::new).map_err(|reason| LoadError::Item { kind, name: shown(&name), reason })
    });
    checked.collect()
}

/// A name that every client takes.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn check_name(name: &str) -> Result<(), String> {
    if is_name(name) { Ok(()) } else { Err("a name has 1 to 64 of a-z, A-Z, 0-9, _ and -".to_owned()) }
}

/// Bounds what is sent with every list.
fn check_sizes(parts: &[(&str, usize)]) -> Result<(), String> {
    match parts.iter().find(|(_, size)| *size > MAX_DESCRIPTION) {
        Some((part, size)) => Err(format!("its {part} has {size} bytes; at most {MAX_DESCRIPTION} are allowed")),
        None => Ok(()),
    }
}

fn size(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

fn icons_size(icons: &[content::Icon]) -> usize {
    let of_one = |icon: &content::Icon| {
        icon.src.len() + size(icon.mime_type.as_ref()) + icon.sizes.iter().map(|it| it.len() + 8).sum::<usize>()
    };
    icons.iter().map(of_one).sum()
}

fn object(what: &str, text: Option<&str>) -> Result<Option<Map<String, Value>>, String> {
    text.map(schema::read_object).transpose().map_err(|reason| format!("{what}: {reason}"))
}

/// A name as it may stand in a message, whatever it is.
fn shown(name: &str) -> String {
    name.chars().take(80).collect()
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

    fn offering(prompts: Vec<prompts::Prompt>) -> Result<Offer, String> {
        let described = Described { tools: Vec::new(), prompts, resources: Vec::new() };
        Offer::check(described, Checked::Never).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_those_every_client_takes() {
        assert!(is_name("hue_list-Lights2"));
        for name in ["", "a b", "a.b", "ä", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn who_offers_prompts_needs_no_tools() {
        assert_eq!(offering(vec![prompt("night")]).map(|offer| offer.prompts.len()), Ok(1));
        assert_eq!(offering(Vec::new()).map(drop), Err("it has no tools".to_owned()));
    }

    #[test]
    fn what_is_offered_twice_is_refused_by_name() {
        let reason = offering(vec![prompt("night"), prompt("night")]).map(drop);
        assert_eq!(reason, Err(r#"prompt "night": it is listed more than once"#.to_owned()));
    }

    #[test]
    fn a_list_that_is_too_long_is_refused() {
        let many = (0..300).map(|number| prompt(&format!("p{number}"))).collect();
        assert_eq!(offering(many).map(drop), Err("it has 300 prompts; at most 256 are allowed".to_owned()));
    }
}
