//! From a list of tools to the exports of a component.

use crate::bindings::exports::lamplighter::plugin::tools as wit;
use crate::{Prompt, Resource, Tool, ToolError, ToolOutput};

/// What a component exports. Implemented by [`export_plugin!`](crate::export_plugin).
pub trait Plugin {
    /// The tools of this plugin.
    fn tools() -> Vec<Tool> {
        Vec::new()
    }

    /// Its prompts.
    fn prompts() -> Vec<Prompt> {
        Vec::new()
    }

    /// Its resources.
    fn resources() -> Vec<Resource> {
        Vec::new()
    }

    /// Called once before the tools are published. An error refuses the load.
    fn start() -> Result<(), String> {
        Ok(())
    }

    /// Called after the last call of this version ended, as best effort.
    fn stop() {}
}

/// The tools of a plugin as the host wants them listed.
#[must_use]
pub fn list_tools<P: Plugin>() -> Vec<wit::Tool> {
    P::tools().iter().map(Tool::describe).collect()
}

/// Runs one tool of a plugin.
pub fn call_tool<P: Plugin>(name: &str, arguments: &str) -> Result<ToolOutput, ToolError> {
    let tools = P::tools();
    let tool = tools.iter().find(|tool| tool.name() == name);
    tool.ok_or_else(|| ToolError::not_found(format!("This plugin has no tool named `{name}`.")))?.call(arguments)
}

/// Makes the crate a plugin: exports its tools, and its prompts, resources and lifecycle where there are any.
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
/// Each may be left out; what is there is in this order. The macro defines `ThisPlugin`, which
/// [`testing::call`](crate::testing::call) takes.
#[macro_export]
macro_rules! export_plugin {
    ($($parts:tt)*) => {
        // With a comma at the end, whether or not there was one.
        $crate::__export_plugin! { $($parts)* , }
    };
}

/// What [`export_plugin!`] does.
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
        $crate::__export_tools!();
        #[cfg(target_arch = "wasm32")]
        $crate::__export_prompts!($($($prompt)+)?);
        #[cfg(target_arch = "wasm32")]
        $crate::__export_resources!($($($resource)+)?);
        #[cfg(target_arch = "wasm32")]
        $crate::__export_lifecycle!($($start)? ; $($stop)?);
    };
}

/// Exports `tools` of `ThisPlugin`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_tools {
    () => {
        const _: () = {
            use $crate::bindings::exports::lamplighter::plugin::tools;

            impl tools::Guest for ThisPlugin {
                fn list_tools() -> ::std::vec::Vec<tools::Tool> {
                    $crate::list_tools::<ThisPlugin>()
                }

                fn call_tool(
                    name: ::std::string::String,
                    arguments: ::std::string::String,
                ) -> ::std::result::Result<tools::ToolOutput, tools::ToolError> {
                    $crate::call_tool::<ThisPlugin>(&name, &arguments)
                }
            }

    $crate::bindings::export_tools!(ThisPlugin with_types_in $crate::bindings);
        };
    };
}

/// Exports `prompts` of `ThisPlugin`, if there are any.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_prompts {
    () => {};
    ($($prompt:expr)+) => {
        const _: () = {
            use $crate::bindings::prompts::exports::lamplighter::plugin::prompts;

            impl prompts::Guest for ThisPlugin {
                fn list_prompts() -> ::std::vec::Vec<prompts::Prompt> {
                    $crate::prompt::list(&<ThisPlugin as $crate::Plugin>::prompts())
                }

                fn get_prompt(
                    name: ::std::string::String,
                    arguments: ::std::vec::Vec<(::std::string::String, ::std::string::String)>,
                ) -> ::std::result::Result<prompts::PromptOutput, $crate::ToolError> {
                    $crate::prompt::get(&<ThisPlugin as $crate::Plugin>::prompts(), &name, arguments)
                }
            }

            $crate::bindings::prompts::export_prompts!(
                ThisPlugin with_types_in $crate::bindings::prompts
            );
        };
    };
}

/// Exports `resources` of `ThisPlugin`, if there are any.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_resources {
    () => {};
    ($($resource:expr)+) => {
        const _: () = {
            use $crate::bindings::resources::exports::lamplighter::plugin::resources;

            impl resources::Guest for ThisPlugin {
                fn list_resources() -> ::std::vec::Vec<resources::ResourceInfo> {
                    $crate::resource::list(&<ThisPlugin as $crate::Plugin>::resources())
                }

                fn read_resource(
                    path: ::std::string::String,
                    variables: ::std::vec::Vec<(::std::string::String, ::std::string::String)>,
                ) -> ::std::result::Result<resources::ResourceOutput, $crate::ToolError> {
                    $crate::resource::read(&<ThisPlugin as $crate::Plugin>::resources(), &path, variables)
                }
            }

            $crate::bindings::resources::export_resources!(
                ThisPlugin with_types_in $crate::bindings::resources
            );
        };
    };
}

/// Exports `lifecycle` of `ThisPlugin`, if there is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_lifecycle {
    (;) => {};
    ($($start:path)? ; $($stop:path)?) => {
        const _: () = {
            use $crate::bindings::lifecycle::exports::lamplighter::plugin::lifecycle;

            impl lifecycle::Guest for ThisPlugin {
                fn start() -> ::std::result::Result<(), ::std::string::String> {
                    <ThisPlugin as $crate::Plugin>::start()
                }

                fn stop() {
                    <ThisPlugin as $crate::Plugin>::stop();
                }
            }

            $crate::bindings::lifecycle::export_lifecycle!(
                ThisPlugin with_types_in $crate::bindings::lifecycle
            );
        };
    };
}
