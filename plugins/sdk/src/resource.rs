//! Defines [`Resource`]: a document that a client may read.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::bindings::resources::exports::lamplighter::plugin::resources as wit;
use crate::metadata::{Metadata, metadata_setters};
use crate::{Json, ResourceContents, Role, ToolError, arguments, tool_output};

pub use wit::{ResourceOutput, ResourcePart};

type Handler = Box<dyn Fn(&str) -> Result<ResourceOutput, ToolError>>;

/// One resource of a plugin, or a family of resources whose paths share a template.
///
/// ```
/// use lamplighter_plugin::prelude::*;
///
/// #[derive(Deserialize)]
/// struct OfRoom {
///     room: String,
/// }
///
/// fn lights_of(OfRoom { room }: OfRoom) -> Result<String, ToolError> {
///     let room = home::group(&room)?;
///     let lights = home::lights()?.into_iter().filter(|light| room.lights.contains(&light.id));
///     Ok(lights.map(|light| light.name + "\n").collect())
/// }
///
/// export_plugin! {
///     resources: [
///         Resource::new("about", "About", |_: NoArguments| "Lights by room."),
///         Resource::new("rooms/{room}", "Lights of a room", lights_of).mime_type("text/plain"),
///     ],
/// }
/// # fn main() {}
/// ```
/// Clients see them as `lamplighter://<plugin>/about` and `lamplighter://<plugin>/rooms/{room}`.
pub struct Resource {
    path: String,
    name: String,
    metadata: Metadata,
    description: Option<String>,
    mime_type: Option<String>,
    size: Option<u64>,
    annotations: Map<String, Value>,
    handler: Handler,
}

/// A type that a resource may return: text, bytes, [`Json`], or a [`ResourceOutput`] that is built by hand.
pub trait IntoResource {
    /// Converts the value into the contract's type.
    fn into_resource(self) -> Result<ResourceOutput, ToolError>;
}

impl Resource {
    /// Makes a resource from a function that returns an [`IntoResource`], or a `Result` of one.
    ///
    /// `path` has segments between slashes. A segment may be a variable such as `{room}`: the resource is then a template.
    /// The fields of the function's argument `A` are the variables, each a `String`; without variables, `A` is
    /// [`NoArguments`](crate::NoArguments). `name` is short; clients show it if there is no [`title`](Self::title).
    pub fn new<A, R, F>(path: &str, name: &str, function: F) -> Self
    where
        A: DeserializeOwned,
        R: IntoResource,
        F: Fn(A) -> R + 'static,
    {
        Self {
            path: path.to_owned(),
            name: name.to_owned(),
            metadata: Metadata::default(),
            description: None,
            mime_type: None,
            size: None,
            annotations: Map::new(),
            handler: Box::new(move |text| function(arguments::parse(text)?).into_resource()),
        }
    }

    /// Sets the description of the contents, for models and people.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        self.description = Some(description.to_owned());
        self
    }

    /// Sets the media type, for example `text/markdown`.
    #[must_use]
    pub fn mime_type(mut self, mime_type: &str) -> Self {
        self.mime_type = Some(mime_type.to_owned());
        self
    }

    /// Sets the importance from 0 to 1; 1 means that the resource is effectively required.
    #[must_use]
    pub fn priority(mut self, priority: f32) -> Self {
        self.annotations.insert("priority".to_owned(), json!(priority));
        self
    }

    /// Sets the intended audience: [`Role::User`] is the person, [`Role::Assistant`] the model.
    #[must_use]
    pub fn audience(mut self, roles: &[Role]) -> Self {
        let name = |role: &Role| if *role == Role::User { "user" } else { "assistant" };
        self.annotations.insert("audience".to_owned(), roles.iter().map(name).collect());
        self
    }

    /// Sets the size in bytes, if it is always the same.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Converts the description into the contract's type.
    pub(crate) fn describe(&self) -> wit::ResourceInfo {
        wit::ResourceInfo {
            path: self.path.clone(),
            name: self.name.clone(),
            title: self.metadata.title.clone(),
            description: self.description.clone(),
            mime_type: self.mime_type.clone(),
            size: self.size,
            icons: self.metadata.icons.clone(),
            annotations: (!self.annotations.is_empty()).then(|| json!(self.annotations).to_string()),
            meta: self.metadata.meta_text(),
        }
    }
}

/// Reads the resource with that path, which is written as in the list, with the values of its variables.
pub(crate) fn read(
    resources: &[Resource],
    path: &str,
    variables: Vec<(String, String)>,
) -> Result<ResourceOutput, ToolError> {
    let resource = resources.iter().find(|resource| resource.path == path);
    let resource = resource.ok_or_else(|| ToolError::not_found(format!("This plugin has no resource `{path}`.")))?;
    (resource.handler)(&arguments::to_json_object(variables))
}

fn single_part(contents: ResourceContents, mime_type: Option<&str>) -> ResourceOutput {
    let part = ResourcePart { path: None, mime_type: mime_type.map(str::to_owned), contents, meta: None };
    ResourceOutput { contents: vec![part], meta: None }
}

impl IntoResource for ResourceOutput {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        Ok(self)
    }
}

impl IntoResource for String {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        Ok(single_part(ResourceContents::Text(self), None))
    }
}

impl IntoResource for &str {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        self.to_owned().into_resource()
    }
}

impl IntoResource for Vec<u8> {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        Ok(single_part(ResourceContents::Bytes(self), None))
    }
}

impl<T: Serialize> IntoResource for Json<T> {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        let text = tool_output::to_json(&self.0)?;
        Ok(single_part(ResourceContents::Text(text), Some("application/json")))
    }
}

impl<T: IntoResource, E: Into<ToolError>> IntoResource for Result<T, E> {
    fn into_resource(self) -> Result<ResourceOutput, ToolError> {
        self.map_err(Into::into)?.into_resource()
    }
}

metadata_setters!(Resource);

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::NoArguments;

    #[derive(Deserialize)]
    struct OfRoom {
        room: String,
    }

    fn resources() -> [Resource; 2] {
        [
            Resource::new("about", "About", |_: NoArguments| Json(json!({"plugin": "test"}))),
            Resource::new("rooms/{room}", "Room", |OfRoom { room }: OfRoom| room),
        ]
    }

    fn text(output: &ResourceOutput) -> &str {
        match &output.contents[..] {
            [ResourcePart { contents: ResourceContents::Text(text), .. }] => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn variables_are_read_into_the_functions_argument() {
        let output = read(&resources(), "rooms/{room}", vec![("room".to_owned(), "Living room".to_owned())]);
        assert_eq!(text(&output.expect("it is well")), "Living room");
    }

    #[test]
    fn json_says_what_it_is() {
        let output = read(&resources(), "about", Vec::new()).expect("it is well");
        assert_eq!(text(&output), r#"{"plugin":"test"}"#);
        assert_eq!(output.contents[0].mime_type.as_deref(), Some("application/json"));
    }

    #[test]
    fn what_is_not_in_the_list_is_not_found() {
        assert!(matches!(read(&resources(), "rooms/Hall", Vec::new()), Err(ToolError::NotFound(_))));
    }
}
