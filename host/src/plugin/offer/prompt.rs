//! A prompt: what a person is asked for, and that it was given.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{check_name, check_sizes, icons_size, object, size};
use crate::plugin::wit::{content, prompts};

/// More than a person fills in.
const MAX_ARGUMENTS: usize = 32;
/// Longest text that a person gives, in bytes.
const MAX_GIVEN: usize = 64 * 1024;

/// A prompt that may be filled in.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) arguments: Vec<prompts::PromptArgument>,
    pub(crate) icons: Vec<content::Icon>,
    pub(crate) meta: Option<Map<String, Value>>,
}

impl Prompt {
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(super) fn check(described: prompts::Prompt) -> Result<Self, String> {
        check_name(&described.name)?;
        check_sizes(&[
            ("description", described.description.len()),
            ("title", size(described.title.as_ref())),
            ("icons", icons_size(&described.icons)),
            ("meta", size(described.meta.as_ref())),
        ])?;
        check_arguments(&described.arguments)?;
        Ok(Self {
            meta: object("meta", described.meta.as_deref())?,
            name: described.name,
            title: described.title,
            description: described.description,
            arguments: described.arguments,
            icons: described.icons,
        })
    }

    /// What a client gave, as the plugin gets it. An optional argument that was left empty, as forms do, is left out.
    ///
    /// # Errors
    /// Which argument, and what is wrong with it.
    pub(crate) fn filled(&self, given: Map<String, Value>) -> Result<Vec<(String, String)>, (String, String)> {
        let mut filled = Vec::new();
        for (name, value) in given {
            let Some(argument) = self.arguments.iter().find(|argument| argument.name == name) else {
                return Err((name, format!("the prompt {} has no such argument", self.name)));
            };
            let Value::String(text) = value else { return Err((name, "must be text".to_owned())) };
            if text.len() > MAX_GIVEN {
                let size = text.len();
                return Err((name, format!("has {size} bytes; at most {MAX_GIVEN} are allowed")));
            }
            if argument.required || !text.is_empty() {
                filled.push((name, text));
            }
        }
        let is_missing = |name: &str| filled.iter().all(|(given, text)| given != name || text.is_empty());
        match self.arguments.iter().find(|argument| argument.required && is_missing(&argument.name)) {
            Some(argument) => Err((argument.name.clone(), "is required".to_owned())),
            None => Ok(filled),
        }
    }
}

fn check_arguments(arguments: &[prompts::PromptArgument]) -> Result<(), String> {
    if arguments.len() > MAX_ARGUMENTS {
        return Err(format!("it has {} arguments; at most {MAX_ARGUMENTS} are allowed", arguments.len()));
    }
    let mut seen = HashSet::new();
    for argument in arguments {
        let name = super::shown(&argument.name);
        let checked = check_name(&argument.name).and_then(|()| {
            check_sizes(&[
                ("title", size(argument.title.as_ref())),
                ("description", size(argument.description.as_ref())),
            ])
        });
        checked.map_err(|reason| format!("argument {name:?}: {reason}"))?;
        if !seen.insert(&argument.name) {
            return Err(format!("argument {name:?}: it is listed more than once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prompt() -> Prompt {
        let argument = |name: &str, required| prompts::PromptArgument {
            name: name.to_owned(),
            title: None,
            description: None,
            required,
        };
        Prompt {
            name: "night".to_owned(),
            title: None,
            description: String::new(),
            arguments: vec![argument("room", true), argument("mood", false)],
            icons: Vec::new(),
            meta: None,
        }
    }

    fn filled(given: &Value) -> Result<Vec<(String, String)>, String> {
        let given = given.as_object().expect("an object").clone();
        prompt().filled(given).map_err(|(name, reason)| format!("{name} {reason}"))
    }

    #[test]
    fn what_is_required_must_be_there_and_not_be_empty() {
        assert_eq!(filled(&json!({"room": "Hall"})), Ok(vec![("room".to_owned(), "Hall".to_owned())]));
        for given in [json!({}), json!({"mood": "calm"}), json!({"room": ""})] {
            assert_eq!(filled(&given), Err("room is required".to_owned()));
        }
    }

    #[test]
    fn what_is_optional_may_be_left_empty() {
        assert_eq!(filled(&json!({"room": "Hall", "mood": ""})).map(|filled| filled.len()), Ok(1));
    }

    #[test]
    fn what_the_prompt_does_not_know_is_refused() {
        assert_eq!(filled(&json!({"rom": "Hall"})), Err("rom the prompt night has no such argument".to_owned()));
        assert_eq!(filled(&json!({"room": 3})), Err("room must be text".to_owned()));
    }

    #[test]
    fn an_argument_that_is_described_badly_is_named() {
        let mut twice = prompt().arguments;
        twice[1].name = "room".to_owned();
        assert_eq!(check_arguments(&twice), Err(r#"argument "room": it is listed more than once"#.to_owned()));
        twice[1].name = "ro om".to_owned();
        assert!(check_arguments(&twice).is_err());
    }
}
