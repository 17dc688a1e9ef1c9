//! Turns a [`Plugin`] into the exports of a component.

use crate::bindings::exports::lamplighter::plugin::tools;
use crate::bindings::lifecycle::exports::lamplighter::plugin::lifecycle;
use crate::bindings::prompts::exports::lamplighter::plugin::prompts;
use crate::bindings::resources::exports::lamplighter::plugin::resources;
use crate::{Prompt, PromptOutput, Resource, ResourceOutput, Tool, ToolError, ToolOutput, prompt, resource};

/// The tools, prompts, resources and life cycle of a component. [`export_plugin!`](crate::export_plugin) implements it.
pub trait Plugin {
    /// Returns the tools.
    fn tools() -> Vec<Tool> {
        Vec::new()
    }

    /// Returns the prompts.
    fn prompts() -> Vec<Prompt> {
        Vec::new()
    }

    /// Returns the resources.
    fn resources() -> Vec<Resource> {
        Vec::new()
    }

    /// Runs once before the host publishes the tools. After an error the host does not load the plugin.
    fn start() -> Result<(), String> {
        Ok(())
    }

    /// Runs after the last call of this version has ended. The host calls it as best effort.
    fn stop() {}
}

/// Runs one tool of a plugin.
pub(crate) fn call_tool<P: Plugin>(name: &str, arguments: &str) -> Result<ToolOutput, ToolError> {
    let tools = P::tools();
    let tool = tools.iter().find(|tool| tool.name() == name);
    tool.ok_or_else(|| ToolError::not_found(format!("This plugin has no tool named `{name}`.")))?.call(arguments)
}

impl<P: Plugin> tools::Guest for P {
    fn list_tools() -> Vec<tools::Tool> {
        P::tools().iter().map(Tool::describe).collect()
    }

    fn call_tool(name: String, arguments: String) -> Result<ToolOutput, ToolError> {
        call_tool::<P>(&name, &arguments)
    }
}

impl<P: Plugin> prompts::Guest for P {
    fn list_prompts() -> Vec<prompts::Prompt> {
        P::prompts().iter().map(Prompt::describe).collect()
    }

    fn get_prompt(name: String, arguments: Vec<(String, String)>) -> Result<PromptOutput, ToolError> {
        prompt::get(&P::prompts(), &name, arguments)
    }
}

impl<P: Plugin> resources::Guest for P {
    fn list_resources() -> Vec<resources::ResourceInfo> {
        P::resources().iter().map(Resource::describe).collect()
    }

    fn read_resource(path: String, variables: Vec<(String, String)>) -> Result<ResourceOutput, ToolError> {
        resource::read(&P::resources(), &path, variables)
    }
}

impl<P: Plugin> lifecycle::Guest for P {
    fn start() -> Result<(), String> {
        <P as Plugin>::start()
    }

    fn stop() {
        <P as Plugin>::stop();
    }
}

/// Makes the crate a plugin: exports its tools, and its prompts, resources and life cycle if there are any.
///
/// ```
/// # use lamplighter_plugin::prelude::*;
/// # fn hello(_: NoArguments) -> Result<String, ToolError> { Ok("Hello.".into()) }
/// # fn greet(_: NoArguments) -> &'static str { "Say hello to me." }
/// # fn about(_: NoArguments) -> &'static str { "A plugin that says hello." }
/// # fn check_settings() -> Result<(), String> { Ok(()) }
/// # fn say_goodbye() {}
/// export_plugin! {
///     tools: [Tool::new("hello", "Says hello.", hello).read_only()],
///     prompts: [Prompt::new("greet", "Begins with a greeting.", greet)],
///     resources: [Resource::new("about", "About", about).mime_type("text/plain")],
///     start: check_settings,
///     stop: say_goodbye,
/// }
/// # fn main() {}
/// ```
/// Every part may be left out; the order is fixed. The macro defines the type `ThisPlugin`, which
/// [`testing::call`](crate::testing::call) takes.
#[macro_export]
macro_rules! export_plugin {
    ($($parts:tt)*) => {
        // The inner macro expects a comma at the end.
        $crate::__export_plugin! { $($parts)* , }
    };
}

/// Implements [`export_plugin!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export_plugin {
    (
        $(tools: [$($tool:expr),+ $(,)?] ,)?
        $(prompts: [$($prompt:expr),+ $(,)?] ,)?
        $(resources: [$($resource:expr),+ $(,)?] ,)?
        $(start: $start:path ,)?
        $(stop: $stop:path ,)?
        $(,)?
    ) => {
        /// The plugin that this crate exports.
        #[derive(Debug)]
        pub struct ThisPlugin;

        impl $crate::Plugin for ThisPlugin {
            $(fn tools() -> ::std::vec::Vec<$crate::Tool> {
                ::std::vec![$($tool),+]
            })?

            $(fn prompts() -> ::std::vec::Vec<$crate::Prompt> {
                ::std::vec![$($prompt),+]
            })?

            $(fn resources() -> ::std::vec::Vec<$crate::Resource> {
                ::std::vec![$($resource),+]
            })?

            $(fn start() -> ::std::result::Result<(), ::std::string::String> {
                $start()
            })?

            $(fn stop() {
                $stop();
            })?
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            $crate::bindings::export_tools!(ThisPlugin with_types_in $crate::bindings);
            $($crate::__export_interface!(prompts $($prompt)+);)?
            $($crate::__export_interface!(resources $($resource)+);)?
            $crate::__export_interface!(lifecycle $($start)? ; $($stop)?);
        };
    };
}

/// Exports an interface of `ThisPlugin` that a component may leave out, if the plugin has something for it.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_interface {
    (prompts $($prompt:expr)+) => {
        $crate::bindings::prompts::export_prompts!(ThisPlugin with_types_in $crate::bindings::prompts);
    };
    (resources $($resource:expr)+) => {
        $crate::bindings::resources::export_resources!(ThisPlugin with_types_in $crate::bindings::resources);
    };
    (lifecycle ;) => {};
    (lifecycle $($start:path)? ; $($stop:path)?) => {
        $crate::bindings::lifecycle::export_lifecycle!(ThisPlugin with_types_in $crate::bindings::lifecycle);
    };
}
