//! A fake host for tests, on every target but WebAssembly.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//! use lamplighter_plugin::testing::{FakeHost, FakeLight};
//!
//! let host = FakeHost::new().light(FakeLight::color("Desk lamp").room("Office").on()).install();
//! let lamp = home::light("desk lamp").expect("there is one");
//! control::apply(&[Command::light(&lamp.id, Change::off())]).expect("the fake host obeys");
//! assert!(!host.state_of("Desk lamp").on);
//! ```
//! It finds names as the real host does, and changes its lights at once. What the real host does beyond that (pacing,
//! planning, colours, retries) is tested where it is written.

mod apply;
pub(crate) mod backend;
mod find;
mod light;
mod schemas;
mod state;

use std::cell::RefCell;

use serde_json::Value;

pub use light::FakeLight;
pub use schemas::check_schemas;
pub use state::FakeHost;
use state::State;

use crate::control::Command;
use crate::home::{LightState, Scene};
use crate::log::Level;
use crate::{Plugin, PromptOutput, ResourceOutput, ToolError, ToolOutput};

thread_local! {
    static INSTALLED_HOST: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// A handle to the fake host of this thread, which shows what a plugin did. Dropping it removes the fake host.
#[derive(Debug)]
#[must_use = "the fake host is gone when this is dropped"]
pub struct InstalledHost(());

impl FakeHost {
    /// Makes this the host of the running thread, until the handle is dropped.
    pub fn install(self) -> InstalledHost {
        INSTALLED_HOST.set(Some(self.0));
        InstalledHost(())
    }
}

impl InstalledHost {
    /// Returns the commands that were applied, in their order. Planned commands are not among them.
    pub fn commands(&self) -> Vec<Command> {
        with_host(|host| host.commands.clone())
    }

    /// Returns the present state of a light.
    ///
    /// # Panics
    /// If there is no light of that name.
    pub fn state_of(&self, light: &str) -> LightState {
        with_host(|host| host.home.lights.iter().find(|each| each.name == light).map(|each| each.state.clone()))
            .unwrap_or_else(|| panic!("the fake host has no light named {light}"))
    }

    /// Returns the present scenes.
    pub fn scenes(&self) -> Vec<Scene> {
        with_host(|host| host.home.scenes.clone())
    }

    /// Returns the requests that went through `clip`.
    pub fn clip_requests(&self) -> Vec<crate::clip::Request> {
        with_host(|host| host.clip_requests.clone())
    }

    /// Returns the lines that were logged.
    pub fn log(&self) -> Vec<(Level, String)> {
        with_host(|host| host.log.clone())
    }

    /// Returns the progress that was reported: done, total, message.
    pub fn progress(&self) -> Vec<(f64, Option<f64>, Option<String>)> {
        with_host(|host| host.progress.clone())
    }
}

impl Drop for InstalledHost {
    fn drop(&mut self) {
        // A thread that ends has no thread-locals left to clear.
        let _ = INSTALLED_HOST.try_with(RefCell::take);
    }
}

/// Calls a tool of a plugin with JSON arguments, as the host would.
pub fn call<P: Plugin>(tool: &str, arguments: &Value) -> Result<ToolOutput, ToolError> {
    crate::export::call_tool::<P>(tool, &arguments.to_string())
}

/// Gets a prompt of a plugin with arguments, as the host would.
pub fn get_prompt<P: Plugin>(name: &str, arguments: &[(&str, &str)]) -> Result<PromptOutput, ToolError> {
    crate::prompt::get(&P::prompts(), name, to_owned_pairs(arguments))
}

/// Reads a resource of a plugin by its listed path and the values of its variables, as the host would.
pub fn read_resource<P: Plugin>(path: &str, variables: &[(&str, &str)]) -> Result<ResourceOutput, ToolError> {
    crate::resource::read(&P::resources(), path, to_owned_pairs(variables))
}

fn to_owned_pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns the structured content of a tool's output as JSON.
///
/// # Panics
/// If there is none, or if it is not JSON.
pub fn structured(output: &ToolOutput) -> Value {
    let text = output.structured.as_deref().expect("the output has no structured content");
    serde_json::from_str(text).expect("the structured content is not JSON")
}

/// Returns the text blocks of a tool's output, joined by line breaks.
pub fn text(output: &ToolOutput) -> String {
    let texts = output.content.iter().filter_map(|block| match block {
        crate::ContentBlock::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn with_host<T>(act: impl FnOnce(&mut State) -> T) -> T {
    INSTALLED_HOST.with_borrow_mut(|host| {
        act(host.as_mut().expect("this thread has no fake host: begin with `let host = FakeHost::new().install();`"))
    })
}
