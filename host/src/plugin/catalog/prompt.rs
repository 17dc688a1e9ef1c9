//! A prompt, with the arguments that a person fills in.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{check_common_parts, check_name, listed_twice};
use crate::contract::{Invalid, content, prompts};

/// Limits the arguments of a prompt: a person fills in fewer.
const MAX_ARGUMENTS: usize = 32;
/// Limits the bytes that an argument may be filled in with.
const MAX_ARGUMENT_BYTES: usize = 64 * 1024;

/// A prompt that may be filled in.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// Is the name, which no other plugin may use.
    pub(crate) name: String,
    /// Is the name that people see.
    pub(crate) title: Option<String>,
    /// Is the description that people see.
    pub(crate) description: String,
    /// Lists the arguments as the plugin orders them.
    pub(crate) arguments: Vec<prompts::PromptArgument>,
    /// Lists the icons.
    pub(crate) icons: Vec<content::Icon>,
    /// Holds MCP's `_meta`.
    pub(crate) meta: Option<Map<String, Value>>,
}

/// An argument of a prompt that the client filled in wrongly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub(crate) struct InvalidArgument {
    /// Names the argument.
    pub(crate) field: String,
    /// Tells which rule is broken.
    pub(crate) reason: String,
}

impl Prompt {
    /// Checks a prompt as the plugin lists it.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(super) fn check(raw: prompts::Prompt) -> Result<Self, Invalid> {
        check_name(&raw.name)?;
        let meta = check_common_parts(raw.title.as_ref(), Some(&raw.description), &raw.icons, raw.meta.as_ref())?;
        check_arguments(&raw.arguments)?;
        Ok(Self {
            meta,
            name: raw.name,
            title: raw.title,
            description: raw.description,
            arguments: raw.arguments,
            icons: raw.icons,
        })
    }

    /// Checks the arguments that a client filled in. An optional one that is empty, as forms leave it, is dropped.
    ///
    /// # Errors
    /// An argument is unknown, missing, too long or not text.
    pub(crate) fn check_filled(&self, given: Map<String, Value>) -> Result<Vec<(String, String)>, InvalidArgument> {
        let invalid = |field: String, reason: String| Err(InvalidArgument { field, reason });
        let mut filled = Vec::new();
        for (name, value) in given {
            let Some(argument) = self.arguments.iter().find(|argument| argument.name == name) else {
                return invalid(name, format!("the prompt {} has no such argument", self.name));
            };
            let Value::String(text) = value else { return invalid(name, "must be text".to_owned()) };
            if text.len() > MAX_ARGUMENT_BYTES {
                let size = text.len();
                return invalid(name, format!("has {size} bytes; at most {MAX_ARGUMENT_BYTES} are allowed"));
            }
            if argument.required || !text.is_empty() {
                filled.push((name, text));
            }
        }
        let is_missing = |name: &str| filled.iter().all(|(given, text)| given != name || text.is_empty());
        match self.arguments.iter().find(|argument| argument.required && is_missing(&argument.name)) {
            Some(argument) => invalid(argument.name.clone(), "is required".to_owned()),
            None => Ok(filled),
        }
    }
}

fn check_arguments(arguments: &[prompts::PromptArgument]) -> Result<(), Invalid> {
    if arguments.len() > MAX_ARGUMENTS {
        let count = arguments.len();
        return Err(Invalid::new(format!("it has {count} arguments; at most {MAX_ARGUMENTS} are allowed")));
    }
    let mut seen = HashSet::new();
    for argument in arguments {
        let is_new = seen.insert(&argument.name);
        let checked = check_argument(argument).and_then(|()| if is_new { Ok(()) } else { Err(listed_twice()) });
        checked.map_err(|error| error.in_part(&format!("argument {:?}", super::shorten(&argument.name))))?;
    }
    Ok(())
}

fn check_argument(argument: &prompts::PromptArgument) -> Result<(), Invalid> {
    check_name(&argument.name)?;
    let (title, description) = (argument.title.as_ref(), argument.description.as_ref());
    check_common_parts(title, description, &[], None).map(drop)
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
        prompt().check_filled(given).map_err(|error| error.to_string())
    }

    #[test]
    fn a_required_argument_must_be_there_and_not_be_empty() {
        assert_eq!(filled(&json!({"room": "Hall"})), Ok(vec![("room".to_owned(), "Hall".to_owned())]));
        for given in [json!({}), json!({"mood": "calm"}), json!({"room": ""})] {
            assert_eq!(filled(&given), Err("room is required".to_owned()));
        }
    }

    #[test]
    fn an_optional_argument_may_be_empty() {
        assert_eq!(filled(&json!({"room": "Hall", "mood": ""})).map(|filled| filled.len()), Ok(1));
    }

    #[test]
    fn an_unknown_argument_or_type_is_refused() {
        assert_eq!(filled(&json!({"rom": "Hall"})), Err("rom the prompt night has no such argument".to_owned()));
        assert_eq!(filled(&json!({"room": 3})), Err("room must be text".to_owned()));
    }

    #[test]
    fn an_invalid_argument_is_named() {
        let mut twice = prompt().arguments;
        twice[1].name = "room".to_owned();
        let error = check_arguments(&twice).map_err(|error| error.to_string());
        assert_eq!(error, Err(r#"argument "room": it is listed more than once"#.to_owned()));
        twice[1].name = "ro om".to_owned();
        assert!(check_arguments(&twice).is_err());
    }
}
