//! Defines [`Prompt`]: the beginning of a conversation, which a person chooses in a client.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::prompts::exports::lamplighter::plugin::prompts as wit;
use crate::metadata::{Metadata, metadata_setters};
use crate::{ContentBlock, ToolError, arguments, schema};

pub use wit::{PromptOutput, Role};

type Handler = Box<dyn Fn(&str) -> Result<PromptOutput, ToolError>>;

/// One prompt of a plugin.
///
/// ```
/// use lamplighter_plugin::prelude::*;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Evening {
///     /// Name of the room.
///     room: String,
///     /// What you are up to.
///     plans: Option<String>,
/// }
///
/// fn evening(Evening { room, plans }: Evening) -> Messages {
///     let plans = plans.unwrap_or_else(|| "relax".to_owned());
///     Messages::user(format!("I want to {plans} in {room}. Look at its scenes and propose one."))
/// }
///
/// export_plugin! {
///     prompts: [Prompt::new("evening", "Finds the light for an evening.", evening)],
/// }
/// # fn main() {}
/// ```
pub struct Prompt {
    name: String,
    metadata: Metadata,
    description: String,
    arguments: fn() -> Value,
    handler: Handler,
}

/// The messages that a conversation begins with, in their order.
#[derive(Debug, Default)]
pub struct Messages {
    description: Option<String>,
    entries: Vec<wit::PromptMessage>,
    meta: Option<Value>,
}

/// A type that a prompt may return: text, which becomes a message of the user, or [`Messages`].
pub trait IntoPrompt {
    /// Converts the value into the contract's type.
    fn into_prompt(self) -> Result<PromptOutput, ToolError>;
}

impl Prompt {
    /// Makes a prompt whose arguments follow from the function's type `A`. The function returns an [`IntoPrompt`], or a
    /// `Result` of one.
    ///
    /// `A` is a struct whose fields are text, optional text, or enumerations without fields, since a client asks a person
    /// for text.
    ///
    /// `name` is 1-64 of `[a-zA-Z0-9_-]`. `description` is for people. Doc comments on the fields of `A` become the
    /// descriptions of the arguments.
    pub fn new<A, R, F>(name: &str, description: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoPrompt,
        F: Fn(A) -> R + 'static,
    {
        Self {
            name: name.to_owned(),
            metadata: Metadata::default(),
            description: description.to_owned(),
            arguments: schema::arguments_schema::<A>,
            handler: Box::new(move |text| function(arguments::parse(text)?).into_prompt()),
        }
    }

    /// Converts the description into the contract's type.
    pub(crate) fn describe(&self) -> wit::Prompt {
        wit::Prompt {
            name: self.name.clone(),
            title: self.metadata.title.clone(),
            description: self.description.clone(),
            arguments: prompt_arguments(&(self.arguments)()),
            icons: self.metadata.icons.clone(),
            meta: self.metadata.meta_text(),
        }
    }
}

/// Runs the prompt of that name.
pub(crate) fn get(prompts: &[Prompt], name: &str, given: Vec<(String, String)>) -> Result<PromptOutput, ToolError> {
    let prompt = prompts.iter().find(|prompt| prompt.name == name);
    let prompt = prompt.ok_or_else(|| ToolError::not_found(format!("This plugin has no prompt named `{name}`.")))?;
    (prompt.handler)(&arguments::to_json_object(given))
}

/// Converts a schema of arguments into the list that MCP has for prompts.
fn prompt_arguments(schema: &Value) -> Vec<wit::PromptArgument> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let argument = |(name, property): (&String, &Value)| wit::PromptArgument {
        name: name.clone(),
        title: property["title"].as_str().map(str::to_owned),
        description: property["description"].as_str().map(str::to_owned),
        required: required(name),
    };
    properties.map(argument).collect()
}

impl Messages {
    /// Begins with a message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self::default().and_user(text)
    }

    /// Adds a message of the user.
    #[must_use]
    pub fn and_user(self, text: impl Into<String>) -> Self {
        self.block(Role::User, ContentBlock::Text(text.into()))
    }

    /// Adds a message of the assistant.
    #[must_use]
    pub fn and_assistant(self, text: impl Into<String>) -> Self {
        self.block(Role::Assistant, ContentBlock::Text(text.into()))
    }

    /// Adds a message with any content block.
    #[must_use]
    pub fn block(mut self, role: Role, content: ContentBlock) -> Self {
        self.entries.push(wit::PromptMessage { role, content });
        self
    }

    /// Sets a description of the conversation.
    #[must_use]
    pub fn describe(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the result's MCP `_meta`, a JSON object.
    #[must_use]
    pub fn meta(mut self, meta: Value) -> Self {
        self.meta = Some(meta);
        self
    }
}

impl IntoPrompt for Messages {
    fn into_prompt(self) -> Result<PromptOutput, ToolError> {
        let meta = self.meta.map(|value| value.to_string());
        Ok(PromptOutput { description: self.description, messages: self.entries, meta })
    }
}

impl IntoPrompt for String {
    fn into_prompt(self) -> Result<PromptOutput, ToolError> {
        Messages::user(self).into_prompt()
    }
}

impl IntoPrompt for &str {
    fn into_prompt(self) -> Result<PromptOutput, ToolError> {
        Messages::user(self).into_prompt()
    }
}

impl<T: IntoPrompt, E: Into<ToolError>> IntoPrompt for Result<T, E> {
    fn into_prompt(self) -> Result<PromptOutput, ToolError> {
        self.map_err(Into::into)?.into_prompt()
    }
}

metadata_setters!(Prompt);

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    struct Evening {
        /// Name of the room.
        room: String,
        mood: Option<Mood>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mood {
        Calm,
    }

    fn prompts() -> [Prompt; 1] {
        let opening = |Evening { room, mood }: Evening| format!("{room}, {mood:?}");
        [Prompt::new("evening", "Finds the light for an evening.", opening)]
    }

    fn get(given: &[(&str, &str)]) -> Result<PromptOutput, ToolError> {
        let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        super::get(&prompts(), "evening", given)
    }

    #[test]
    fn arguments_follow_from_the_type() {
        let [prompt] = prompts().map(|prompt| prompt.describe());
        let arguments: Vec<_> =
            prompt.arguments.iter().map(|it| (it.name.as_str(), it.description.as_deref(), it.required)).collect();
        assert_eq!(arguments, [("mood", None, false), ("room", Some("Name of the room."), true)]);
    }

    #[test]
    fn what_a_person_gives_is_read_into_it() {
        let output = get(&[("room", "Hall"), ("mood", "calm")]).expect("it is well");
        let [wit::PromptMessage { role: Role::User, content: ContentBlock::Text(text) }] = &output.messages[..] else {
            panic!("{output:?}")
        };
        assert_eq!(text, "Hall, Some(Calm)");
    }

    #[test]
    fn what_is_none_of_the_values_is_named() {
        let error = get(&[("room", "Hall"), ("mood", "wild")]).expect_err("there is no such mood");
        let ToolError::InvalidArguments(fields) = error else { panic!("{error:?}") };
        assert_eq!(fields[0].field, "mood");
    }
}
