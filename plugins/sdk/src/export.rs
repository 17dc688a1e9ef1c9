//! From a list of tools to the exports of a component.

use crate::bindings::exports::lamplighter::plugin::tools as wit;
use crate::{Tool, ToolError, ToolOutput};

/// What a component exports. Implemented by [`export_plugin!`](crate::export_plugin).
pub trait Plugin {
    /// The tools of this plugin.
    fn tools() -> Vec<Tool>;

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

/// Makes the crate a plugin: exports the tools, and the lifecycle if one is given.
///
/// ```
/// # use lamplighter_plugin::prelude::*;
/// # fn hello(_: NoArguments) -> Result<String, ToolError> { Ok("Hello.".into()) }
/// # fn check_settings() -> Result<(), String> { Ok(()) }
/// # fn say_goodbye() {}
/// export_plugin! {
///     tools: [Tool::new("hello", "Says hello.", hello).read_only()],
///     start: check_settings,
///     stop: say_goodbye,
/// }
/// # fn main() {}
/// ```
/// `start` and `stop` may be left out, both or either. The macro defines `ThisPlugin`, which
/// [`testing::call`](crate::testing::call) takes.
#[macro_export]
macro_rules! export_plugin {
    (
        tools: [$($tool:expr),+ $(,)?]
        $(, start: $start:path)?
        $(, stop: $stop:path)?
        $(,)?
    ) => {
        /// The plugin that this crate exports.
        #[derive(Debug)]
        pub struct ThisPlugin;

        impl $crate::Plugin for ThisPlugin {
            fn tools() -> ::std::vec::Vec<$crate::Tool> {
                ::std::vec![$($tool),+]
            }

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
